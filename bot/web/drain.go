package web

import (
	"io"
	"net/http"
	"strings"
)

// leftByServer is how much of an unread body the server itself reads before it closes
// the connection (net/http, maxPostHandlerReadBytes).
const leftByServer = 256 << 10

// drained reads the rest of a long body that was answered early, up to most bytes: a
// client that sends everything before it reads would otherwise find the connection
// reset, and no answer. A client that asks for permission first (Expect), as curl does
// for long bodies, is given it by the first read; without it, it doesn't send the body
// once it has an answer.
func drained(next http.Handler, most int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength >= 0 && r.ContentLength <= leftByServer {
			next.ServeHTTP(w, r)
			return
		}
		asked := strings.EqualFold(r.Header.Get("Expect"), "100-continue")
		body := &watched{ReadCloser: r.Body}
		// The server knows by its own body that permission wasn't given, and then closes
		// the connection instead of waiting for what won't come: it keeps that body.
		r = r.WithContext(r.Context())
		r.Body = body
		control := http.NewResponseController(w)
		_ = control.EnableFullDuplex() // HTTP/1 has it; the answer goes out while the body still comes
		next.ServeHTTP(w, r)
		if body.over || asked && !body.begun {
			return
		}
		if control.Flush() == nil {
			_, _ = io.CopyN(io.Discard, body, most)
		}
	})
}

// watched is a body that knows whether it was read, and whether there is more to read.
type watched struct {
	io.ReadCloser
	begun, over bool
}

// Read implements [io.Reader].
func (b *watched) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.begun, b.over = true, err != nil
	return n, err
}
