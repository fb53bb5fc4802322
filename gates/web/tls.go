package web

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"gonogo/clients/outgoing"
	"gonogo/gates"
	"gonogo/gates/certificate"
	"gonogo/gates/files"
	"gonogo/gates/form"
	"gonogo/gates/handshake"
	"gonogo/gates/limit"
	"gonogo/gates/network"
	"gonogo/readiness"
	"gonogo/readiness/answer"
)

// TLS is the kind tls.
var TLS = gates.Kind{
	Name: "tls", About: "a server's certificate at each of its IP addresses: the chain, the names, the days until it expires, and the lowest protocol version that the server accepts", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed:  "the chain is trusted, the certificate is valid for the name, and days_left and min_version are met",
		Failed:  "one of these isn't so, each with its cause; or the server doesn't speak TLS",
		Errored: "the server can't be reached at one of its addresses, doesn't respond in time, or rejects every handshake",
	},
	Notes: severalAddresses + `

The days left are those of the certificate that expires first: the server's own, an intermediate, or the root. If several chains can be
verified, the one that lasts longest counts.

Not visible to it: whether the certificate was revoked or renews itself, which ciphers the server accepts, and servers that begin in plain text and switch to
TLS (STARTTLS).`,
	Example: `address: shop.example:443
days_left: ">= 14"
min_version: "1.2"
server_name: shop.example
timeout: 5s`,
	New: newTLS,
}

// tlsSettings are the settings of kind tls.
type tlsSettings struct {
	Address    string         `yaml:"address" required:"true"` // host and port; without a port, 443; a port after {target.host} replaces the target's own
	ServerName string         `yaml:"server_name"`             // the name to send in the TLS handshake (SNI) and to verify in the certificate; default: the host of address
	DaysLeft   limit.Limit    `yaml:"days_left"`               // how many whole days remain until the first certificate of the chain expires
	MinVersion tlsProtocol    `yaml:"min_version"`             // the lowest protocol version that the server may accept
	CA         string         `yaml:"ca"`                      // a PEM file of CA certificates to trust in addition to the system's
	Timeout    limit.Duration `yaml:"timeout"`                 // the time limit for each connection; default: 10s
}

// tlsProtocol is a version of TLS, written as 1.0 to 1.3.
type tlsProtocol uint16

var tlsProtocols = []tlsProtocol{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13}

// String writes a protocol as the settings do.
func (p tlsProtocol) String() string { return strings.TrimPrefix(tls.VersionName(uint16(p)), "TLS ") }

// UnmarshalText reads a protocol.
func (p *tlsProtocol) UnmarshalText(text []byte) error {
	for _, known := range tlsProtocols {
		if strings.TrimSpace(strings.TrimPrefix(strings.ToUpper(string(text)), "TLS")) == known.String() {
			*p = known
			return nil
		}
	}
	return fmt.Errorf(`%q is no version of TLS; write one of "1.0", "1.1", "1.2" and "1.3", in quotes`, text)
}

type tlsGate struct {
	settings tlsSettings
	roots    *x509.CertPool // nil: the machine's
	network  network.Resolver
	dialer   func(address string) *net.Dialer
}

func newTLS(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	s := tlsSettings{Timeout: limit.Duration(10 * time.Second)}
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	var faults gates.Faults
	if problem := addressProblem(s.Address); problem != "" {
		faults = append(faults, gates.Fault{Field: "address", Problem: problem + "; write a host and a port, as in shop.example:443"})
	}
	if s.DaysLeft.Unit() != "" || s.DaysLeft.Percentile != 0 {
		faults = append(faults, gates.Fault{Field: "days_left", Problem: `days_left is a number of days; write it as in ">= 14"`})
	}
	if s.Timeout <= 0 {
		faults = append(faults, gates.Fault{Field: "timeout", Problem: "timeout must be longer than zero; write it like 10s"})
	}
	g := &tlsGate{settings: s, network: deps.Network, dialer: deps.Dialer}
	if s.CA != "" {
		var err error
		if g.roots, err = authorities(s.CA, deps.Dir); err != nil {
			faults = append(faults, gates.Fault{Field: "ca", Problem: err.Error()})
		}
	}
	if err := faults.OrNil(); err != nil {
		return gates.Built{}, err
	}
	return gates.Built{Gate: g, Settings: gates.SettingsHash("tls", s)}, nil
}

