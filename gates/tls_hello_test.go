package gates

import (
	"crypto/tls"
	"net"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"gonogo/gates/limit"
	"gonogo/readiness"
)

// A server whose TLS 1.0 knows only a suite that Go's client lacks, and one of
// SSL 3.0, are not taken for servers that refuse: both are found by their answer.
func TestTLSOffer(t *testing.T) {
	g := &tlsGate{settings: tlsSettings{Timeout: limit.Duration(5 * time.Second)}}
	answering := func(answer ...byte) string {
		return listen(t, func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = conn.Write(answer)
		}).address
	}
	for name, tt := range map[string]struct {
		address string
		offered tlsProtocol
		want    tlsProtocol
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
		if got, err := g.offer(t.Context(), point{dialled: tt.address, name: "app.example"}, tt.offered); got != tt.want || err != tt.err {
			t.Errorf("%s: got %s %v, want %s %v", name, got, err, tt.want, tt.err)
		}
	}
}

// What hardened servers insist on is in the first message, or they would seem to
// refuse an old protocol that they speak with everybody else.
func TestTLSHelloForHardenedServers(t *testing.T) {
	site := httptest.NewTLSServer(nil)
	defer site.Close()
	hellos := make(chan tls.ClientHelloInfo, 10)
	config := &tls.Config{Certificates: site.TLS.Certificates, MinVersion: tls.VersionTLS10, GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		hellos <- *hello
		return nil, nil
	}}
	address := listen(t, func(conn net.Conn) { _ = tls.Server(conn, config).Handshake() }).address
	g := &tlsGate{settings: tlsSettings{Address: address, ServerName: "shop.example.", Timeout: limit.Duration(5 * time.Second)}}
	p, err := g.point(Scope{})
	if err != nil {
		t.Fatal(err)
	}
	if chosen, err := g.offer(t.Context(), p.at("127.0.0.1"), tls.VersionTLS10); err != nil || chosen != tls.VersionTLS10 {
		t.Fatalf("got %s, %v", chosen, err)
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

// The gate names a protocol that Go's client cannot speak.
func TestTLSFindsWhatGoCannotSpeak(t *testing.T) {
	site := httptest.NewTLSServer(nil)
	defer site.Close()
	first := make(chan bool, 1)
	first <- true
	address := listen(t, func(conn net.Conn) {
		select {
		case <-first:
			_ = tls.Server(conn, site.TLS).Handshake()
		default:
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = conn.Write([]byte{22, 3, 0, 0, 42, 2, 0, 0, 38, 3, 0})
		}
	}).address
	ev := measured(t, built(t, "tls", `{address: "`+address+`", server_name: example.com, min_version: "1.2"}`, Surroundings{}), Scope{})
	if said := odd(ev, readiness.Failed, "lowest protocol accepted is SSLv3, limit >= 1.2"); said != "" {
		t.Error(said)
	}
}
