package web

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gonogo/gates"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	"gonogo/readiness/answer"
)

func TestTLSCertificates(t *testing.T) {
	ca := gatestest.Root(t, nil, "Test root")
	middle := gatestest.Root(t, ca, "Test middle")
	trusted, days := gatestest.WritePEM(t, ca), 24*time.Hour
	good := gatestest.Leaf("shop.example", "www.shop.example")
	expired, early, short := good, good, good
	expired.NotBefore, expired.NotAfter = time.Now().Add(-90*days), time.Now().Add(-3*days)
	early.NotBefore = time.Now().Add(5 * days)
	short.NotAfter = time.Now().Add(5*days + time.Hour)
	old := gatestest.Issue(t, ca, x509.Certificate{Subject: pkix.Name{CommonName: "Old middle"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-90 * days), NotAfter: time.Now().Add(-days)})
	lower := gatestest.Root(t, middle, "Lower middle")
	oldRoot := gatestest.Issue(t, nil, x509.Certificate{Subject: pkix.Name{CommonName: "Old root"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-90 * days), NotAfter: time.Now().Add(-days)})
	expiredClient := expired
	expiredClient.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	anyUse := good
	anyUse.ExtKeyUsage = nil
	long := good
	long.NotAfter = time.Now().Add(300*days + time.Hour)
	ends := func(name string, by *gatestest.Authority, left time.Duration) *gatestest.Authority {
		return gatestest.Issue(t, by, x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, NotAfter: time.Now().Add(left + time.Hour)})
	}
	longCA := ends("Long root", nil, 3000*days)
	ending := ends("Ending middle", longCA, 5*days)
	lasting := ending.Renewed(longCA, 400*days)
	shortRoot := ends("Short root", nil, 9*days)
	viaLong := ends("Long middle", longCA, 400*days)
	viaShort := viaLong.Renewed(shortRoot, 400*days)
	weak := good
	weak.SignatureAlgorithm = x509.ECDSAWithSHA1
	client := good
	client.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	for _, tt := range []struct {
		name     string
		own      *gatestest.Authority
		above    []*gatestest.Authority
		settings string
		verdict  answer.Verdict
		words    []string
	}{
		{"good", gatestest.Issue(t, ca, good), nil, `days_left: ">= 14"`, answer.Passed, []string{"shop.example is good until"}},
		{"good, by an intermediate", gatestest.Issue(t, middle, good), []*gatestest.Authority{middle}, "", answer.Passed, nil},
		{"a wildcard", gatestest.Issue(t, ca, gatestest.Leaf("*.example")), nil, "", answer.Passed, nil},
		{"the intermediate is missing", gatestest.Issue(t, middle, good), nil, "", answer.Failed, []string{"the server sends no certificate of Test middle"}},
		{"expired", gatestest.Issue(t, ca, expired), nil, `days_left: ">= 14"`, answer.Failed, []string{"expired on " + expired.NotAfter.UTC().Format(time.DateOnly) + ", limit trusted", "days left is -4, limit >= 14"}},
		{"an intermediate further up is missing", gatestest.Issue(t, lower, good), []*gatestest.Authority{lower}, "", answer.Failed, []string{"sends no certificate of Test middle, which has issued that of Lower middle"}},
		{"another than those above is missing", gatestest.Issue(t, lower, good), []*gatestest.Authority{middle, ca, old}, "", answer.Failed, []string{"sends no certificate of Lower middle, which has issued its own"}},
		{"in any order", gatestest.Issue(t, lower, good), []*gatestest.Authority{old, middle, ca, lower}, "", answer.Passed, nil},
		{"an authority has expired", gatestest.Issue(t, oldRoot, good), nil, "ca: " + gatestest.WritePEM(t, oldRoot), answer.Failed, []string{"own certificate has expired or is not valid yet, Old root"}},
		{"a name with other letters", gatestest.Issue(t, ca, gatestest.Leaf("xn--mller-kva.example")), nil, "server_name: Müller.example", answer.Passed, []string{"xn--mller-kva.example is good"}},
		{"not yet valid", gatestest.Issue(t, ca, early), nil, "", answer.Failed, []string{"not valid before "}},
		{"ends soon", gatestest.Issue(t, ca, short), nil, `days_left: ">= 14"`, answer.Failed, []string{"days left is 5, limit >= 14"}},
		{"self-signed", gatestest.Issue(t, nil, good), nil, "", answer.Failed, []string{"self-signed"}},
		{"of another authority", gatestest.Issue(t, gatestest.Root(t, nil, "Stranger"), good), []*gatestest.Authority{gatestest.Root(t, nil, "Stranger")}, "", answer.Failed, []string{"not trusted here, Stranger"}},
		{"for another name", gatestest.Issue(t, ca, gatestest.Leaf("other.example")), nil, "", answer.Failed, []string{"name is other.example, limit shop.example"}},
		{"for clients", gatestest.Issue(t, ca, client), nil, "", answer.Failed, []string{"not for servers"}},
		{"signed with SHA-1", gatestest.Issue(t, ca, weak), nil, "", answer.Failed, []string{"chain is signed with ECDSA-SHA1, which is trusted no more: shop.example, limit trusted"}},
		{"for any use", gatestest.Issue(t, ca, anyUse), nil, "", answer.Passed, nil},
		{"the intermediate has expired", gatestest.Issue(t, old, good), []*gatestest.Authority{old}, "", answer.Failed, []string{"expired above the server's own certificate: Old middle"}},
		{"every fault of the chain", gatestest.Issue(t, nil, expiredClient), nil, "", answer.Failed, []string{"expired on ", ", and of a certificate that is not for servers, and self-signed, limit trusted"}},
		{"expired, of another authority", gatestest.Issue(t, gatestest.Root(t, nil, "Stranger"), expired), []*gatestest.Authority{gatestest.Root(t, nil, "Stranger")}, "", answer.Failed, []string{"expired on ", "not trusted here, Stranger"}},
		{"the intermediate ends soon", gatestest.Issue(t, ending, long), []*gatestest.Authority{ending}, `days_left: ">= 14"` + "\nca: " + gatestest.WritePEM(t, longCA), answer.Failed,
			[]string{"days left is 5, limit >= 14; the certificate of Ending middle, above the server's own, ends first, on " + ending.Cert.NotAfter.UTC().Format(time.DateOnly)}},
		{"the intermediate ends first, and late enough", gatestest.Issue(t, ending, long), []*gatestest.Authority{ending}, `days_left: ">= 3"` + "\nca: " + gatestest.WritePEM(t, longCA), answer.Passed,
			[]string{"good until " + ending.Cert.NotAfter.UTC().Format(time.DateOnly) + "; the certificate of Ending middle"}},
		{"of two paths the longer counts", gatestest.Issue(t, ending, long), []*gatestest.Authority{ending, lasting}, `days_left: "= 300"` + "\nca: " + gatestest.WritePEM(t, longCA), answer.Passed, nil},
		{"a root that ends soon", gatestest.Issue(t, viaShort, long), []*gatestest.Authority{viaShort}, `days_left: ">= 14"` + "\nca: " + gatestest.WritePEM(t, shortRoot), answer.Failed, []string{"days left is 9", "the certificate of Short root"}},
		{"two roots, one of which ends soon", gatestest.Issue(t, viaShort, long), []*gatestest.Authority{viaShort, viaLong}, `days_left: "= 300"` + "\nca: " + gatestest.WritePEM(t, longCA, shortRoot), answer.Passed, nil},
		{"the way to an untrusted root ends soon", gatestest.Issue(t, ending, long), []*gatestest.Authority{ending}, `days_left: ">= 14"`, answer.Failed, []string{"Long root", "days left is 5"}},
		{"two faults at once", gatestest.Issue(t, nil, expired), nil, "server_name: else.example", answer.Failed, []string{"expired on", "limit else.example"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			address := gatestest.ListenTLS(t, &tls.Config{}, tt.own, tt.above...)
			settings := fmt.Sprintf("address: %q\n%s", address, tt.settings)
			if !strings.Contains(tt.settings, "ca: ") {
				settings += "\nca: " + trusted
			}
			if !strings.Contains(tt.settings, "server_name") {
				settings += "\nserver_name: shop.example"
			}
			ev := kindtest.Measured(t, kindtest.Built(t, TLS, settings, gates.Deps{}), gates.Scope{})
			if wrong := kindtest.Odd(ev, tt.verdict, tt.words...); wrong != "" {
				t.Error(wrong)
			}
			if len(ev.Details) < 2 || !strings.Contains(ev.Details[0], "TLS 1.3") {
				t.Errorf("details %q, want the protocol and each certificate", ev.Details)
			}
		})
	}
}

