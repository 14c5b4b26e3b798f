package edge_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pitlane/edge"
)

func TestConfigSaysWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		line, col  int
		message    string
		hint       string
	}{
		{"an unknown key", "shop = \"A\"\nlanguagse = []\n", 2, 1, "unknown key languagse", "did you mean languages?"},
		{"an unknown key in a table", "[http]\nlisten = \"127.0.0.1:1\"\nport = 8080\n", 3, 1, "unknown key http.port", ""},
		{"an unknown key in a list", "[[person]]\nid = \"a\"\nrole = \"SA\"\nnaem = \"A\"\n", 4, 1, "unknown key person.naem", "did you mean person.name?"},
		{"an unknown table", "[scaner]\nport = \"x\"\n", 1, 2, "unknown key scaner", "did you mean scanner?"},
		{"another type", "[scanner]\nport = 5\n", 2, 8, "", ""},
		{"no TOML", "shop = \n", 1, 0, "", ""},
		{"a length of time that is none", "[order]\npromise = \"soon\"\n", 2, 0, "", ""},
		{"an address without port", "[http]\nlisten = \"localhost\"\n", 0, 0, "http.listen is not host:port", "127.0.0.1:8080"},
		{"a host that is an address bar", "[http]\nhosts = [\"http://a:1/\"]\n", 0, 0, "is not a host", "host:port"},
		{"a role that no edge has", `role = "central"`, 0, 0, "role is central", "reception"},
		{"a zone that is none", `timezone = "Mars/Olympus"`, 0, 0, "timezone", "Asia/Shanghai"},
		{"a language that is none", `languages = ["fr"]`, 0, 0, "fr", "zh-Hant"},
		{"a scanner without port", "[bay]\nname = \"1\"\n[scanner]\nbaud = 9600\n", 0, 0, "scanner.port", "by-id"},
		{"a scanner without bay", "[scanner]\nport = \"/dev/x\"\n", 0, 0, "needs a bay", "[bay]"},
		{"another back-end", "[bay]\nname = \"1\"\n[scanner]\nport = \"/dev/x\"\nbackend = \"usb\"\n", 0, 0, "backend", "bugst"},
		{"a hook bit that is none", "[cabinet]\nport = \"/dev/x\"\nhook_closed = 2\n", 0, 0, "hook_closed", "keys commission"},
		{"a door limit before now", "[cabinet]\nport = \"/dev/x\"\ndoor_limit = \"-1s\"\n", 0, 0, "negative", "door_limit"},
		{"rows that are none", "[cabinet]\nport = \"/dev/x\"\nrows = -1\n", 0, 0, "rows", "wall"},
		{"a link that is no address", "[[link]]\nurl = \"broker\"\n", 0, 0, "link.url", "tcp://"},
		{"a link with a password in it", "[[link]]\nurl = \"tcp://u:p@127.0.0.1:1883\"\n", 0, 0, "link.url", "without a password"},
		{"a link that leaves the machine", "[[link]]\nurl = \"tcp://192.0.2.1:1883\"\n", 0, 0, "leaves this machine", "tls://"},
		{"a link by address without a name", "[[link]]\nurl = \"tls://192.0.2.1:8883\"\n", 0, 0, "server_name", "demo-reception"},
		{"a link without a port", "[[link]]\nurl = \"tls://demo-reception\"\n", 0, 0, "no port", ":8883"},
		{"a link of another kind", "[[link]]\nurl = \"ws://127.0.0.1:80\"\n", 0, 0, "begins with ws", "tls"},
		{"a broker that leaves the machine in clear", "[broker]\nlisten = \"0.0.0.0:1883\"\ntls = false\n", 0, 0, "leaves this machine", "tls"},
		{"a person twice", "[[person]]\nid = \"a\"\nrole = \"SA\"\n[[person]]\nid = \"a\"\nrole = \"TE\"\n", 0, 0, "twice", "own"},
		{"a person without a known role", "[[person]]\nid = \"a\"\nrole = \"boss\"\n", 0, 0, "person.role", "SA"},
		{"a promise before now", "[order]\npromise = \"-1h\"\n", 0, 0, "negative", "promise"},
		{"a price without words", "[[price]]\nid = \"a\"\namount = 1\n", 0, 0, "zh-Hans", "text"},
		{"a negative price", "[[price]]\nid = \"a\"\namount = -1\n[price.text]\nzh-Hans = \"a\"\n", 0, 0, "negative", "smallest"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := edge.ParseConfig("edge.toml", []byte(tt.text))
			e, ok := errors.AsType[*edge.ConfigError](err)
			if !ok {
				t.Fatalf("got %v, want a ConfigError", err)
			}
			if e.Line != tt.line || (tt.col > 0 && e.Column != tt.col) {
				t.Errorf("got %d:%d, want %d:%d", e.Line, e.Column, tt.line, tt.col)
			}
			if !strings.Contains(e.Message, tt.message) || !strings.Contains(e.Hint, tt.hint) || e.Hint == "" || e.Hint != edge.Hint(err) {
				t.Errorf("got %q with hint %q, want %q with hint %q", e.Message, e.Hint, tt.message, tt.hint)
			}
		})
	}
}

func TestConfigFillsWhatIsNotSaid(t *testing.T) {
	t.Parallel()
	c, err := edge.ParseConfig("/etc/pitlane/edge.toml", []byte("[order]\npromise = \"90m\"\n[cabinet]\nport = \"/dev/x\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Data != "/etc/pitlane" || c.HTTP.Listen != "127.0.0.1:8080" || c.Cabinet.Driver != "kerong-cu16" || len(c.Price) == 0 {
		t.Errorf("got %+v", c)
	}
	if c.Order.Promise.Duration != 90*time.Minute {
		t.Errorf("got a promise of %v", c.Order.Promise)
	}
}

func TestConfigFileThatIsNotThere(t *testing.T) {
	t.Parallel()
	_, err := edge.ReadConfig(t.TempDir() + "/none.toml")
	if err == nil || edge.Hint(err) == "" {
		t.Errorf("got %v with hint %q", err, edge.Hint(err))
	}
}
