package web_test

import (
	"bytes"
	"errors"
	"testing"

	"pitlane/edge/web"
)

// FuzzDecode: whatever is sent, the answer is a value within its rules or a
// refusal with a kind and a hint.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"word":"a"}`, `{"word":"a","many":["1"],"inner":{"text":"x"}}`, `{"word":null}`, `{"x":1}`, `[]`, `{"word":"\ud800"}`, "", "{",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var in echoIn
		err := web.Decode(bytes.NewReader(body), &in)
		if err != nil {
			if e, ok := errors.AsType[*web.Error](err); !ok || e.Kind == "" || e.Hint == "" || e.Status < 400 {
				t.Fatalf("a refusal without kind or hint: %v", err)
			}
			return
		}
		if in.Word == "" || len([]rune(in.Word)) > 5 || len(in.Many) > 2 || len([]rune(in.Inner.Text)) > 4 {
			t.Fatal("a value outside its rules was taken")
		}
	})
}
