package kioskui_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	kioskui "pitlane/kiosk-ui"
)

func screens() []string { return []string{"kiosk", "board", "bay", "desk", "office"} }

func page(t *testing.T, screen string) string {
	t.Helper()
	html, err := fs.ReadFile(kioskui.FS(), screen+".html")
	if err != nil {
		t.Fatalf("read the page of %s: %v", screen, err)
	}
	return string(html)
}

func TestEveryScreenHoldsItsMarkersOnce(t *testing.T) {
	for _, screen := range screens() {
		for _, marker := range []string{kioskui.BodyMarker, kioskui.StateMarker} {
			if got := strings.Count(page(t, screen), marker); got != 1 {
				t.Errorf("%s.html holds %s %d times, want once", screen, marker, got)
			}
		}
	}
}

func TestEveryAssetIsEmbeddedAndOurs(t *testing.T) {
	names := regexp.MustCompile(`(?:src|href)="([^"]*)"`)
	for _, screen := range screens() {
		found := names.FindAllStringSubmatch(page(t, screen), -1)
		if len(found) < 2 {
			t.Errorf("%s.html loads %d files, want a script and a style", screen, len(found))
		}
		for _, m := range found {
			if !strings.HasPrefix(m[1], "/assets/") {
				t.Errorf("%s.html loads %q, want only /assets/", screen, m[1])
				continue
			}
			if _, err := fs.Stat(kioskui.FS(), strings.TrimPrefix(m[1], "/")); err != nil {
				t.Errorf("%s.html loads %q: %v", screen, m[1], err)
			}
		}
	}
}

func TestPagesRunUnderAStrictPolicy(t *testing.T) {
	inline := regexp.MustCompile(`(?s)<script(?:\s[^>]*)?>|<style|\son[a-z]+=|\sstyle=`)
	for _, screen := range screens() {
		for _, tag := range inline.FindAllString(page(t, screen), -1) {
			if !strings.Contains(tag, `src="`) && !strings.Contains(tag, `type="application/json"`) {
				t.Errorf("%s.html holds %q, which script-src 'self' forbids", screen, tag)
			}
		}
	}
}
