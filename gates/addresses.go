package gates

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"

	"gonogo/readiness"
)

// A name may stand for several servers, one at each address, and a visitor gets
// any of them. So each address is looked at by itself, in parallel, and the worst
// answer is the name's. An address that this machine has no route to, because it
// has no IPv6 or no IPv4 at all, is told and fails nothing: that is a fact about
// this machine and not about the server, and it would hold up every release.

// severalAddresses is what users of a kind are told of this.
const severalAddresses = `Each address of a name, IPv4 and IPv6, is looked at by itself, in parallel. The worst answer counts and names its address; the details
have one line for each. An address that this machine has no route to, such as any IPv6 address on a machine without IPv6, is listed in the
details and does not fail the gate. The gate is errored if no address can be reached, if the name server can't tell one kind of
address, and if there are more than 32. The name localhost counts as one address.`

// mostAddresses bounds how many addresses of one name are looked at.
const mostAddresses = 32

// network is how this machine finds others. Its zero value is the machine's own.
type network struct {
	resolver *net.Resolver         // looks names up
	routed   func(netip.Addr) bool // whether there is a route to an address
}

// unlooked says in one sentence why a host could not be looked at.
type unlooked string

// Error implements error.
func (u unlooked) Error() string { return string(u) }

// places are the addresses at which a host is looked at, and a line for each
// thing that cannot be looked at from here. The name localhost is one place, as
// it is for every client: a server often listens at one of its two addresses.
func (n network) places(ctx context.Context, host string) (places, unseen []string, err error) {
	if _, err := netip.ParseAddr(host); err == nil || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return []string{host}, nil, nil
	}
	found, unseen, err := n.lookUp(ctx, host)
	if err != nil {
		return nil, nil, err
	}
	if len(found) > mostAddresses {
		return nil, nil, unlooked(fmt.Sprintf("%s has %d addresses, and at most %d are looked at; write one gate for each address, with server_name", host, len(found), mostAddresses))
	}
	for _, address := range found {
		if n.hasRoute(address) {
			places = append(places, address.String())
		} else {
			unseen = append(unseen, fmt.Sprintf("%s was not looked at: this machine has no %s", address, family(address)))
		}
	}
	if len(places) == 0 {
		return nil, nil, unlooked(fmt.Sprintf("this machine has no route to %s, which is at %s; check its network", host, joined(found)))
	}
	return places, unseen, nil
}

// lookUp finds every address of a name. One kind of address that cannot be looked
// up is an error, unless this machine could not reach such an address anyway.
func (n network) lookUp(ctx context.Context, host string) (found []netip.Addr, unseen []string, err error) {
	resolver := n.resolver
	if resolver == nil {
		// A failed look-up of one kind of address must not pass for its absence.
		resolver = &net.Resolver{StrictErrors: true}
	}
	found, err = resolver.LookupNetIP(ctx, "ip", host)
	if err == nil || isNotFound(err) || ctx.Err() != nil {
		return distinct(found), nil, err
	}
	for network, sample := range samples {
		some, failure := resolver.LookupNetIP(ctx, network, host)
		switch {
		case failure == nil:
			found = append(found, some...)
		case isNotFound(failure):
		case n.hasRoute(sample):
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

// samples are addresses of documentation, to which there is a route where there
// is one to the internet (RFC 5737, RFC 3849).
var samples = map[string]netip.Addr{"ip4": netip.MustParseAddr("192.0.2.1"), "ip6": netip.MustParseAddr("2001:db8::1")}

// hasRoute reports whether this machine has a way to an address. Nothing is sent:
// a datagram's socket is connected, which only asks for the route.
func (n network) hasRoute(address netip.Addr) bool {
	if n.routed != nil {
		return n.routed(address)
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

// isNotFound reports whether a name has no address, as its name server says.
func isNotFound(err error) bool {
	var unknown *net.DNSError
	return errors.As(err, &unknown) && unknown.IsNotFound
}

// lookUpProblem says why the addresses of a host are not known, or "" where err
// is no answer to that.
func lookUpProblem(host string, err error) string {
	var why unlooked
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

// atPlace is the evidence of one place. Of evidence of one verdict that of the
// greatest weight is the worst.
type atPlace struct {
	place    string
	evidence readiness.Evidence
	weight   float64
}

// lookAt looks at places side by side.
func lookAt(places []string, look func(place string) atPlace) []atPlace {
	all := make([]atPlace, len(places))
	var looks sync.WaitGroup
	for i, place := range places {
		looks.Go(func() {
			all[i] = look(place)
			all[i].place = place
		})
	}
	looks.Wait()
	return all
}

// worst is the evidence for a name: that of its worst place, by its address, with
// a line for each of the others.
func worst(all []atPlace, unseen []string) readiness.Evidence {
	gravity := func(at atPlace) int {
		return slices.Index([]readiness.Verdict{readiness.Errored, readiness.Failed}, at.evidence.Verdict)
	}
	bad := slices.MaxFunc(all, func(a, b atPlace) int {
		return cmp.Or(gravity(a)-gravity(b), cmp.Compare(a.weight, b.weight))
	})
	ev := bad.evidence
	if len(all) > 1 {
		var lines []string
		for _, at := range all {
			lines = append(lines, at.place+": "+at.evidence.Summary)
		}
		ev.Details = append(lines, ev.Details...)
		if ev.Verdict == readiness.Passed {
			ev.Summary += fmt.Sprintf(", at the worst of %d addresses", len(all))
		} else {
			ev.Summary = fmt.Sprintf("at %s, one of %d addresses: %s", bad.place, len(all), ev.Summary)
		}
	}
	ev.Details = append(ev.Details, unseen...)
	return ev
}
