package load

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// ErrTooLarge is the cause of an answer that is larger than [MaxBody].
var ErrTooLarge = errors.New("the answer is too large")

// wire sends requests, and counts those that were really sent. Its context is that of the
// whole load.
type wire struct {
	ctx          context.Context
	timeout      time.Duration
	transport    *http.Transport
	begun, sent  atomic.Int64
	firstFailure sync.Once
	cause        error // of the first failure; read once the load is over
}

func newWire(ctx context.Context, p Plan) *wire {
	w := &wire{ctx: ctx, timeout: p.Timeout}
	w.transport = &http.Transport{
		MaxIdleConnsPerHost: MaxUsers, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10,
		DialContext: func(_ context.Context, network, address string) (net.Conn, error) {
			return w.dial(p.Dialer, network, address)
		},
		TLSClientConfig: &tls.Config{RootCAs: p.Roots},
		TLSNextProto:    map[string]func(string, *tls.Conn) http.RoundTripper{}, // HTTP/2 would send all users over one connection
	}
	return w
}

// client asks without following redirects.
func (w *wire) client() *http.Client {
	return &http.Client{Transport: w, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// hopeless reports whether hardly any request could be sent so far.
func (w *wire) hopeless() bool {
	return Outcome{Tried: int(w.begun.Load()), Sent: int(w.sent.Load())}.GivenUp()
}

// dial connects for as long as the load lasts: net/http lets connecting go on after the
// request that asked for it was called off.
func (w *wire) dial(dialer func(string) *net.Dialer, network, address string) (net.Conn, error) {
	d := new(net.Dialer)
	if dialer != nil {
		d = dialer(address)
	}
	ctx, cancel := context.WithTimeout(w.ctx, w.timeout)
	defer cancel()
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &boundConn{conn, context.AfterFunc(w.ctx, func() { conn.Close() })}, nil
}

// boundConn is closed with the load.
type boundConn struct {
	net.Conn
	stop func() bool
}

// Close implements [net.Conn].
func (c *boundConn) Close() error {
	c.stop()
	return c.Conn.Close()
}

// RoundTrip implements [http.RoundTripper].
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	w.begun.Add(1)
	ctx, cancel := context.WithTimeout(w.ctx, w.timeout)
	var once sync.Once // net/http sends again where a connection had been closed meanwhile
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(info httptrace.WroteRequestInfo) {
		if info.Err == nil {
			once.Do(func() { w.sent.Add(1) })
		}
	}})
	resp, err := w.transport.RoundTrip(req.WithContext(ctx))
	if err != nil {
		cancel()
		w.note(req.URL, err)
		return nil, err
	}
	resp.Body = &body{from: resp.Body, of: req.URL, wire: w, cancel: cancel}
	return resp, nil
}

// note keeps the first failure.
func (w *wire) note(of *url.URL, err error) {
	w.firstFailure.Do(func() { w.cause = &url.Error{Op: "Get", URL: of.String(), Err: err} })
}

// body is an answer's, up to its largest size.
type body struct {
	from   io.ReadCloser
	of     *url.URL
	wire   *wire
	cancel context.CancelFunc
	size   int64
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	if b.size += int64(n); b.size > MaxBody {
		err = ErrTooLarge
	}
	if err != nil && err != io.EOF {
		b.wire.note(b.of, err)
	}
	return n, err
}

// Close implements [io.Closer].
func (b *body) Close() error {
	defer b.cancel()
	return b.from.Close()
}
