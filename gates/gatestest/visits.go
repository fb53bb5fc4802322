package gatestest

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Visits are what a server was asked, in order.
type Visits struct {
	mu  sync.Mutex
	all []*http.Request
	got []string // bodies
}

// Recording serves a handler and keeps what is asked.
func (v *Visits) Recording(serve http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v.mu.Lock()
		v.all, v.got = append(v.all, r), append(v.got, string(body))
		v.mu.Unlock()
		serve(w, r)
	})
}

// Forget begins anew.
func (v *Visits) Forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.all, v.got = nil, nil
}

// Paths are the methods and paths of the requests.
func (v *Visits) Paths() (paths []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, r := range v.all {
		paths = append(paths, r.Method+" "+r.URL.Path)
	}
	return paths
}

// secretly says what a request shows of the secrets that tests send.
func secretly(r *http.Request) string {
	var all []string
	for _, name := range []string{"Authorization", "X-Api-Key", "Cookie", "Accept-Language"} {
		if value := r.Header.Get(name); value != "" {
			all = append(all, name+": "+value)
		}
	}
	return strings.Join(all, "; ")
}

// ListenHTTPS is a server of TLS with its own certificate.
func ListenHTTPS(t *testing.T, own *Authority, serve http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(serve)
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{PrivateKey: own.Key, Certificate: [][]byte{own.Cert.Raw}}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// ForLoopback is a certificate for a server of this machine, and for names.
func ForLoopback(t *testing.T, ca *Authority, names ...string) *Authority {
	template := Leaf(append([]string{"localhost"}, names...)...)
	template.IPAddresses = []net.IP{net.ParseIP("127.0.0.1"), net.ParseIP("::1")}
	return Issue(t, ca, template)
}

// Asked tells what a server was asked, each with what it shows of secrets and body.
func (v *Visits) Asked() (all []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i, r := range v.all {
		all = append(all, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+secretly(r)+" "+v.got[i]))
	}
	return all
}
