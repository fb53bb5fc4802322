// Package network finds the addresses at which this machine can reach a host, and
// tells the errors of connections apart.
//
// A name may stand for several servers, one at each address, and a visitor gets any of
// them. So [Resolver.Addresses] returns all of them, to be checked one by one. An
// address that this machine has no route to, because it has no IPv6 or no IPv4 at all,
// is a line for people rather than an error: that says something about this machine
// and not about the server. If the addresses can't be found out, that is an error,
// which [LookUpProblem] turns into one sentence. Nothing is stored, and nothing is
// retried.
package network

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
)

// mostAddresses bounds how many addresses of one name are looked at.
const mostAddresses = 32

// Resolver is how this machine finds others. Its zero value is the machine's own.
type Resolver struct {
	Names  *net.Resolver         // looks names up
	Routed func(netip.Addr) bool // whether there is a route to an address
}

// Problem says in one sentence why a host could not be looked at.
type Problem string

// Error implements error.
func (p Problem) Error() string { return string(p) }

// Addresses are the places at which a host is looked at, and a line for each
// thing that cannot be looked at from here. The name localhost is one place, as
// it is for every client: a server often listens at one of its two addresses.
func (r Resolver) Addresses(ctx context.Context, host string) (places, unseen []string, err error) {
	if _, err := netip.ParseAddr(host); err == nil || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return []string{host}, nil, nil
	}
	found, unseen, err := r.lookUp(ctx, host)
	if err != nil {
		return nil, nil, err
	}
	if len(found) > mostAddresses {
		return nil, nil, Problem(fmt.Sprintf("%s has %d addresses, but at most %d can be checked; write one gate per address, with server_name", host, len(found), mostAddresses))
	}
	for _, address := range found {
		if r.HasRoute(address) {
			places = append(places, address.String())
		} else {
			unseen = append(unseen, fmt.Sprintf("%s wasn't checked: this machine has no %s", address, family(address)))
		}
	}
	if len(places) == 0 {
		return nil, nil, Problem(fmt.Sprintf("this machine has no route to %s, which is at %s; check its network", host, joined(found)))
	}
	return places, unseen, nil
}

// lookUp finds every address of a name. One kind of address that cannot be looked
// up is an error, unless this machine could not reach such an address anyway.
func (r Resolver) lookUp(ctx context.Context, host string) (found []netip.Addr, unseen []string, err error) {
	resolver := r.Names
	if resolver == nil {
		// A failed look-up of one kind of address must not pass for its absence.
		resolver = &net.Resolver{StrictErrors: true}
	}
	found, err = resolver.LookupNetIP(ctx, "ip", host)
	if err == nil || IsNotFound(err) || ctx.Err() != nil {
		return distinct(found), nil, err
	}
	for network, sample := range samples {
		some, failure := resolver.LookupNetIP(ctx, network, host)
		switch {
		case failure == nil:
			found = append(found, some...)
		case IsNotFound(failure):
		case r.HasRoute(sample):
			return nil, nil, fmt.Errorf("%s addresses: %w", family(sample), failure)
		default:
			unseen = append(unseen, fmt.Sprintf("Whether %s has addresses of %s is not known: this machine has none", host, family(sample)))
		}
	}
	if len(found) == 0 {
		return nil, nil, err
	}
	return distinct(found), unseen, nil
}

// samples are documentation addresses; there is a route to them if there is one to the
// internet (RFC 5737, RFC 3849).
var samples = map[string]netip.Addr{"ip4": netip.MustParseAddr("192.0.2.1"), "ip6": netip.MustParseAddr("2001:db8::1")}

// HasRoute reports whether this machine has a route to an address. It sends nothing:
// connecting a datagram socket only looks up the route.
func (r Resolver) HasRoute(address netip.Addr) bool {
	if r.Routed != nil {
		return r.Routed(address)
	}
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(address, 9)))
	if err == nil {
		conn.Close()
	}
	return !errors.Is(err, syscall.ENETUNREACH) && !errors.Is(err, syscall.EADDRNOTAVAIL) && !errors.Is(err, syscall.EAFNOSUPPORT)
}

func family(address netip.Addr) string {
	if address.Is4() {
		return "IPv4"
	}
	return "IPv6"
}

// distinct are addresses in order, each once.
func distinct(all []netip.Addr) []netip.Addr {
	for i, address := range all {
		all[i] = address.Unmap()
	}
	slices.SortFunc(all, netip.Addr.Compare)
	return slices.Compact(all)
}

func joined(all []netip.Addr) string {
	words := make([]string, len(all))
	for i, address := range all {
		words[i] = address.String()
	}
	return strings.Join(words, ", ")
}

// IsNotFound reports whether a name has no address, as its name server says.
func IsNotFound(err error) bool {
	var unknown *net.DNSError
	return errors.As(err, &unknown) && unknown.IsNotFound
}

// LookUpProblem says why the addresses of a host are not known, or "" where err
// is no answer to that.
func LookUpProblem(host string, err error) string {
	var why Problem
	var unknown *net.DNSError
	switch {
	case errors.As(err, &why):
		return string(why)
	case !errors.As(err, &unknown):
		return ""
	case unknown.IsNotFound:
		return "the name of " + host + " was not found"
	case unknown.IsTimeout:
		return "the name server did not say in time which addresses " + host + " has"
	}
	return "the name server could not say which addresses " + host + " has; check the name and its servers"
}

// AddressProblem says why a host, with or without a port, is invalid, or "".
func AddressProblem(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		host, port = strings.TrimSuffix(strings.TrimPrefix(address, "["), "]"), "443"
	}
	_, unknown := net.LookupPort("tcp", port)
	_, notIP := netip.ParseAddr(host)
	switch {
	case address == "":
		return "address is missing"
	case strings.ContainsAny(address, "/@ "):
		return "address is more than a host and a port"
	case host == "" || strings.Contains(host, ":") && notIP != nil:
		return "address names no host"
	case port == "" || unknown != nil:
		return "address has a port that is none"
	}
	return ""
}
