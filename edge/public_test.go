package edge

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestThePublicAddressIsWholeOrRefused(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"receipts.example", "receipts.example:8080", "ftp://receipts.example", "https://", "https:///x", "https://a:b@receipts.example",
		"https://receipts.example/shop", "https://receipts.example?x=1", "https://receipts.example/?", "https://receipts.example#x", "https://receipts.example/#",
		"https://receipts.example:", "https://*.example", "javascript:alert(1)", "https://receipts example", "//receipts.example",
	} {
		if _, err := ParseConfig("edge.toml", []byte("[http]\npublic = \""+bad+"\"\n")); err == nil || !strings.Contains(err.Error(), "http.public") || Hint(err) == "" {
			t.Errorf("%s: %v", bad, err)
		}
	}
	for good, want := range map[string][2]string{
		"":                          {"", ""},
		"https://Receipts.example/": {"https://Receipts.example", "receipts.example"},
		"http://192.0.2.7:8080":     {"http://192.0.2.7:8080", "192.0.2.7:8080"},
		"https://r.example:443":     {"https://r.example:443", "r.example"},
		"http://[2001:db8::1]:80":   {"http://[2001:db8::1]:80", "[2001:db8::1]"},
	} {
		c, err := ParseConfig("edge.toml", []byte("[http]\npublic = \""+good+"\"\n"))
		if err != nil || c.HTTP.publicBase() != want[0] || c.HTTP.publicHost() != want[1] {
			t.Errorf("%s: %q %q %v", good, c.HTTP.publicBase(), c.HTTP.publicHost(), err)
		}
	}
}

// TestByThePublicNameOnlyReceiptsAreServed: no screen, no call, no socket; and a page
// of that name may change nothing at the shop's own address.
func TestByThePublicNameOnlyReceiptsAreServed(t *testing.T) {
	t.Parallel()
	addr := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
	api := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	ask := func(c HTTPConfig, method, host, origin, path string) int {
		r := httptest.NewRequestWithContext(t.Context(), method, "http://"+host+path, strings.NewReader("{}"))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Pitlane", "1")
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		w := httptest.NewRecorder()
		c.guard(addr, api).ServeHTTP(w, r)
		return w.Code
	}
	c := HTTPConfig{Public: "https://receipts.example"}
	for _, x := range []struct {
		method, host, origin, path string
		want                       int
	}{
		{"GET", "receipts.example", "", "/receipt/00", 204},
		{"GET", "RECEIPTS.example", "", "/verify", 204},
		{"GET", "receipts.example", "", "/desk", 404},
		{"GET", "receipts.example", "", "/", 404},
		{"GET", "receipts.example", "", "/ws", 404},
		{"GET", "receipts.example", "", "/metrics", 404},
		{"GET", "receipts.example", "", "/receipt/../desk", 404},
		{"GET", "receipts.example", "", "/api/v1/desk/history", 404},
		{"POST", "receipts.example", "https://receipts.example", "/receipt/00", 404},
		{"POST", "receipts.example", "https://receipts.example", "/api/v1/desk/settle", 404},
		{"POST", "127.0.0.1:8080", "https://receipts.example", "/api/v1/desk/settle", 403},
		{"POST", "127.0.0.1:8080", "http://127.0.0.1:8080", "/api/v1/desk/settle", 204},
		{"GET", "127.0.0.1:8080", "", "/desk", 204},
		{"GET", "other.example", "", "/receipt/00", 421},
	} {
		if got := ask(c, x.method, x.host, x.origin, x.path); got != x.want {
			t.Errorf("%s %s%s from %q: %d, want %d", x.method, x.host, x.path, x.origin, got, x.want)
		}
	}
	c.Hosts = []string{"receipts.example"} // said twice, it is one of the shop's own names
	if got := ask(c, "GET", "receipts.example", "", "/desk"); got != 204 {
		t.Errorf("a name that is in hosts too: %d", got)
	}
}
