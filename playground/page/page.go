// Package page is what a person sees of the practice world: a chat workspace
// in the browser, with channels, threads, buttons, modals and the app's Home
// tab, and a panel that breaks and fixes the world around it.
//
// It is one HTML page, a few style sheets and small JavaScript modules, all embedded.
// Nothing is built or fetched from elsewhere: the browser runs what is in the folder
// static. The package keeps no state and knows no workspace. The page itself talks to
// the workspace that serves it, through the addresses below /_/ of the same host:
//
//	GET  /_/state?user=U…            everything that this person may see
//	GET  /_/events?user=U…&after=N   what changes from then on, as Server-Sent Events
//	POST /_/say, /_/press, /_/home   what the person types, presses and opens
//	POST /_/view/submit, /view/close what the person does with a modal
//	GET, POST /_/panel               the switches of the practice panel
//
// The modules in static/js, from the wire to the screen: api.js calls,
// feed.js listens, store.js remembers, and main.js wires these to the parts that
// draw. blocks.js, with controls.js, fields.js, mrkdwn.js, richtext.js and
// others beside it, draws Block Kit. messages.js, composer.js, modal.js,
// sidebar.js and panel.js each draw one part of the window.
//
// Text that people or apps wrote only ever becomes a text node, and the
// Content-Security-Policy of [Handler] makes the browser refuse anything else.
package page

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed static
var files embed.FS

// policy lets the page load from its own host and nowhere else. It requires Trusted
// Types and allows no policy for them, so that every way of turning a string into
// markup or script throws.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// contentTypes are stated here because the answer of package mime depends on
// the machine, and a browser refuses a module with the wrong type.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

// asset is one embedded file, ready to be sent.
type asset struct {
	body, contentType, etag string
}

// Handler serves the page at "/" and its files below it. It answers GET and
// HEAD; every answer may be kept by the browser but is asked for again each
// time, so that a newer program shows its own page at once.
func Handler() http.Handler {
	assets := load()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := assets[r.URL.Path]
		switch {
		case !ok:
			http.NotFound(w, r)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "the page can only be read", http.StatusMethodNotAllowed)
		default:
			a.serve(w, r)
		}
	})
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", a.etag)
	if r.Header.Get("If-None-Match") == a.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", fmt.Sprint(len(a.body)))
	if r.Method == http.MethodGet {
		// if the reader has gone away, there is nobody to tell
		_, _ = w.Write([]byte(a.body))
	}
}

// load returns the embedded files by address. It panics if a file has no known type,
// which a test would find first.
func load() map[string]asset {
	assets := map[string]asset{}
	err := fs.WalkDir(files, "static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		contentType, ok := contentTypes[path.Ext(name)]
		if !ok {
			return fmt.Errorf("%s has no known content type", name)
		}
		sum := sha256.Sum256(body)
		etag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		assets[strings.TrimPrefix(name, "static")] = asset{string(body), contentType, etag}
		return nil
	})
	if err != nil {
		panic("page: " + err.Error())
	}
	assets["/"] = assets["/index.html"]
	return assets
}