// The lowest protocol that a server accepts is found by asking for each, so a
// server that also speaks the newest does not hide that it speaks old ones.
func TestTLSProtocols(t *testing.T) {
	ca := gatestest.Root(t, nil, "Test root")
	file := gatestest.WritePEM(t, ca)
	for _, tt := range []struct {
		lowest, highest uint16
		verdict         answer.Verdict
		want            string
	}{
		{tls.VersionTLS10, tls.VersionTLS13, answer.Failed, "lowest protocol accepted is 1.0, limit >= 1.2"},
		{tls.VersionTLS11, tls.VersionTLS13, answer.Failed, "lowest protocol accepted is 1.1, limit >= 1.2"},
		{tls.VersionTLS12, tls.VersionTLS13, answer.Passed, "good until"},
		{tls.VersionTLS13, tls.VersionTLS13, answer.Passed, "good until"},
		{tls.VersionTLS10, tls.VersionTLS10, answer.Failed, "lowest protocol accepted is 1.0, limit >= 1.2"},
		{tls.VersionTLS12, tls.VersionTLS12, answer.Passed, "good until"},
	} {
		t.Run(tls.VersionName(tt.lowest)+" to "+tls.VersionName(tt.highest), func(t *testing.T) {
			address := gatestest.ListenTLS(t, &tls.Config{MinVersion: tt.lowest, MaxVersion: tt.highest}, gatestest.Issue(t, ca, gatestest.Leaf("shop.example")))
			ev := kindtest.Measured(t, kindtest.Built(t, TLS, fmt.Sprintf("{address: %q, server_name: shop.example, ca: %s, min_version: 1.2}", address, file), gates.Deps{}), gates.Scope{})
			if wrong := kindtest.Odd(ev, tt.verdict, tt.want); wrong != "" {
				t.Error(wrong)
			}
		})
	}
}

