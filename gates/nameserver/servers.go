package nameserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"gonogo/clients/dns"
	"gonogo/gates/network"
)

// asked lists who is asked: every server, at each of its addresses. unseen
// has a line for each address that this machine has no route to.
func (s Survey) asked(ctx context.Context, client *dns.Client, name string) (all []Response, unseen []string, err error) {
	all, unseen = s.named(ctx)
	if s.Authoritative && len(s.Servers) == 0 {
		found, lines, err := s.found(ctx, client, name)
		if err != nil {
			return nil, nil, err
		}
		all, unseen = append(all, found...), append(unseen, lines...)
	}
	if len(all) > Most {
		return nil, nil, fmt.Errorf("there are %d, each address counted, and at most %d are asked; name them under servers", len(all), Most)
	}
	return all, unseen, nil
}

// named are the servers that the survey names. All together are looked up within
// the time of one question.
func (s Survey) named(ctx context.Context) (all []Response, unseen []string) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	add := func(server string, authority bool) {
		host, port, err := net.SplitHostPort(server)
		if err != nil {
			host = strings.Trim(server, "[]")
		}
		places, lines, err := s.Network.Addresses(ctx, network.ASCIIName(host))
		if err != nil {
			all = append(all, Response{Name: server, Authority: authority, err: errors.New(cmp.Or(network.LookUpProblem(server, err), server+" could not be looked up"))})
		}
		for _, place := range places {
			r := Response{Name: server, address: place, Authority: authority}
			if port != "" {
				r.address = net.JoinHostPort(place, port)
			}
			if len(places) > 1 {
				r.Name += " at " + place
			}
			all = append(all, r)
		}
		unseen = append(unseen, lines...)
	}
	for _, server := range s.Resolvers {
		add(server, false)
	}
	if s.Authoritative {
		for _, server := range s.Servers {
			add(server, true)
		}
	}
	return all, unseen
}

// found are the authoritative servers of a name, according to a resolver.
func (s Survey) found(ctx context.Context, client *dns.Client, name string) (all []Response, unseen []string, err error) {
	resolver, err := s.resolver()
	if err != nil {
		return nil, nil, err
	}
	servers, err := client.Authorities(ctx, resolver, name)
	if err != nil {
		return nil, nil, err
	}
	addresses, routed := map[string]int{}, map[string]int{}
	for _, server := range servers {
		addresses[server.Name]++
		if s.hasRoute(server) {
			routed[server.Name]++
		}
	}
	for _, server := range servers {
		r := Response{Name: server.Name, address: server.Address, Authority: true}
		switch {
		case server.Missing != "":
			r.err = errors.New(server.Missing)
		case !s.hasRoute(server) && routed[server.Name] > 0:
			unseen = append(unseen, fmt.Sprintf("%s was not asked at %s: this machine has no route there", server.Name, server.Address))
			continue
		case addresses[server.Name] > 1:
			r.Name += " at " + server.Address
		}
		all = append(all, r)
	}
	return all, unseen, nil
}

func (s Survey) hasRoute(server dns.Server) bool {
	at, err := netip.ParseAddrPort(server.Address)
	return err == nil && s.Network.HasRoute(at.Addr())
}
