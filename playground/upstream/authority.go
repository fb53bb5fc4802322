package upstream

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"gonogo/playground/atomicfile"
)

const day = 24 * time.Hour

// authority is the certificate authority of the practice sites. Its own certificate is
// a file for clients, and is kept in the world's folder.
type authority struct {
	file string // of its certificate
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	now  func() time.Time
}

// openAuthority loads the authority from the folder, or creates one. The key is written
// first: if the process ends before the certificate is written, the next start makes
// one for the same key.
func openAuthority(p Place) (*authority, error) {
	dir := filepath.Join(p.Dir, "tls")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of the practice certificates: %w", err)
	}
	a := &authority{file: filepath.Join(dir, "authority.pem"), now: p.Now}
	keyFile := filepath.Join(dir, "authority.key")
	key, err := loadPEM(keyFile, "EC PRIVATE KEY", newKey)
	if err != nil {
		return nil, err
	}
	if a.key, err = x509.ParseECPrivateKey(key); err != nil {
		return nil, damaged(keyFile)
	}
	cert, err := loadPEM(a.file, "CERTIFICATE", a.signSelf)
	if err != nil {
		return nil, err
	}
	if a.cert, err = x509.ParseCertificate(cert); err != nil || !a.key.PublicKey.Equal(a.cert.PublicKey) {
		return nil, damaged(a.file)
	}
	return a, nil
}

func damaged(file string) error {
	return fmt.Errorf("%s is damaged or doesn't belong to this practice world; move its folder away to start with new certificates", file)
}

// loadPEM reads the block of a PEM file. If there is no file, it writes one first.
func loadPEM(file, block string, fresh func() ([]byte, error)) ([]byte, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		var der []byte
		if der, err = fresh(); err == nil {
			text = pem.EncodeToMemory(&pem.Block{Type: block, Bytes: der})
			err = atomicfile.Replace(file, text)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("keep the practice certificates: %w", err)
	}
	found, _ := pem.Decode(text)
	if found == nil || found.Type != block {
		return nil, damaged(file)
	}
	return found.Bytes, nil
}

func newKey() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return x509.MarshalECPrivateKey(key)
}

func (a *authority) signSelf() ([]byte, error) {
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Practice authority of gonogo"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage:  x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		NotBefore: a.now().Add(-365 * day), NotAfter: a.now().Add(3650 * day), // older than any certificate it issues
	}
	return x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
}

// certificateSpec describes a certificate to be issued.
type certificateSpec struct {
	name       string
	from, till time.Duration // relative to now
	selfSigned bool
}

// issue issues a server's certificate.
func (a *authority) issue(w certificateSpec) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: w.name}, DNSNames: []string{w.name},
		NotBefore: a.now().Add(w.from), NotAfter: a.now().Add(w.till),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	parent, signer := a.cert, a.key
	if w.selfSigned {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
