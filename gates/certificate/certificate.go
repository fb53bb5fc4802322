// Package certificate judges the certificates that a TLS server shows: whether they
// chain to a trusted authority, why not if they don't, and which of them expires first,
// and when.
//
// [Verify] reports every fault, in words that continue "the chain is", where
// [x509.Certificate.Verify] stops at the first. Nothing here opens a connection.
package certificate

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Verify lists why the chain that a server shows isn't trusted now, and returns the
// verified chains, or else the one that is shown. roots are the trusted authorities;
// nil means the machine's. A certificate that has expired or isn't valid yet is judged
// as if it were valid now, so that this doesn't hide its other faults.
func Verify(shown []*x509.Certificate, roots *x509.CertPool, now time.Time) (chains [][]*x509.Certificate, faults []string) {
	leaf := *shown[0]
	switch {
	case now.After(leaf.NotAfter):
		faults, leaf.NotAfter = append(faults, "expired on "+leaf.NotAfter.UTC().Format(time.DateOnly)), now
	case now.Before(leaf.NotBefore):
		faults, leaf.NotBefore = append(faults, "not valid before "+leaf.NotBefore.UTC().Format(time.DateOnly)), now
	}
	use := x509.ExtKeyUsageServerAuth
	if !forServers(&leaf) {
		faults, use = append(faults, "of a certificate that is not for servers"), x509.ExtKeyUsageAny
	}
	between := x509.NewCertPool()
	for _, c := range shown[1:] {
		between.AddCert(c)
	}
	chains, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{use}})
	if err != nil {
		chains = [][]*x509.Certificate{upwards(shown)}
		faults = append(faults, whyUnverified(chains[0], now, err))
	}
	for _, chain := range chains {
		chain[0] = shown[0] // with its own times
	}
	return chains, faults
}

// EndsFirst is the certificate whose expiry limits the whole: the first to expire in a
// chain and, of several chains, that of the one that lasts longest, since a client may
// use that one. A root counts like the others: clients that check its dates refuse the
// chain once it has expired.
func EndsFirst(chains [][]*x509.Certificate) *x509.Certificate {
	ends := func(a, b *x509.Certificate) int { return a.NotAfter.Compare(b.NotAfter) }
	var firsts []*x509.Certificate
	for _, chain := range chains {
		firsts = append(firsts, slices.MinFunc(chain, ends))
	}
	return slices.MaxFunc(firsts, ends)
}

// forServers reports whether a certificate is valid for a server; one without key
// usages is valid for anything (RFC 5280, section 4.2.1.12).
func forServers(leaf *x509.Certificate) bool {
	return len(leaf.ExtKeyUsage)+len(leaf.UnknownExtKeyUsage) == 0 ||
		slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageAny) || slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
}

// upwards are the server's own certificate, that of its issuer and so on, as far
// as they are shown, in whichever order. Of two of the same issuer it takes the
// one that is good for longer.
func upwards(shown []*x509.Certificate) []*x509.Certificate {
	chain := shown[:1:1]
	for range shown {
		top := chain[len(chain)-1]
		var next *x509.Certificate
		for _, c := range shown[1:] {
			if bytes.Equal(c.RawSubject, top.RawIssuer) && (next == nil || c.NotAfter.After(next.NotAfter)) {
				next = c
			}
		}
		if next == nil || slices.Contains(chain, next) {
			break
		}
		chain = append(chain, next)
	}
	return chain
}

// whyUnverified says why a chain leads to no trusted authority. Weak certificates and
// signatures above the server's own are named first: the error doesn't distinguish them
// from an unknown authority.
func whyUnverified(chain []*x509.Certificate, now time.Time, err error) string {
	leaf, top := chain[0], chain[len(chain)-1]
	old := slices.IndexFunc(chain[1:], func(c *x509.Certificate) bool { return now.After(c.NotAfter) })
	weak := slices.IndexFunc(chain, func(c *x509.Certificate) bool { return !selfIssued(c) && weakly(c) })
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature) == nil:
		return "self-signed"
	case weak >= 0:
		return fmt.Sprintf("signed with %s, which is trusted no more: %s", chain[weak].SignatureAlgorithm, chain[weak].Subject.CommonName)
	case old >= 0:
		return "expired above the server's own certificate: " + chain[old+1].Subject.CommonName
	case errors.As(err, &unknown) && selfIssued(top):
		return "of an authority that is not trusted here, " + issuer(top)
	case errors.As(err, &unknown) && len(chain) == 1:
		return fmt.Sprintf("incomplete or of an unknown authority: the server sends no certificate of %s, which has issued its own", issuer(leaf))
	case errors.As(err, &unknown):
		return fmt.Sprintf("incomplete or of an unknown authority: the server sends no certificate of %s, which has issued that of %s", issuer(top), top.Subject.CommonName)
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return "of an authority that is not for servers"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "of an authority whose own certificate has expired or is not valid yet, " + issuer(top)
	}
	return "not one that can be verified"
}

func selfIssued(c *x509.Certificate) bool { return bytes.Equal(c.RawSubject, c.RawIssuer) }

// weakly reports whether a certificate is signed by a digest that can be forged,
// which nothing is verified by.
func weakly(c *x509.Certificate) bool {
	return slices.Contains([]x509.SignatureAlgorithm{x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1}, c.SignatureAlgorithm)
}

// Subject is a certificate's name.
func Subject(c *x509.Certificate) string { return cmp.Or(c.Subject.CommonName, c.Subject.String()) }

func issuer(c *x509.Certificate) string {
	if c.Issuer.CommonName != "" {
		return c.Issuer.CommonName
	}
	return c.Issuer.String()
}

// DaysUntil counts whole days; it is negative once the time has passed.
func DaysUntil(end, now time.Time) int {
	if end.Before(now) {
		return -1 - int(now.Sub(end).Hours()/24)
	}
	return int(end.Sub(now).Hours() / 24)
}

// Names are those that a certificate is for.
func Names(c *x509.Certificate) string {
	all := append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		return "none"
	}
	if more := len(all) - 8; more > 0 {
		all = append(all[:8], fmt.Sprintf("%d more", more))
	}
	return strings.Join(all, ", ")
}

// Describe is what a server has shown, one line each.
func Describe(state tls.ConnectionState) []string {
	lines := []string{"Protocol: " + tls.VersionName(state.Version) + ", " + tls.CipherSuiteName(state.CipherSuite)}
	for i, c := range state.PeerCertificates {
		line := fmt.Sprintf("%d. %s, issued by %s, from %s until %s", i+1, c.Subject.CommonName, issuer(c),
			c.NotBefore.UTC().Format(time.DateOnly), c.NotAfter.UTC().Format(time.DateOnly))
		if i == 0 {
			line += ", for " + Names(c)
		}
		lines = append(lines, line)
	}
	return lines
}

// Authorities are the machine's own and those of a text in PEM form; ok is false where
// that holds none.
func Authorities(text []byte) (pool *x509.CertPool, ok bool) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // as some editors of Windows begin a file
	return pool, pool.AppendCertsFromPEM(text)
}
