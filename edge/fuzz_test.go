package edge_test

import (
	"errors"
	"testing"

	"pitlane/edge"
)

// FuzzParseConfig: whatever stands in the file, the answer is a configuration or
// an error with a next step.
func FuzzParseConfig(f *testing.F) {
	for _, seed := range []string{
		bayConfig, "shop = 1", "[http]\nlisten = \"x\"", "[[link]]\nurl = \"tcp://127.0.0.1:1\"", "a.b.c = 1", "[cabinet]\nport = \"x\"\nboards = [1, 2]",
		"[order]\npromise = \"-1h\"", "[[price]]\nid = \"a\"\ntext = {zh-Hans = \"a\"}", "=", "\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		_, err := edge.ParseConfig("edge.toml", body)
		if err == nil {
			return
		}
		if e, ok := errors.AsType[*edge.ConfigError](err); !ok || e.Message == "" || e.Hint == "" {
			t.Fatalf("an error without message or hint: %v", err)
		}
	})
}
