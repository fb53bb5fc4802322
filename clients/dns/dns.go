package dns

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/miekg/dns"

	"gonogo/clients/outgoing"
)

// Client asks name servers. Its zero value is ready; its methods may be called
// from any goroutine.
type Client struct {
	Timeout time.Duration // of one question to one server; 0: 3 s
	Port    string        // of servers that are found and not named; empty: 53

	// Dialer is what connects to a server, by its address with port. nil: the usual.
	Dialer func(server string) *net.Dialer
}

// attempts is how often a question is asked that gets no answer: a datagram may
// get lost, and a connection may be cut.
const attempts = 2

// payload is the largest datagram that is asked for: what passes every network
// whole. Source: DNS Flag Day 2020.
const payload = 1232

// Answer is what one server said to one question.
type Answer struct {
	Code          string   // "NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED", …
	Authoritative bool     // it has authority over the name, and says so
	Records       []string // of the type that was asked for, sorted, as people write them
	Alias         string   // the name that this one is an alias for, at the end of the chain; empty: none
	TTL           uint32   // seconds for which the answer may be remembered; 0: it gave no record
}

// Server is a name server at one of its addresses. Where that isn't known the
// address is empty, and Missing says why.
type Server struct{ Name, Address, Missing string }

// Resolver is the first resolver that this machine is set up with.
func Resolver() (string, error) {
	config, err := dns.ClientConfigFromFile("/etc/resolv.conf")
	if err != nil || len(config.Servers) == 0 {
		return "", errors.New("this machine has no resolver in /etc/resolv.conf; name one")
	}
	return net.JoinHostPort(config.Servers[0], config.Port), nil
}

// Ask asks a server, by its address, for the records of a name.
func (c *Client) Ask(ctx context.Context, server, name, kind string) (Answer, error) {
	of, known := dns.StringToType[strings.ToUpper(kind)]
	if !known {
		return Answer{}, fmt.Errorf("%q is no type of DNS record; write one of %s", kind, strings.Join(Types(), ", "))
	}
	question := new(dns.Msg).SetQuestion(dns.Fqdn(name), of)
	question.SetEdns0(payload, false)
	reply, err := c.exchange(ctx, c.withPort(server), question)
	if err != nil {
		return Answer{}, err
	}
	return answerOf(reply, dns.Fqdn(name), of), nil
}

// exchange asks over UDP and, where the answer does not fit, over TCP. A server
// that doesn't know EDNS answers FORMERR (RFC 6891, section 7) or, as some old
// ones and some load balancers do, NOTIMP; it is asked again without EDNS, as
// BIND and Unbound do. Some send the option back with their no, so its presence
// says nothing.
func (c *Client) exchange(ctx context.Context, server string, question *dns.Msg) (*dns.Msg, error) {
	reply, err := c.try(ctx, "udp", server, question)
	if err == nil && (reply.Rcode == dns.RcodeFormatError || reply.Rcode == dns.RcodeNotImplemented) {
		question = question.Copy()
		question.Extra = nil
		reply, err = c.try(ctx, "udp", server, question)
	}
	if err == nil && reply.Truncated {
		reply, err = c.try(ctx, "tcp", server, question)
	}
	if err != nil {
		return nil, &Silent{Server: server, cause: err}
	}
	return reply, nil
}

// try asks until there is an answer, or it was enough.
func (c *Client) try(ctx context.Context, network, server string, question *dns.Msg) (reply *dns.Msg, err error) {
	client := &dns.Client{Net: network, Timeout: cmp.Or(c.Timeout, 3*time.Second), UDPSize: payload}
	if c.Dialer != nil {
		client.Dialer = c.Dialer(server)
		client.Dialer.Timeout = client.Timeout // the library takes the dialer's
	}
	for range attempts {
		if reply, err = ask(ctx, client, question, server); err == nil || ctx.Err() != nil {
			break
		}
	}
	return reply, err
}

// ask asks once, over a connection that the end of ctx closes: while the library
// waits for the answer it keeps a context's deadline, but misses its cancel.
func ask(ctx context.Context, client *dns.Client, question *dns.Msg, server string) (*dns.Msg, error) {
	conn, err := client.DialContext(ctx, server)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	reply, _, err := client.ExchangeWithConnContext(ctx, question, conn)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return reply, err
}

// Silent says that a server gave no answer that could be read.
type Silent struct {
	Server string
	cause  error
}

// Error implements error.
func (s *Silent) Error() string {
	var network net.Error
	var unknown *net.DNSError
	switch {
	case errors.Is(s.cause, context.Canceled):
		return s.Server + " was not waited for"
	case outgoing.Why(s.Server, s.cause) != "":
		return outgoing.Why(s.Server, s.cause)
	case errors.As(s.cause, &unknown) && unknown.IsNotFound:
		return "the name of " + s.Server + " was not found"
	case errors.Is(s.cause, syscall.ENETUNREACH):
		return "there is no route to " + s.Server
	case errors.Is(s.cause, syscall.ECONNREFUSED):
		return "nothing listens at " + s.Server
	case errors.As(s.cause, &network) && network.Timeout(), errors.Is(s.cause, context.DeadlineExceeded), errors.Is(s.cause, os.ErrDeadlineExceeded):
		return s.Server + " does not answer"
	}
	return s.Server + " gives no answer that can be read"
}

