package page_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"gonogo/playground/page"
)

func answer(t *testing.T, method, path string, header http.Header) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for name := range header {
		r.Header.Set(name, header.Get(name))
	}
	w := httptest.NewRecorder()
	page.Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestHandlerAnswers(t *testing.T) {
	for _, c := range []struct {
		method, path string
		status       int
		contentType  string
	}{
		{"GET", "/", 200, "text/html; charset=utf-8"},
		{"HEAD", "/", 200, "text/html; charset=utf-8"},
		{"GET", "/index.html", 200, "text/html; charset=utf-8"},
		{"GET", "/js/main.js", 200, "text/javascript; charset=utf-8"},
		{"GET", "/css/theme.css", 200, "text/css; charset=utf-8"},
		{"GET", "/icon.svg", 200, "image/svg+xml"},
		{"GET", "/js/", 404, "text/plain; charset=utf-8"},
		{"GET", "/../page.go", 404, "text/plain; charset=utf-8"},
		{"POST", "/", 405, "text/plain; charset=utf-8"},
	} {
		got := answer(t, c.method, c.path, nil)
		if got.StatusCode != c.status || got.Header.Get("Content-Type") != c.contentType {
			t.Errorf("%s %s: got %d %s, want %d %s", c.method, c.path, got.StatusCode, got.Header.Get("Content-Type"), c.status, c.contentType)
		}
	}
}

func TestHandlerAllowsOnlyItself(t *testing.T) {
	got := answer(t, "GET", "/", nil).Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(got, want) {
			t.Errorf("the policy %q lacks %q", got, want)
		}
	}
	if strings.Contains(got, "unsafe") || strings.Contains(got, "http") {
		t.Errorf("the policy %q allows more than the page itself", got)
	}
}

func TestHandlerKnowsWhatTheBrowserHas(t *testing.T) {
	etag := answer(t, "GET", "/js/main.js", nil).Header.Get("ETag")
	if got := answer(t, "GET", "/js/main.js", http.Header{"If-None-Match": {etag}}); etag == "" || got.StatusCode != http.StatusNotModified {
		t.Errorf("with ETag %q: got %d, want 304", etag, got.StatusCode)
	}
	if got := answer(t, "GET", "/", http.Header{"If-None-Match": {etag}}); got.StatusCode != http.StatusOK {
		t.Errorf("with another file's ETag: got %d, want 200", got.StatusCode)
	}
}

// TestNothingMakesMarkup holds the rule that text never becomes markup, in the files themselves.
func TestNothingMakesMarkup(t *testing.T) {
	forbidden := []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "eval(", "new Function", "createContextualFragment"}
	err := fs.WalkDir(os.DirFS("static"), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := os.ReadFile("static/" + name)
		for _, word := range forbidden {
			if strings.Contains(string(body), word) {
				t.Errorf("%s uses %s", name, word)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
