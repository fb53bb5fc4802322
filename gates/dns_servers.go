package gates

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"gonogo/clients/dns"
	"gonogo/gates/network"
)

// witnesses lists who is asked: every server, at each of its addresses. unseen
// has a line for each address that this machine has no route to.
func (g *dnsGate) witnesses(ctx context.Context, client *dns.Client, name string) (all []witness, unseen []string, err error) {
	all, unseen = g.named(ctx)
	if g.settings.Authoritative && len(g.settings.Servers) == 0 {
		found, lines, err := g.found(ctx, client, name)
		if err != nil {
			return nil, nil, err
		}
		all, unseen = append(all, found...), append(unseen, lines...)
	}
	if len(all) > mostServers {
		return nil, nil, fmt.Errorf("there are %d, each address counted, and at most %d are asked; name them under servers", len(all), mostServers)
	}
	return all, unseen, nil
}

// named are the servers that the settings name. All together are looked up within
// the time of one question.
func (g *dnsGate) named(ctx context.Context) (all []witness, unseen []string) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(g.settings.Timeout))
	defer cancel()
	add := func(server string, authority bool) {
		host, port, err := net.SplitHostPort(server)
		if err != nil {
			host = strings.Trim(server, "[]")
		}
		places, lines, err := g.network.Addresses(ctx, network.ASCIIName(host))
		if err != nil {
			all = append(all, witness{name: server, authority: authority, err: errors.New(cmp.Or(network.LookUpProblem(server, err), server+" could not be looked up"))})
		}
		for _, place := range places {
			w := witness{name: server, address: place, authority: authority}
			if port != "" {
				w.address = net.JoinHostPort(place, port)
			}
			if len(places) > 1 {
				w.name += " at " + place
			}
			all = append(all, w)
		}
		unseen = append(unseen, lines...)
	}
	for _, r := range g.settings.Resolvers {
		add(r, false)
	}
	if g.settings.Authoritative {
		for _, s := range g.settings.Servers {
			add(s, true)
		}
	}
	return all, unseen
}

// found are the servers with authority over a name, as a resolver tells them.
func (g *dnsGate) found(ctx context.Context, client *dns.Client, name string) (all []witness, unseen []string, err error) {
	resolver, err := g.resolver()
	if err != nil {
		return nil, nil, err
	}
	servers, err := client.Authorities(ctx, resolver, name)
	if err != nil {
		return nil, nil, err
	}
	addresses, routed := map[string]int{}, map[string]int{}
	for _, s := range servers {
		addresses[s.Name]++
		if g.hasRoute(s) {
			routed[s.Name]++
		}
	}
	for _, s := range servers {
		w := witness{name: s.Name, address: s.Address, authority: true}
		switch {
		case s.Missing != "":
			w.err = errors.New(s.Missing)
		case !g.hasRoute(s) && routed[s.Name] > 0:
			unseen = append(unseen, fmt.Sprintf("%s was not asked at %s: this machine has no route there", s.Name, s.Address))
			continue
		case addresses[s.Name] > 1:
			w.name += " at " + s.Address
		}
		all = append(all, w)
	}
	return all, unseen, nil
}

func (g *dnsGate) hasRoute(s dns.Server) bool {
	at, err := netip.ParseAddrPort(s.Address)
	return err == nil && g.network.HasRoute(at.Addr())
}