// Unwrap gives the cause.
func (s *Silent) Unwrap() error { return s.cause }

// withPort is a server's address with the usual port where it has none.
func (c *Client) withPort(server string) string {
	if _, _, err := net.SplitHostPort(server); err == nil {
		return server
	}
	port := c.Port
	if port == "" {
		port = "53"
	}
	return net.JoinHostPort(strings.Trim(server, "[]"), port)
}

// answerOf reads a reply: the records at the end of the chain of aliases.
func answerOf(reply *dns.Msg, name string, of uint16) Answer {
	a := Answer{Code: dns.RcodeToString[reply.Rcode], Authoritative: reply.Authoritative}
	at := dns.CanonicalName(name)
	var ttls []uint32
	for range reply.Answer { // a chain has no more links than there are records
		i := slices.IndexFunc(reply.Answer, func(rr dns.RR) bool {
			return rr.Header().Rrtype == dns.TypeCNAME && dns.CanonicalName(rr.Header().Name) == at
		})
		if i < 0 || of == dns.TypeCNAME {
			break
		}
		alias := reply.Answer[i].(*dns.CNAME)
		at = dns.CanonicalName(alias.Target)
		a.Alias, ttls = plain(alias.Target), append(ttls, alias.Hdr.Ttl)
	}
	for _, rr := range reply.Answer {
		if rr.Header().Rrtype == of && dns.CanonicalName(rr.Header().Name) == at {
			a.Records, ttls = append(a.Records, Canonical(dns.TypeToString[of], text(rr))), append(ttls, rr.Header().Ttl)
		}
	}
	if len(ttls) > 0 {
		a.TTL = slices.Min(ttls)
	}
	slices.Sort(a.Records)
	a.Records = slices.Compact(a.Records)
	return a
}

// Authorities finds the servers that have authority over a name: those of the
// closest zone above it, asked of a resolver. A server with several addresses is
// listed once for each. It is an error when no address is known of any.
func (c *Client) Authorities(ctx context.Context, resolver, name string) ([]Server, error) {
	labels := dns.SplitDomainName(dns.Fqdn(name))
	for i := range labels {
		zone := strings.Join(labels[i:], ".")
		answer, err := c.Ask(ctx, resolver, zone, "NS")
		if err != nil {
			return nil, err
		}
		if len(answer.Records) > 0 && answer.Alias == "" {
			return c.addresses(ctx, resolver, answer.Records)
		}
		if answer.Code == "SERVFAIL" || answer.Code == "REFUSED" {
			return nil, fmt.Errorf("%s answers %s when it is asked for the name servers of %s", resolver, answer.Code, zone)
		}
	}
	return nil, fmt.Errorf("%s knows no name server for %s", resolver, name)
}

// mostNames bounds how many name servers are looked up at once.
const mostNames = 30

func (c *Client) addresses(ctx context.Context, resolver string, names []string) ([]Server, error) {
	if len(names) > mostNames {
		return nil, fmt.Errorf("%s names %d name servers, and at most %d are looked up", resolver, len(names), mostNames)
	}
	found := make([][]Server, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() { found[i] = c.addressesOf(ctx, resolver, name) })
	}
	all.Wait()
	if err := ctx.Err(); err != nil {
		return nil, &Silent{Server: resolver, cause: err}
	}
	servers := slices.Concat(found...)
	if !slices.ContainsFunc(servers, func(s Server) bool { return s.Address != "" }) {
		return nil, fmt.Errorf("%s knows no address of the name servers %s", resolver, strings.Join(names, ", "))
	}
	return servers, nil
}

// addressesOf is a name server at each of its addresses, of both kinds. A kind of
// address that the resolver could not tell is missing: there may be one.
func (c *Client) addressesOf(ctx context.Context, resolver, name string) (all []Server) {
	var untold []string
	for _, kind := range []string{"A", "AAAA"} {
		answer, err := c.Ask(ctx, resolver, name, kind)
		if err != nil || answer.Code == "SERVFAIL" {
			untold = append(untold, kind)
		}
		for _, address := range answer.Records {
			all = append(all, Server{Name: name, Address: c.withPort(address)})
		}
	}
	switch {
	case len(untold) == 1:
		all = append(all, Server{Name: name, Missing: fmt.Sprintf("%s does not say whether %s has an %s address", resolver, name, untold[0])})
	case len(all) == 0:
		all = append(all, Server{Name: name, Missing: fmt.Sprintf("%s has no address that %s knows", name, resolver)})
	}
	return all
}