// A file of authorities that an editor of Windows has saved is read whole.
func TestTLSAuthoritiesOfWindows(t *testing.T) {
	ca := gatestest.Root(t, nil, "Test root")
	text, err := os.ReadFile(gatestest.WritePEM(t, ca))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "windows.pem")
	if err := os.WriteFile(file, []byte("\ufeff"+strings.ReplaceAll(string(text), "\n", "\r\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	address := gatestest.ListenTLS(t, &tls.Config{}, gatestest.Issue(t, ca, gatestest.Leaf("shop.example")))
	ev := kindtest.Measured(t, kindtest.Built(t, TLS, fmt.Sprintf("{address: %q, server_name: shop.example, ca: %s}", address, file), gates.Deps{}), gates.Scope{})
	if wrong := kindtest.Odd(ev, answer.Passed, "good until"); wrong != "" {
		t.Error(wrong)
	}
}

// A server that wants a certificate of its clients is judged by its own, also
// where TLS 1.2 turns the client away within the handshake.
func TestTLSOfAServerForKnownClients(t *testing.T) {
	ca := gatestest.Root(t, nil, "Test root")
	file := gatestest.WritePEM(t, ca)
	for _, highest := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		address := gatestest.ListenTLS(t, &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: x509.NewCertPool(), MaxVersion: highest}, gatestest.Issue(t, ca, gatestest.Leaf("shop.example")))
		ev := kindtest.Measured(t, kindtest.Built(t, TLS, fmt.Sprintf("{address: %q, server_name: shop.example, ca: %s, min_version: 1.2}", address, file), gates.Deps{}), gates.Scope{})
		if wrong := kindtest.Odd(ev, answer.Passed, "shop.example is good until"); wrong != "" || len(ev.Details) != 2 {
			t.Errorf("%s: %s, details %q", tls.VersionName(highest), wrong, ev.Details)
		}
	}
}