// authorities reads a file of authorities, which then count besides those that
// the machine trusts.
func authorities(file, dir string) (*x509.CertPool, error) {
	if !filepath.IsAbs(file) {
		file = filepath.Join(dir, file)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %s; name a file below the configuration's folder, or a whole path", file, files.Cause(err))
	}
	pool, ok := certificate.Authorities(text)
	if !ok {
		return nil, fmt.Errorf("%s contains no certificate; it must be a PEM file", file)
	}
	return pool, nil
}

// Deadline implements [gates.WithDeadline]: there is a look-up and one connection to each
// address, side by side; six connections where old protocols are asked for, one
// after another.
func (g *tlsGate) Deadline() time.Duration {
	waits := 2
	if g.settings.MinVersion != 0 {
		waits = 7
	}
	return max(gates.UsualDeadline, time.Duration(waits)*time.Duration(g.settings.Timeout)+time.Second)
}

// Check implements [gates.Gate].
func (g *tlsGate) Check(ctx context.Context, s gates.Scope) answer.Evidence {
	p, err := g.point(s)
	if err != nil {
		return gates.Errored("the address is not known: %s", err)
	}
	now := s.View.Now
	if now.IsZero() {
		now = time.Now()
	}
	places, unseen, err := g.places(ctx, p)
	if err != nil {
		return g.noGreeting(ctx, p, err)
	}
	return worst(lookAt(places, func(place string) atPlace { return g.look(ctx, p.at(place), now) }), unseen)
}

// places are the addresses of a server's name.
func (g *tlsGate) places(ctx context.Context, p point) (places, unseen []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(g.settings.Timeout))
	defer cancel()
	host, _, _ := net.SplitHostPort(p.address)
	return g.network.Addresses(ctx, host)
}

// look judges a server at one of its addresses. The fewer days are left there, the
// more it counts.
func (g *tlsGate) look(ctx context.Context, p point, now time.Time) atPlace {
	server := handshake.Server{Address: p.dialled, Name: p.name, Timeout: time.Duration(g.settings.Timeout), Dialer: g.dialer(p.address)}
	state, err := server.Greet(ctx)
	if err != nil {
		return atPlace{evidence: g.noGreeting(ctx, p, err)}
	}
	leaf := state.PeerCertificates[0]
	chains, faults := certificate.Verify(state.PeerCertificates, g.roots, now)
	last := certificate.EndsFirst(chains)
	left, end := certificate.DaysUntil(last.NotAfter, now), last.NotAfter.UTC().Format(time.DateOnly)
	measures := g.certificate(leaf, faults, left, p)
	if g.settings.MinVersion != 0 {
		found, err := server.Lowest(ctx, state.Version)
		if err != nil {
			return atPlace{evidence: gates.Errored("%s does not say which protocols it accepts: %s", p.address, err)}
		}
		lowest := tlsProtocol(found)
		measures = append(measures, answer.Measure{Name: "lowest protocol accepted", Value: lowest.String(), Limit: ">= " + g.settings.MinVersion.String(), OK: lowest >= g.settings.MinVersion})
	}
	ev := gates.Judged(measures, fmt.Sprintf("the certificate for %s is good until %s", p.name, end))
	if last != leaf && (ev.Verdict == answer.Passed || !g.enough(left)) {
		ev.Summary += fmt.Sprintf("; the certificate of %s, above the server's own, ends first, on %s", certificate.Subject(last), end)
	}
	ev.Details = certificate.Describe(state)
	return atPlace{evidence: ev, weight: -float64(left)}
}

// point is where to connect, by which address, and which name to ask for.
type point struct{ address, name, dialled string }

// at is the point at one address of its host.
func (p point) at(place string) point {
	_, port, _ := net.SplitHostPort(p.address)
	p.dialled = net.JoinHostPort(place, port)
	return p
}

