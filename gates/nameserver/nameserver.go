// Package nameserver asks several name servers for the records of one name, each at
// every address it has.
//
// A [Survey] says whom to ask: the authoritative servers of the name, which a resolver
// finds unless they are listed, and resolvers. [Survey.Ask] asks them side by side and
// returns a [Response] from each. A server that didn't answer has its reason in the
// response ([Response.Silence]); an error means that it is unknown whom to ask. The
// client asks again once if there is no answer; nothing else is retried.
package nameserver

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"gonogo/clients/dns"
	"gonogo/gates/network"
)

// Most bounds how many servers one survey asks, each address counted.
const Most = 30

// Survey says what to ask, and whom.
type Survey struct {
	Type          string        // of the records
	Want          []string      // the records that are expected, as package dns writes them
	Resolvers     []string      // addresses of resolvers, with a port if it isn't 53
	Authoritative bool          // whether the servers with authority are asked
	Servers       []string      // addresses of those; none: those that the first resolver returns
	Timeout       time.Duration // of each question
	Network       network.Resolver

	// Dialer is what connects to a server, by its address and port; nil: the usual. The
	// machine's own resolver is asked in any case.
	Dialer func(server string) *net.Dialer
}

// Ask asks every server for a name, side by side. unseen has a line for each address
// that this machine has no route to. When ctx ends, responses may be without an answer.
func (s Survey) Ask(ctx context.Context, name string) (responses []Response, unseen []string, err error) {
	client := &dns.Client{Timeout: s.Timeout, Dialer: s.dialer()}
	responses, unseen, err = s.asked(ctx, client, name)
	var all sync.WaitGroup
	for i := range responses {
		all.Go(func() { s.ask(ctx, client, &responses[i], name) })
	}
	all.Wait()
	return responses, unseen, err
}

// dialer is what connects to servers, by their addresses. nil: the usual.
func (s Survey) dialer() func(server string) *net.Dialer {
	if s.Dialer == nil {
		return nil
	}
	own, _ := dns.Resolver() // without one there is no exception
	return func(server string) *net.Dialer {
		if server == own {
			return new(net.Dialer)
		}
		return s.Dialer(server)
	}
}

// Response is what one server said, at one address.
type Response struct {
	Name      string // of the server, with the address if it has several
	Authority bool   // it should have authority over the name
	Answer    dns.Answer
	address   string
	err       error // why it has said nothing
}

// ask asks the server. The server of an alias may not know the records of its target,
// which a resolver does; if the alias itself is wanted, its server returns it.
func (s Survey) ask(ctx context.Context, client *dns.Client, r *Response, name string) {
	if r.err != nil {
		return
	}
	r.Answer, r.err = client.Ask(ctx, r.address, name, s.Type)
	switch {
	case r.err != nil && r.Name != r.address:
		r.err = fmt.Errorf("%s: %w", r.Name, r.err)
	case r.err != nil || r.Answer.Alias == "" || r.Refusal() != "":
	case slices.Contains(s.Want, r.Answer.Alias):
		r.Answer.Records = []string{r.Answer.Alias}
	case r.Authority && len(r.Answer.Records) == 0:
		r.Answer.Records, r.err = s.beyond(ctx, client, r)
	}
}

// beyond asks the resolvers, one after another, for the records at the other
// end of an alias.
func (s Survey) beyond(ctx context.Context, client *dns.Client, r *Response) ([]string, error) {
	resolvers := s.Resolvers
	if len(resolvers) == 0 {
		own, err := dns.Resolver()
		if err != nil {
			return nil, err
		}
		resolvers = []string{own}
	}
	silent := ""
	for _, address := range resolvers {
		resolver := Response{Name: address}
		resolver.Answer, resolver.err = client.Ask(ctx, address, r.Answer.Alias, s.Type)
		if silent = resolver.Silence(); silent == "" {
			return resolver.Answer.Records, nil
		}
	}
	return nil, fmt.Errorf("%s says that it is an alias for %s, and %s", r.Name, r.Answer.Alias, silent)
}

func (s Survey) resolver() (string, error) {
	if len(s.Resolvers) > 0 {
		return s.Resolvers[0], nil
	}
	return dns.Resolver()
}

// LongestTTL is how long an authoritative server's answer may be cached. A resolver's
// TTL has been counted down since it asked, and may be from before a change.
func LongestTTL(responses []Response) (longest uint32, told bool) {
	for _, r := range responses {
		if r.Authority && r.Silence() == "" && r.Refusal() == "" && (len(r.Answer.Records) > 0 || r.Answer.Alias != "") {
			longest, told = max(longest, r.Answer.TTL), true
		}
	}
	return longest, told
}

// Role is what kind of server it is.
func (r *Response) Role() string {
	if r.Authority {
		return "name server"
	}
	return "resolver"
}

// Silence says why a server has said nothing about the name, or "": it didn't answer,
// or couldn't, or is a resolver that doesn't serve this machine.
func (r *Response) Silence() string {
	switch {
	case r.err != nil:
		return r.err.Error()
	case r.Answer.Code == "SERVFAIL", r.Answer.Code == "FORMERR", r.Answer.Code == "NOTIMP", !r.Authority && r.Answer.Code == "REFUSED":
		return r.Name + " answers " + r.Answer.Code
	}
	return ""
}

// Refusal says why a server's answer doesn't count, or "".
func (r *Response) Refusal() string {
	switch {
	case r.Answer.Code == "NXDOMAIN":
		return "no such name"
	case r.Answer.Code != "NOERROR":
		return r.Answer.Code
	case r.Authority && !r.Answer.Authoritative:
		return "not authoritative"
	}
	return ""
}

// Says is the answer in words: records, or why it does not count.
func (r *Response) Says() string {
	switch said := r.Refusal(); {
	case said != "":
		return said
	case len(r.Answer.Records) == 0 && r.Answer.Alias != "":
		return "an alias for " + r.Answer.Alias
	case len(r.Answer.Records) == 0:
		return "no such record"
	}
	return strings.Join(r.Answer.Records, ", ")
}
