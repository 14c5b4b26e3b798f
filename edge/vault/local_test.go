package vault_test

import (
	"testing"

	"pitlane/edge/tlog"
	"pitlane/edge/vault"
)

func TestWhatIsSealedForTheNodeItselfEndsWithAnErasure(t *testing.T) {
	s := newShop(t)
	v := s.open("demo-desk")
	box, err := v.SealLocal("a", []byte("mine"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := v.OpenLocal("a", box); err != nil || string(got) != "mine" {
		t.Fatalf("got %q, %v", got, err)
	}
	if _, err := v.OpenLocal("b", box); err == nil {
		t.Error("it opens under another name")
	}
	if _, err := v.OpenLocal("a", box[:5]); err == nil {
		t.Error("a piece of it opens")
	}
	if _, err := s.open("demo-bay-1").OpenLocal("a", box); err == nil {
		t.Error("it opens at another node")
	}
	if err := v.Erase([]vault.Erasure{{Job: "j1", Class: tlog.Work, Origin: "demo-desk/00", Seq: 1}}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := v.OpenLocal("a", box); err == nil {
		t.Error("it opens after an erasure")
	}
}
