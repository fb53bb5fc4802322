package digitalocean

import (
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

// Reads keep one connection. Each write has its own over HTTP/1.1, also where
// the server and the process speak HTTP/2.
func TestConnections(t *testing.T) {
	var connections, major atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { major.Store(int32(r.ProtoMajor)) }))
	server.EnableHTTP2 = true
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	reading, writing := transports(nil)
	for _, tt := range []struct {
		name        string
		transport   *http.Transport
		major       int32
		connections int32
	}{
		{"reads", reading.(*http.Transport), 2, 1},
		{"writes", writing.(*http.Transport), 1, 3},
	} {
		tt.transport.TLSClientConfig.RootCAs = roots
		connections.Store(0)
		for range 3 {
			response, err := (&http.Client{Transport: tt.transport}).Post(server.URL, "application/json", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
		}
		if got := connections.Load(); got != tt.connections || major.Load() != tt.major {
			t.Errorf("%s: three over %d connections with HTTP/%d, want %d with HTTP/%d", tt.name, got, major.Load(), tt.connections, tt.major)
		}
		tt.transport.CloseIdleConnections()
	}
}
