package web

import (
	"context"
	"mime"
	"net/http"
	"slices"
	"strings"
)

// MaxBody bounds the body of every request.
const MaxBody = 64 << 10

// HeaderName must be "1" on every call that changes something: a form or an image
// on another site cannot set it.
const HeaderName = "X-Pitlane"

// The policy of every page: our own files only, no frame around them.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
	"font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

type guardedKey struct{}

// Guard lets a request pass to next only when its Host is one of hosts
// ("host:port", exact, case aside) and its Origin, where there is one, is http or
// https on one of them. A WebSocket upgrade and a state-changing call need an
// Origin: a missing one is refused, not trusted.
func Guard(hosts []string, next http.Handler) http.Handler {
	allowed := make([]string, 0, len(hosts))
	for _, h := range hosts {
		allowed = append(allowed, strings.ToLower(h))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		if err := admit(r, allowed); err != nil {
			w.Header().Set("Connection", "close")
			WriteError(w, err)
			return
		}
		if r.Body != nil {
			r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
		}
		ctx := context.WithValue(r.Context(), guardedKey{}, true)
		next.ServeHTTP(w, r.WithContext(context.WithValue(ctx, askedKey{}, askedBase(r))))
	})
}

func guarded(r *http.Request) bool {
	ok, _ := r.Context().Value(guardedKey{}).(bool)
	return ok
}

func secure(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
}

func admit(r *http.Request, hosts []string) *Error {
	if !slices.Contains(hosts, strings.ToLower(r.Host)) {
		return Fail(http.StatusMisdirectedRequest, "host",
			"this address is not on the list of this edge",
			"open the screen by its configured address, or add the host and port to [http] hosts")
	}
	upgrade := isUpgrade(r)
	reading := r.Method == http.MethodGet || r.Method == http.MethodHead
	if err := admitOrigin(r, hosts, upgrade || !reading); err != nil {
		return err
	}
	if reading {
		return nil
	}
	if r.Method != http.MethodPost {
		return Fail(http.StatusMethodNotAllowed, "method", "only GET and POST are served here", "see /api/openapi.json")
	}
	if r.Header.Get(HeaderName) != "1" {
		return Fail(http.StatusForbidden, "header", "a call that changes something needs the header X-Pitlane: 1", "send X-Pitlane: 1")
	}
	return admitBody(r)
}

func admitOrigin(r *http.Request, hosts []string, needed bool) *Error {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		if !needed {
			return nil
		}
		return Fail(http.StatusForbidden, "origin", "this call needs an Origin", "send Origin: http:// and the address of this edge")
	}
	scheme, host, ok := strings.Cut(strings.ToLower(origins[0]), "://")
	if len(origins) > 1 || !ok || (scheme != "http" && scheme != "https") || !slices.Contains(hosts, host) {
		return Fail(http.StatusForbidden, "origin", "calls from this origin are not accepted",
			"open the screen by its configured address, or add the host and port to [http] hosts")
	}
	return nil
}

func admitBody(r *http.Request) *Error {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset, given := params["charset"]
	if err != nil || kind != "application/json" || (given && !strings.EqualFold(charset, "utf-8")) {
		return Fail(http.StatusUnsupportedMediaType, "content_type", "only JSON is taken here", "send Content-Type: application/json")
	}
	if r.ContentLength > MaxBody {
		return tooLarge()
	}
	return nil
}

func tooLarge() *Error {
	return Fail(http.StatusRequestEntityTooLarge, "too_large", "the body is larger than 64 KiB", "send less in one call")
}

func isUpgrade(r *http.Request) bool {
	for _, v := range r.Header.Values("Connection") {
		if strings.Contains(strings.ToLower(v), "upgrade") {
			return true
		}
	}
	return r.Header.Get("Upgrade") != ""
}
