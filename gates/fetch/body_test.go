package fetch

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gonogo/phrase"
)

// packed writes a text in codings, in that order.
func packed(t *testing.T, text string, codings ...string) string {
	t.Helper()
	for _, coding := range codings {
		var b bytes.Buffer
		var w io.WriteCloser
		switch coding {
		case "gzip":
			w = gzip.NewWriter(&b)
		case "zlib":
			w = zlib.NewWriter(&b)
		case "flate":
			w, _ = flate.NewWriter(&b, flate.DefaultCompression)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		text = b.String()
	}
	return text
}

// Text is looked for in what a visitor reads, however it was packed; what cannot be
// unpacked is no answer, and what no page is is not unpacked.
func TestPackedText(t *testing.T) {
	page := "<h1>Log in</h1>" + strings.Repeat("<p>and so on</p>", 100)
	zeros := strings.Repeat("\x00", 4*maxText)
	empty := "\x00\x00\x00\xff\xff" // a block of deflate that holds nothing
	var book strings.Builder        // about as packed as prose
	for i := range maxText / 4 {
		fmt.Fprintf(&book, "%04x", i*40503%65536)
	}
	answers := map[string]struct{ coding, body string }{
		"/plain":    {"", page},
		"/identity": {"identity", page},
		"/gzip":     {"gzip", packed(t, page, "gzip")},
		"/members":  {"x-gzip", packed(t, "<p>first</p>", "gzip") + packed(t, page, "gzip")},
		"/zlib":     {"deflate", packed(t, page, "zlib")},
		"/flate":    {"Deflate", packed(t, page, "flate")},
		"/twice":    {"deflate, gzip", packed(t, page, "zlib", "gzip")},
		"/thrice":   {"gzip, gzip, gzip", packed(t, page, "gzip", "gzip", "gzip")},
		"/brotli":   {"br", "\x0b\x02\x80page\x03"},
		"/false":    {"gzip", page},
		"/cut":      {"gzip", packed(t, page, "gzip")[:60]},
		"/nothing":  {"gzip", ""},
		"/bomb":     {"gzip", packed(t, zeros, "gzip")},
		"/bombs":    {"gzip, gzip", packed(t, zeros, "gzip", "gzip")},
		"/hollow":   {"deflate", strings.Repeat(empty, maxPacked)},
		"/book":     {"gzip", packed(t, book.String()+"Log in", "gzip")},
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := answers[r.URL.Path]
		if answer.coding != "" {
			w.Header().Set("Content-Encoding", answer.coding)
		}
		if r.Header.Get("Accept-Encoding") == "" && r.Method != http.MethodHead {
			t.Errorf("%s: nothing is said of how the body may be packed", r.URL.Path)
		}
		_, _ = io.WriteString(w, answer.body)
	}))
	defer site.Close()
	const accept = "gzip, deflate"
	for _, tt := range []struct {
		page, accept, method string
		want                 string // the beginning of the text
		words                string // why there is no answer
	}{
		{"/plain", accept, "GET", page, ""},
		{"/identity", accept, "GET", page, ""},
		{"/gzip", accept, "GET", page, ""},
		{"/gzip", "", "GET", page, ""},
		{"/members", accept, "GET", "<p>first</p>" + page, ""},
		{"/zlib", accept, "GET", page, ""},
		{"/flate", accept, "GET", page, ""},
		{"/twice", accept, "GET", page, ""},
		{"/thrice", accept, "GET", "", "answers with a body that is packed 3 times over; at most 2 are unpacked"},
		{"/brotli", accept, "GET", "", "answers with Content-Encoding: br, which is not unpacked here; ask for gzip"},
		{"/false", accept, "GET", "", "answers with Content-Encoding: gzip, and its body cannot be unpacked"},
		{"/cut", accept, "GET", "", "answers with Content-Encoding: gzip, and its body cannot be unpacked"},
		{"/nothing", accept, "GET", "", ""},
		{"/gzip", "", "HEAD", "", ""},
		{"/bomb", accept, "GET", "", "packed more than 200 times, as no page is"},
		{"/bombs", accept, "GET", "", "packed more than 200 times, as no page is"},
		{"/hollow", accept, "GET", "", "answers with Content-Encoding: deflate, and its body cannot be unpacked"},
		{"/book", accept, "GET", book.String()[:maxText], ""}, // the rest is behind what is looked at
	} {
		r := Request{URL: site.URL + tt.page, Method: tt.method, Text: true}
		if tt.accept != "" {
			r.Headers = map[string]string{"Accept-Encoding": tt.accept}
		}
		answer, why := ask(t, r)
		if answer.Text != tt.want {
			t.Errorf("%s %s: got %q, want %q", tt.method, tt.page, phrase.Excerpt(answer.Text), phrase.Excerpt(tt.want))
		}
		if (why == "") != (tt.words == "") || !strings.Contains(why, tt.words) {
			t.Errorf("%s %s: got %q, want %q", tt.method, tt.page, why, tt.words)
		}
	}
	if answer, why := ask(t, Request{URL: site.URL + "/brotli"}); why != "" || answer.Text != "" {
		t.Errorf("where nobody wants the text: got %q, %s", answer.Text, why)
	}
}
