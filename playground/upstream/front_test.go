package upstream

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// practiceFront is the production site's HTTPS, and a pool with the authority
// of its certificates.
func practiceFront(t *testing.T) (*Upstream, *x509.CertPool) {
	t.Helper()
	p := newPlace(t)
	a, err := openAuthority(p)
	if err != nil {
		t.Fatal(err)
	}
	f, err := newFront(p, productionSite(p, practiceCloud(t, p)), a, "production", productionName)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(a.file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		t.Fatal("the authority's file holds no certificate")
	}
	return practiceIn(t, p, f.upstream), pool
}

func value(t *testing.T, u *Upstream, name string) string {
	t.Helper()
	for _, v := range u.Variables {
		if v.Name == name {
			return v.Value
		}
	}
	t.Fatalf("there is no variable %s", name)
	return ""
}

// TestCertificates shakes hands as a browser does that trusts the authority.
func TestCertificates(t *testing.T) {
	u, pool := practiceFront(t)
	for _, tt := range []struct {
		state string
		left  int // whole days; the client accepts it
		wrong string
	}{
		{"good", 60, ""},
		{"ends-soon", 3, ""},
		{"expired", 0, "has expired"},
		{"other-name", 0, "valid for other.insightpulse.test, not insightpulse.test"},
		{"self-signed", 0, "unknown authority"},
		{"good", 60, ""},
	} {
		turn(t, u, "production-certificate", tt.state)
		conn, err := tls.Dial("tcp", value(t, u, "PRODUCTION_TLS"), &tls.Config{RootCAs: pool, ServerName: value(t, u, "PRODUCTION_NAME")})
		if err != nil {
			if tt.wrong == "" || !strings.Contains(err.Error(), tt.wrong) {
				t.Errorf("%s: got %v, want %q", tt.state, err, tt.wrong)
			}
			continue
		}
		left := int(time.Until(conn.ConnectionState().PeerCertificates[0].NotAfter).Hours() / 24)
		if conn.Close(); tt.wrong != "" || left != tt.left {
			t.Errorf("%s: accepted with %d days left, want %d days or %q", tt.state, left, tt.left, tt.wrong)
		}
	}
}

// TestProtocols offers one protocol at a time.
func TestProtocols(t *testing.T) {
	u, pool := practiceFront(t)
	for state, lowest := range map[string]uint16{"newest": tls.VersionTLS13, "one-older": tls.VersionTLS12, "old": tls.VersionTLS10} {
		turn(t, u, "production-protocols", state)
		for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
			conn, err := tls.Dial("tcp", value(t, u, "PRODUCTION_TLS"), &tls.Config{RootCAs: pool, ServerName: productionName, MinVersion: version, MaxVersion: version})
			if err == nil {
				conn.Close()
			}
			if accepted := err == nil; accepted != (version >= lowest) {
				t.Errorf("%s: %s accepted is %v: %v", state, tls.VersionName(version), accepted, err)
			}
		}
	}
}

// TestHTTPS follows a visitor who comes without HTTPS, as a browser does.
func TestHTTPS(t *testing.T) {
	u, pool := practiceFront(t)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: productionName}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	for _, tt := range []struct{ state, scheme, protocol string }{{"redirects", "https", "HTTP/2.0"}, {"serves", "http", "HTTP/1.1"}} {
		turn(t, u, "production-plain", tt.state)
		response, err := client.Get(value(t, u, "PRODUCTION_PLAIN_URL") + "sites/production/web/login")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != 200 || !strings.Contains(string(body), "oe_login_form") {
			t.Errorf("%s: got status %d, %v and %.80q", tt.state, response.StatusCode, err, body)
		}
		if got := response.Request.URL.Scheme; got != tt.scheme || response.Proto != tt.protocol {
			t.Errorf("%s: ended at %s over %s, want %s over %s", tt.state, got, response.Proto, tt.scheme, tt.protocol)
		}
	}
	response, err := client.Get("https://" + value(t, u, "PRODUCTION_TLS") + "/")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if got := response.Request.URL.Path; got != "/sites/production/web/login" {
		t.Errorf("the address alone leads to %s", got)
	}
}

// A client that trusted the authority goes on trusting it after a restart; a
// file that holds something else is refused and left alone.
func TestAuthorityStays(t *testing.T) {
	p := newPlace(t)
	first, err := openAuthority(p)
	if err != nil {
		t.Fatal(err)
	}
	again, err := openAuthority(p)
	if err != nil || !again.cert.Equal(first.cert) || !again.key.Equal(first.key) {
		t.Errorf("opened again it is another: %v", err)
	}
	if err := os.Remove(first.file); err != nil { // killed before the certificate was written
		t.Fatal(err)
	}
	if again, err = openAuthority(p); err != nil || !again.key.Equal(first.key) {
		t.Errorf("without its certificate it lost its key: %v", err)
	}
	for _, text := range []string{"", "torn", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"} {
		if err := os.WriteFile(first.file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openAuthority(p); err == nil || !strings.Contains(err.Error(), "is damaged or doesn't belong to this practice world") {
			t.Errorf("with %q as certificate: got %v", text, err)
		}
		if got, err := os.ReadFile(first.file); err != nil || string(got) != text {
			t.Errorf("%q was overwritten with %q, %v", text, got, err)
		}
	}
	other, err := openAuthority(newPlace(t))
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := os.ReadFile(other.file)
	if err := errors.Join(err, os.WriteFile(first.file, stranger, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := openAuthority(p); err == nil {
		t.Error("a certificate of another key was taken")
	}
}

// TestSecurityHeaders looks at them as a browser does.
func TestSecurityHeaders(t *testing.T) {
	_, production, base, client := serveSites(t)
	for state, want := range map[string]bool{"sent": true, "missing": false} {
		turn(t, production, "production-headers", state)
		response, err := client.Get(base + "/sites/production/web/login")
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"} {
			if got := response.Header.Get(name); (got != "") != want {
				t.Errorf("%s: %s is %q", state, name, got)
			}
		}
	}
}
