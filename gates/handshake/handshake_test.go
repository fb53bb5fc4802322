package handshake

import (
	"crypto/tls"
	"net"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"gonogo/gates/gatestest"
)

// serve hands each connection to f, and gives the address.
func serve(t *testing.T, f func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gatestest.ServeConns(t, l, f)
	return l.Addr().String()
}

// A server whose TLS 1.0 knows only a suite that Go's client lacks, and one of
// SSL 3.0, are not taken for servers that refuse: both are found by their answer.
func TestOffer(t *testing.T) {
	answering := func(answer ...byte) string {
		return serve(t, func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = conn.Write(answer)
		})
	}
	for name, tt := range map[string]struct {
		address string
		offered uint16
		want    uint16
		err     error
	}{
		"SSL 3.0":                  {answering(22, 3, 0, 0, 42, 2, 0, 0, 38, 3, 0), ssl30, ssl30, nil},
		"lower than offered":       {answering(22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1), tls.VersionTLS11, tls.VersionTLS10, nil},
		"a warning of the name":    {answering(21, 3, 1, 0, 2, 1, 112, 22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1), tls.VersionTLS10, tls.VersionTLS10, nil},
		"an alert":                 {answering(21, 3, 1, 0, 2, 2, 70), tls.VersionTLS10, 0, errHelloRefused},
		"hangs up":                 {answering(), tls.VersionTLS10, 0, errHungUp},
		"hangs up within":          {answering(22, 3, 1, 0, 42, 2, 0, 0), tls.VersionTLS10, 0, errNoHello},
		"a protocol of no TLS":     {answering(22, 3, 1, 0, 42, 2, 0, 0, 38, 2, 2), tls.VersionTLS10, 0, errNoHello},
		"no answer that TLS knows": {answering([]byte("HTTP/1.1 400 Bad Request")...), tls.VersionTLS10, 0, errNoHello},
	} {
		if got, err := (Server{Address: tt.address, Name: "app.example", Timeout: 5 * time.Second}).offer(t.Context(), tt.offered); got != tt.want || err != tt.err {
			t.Errorf("%s: got %x %v, want %x %v", name, got, err, tt.want, tt.err)
		}
	}
}

// What hardened servers insist on is in the first message, or they would seem to
// refuse an old protocol that they speak with everybody else.
func TestHelloForHardenedServers(t *testing.T) {
	site := httptest.NewTLSServer(nil)
	defer site.Close()
	hellos := make(chan tls.ClientHelloInfo, 10)
	config := &tls.Config{Certificates: site.TLS.Certificates, MinVersion: tls.VersionTLS10, GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		hellos <- *hello
		return nil, nil
	}}
	address := serve(t, func(conn net.Conn) { _ = tls.Server(conn, config).Handshake() })
	if chosen, err := (Server{Address: address, Name: "shop.example", Timeout: 5 * time.Second}).offer(t.Context(), tls.VersionTLS10); err != nil || chosen != tls.VersionTLS10 {
		t.Fatalf("got %x, %v", chosen, err)
	}
	hello := <-hellos
	if hello.ServerName != "shop.example" {
		t.Errorf("asked for %q, want shop.example", hello.ServerName)
	}
	if !slices.Contains(hello.CipherSuites, renegotiation) {
		t.Error("it does not say that it knows RFC 5746")
	}
	for number, name := range map[uint16]string{22: "encrypt-then-MAC", 23: "extended master secret"} {
		if !slices.Contains(hello.Extensions, number) {
			t.Errorf("it lacks the extension %s", name)
		}
	}
	for curve, name := range map[tls.CurveID]string{19: "P-192", 26: "Brainpool P-256", 29: "X25519", 30: "X448"} {
		if !slices.Contains(hello.SupportedCurves, curve) {
			t.Errorf("it lacks the curve %s", name)
		}
	}
}

func TestGreetAndLowest(t *testing.T) {
	own := gatestest.Issue(t, nil, gatestest.Leaf("shop.example"))
	for lowest, highest := range map[uint16]uint16{tls.VersionTLS10: tls.VersionTLS13, tls.VersionTLS11: tls.VersionTLS12, tls.VersionTLS13: tls.VersionTLS13} {
		s := Server{Address: gatestest.ListenTLS(t, &tls.Config{MinVersion: lowest, MaxVersion: highest}, own), Name: "shop.example", Timeout: 5 * time.Second}
		state, err := s.Greet(t.Context())
		if err != nil || state.Version != highest || !state.PeerCertificates[0].Equal(own.Cert) {
			t.Fatalf("from %x to %x: got %+v, %v", lowest, highest, state, err)
		}
		if got, err := s.Lowest(t.Context(), state.Version); got != lowest || err != nil {
			t.Errorf("from %x to %x: the lowest is %x, %v", lowest, highest, got, err)
		}
	}
}

func TestUnknownName(t *testing.T) {
	for name, answer := range map[string][]byte{"unknown": {21, 3, 3, 0, 2, 2, 112}, "refused": {21, 3, 3, 0, 2, 2, 40}} {
		address := serve(t, func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = conn.Write(answer)
		})
		_, err := Server{Address: address, Name: "shop.example", Timeout: 5 * time.Second}.Greet(t.Context())
		if !Refused(err) || UnknownName(err) != (name == "unknown") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
