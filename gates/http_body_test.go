package gates

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

	"gonogo/readiness"
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
func TestHTTPPackedBody(t *testing.T) {
	page := "<h1>Log in</h1>" + strings.Repeat("<p>and so on</p>", 100)
	zeros := strings.Repeat("\x00", 4*maxBody)
	empty := "\x00\x00\x00\xff\xff" // a block of deflate that holds nothing
	var book strings.Builder        // about as packed as prose
	for i := range maxBody / 4 {
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
	const asked = `, headers: {Accept-Encoding: "gzip, deflate"}, body: Log in`
	for settings, want := range map[string]struct {
		verdict readiness.Verdict
		words   string
	}{
		"/plain" + asked:                          {readiness.Passed, "answered 200"},
		"/identity" + asked:                       {readiness.Passed, "answered 200"},
		"/gzip" + asked:                           {readiness.Passed, "answered 200"},
		"/gzip, body: Log in":                     {readiness.Passed, "answered 200"},
		"/gzip, body: Log out":                    {readiness.Failed, "text in the answer is absent"},
		`/gzip, body_matches: "^<h1>Log in</h1>"`: {readiness.Passed, "answered 200"},
		"/members" + asked:                        {readiness.Passed, "answered 200"},
		"/zlib" + asked:                           {readiness.Passed, "answered 200"},
		"/flate" + asked:                          {readiness.Passed, "answered 200"},
		"/twice" + asked:                          {readiness.Passed, "answered 200"},
		"/thrice" + asked:                         {readiness.Errored, "answers with a body that is packed 3 times over; at most 2 are unpacked"},
		"/brotli" + asked:                         {readiness.Errored, "answers with Content-Encoding: br, which is not unpacked here; ask for gzip"},
		"/brotli":                                 {readiness.Passed, "answered 200"}, // nobody looks at it
		"/false" + asked:                          {readiness.Errored, "answers with Content-Encoding: gzip, and its body cannot be unpacked"},
		"/cut" + asked:                            {readiness.Errored, "answers with Content-Encoding: gzip, and its body cannot be unpacked"},
		"/nothing" + asked:                        {readiness.Failed, "text in the answer is absent"},
		"/gzip, method: HEAD, body: Log in":       {readiness.Failed, "text in the answer is absent"},
		"/bomb" + asked:                           {readiness.Errored, "packed more than 200 times, as no page is"},
		"/bombs" + asked:                          {readiness.Errored, "packed more than 200 times, as no page is"},
		"/hollow" + asked:                         {readiness.Errored, "answers with Content-Encoding: deflate, and its body cannot be unpacked"},
		"/book" + asked:                           {readiness.Failed, "text in the answer is absent"}, // it is behind what is looked at
		"/book, body: \"0000\"":                   {readiness.Passed, "answered 200"},
	} {
		ev := measured(t, built(t, "http", fmt.Sprintf("{url: %s%s}", site.URL, settings), Surroundings{}), Scope{})
		if wrong := odd(ev, want.verdict, want.words); wrong != "" {
			t.Errorf("%s: %s", settings, wrong)
		}
	}
}
