// Package kioskui holds the screens as they were built: one HTML page a screen,
// and the assets they load.
//
// It promises: FS is what `npm run build` wrote from the sources beside it, byte
// for byte; every page names its own assets and no other host; every screen
// holds the two markers BodyMarker and StateMarker exactly once, and verify.html,
// which is no screen and one file whole, ShopMarker.
//
// It does not serve, fill in or choose a page.
package kioskui

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// BodyMarker stands inside the element with the id "app": a server may put the
// first rows there, for a screen that is useful without scripts.
const BodyMarker = "<!--pitlane:body-->"

// StateMarker stands in the head: a server replaces it by
// `<script type="application/json" id="state">` with the screen's first message.
const StateMarker = "<!--pitlane:state-->"

// ShopMarker stands in the head of verify.html: a server may put the shop's key there.
const ShopMarker = "<!--pitlane:shop-->"

// FS is the built screens, rooted so that "kiosk.html" and "assets/…" are names
// in it.
func FS() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		// "dist" is a constant and a valid path: fs.Sub has no other way to fail.
		panic(err)
	}
	return sub
}
