package gatestest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Authority issues certificates, or is a certificate that was issued.
type Authority struct {
	t    *testing.T
	Cert *x509.Certificate
	Key  *ecdsa.PrivateKey
}

var serials = big.NewInt(1000)

// Issue makes a certificate; by nil, it is self-signed.
func Issue(t *testing.T, by *Authority, template x509.Certificate) *Authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serials.Add(serials, big.NewInt(1))
	template.SerialNumber = new(big.Int).Set(serials)
	if template.NotBefore.IsZero() {
		template.NotBefore = time.Now().Add(-time.Hour)
	}
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(60*24*time.Hour + time.Hour)
	}
	parent, signer := &template, key
	if by != nil {
		parent, signer = by.Cert, by.Key
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &Authority{t, cert, key}
}

// Renewed is the same authority, with another certificate for its key.
func (a *Authority) Renewed(by *Authority, left time.Duration) *Authority {
	a.t.Helper()
	serials.Add(serials, big.NewInt(1))
	template := *a.Cert
	template.SerialNumber, template.NotAfter = new(big.Int).Set(serials), time.Now().Add(left+time.Hour)
	template.AuthorityKeyId = nil
	der, err := x509.CreateCertificate(rand.Reader, &template, by.Cert, &a.Key.PublicKey, by.Key)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return &Authority{a.t, cert, a.Key}
}

// Root is an authority that may issue other authorities, by itself where by is nil.
func Root(t *testing.T, by *Authority, name string) *Authority {
	return Issue(t, by, x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
}

// Leaf is a template of a server's certificate.
func Leaf(names ...string) x509.Certificate {
	return x509.Certificate{Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
}

// ListenTLS serves handshakes with a certificate and those above it.
func ListenTLS(t *testing.T, config *tls.Config, own *Authority, above ...*Authority) string {
	t.Helper()
	shown := tls.Certificate{PrivateKey: own.Key, Certificate: [][]byte{own.Cert.Raw}}
	for _, a := range above {
		shown.Certificate = append(shown.Certificate, a.Cert.Raw)
	}
	config.Certificates = []tls.Certificate{shown}
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	ServeConns(t, l, func(c net.Conn) { _ = c.(*tls.Conn).Handshake() })
	return l.Addr().String()
}

// ServeConns hands each connection to serve, and closes it afterwards.
func ServeConns(t *testing.T, l net.Listener, serve func(net.Conn)) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c)
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
}

// WritePEM writes certificates into a file, and gives its name.
func WritePEM(t *testing.T, all ...*Authority) string {
	t.Helper()
	var text []byte
	for _, a := range all {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Cert.Raw})...)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
