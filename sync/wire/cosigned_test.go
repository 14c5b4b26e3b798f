package wire_test

import (
	"strings"
	"testing"

	"pitlane/sync/wire"
)

func TestACosignedCheckpointHasOneSpelling(t *testing.T) {
	note := "demo-bay-1/" + epoch + "\n1\nAAAA\n\n— demo-bay-1 AAAA\n"
	b, err := wire.Cosigned{Note: note}.Encode()
	if err != nil || !wire.IsCosigned(b) {
		t.Fatalf("encode: %s, %v", b, err)
	}
	got, err := wire.DecodeCosigned(b)
	if err != nil || got.Note != note {
		t.Errorf("decode = %+v, %v", got, err)
	}
	for name, text := range map[string]string{
		"nothing":      `{"cosigned":""}`,
		"another form": `{"cosigned": "a"}`,
		"more":         `{"cosigned":"a","b":1}`,
		"too long":     `{"cosigned":"` + strings.Repeat("a", wire.MaxCosigned+1) + `"}`,
	} {
		if _, err := wire.DecodeCosigned([]byte(text)); err == nil {
			t.Errorf("%s: was read", name)
		}
	}
}

func FuzzCosigned(f *testing.F) {
	f.Add([]byte(`{"cosigned":"a\nb"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := wire.DecodeCosigned(b)
		if err != nil {
			return
		}
		if again, err := c.Encode(); err != nil || string(again) != string(b) {
			t.Errorf("%s became %s, %v", b, again, err)
		}
	})
}