// A server that hangs up has refused a protocol only if it still shakes hands
// afterwards: one that is busy hangs up on anybody.
func TestTLSOfAServerThatHangsUp(t *testing.T) {
	ca := gatestest.Root(t, nil, "Test root")
	file, own := gatestest.WritePEM(t, ca), gatestest.Issue(t, ca, gatestest.Leaf("shop.example"))
	config := &tls.Config{Certificates: []tls.Certificate{{PrivateKey: own.Key, Certificate: [][]byte{own.Cert.Raw}}}}
	for last, want := range map[int]answer.Verdict{4: answer.Passed, 1000: answer.Errored} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		connections := 0
		gatestest.ServeConns(t, l, func(c net.Conn) {
			if connections++; connections == 1 || connections > last { // SSL 3.0, TLS 1.0 and 1.1 are asked for in between
				_ = tls.Server(c, config).Handshake()
			}
		})
		ev := kindtest.Measured(t, kindtest.Built(t, TLS, fmt.Sprintf("{address: %q, server_name: shop.example, ca: %s, min_version: 1.2}", l.Addr(), file), gates.Deps{}), gates.Scope{})
		if ev.Verdict != want {
			t.Errorf("hanging up from the second to number %d: got %s, want %s: %s", last, ev.Verdict, want, ev.Summary)
		}
	}
}

func TestTLSWithoutHandshake(t *testing.T) {
	listen := func(serve func(net.Conn)) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		gatestest.ServeConns(t, l, serve)
		return l.Addr().String()
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	wants := gatestest.Issue(t, nil, gatestest.Leaf("shop.example"))
	for _, tt := range []struct {
		name, address string
		verdict       answer.Verdict
		want          string
	}{
		{"plain text", listen(func(c net.Conn) { io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }), answer.Failed, "does not speak TLS"},
		{"nobody there", closed.Addr().String(), answer.Errored, "nothing listens"},
		{"it hangs up", listen(func(c net.Conn) { c.Read(make([]byte, 1)) }), answer.Errored, "did not complete a TLS handshake"},
		{"it is silent", listen(func(c net.Conn) { io.Copy(io.Discard, c) }), answer.Errored, "did not answer within 200ms"},
		{"no such name", "nowhere.invalid", answer.Errored, "the name of nowhere.invalid was not found; check address"},
		{"another name is asked for", gatestest.ListenTLS(t, &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return nil, context.Canceled
		}}, wants), answer.Errored, "did not complete a TLS handshake"},
		{"it knows no such name", listen(func(c net.Conn) { c.Read(make([]byte, 4096)); c.Write([]byte{21, 3, 3, 0, 2, 2, 112}) }), answer.Errored, "knows no 127.0.0.1; check server_name"},
		{"it goes on with something else", listen(func(c net.Conn) { c.Read(make([]byte, 4096)); c.Write([]byte{22, 3, 3, 0, 4, 1, 0, 0, 0}) }), answer.Errored, "did not complete a TLS handshake"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ev := kindtest.Measured(t, kindtest.Built(t, TLS, fmt.Sprintf("{address: %q, timeout: 200ms}", tt.address), gates.Deps{}), gates.Scope{})
			if wrong := kindtest.Odd(ev, tt.verdict, tt.want); wrong != "" {
				t.Error(wrong)
			}
		})
	}
}

