package web

import (
	"bytes"
	"io/fs"
	"net/http"
	"path"
	"time"
)

// Assets serves what lies below assets/ of the built screens, by the rest of the
// address ({name...}).
func Assets(files fs.FS) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := path.Join("assets", path.Clean("/"+r.PathValue("name")))
		body, err := fs.ReadFile(files, name)
		if err != nil {
			WriteError(w, Fail(http.StatusNotFound, "not_found", "there is no such file", "load the screen again"))
			return
		}
		w.Header().Set("Content-Type", contentType(name))
		if hashed(name) {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	}
}

// hashed says whether the name carries the hash of the content (name-HASH.ext), so
// that it may be kept for ever.
func hashed(name string) bool {
	base := path.Base(name)
	stem := base[:len(base)-len(path.Ext(base))]
	return len(stem) > 9 && stem[len(stem)-9] == '-'
}

// contentType does not ask the machine's tables, which differ.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".woff2":
		return "font/woff2"
	case ".json", ".webmanifest":
		return "application/json"
	default:
		return "application/octet-stream"
	}
}