func (g *tlsGate) point(s gates.Scope) (point, error) {
	address, err := s.Expand(withoutTargetPort(g.settings.Address, s))
	if err != nil {
		return point{}, err
	}
	name, err := s.Expand(g.settings.ServerName)
	if err != nil {
		return point{}, err
	}
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = host // {target.host} may carry a port
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = strings.Trim(address, "[]")
		address = net.JoinHostPort(host, "443")
	}
	if ascii := network.ASCIIName(host); ascii != host {
		address = strings.Replace(address, host, ascii, 1)
	}
	if name == "" {
		name = host
	}
	// A name is asked for without its last dot (RFC 6066, section 3).
	return point{address: address, name: strings.TrimSuffix(network.ASCIIName(name), ".")}, nil
}

// withoutTargetPort is an address in which a port that is written goes before
// the one that {target.host} may carry.
func withoutTargetPort(address string, s gates.Scope) string {
	port, written := strings.CutPrefix(address, "{target.host}:")
	target, err := url.Parse(s.TargetURL)
	if !written || err != nil || target.Host == "" {
		return address
	}
	return net.JoinHostPort(target.Hostname(), port)
}

// noGreeting is the evidence of a server with which no hands could be shaken.
func (g *tlsGate) noGreeting(ctx context.Context, p point, err error) answer.Evidence {
	var plain tls.RecordHeaderError
	host, _, _ := net.SplitHostPort(p.address)
	problem := network.LookUpProblem(host, err)
	switch {
	case ctx.Err() != nil:
		return gates.Errored("cut off before %s had answered", p.address)
	case network.IsNotFound(err):
		return gates.Errored("%s; check address", problem)
	case problem != "":
		return gates.Errored("%s", problem)
	case outgoing.Why(p.address, err) != "":
		return gates.Errored("%s", outgoing.Why(p.address, err))
	case network.IsUnreachable(err):
		return gates.Errored("there is no route to %s; check the network of this machine, and whether it has that kind of address", p.address)
	case errors.As(err, &plain):
		return answer.Evidence{Verdict: answer.Failed, Summary: p.address + " does not speak TLS; what it answers is something else"}
	case network.IsRefused(err):
		return gates.Errored("nothing listens at %s; check address, and that the server runs", p.address)
	case network.IsTimeout(err) || errors.Is(err, context.DeadlineExceeded):
		return gates.Errored("%s did not answer within %s", p.address, readiness.Span(time.Duration(g.settings.Timeout)))
	case handshake.UnknownName(err):
		return gates.Errored("%s knows no %s; check server_name, and which names the server has", p.address, p.name)
	case handshake.Refused(err):
		return gates.Errored("%s did not complete a TLS handshake: it hung up, or supports no protocol from TLS 1.0 to 1.3 with a cipher that gonogo supports; see the server's log", p.address)
	}
	return gates.Errored("%s could not be reached; the network gave an error", p.address)
}

// certificate judges a server's own certificate, and the faults of its chain.
func (g *tlsGate) certificate(leaf *x509.Certificate, faults []string, left int, p point) []answer.Measure {
	chain := answer.Measure{Name: "chain", Value: "trusted", OK: true}
	if len(faults) > 0 {
		chain.Value, chain.Limit, chain.OK = strings.Join(faults, ", and "), "trusted", false
	}
	name := answer.Measure{Name: "name", Value: p.name, OK: true}
	if leaf.VerifyHostname(p.name) != nil {
		name.Value, name.Limit, name.OK = certificate.Names(leaf), p.name, false
	}
	days := answer.Measure{Name: "days left", Value: strconv.Itoa(left), Limit: g.settings.DaysLeft.Text, OK: g.enough(left)}
	return []answer.Measure{chain, name, days}
}

// enough reports whether so many days keep the limit, if there is one.
func (g *tlsGate) enough(left int) bool {
	return !g.settings.DaysLeft.Set() || g.settings.DaysLeft.Allows(float64(left))
}

// Form implements [form.Formed].
func (tlsProtocol) Form() form.Form {
	return form.Form{Name: `"1.0", "1.1", "1.2" or "1.3"`, Words: []string{"1.0", "1.1", "1.2", "1.3"}, Pattern: `^([tT][lL][sS])?\s*1\.[0-3]\s*$`, Number: true}
}
