package web

import (
	"context"
	"net/http"
	"strings"
)

type askedKey struct{}

// AskedAt is the address by which a request reached this edge, as http://host:port:
// its Host, which Guard has found on the list. "" where no Guard was passed.
func AskedAt(ctx context.Context) string {
	base, _ := ctx.Value(askedKey{}).(string)
	return base
}

func askedBase(r *http.Request) string {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + strings.ToLower(r.Host)
}
