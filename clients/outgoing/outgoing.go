// Package outgoing decides which addresses gonogo may connect to on somebody else's
// word: that of a name server, or of a page that redirects.
//
// A [Policy] gives out dialers. A dialer of [PublicOnly] checks each address at the
// moment of connecting, after its name was looked up. So it doesn't matter how the
// address came about: written down, from a name that has been pointed somewhere else
// since it was last looked up, or from a redirect. Addresses that the operator named
// as a connection's are exempt ([Policy.Exempt]).
//
// # What it promises
//
// Every address that isn't public is refused, with a [*Refused] in the error: those of
// the registries of special-purpose addresses of IANA (loopback, RFC 1918, carrier-grade
// NAT, link-local, unique local, multicast, reserved and others), the clouds' metadata
// servers, and each of these written as an IPv6 address (IPv4-mapped, IPv4-compatible,
// NAT64; 6to4 and Teredo always). What can't be parsed is refused too.
package outgoing

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"

	"code.dny.dev/ssrf"
)

// Policy says where to connections may go. nil allows all. It isn't changed any more
// once somebody dials.
type Policy struct {
	guard  *ssrf.Guardian
	exempt map[string]bool // host:port
}

// Setting is what people know a policy by.
const Setting = "outgoing.private_addresses"

// wireServer is where Azure answers its machines about themselves: a public address
// that isn't routed anywhere else.
var wireServer = netip.MustParsePrefix("168.63.129.16/32")

// PublicOnly refuses every address that isn't public.
func PublicOnly() *Policy {
	return &Policy{exempt: map[string]bool{},
		guard: ssrf.New(ssrf.WithAnyNetwork(), ssrf.WithAnyPort(), ssrf.WithDeniedV4Prefixes(wireServer))}
}

// Restricts reports whether there is anything that the policy refuses. Then no proxy
// may be used: it would look the name up, and connect.
func (p *Policy) Restricts() bool { return p != nil }

// Exempt lets connections go to the host and port of a URL, wherever its name leads.
// What has no host and port exempts nothing.
func (p *Policy) Exempt(address string) {
	u, err := url.Parse(address)
	if p == nil || err != nil || u.Hostname() == "" {
		return
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	p.exempt[key(u.Hostname(), port)] = true
}

func key(host, port string) string {
	return net.JoinHostPort(strings.ToLower(strings.TrimSuffix(host, ".")), port)
}

// Dialer is what connects to an address, a host and port as the operator wrote them.
// An address that somebody else gave, such as a page that redirects, is to be left
// empty: nothing exempts it.
func (p *Policy) Dialer(address string) *net.Dialer {
	if p == nil {
		return new(net.Dialer)
	}
	if host, port, err := net.SplitHostPort(address); err == nil && p.exempt[key(host, port)] {
		return new(net.Dialer)
	}
	return &net.Dialer{ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error { return p.checkAddress(address) }}
}

// checkAddress refuses an address and port that are about to be connected to.
func (p *Policy) checkAddress(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return &Refused{Address: address}
	}
	if p.guard.SafeAddr(embedded(at.Addr())) != nil {
		return &Refused{Address: at.Addr().String()}
	}
	return nil
}

// translated are the networks in which an IPv6 address stands for the IPv4 address in
// its last four bytes: IPv4-compatible (RFC 4291, section 2.5.5.1) and NAT64 (RFC 6052).
var translated = []netip.Prefix{netip.MustParsePrefix("::/96"), netip.MustParsePrefix("64:ff9b::/96")}

// embedded is the IPv4 address that an IPv6 address stands for, or the address itself.
func embedded(address netip.Addr) netip.Addr {
	address = address.WithZone("").Unmap()
	for _, network := range translated {
		if bytes := address.As16(); address.Is6() && network.Contains(address) {
			return netip.AddrFrom4([4]byte(bytes[12:]))
		}
	}
	return address
}

// Refused says that an address isn't public.
type Refused struct{ Address string }

// Error implements error.
func (r *Refused) Error() string {
	return fmt.Sprintf("%s isn't a public address, and %s is false", r.Address, Setting)
}

// Why is what to say of a host, if that it isn't public is what went wrong; else "".
func Why(host string, err error) string {
	var refused *Refused
	if !errors.As(err, &refused) {
		return ""
	}
	if strings.Contains(host, refused.Address) {
		return fmt.Sprintf("%s isn't a public address, and %s is false", host, Setting)
	}
	return fmt.Sprintf("%s is at %s, which isn't a public address, and %s is false", host, refused.Address, Setting)
}
