package certificate_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"gonogo/gates/certificate"
	"gonogo/gates/gatestest"
)

const day = 24 * time.Hour

// ending is an authority that ends so long from now.
func ending(t *testing.T, name string, by *gatestest.Authority, left time.Duration) *gatestest.Authority {
	return gatestest.Issue(t, by, x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-90 * day), NotAfter: time.Now().Add(left + time.Hour)})
}

func TestVerify(t *testing.T) {
	now := time.Now()
	ca := gatestest.Root(t, nil, "Test root")
	middle := gatestest.Root(t, ca, "Test middle")
	lower := gatestest.Root(t, middle, "Lower middle")
	old, oldRoot := ending(t, "Old middle", ca, -day), ending(t, "Old root", nil, -day)
	stranger := gatestest.Root(t, nil, "Stranger")
	long := ending(t, "Long root", nil, 3000*day)
	soon := ending(t, "Ending middle", long, 5*day)
	lasting := soon.Renewed(long, 400*day)
	good := gatestest.Leaf("shop.example")
	expired, early, client, weak := good, good, good, good
	expired.NotBefore, expired.NotAfter = now.Add(-90*day), now.Add(-3*day)
	early.NotBefore = now.Add(5 * day)
	client.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	weak.SignatureAlgorithm = x509.ECDSAWithSHA1
	for _, tt := range []struct {
		name   string
		own    *gatestest.Authority
		above  []*gatestest.Authority
		faults []string // how each begins
		first  string   // the certificate that ends first; "" for the server's own
	}{
		{"good", gatestest.Issue(t, ca, good), nil, nil, ""},
		{"by an intermediate", gatestest.Issue(t, middle, good), []*gatestest.Authority{middle}, nil, ""},
		{"in any order", gatestest.Issue(t, lower, good), []*gatestest.Authority{old, middle, ca, lower}, nil, ""},
		{"the intermediate is missing", gatestest.Issue(t, middle, good), nil, []string{"incomplete or of an unknown authority: the server sends no certificate of Test middle, which has issued its own"}, ""},
		{"one further up is missing", gatestest.Issue(t, lower, good), []*gatestest.Authority{lower}, []string{"incomplete or of an unknown authority: the server sends no certificate of Test middle, which has issued that of Lower middle"}, ""},
		{"expired", gatestest.Issue(t, ca, expired), nil, []string{"expired on "}, ""},
		{"not yet valid", gatestest.Issue(t, ca, early), nil, []string{"not valid before "}, ""},
		{"self-signed and expired", gatestest.Issue(t, nil, expired), nil, []string{"expired on ", "self-signed"}, ""},
		{"for clients", gatestest.Issue(t, ca, client), nil, []string{"of a certificate that is not for servers"}, ""},
		{"of another authority", gatestest.Issue(t, stranger, good), []*gatestest.Authority{stranger}, []string{"of an authority that is not trusted here, Stranger"}, ""},
		{"signed with SHA-1", gatestest.Issue(t, ca, weak), nil, []string{"signed with ECDSA-SHA1, which is trusted no more: shop.example"}, ""},
		{"the intermediate has expired", gatestest.Issue(t, old, good), []*gatestest.Authority{old}, []string{"expired above the server's own certificate: Old middle"}, "Old middle"},
		{"the root has expired", gatestest.Issue(t, oldRoot, good), nil, []string{"of an authority whose own certificate has expired or is not valid yet, Old root"}, ""},
		{"the intermediate ends first", gatestest.Issue(t, soon, good), []*gatestest.Authority{soon}, nil, "Ending middle"},
		{"of two ways the longer counts", gatestest.Issue(t, soon, good), []*gatestest.Authority{soon, lasting}, nil, ""},
	} {
		roots := x509.NewCertPool()
		for _, a := range []*gatestest.Authority{ca, oldRoot, long} {
			roots.AddCert(a.Cert)
		}
		shown := []*x509.Certificate{tt.own.Cert}
		for _, a := range tt.above {
			shown = append(shown, a.Cert)
		}
		chains, faults := certificate.Verify(shown, roots, now)
		if len(faults) != len(tt.faults) {
			t.Errorf("%s: got %q, want %q", tt.name, faults, tt.faults)
			continue
		}
		for i, fault := range faults {
			if !strings.HasPrefix(fault, tt.faults[i]) {
				t.Errorf("%s: got %q, want %q", tt.name, fault, tt.faults[i])
			}
		}
		want := tt.first
		if want == "" {
			want = certificate.Subject(tt.own.Cert)
		}
		if got := certificate.Subject(certificate.EndsFirst(chains)); got != want {
			t.Errorf("%s: %s ends first, want %s", tt.name, got, want)
		}
	}
}

func TestDaysUntil(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for left, want := range map[time.Duration]int{0: 0, day - time.Second: 0, day: 1, 30 * day: 30, -time.Second: -1, -day: -2} {
		if got := certificate.DaysUntil(now.Add(left), now); got != want {
			t.Errorf("%s: got %d, want %d", left, got, want)
		}
	}
}

func TestAuthorities(t *testing.T) {
	own := gatestest.Root(t, nil, "Test root")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Cert.Raw})
	for name, text := range map[string][]byte{"as it is": text, "by an editor of Windows": append([]byte("\ufeff"), []byte(strings.ReplaceAll(string(text), "\n", "\r\n"))...)} {
		pool, ok := certificate.Authorities(text)
		if !ok {
			t.Errorf("%s: no certificate", name)
			continue
		}
		if _, err := own.Cert.Verify(x509.VerifyOptions{Roots: pool}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, ok := certificate.Authorities([]byte("nothing")); ok {
		t.Error("a text without a certificate holds one")
	}
}