func TestTLSTarget(t *testing.T) {
	ca := gatestest.Root(t, nil, "Test root")
	certificate := gatestest.Leaf("localhost")
	certificate.IPAddresses = []net.IP{net.ParseIP("127.0.0.1")}
	address, file := gatestest.ListenTLS(t, &tls.Config{}, gatestest.Issue(t, ca, certificate)), gatestest.WritePEM(t, ca)
	_, port, _ := net.SplitHostPort(address)
	for _, tt := range []struct {
		settings, target string
		verdict          answer.Verdict
		want             string
	}{
		{`address: "{target.host}"`, "https://" + address, answer.Passed, "127.0.0.1 is good"},
		{`address: "{target.host}", server_name: "{target.host}"`, "https://" + address, answer.Passed, "127.0.0.1 is good"},
		{`address: "{target.host}"`, "", answer.Errored, "{target.host} is not known here"},
		{`address: "{target.host}:` + port + `"`, "http://127.0.0.1:8080/", answer.Passed, "127.0.0.1 is good"},
		{`address: "{target.host}:` + port + `"`, "http://127.0.0.1", answer.Passed, "127.0.0.1 is good"},
		{`address: "{target.host}:1"`, "https://[::1]:8080", answer.Errored, "[::1]:1"},
		{`address: "{target.host}:` + port + `"`, "", answer.Errored, "{target.host} is not known here"},
	} {
		b := kindtest.Built(t, TLS, fmt.Sprintf("{%s, ca: %s}", tt.settings, file), gates.Deps{})
		if wrong := kindtest.Odd(kindtest.Measured(t, b, gates.Scope{TargetURL: tt.target}), tt.verdict, tt.want); wrong != "" {
			t.Errorf("%s at %s: %s", tt.settings, tt.target, wrong)
		}
	}
}

// The gate is not cut off while a connection still has the time that it was given.
func TestTLSDeadline(t *testing.T) {
	for settings, want := range map[string]time.Duration{
		"{address: a}":                                     gates.UsualDeadline,
		"{address: a, timeout: 2m}":                        4*time.Minute + time.Second,
		`{address: a, timeout: 2m, min_version: "1.2"}`:    14*time.Minute + time.Second,
		`{address: a, timeout: 100ms, min_version: "1.2"}`: gates.UsualDeadline,
	} {
		if got := (gates.Job{Gate: kindtest.Built(t, TLS, settings, gates.Deps{}).Gate}).Timeout(); got != want {
			t.Errorf("%s: got %s, want %s", settings, got, want)
		}
	}
}

func TestTLSSettings(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for settings, want := range map[string]string{
		`{days_left: ">= 14"}`:              "address is missing",
		`{address: "https://a"}`:            "address is more than a host and a port; write",
		`{address: "a:99999"}`:              "has a port that is none",
		`{address: "a:"}`:                   "has a port that is none",
		`{address: ":443"}`:                 "names no host",
		`{address: "::g"}`:                  "names no host",
		`{address: a, days_left: ">= 14h"}`: "days_left is a number of days",
		`{address: a, min_version: 1.4}`:    "is no version of TLS",
		`{address: a, timeout: 0s}`:         "timeout must be longer",
		`{address: a, ca: nowhere.pem}`:     "nowhere.pem cannot be read: it is not there; name a file below the configuration's folder, or a whole path",
		`{address: a, ca: ` + empty + `}`:   "contains no certificate",
	} {
		if got := kindtest.Faulty(t, TLS, settings, gates.Deps{}); !strings.Contains(got, want) {
			t.Errorf("%s gives %s, want %s", settings, got, want)
		}
	}
}

// The gate names a protocol that Go's client cannot speak.
func TestTLSFindsWhatGoCannotSpeak(t *testing.T) {
	site := httptest.NewTLSServer(nil)
	defer site.Close()
	first := make(chan bool, 1)
	first <- true
	address := gatestest.Listen(t, func(conn net.Conn) {
		select {
		case <-first:
			_ = tls.Server(conn, site.TLS).Handshake()
		default:
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = conn.Write([]byte{22, 3, 0, 0, 42, 2, 0, 0, 38, 3, 0})
		}
	}).Address
	ev := kindtest.Measured(t, kindtest.Built(t, TLS, `{address: "`+address+`", server_name: example.com, min_version: "1.2"}`, gates.Deps{}), gates.Scope{})
	if said := kindtest.Odd(ev, answer.Failed, "lowest protocol accepted is SSLv3, limit >= 1.2"); said != "" {
		t.Error(said)
	}
}

// A name is asked for without its last dot.
func TestTLSNameWithADot(t *testing.T) {
	g := &tlsGate{settings: tlsSettings{Address: "shop.example:443", ServerName: "shop.example."}}
	if p, err := g.point(gates.Scope{}); err != nil || p.name != "shop.example" {
		t.Errorf("asks for %q, %v", p.name, err)
	}
}
