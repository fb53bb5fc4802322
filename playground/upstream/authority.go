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

// authority issues the certificates of the practice sites. No machine trusts
// it unless told to; its own certificate is a file for clients, and stays the
// same as long as the world's folder.
type authority struct {
	file string // of its certificate
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	now  func() time.Time
}

// openAuthority takes the authority that the folder has, or makes one there.
// The key is written first: where the process ends in between, the certificate
// is made of the key that is there.
func openAuthority(p Place) (*authority, error) {
	dir := filepath.Join(p.Dir, "tls")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of the practice certificates: %w", err)
	}
	a := &authority{file: filepath.Join(dir, "authority.pem"), now: p.Now}
	keyFile := filepath.Join(dir, "authority.key")
	key, err := kept(keyFile, "EC PRIVATE KEY", newKey)
	if err != nil {
		return nil, err
	}
	if a.key, err = x509.ParseECPrivateKey(key); err != nil {
		return nil, torn(keyFile)
	}
	cert, err := kept(a.file, "CERTIFICATE", a.signSelf)
	if err != nil {
		return nil, err
	}
	if a.cert, err = x509.ParseCertificate(cert); err != nil || !a.key.PublicKey.Equal(a.cert.PublicKey) {
		return nil, torn(a.file)
	}
	return a, nil
}

func torn(file string) error {
	return fmt.Errorf("%s is torn or not of this practice world; move its folder away to start with new certificates", file)
}

// kept is what a PEM file holds; a file that is not there yet is made first.
func kept(file, block string, fresh func() ([]byte, error)) ([]byte, error) {
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
		return nil, torn(file)
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
		NotBefore: a.now().Add(-365 * day), NotAfter: a.now().Add(3650 * day), // it is older than what it issued
	}
	return x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
}

// wanted is what a certificate should be like.
type wanted struct {
	name       string
	from, till time.Duration // seen from now
	selfSigned bool
}

// issue makes a server's certificate.
func (a *authority) issue(w wanted) (*tls.Certificate, error) {
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
