package hub

import (
	"html"
	"io/fs"
	"net/http"
	"regexp"
	"strings"

	kioskui "pitlane/kiosk-ui"
)

// verifyPage serves the page that checks receipts. It is one file with its own
// policy, which allows its own script and style by hash and nothing else; with the
// shop's key in it, so that it knows whose receipts are ours, also when it was
// saved.
func (h *hub) verifyPage(w http.ResponseWriter, _ *http.Request) {
	page, err := fs.ReadFile(h.cfg.Files, "verify.html")
	if err != nil {
		writeHTML(w, http.StatusServiceUnavailable, missingPage("verify"))
		return
	}
	text := string(page)
	if policy := ownPolicy.FindStringSubmatch(text); policy != nil {
		w.Header().Set("Content-Security-Policy", policy[1]+"; frame-ancestors 'none'")
	}
	meta := ""
	if h.cfg.ShopKey != "" {
		meta = `<meta name="pitlane-shop" content="` + html.EscapeString(h.cfg.ShopKey) + `">`
	}
	writeHTML(w, http.StatusOK, strings.Replace(text, kioskui.ShopMarker, meta, 1))
}

var ownPolicy = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="([^"]+)"`)

// receipt gives a customer the receipt that his token is for.
func (h *hub) receipt(w http.ResponseWriter, r *http.Request) {
	if h.cfg.Receipt != nil {
		if name, file, ok := h.cfg.Receipt(r.Context(), r.PathValue("token")); ok {
			w.Header().Set("Content-Type", "application/octet-stream")
			w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
			_, _ = w.Write(file) // the caller is gone: nobody is left to tell
			return
		}
	}
	writeHTML(w, http.StatusNotFound, `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>pitlane</title></head><body>`+
		`<h1>此凭证不在这里 · This receipt is not here.</h1><p>请在前台索取。 Ask for it at the desk.</p></body></html>`)
}
