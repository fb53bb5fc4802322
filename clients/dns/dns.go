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

// Client queries name servers. The zero value is ready for use; the methods may be
// called from any goroutine.
type Client struct {
	Timeout time.Duration // of one query to one server; 0: 3 s
	Port    string        // for server addresses without one; empty: 53

	// Dialer returns the dialer for a server's address with port. nil: a plain one.
	Dialer func(server string) *net.Dialer
}

// attempts is how often a query without an answer is sent: a datagram may get lost, and
// a connection may be cut.
const attempts = 2

// maxUDPSize is the largest datagram that a server may send: one that no network
// fragments. Source: DNS Flag Day 2020.
const maxUDPSize = 1232

// Answer is one server's answer to one query.
type Answer struct {
	Code          string   // "NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED", …
	Authoritative bool     // the server says that it is authoritative for the name
	Records       []string // of the requested type, sorted, as people write them
	Alias         string   // the name at the end of the chain of CNAMEs; empty: no alias
	TTL           uint32   // seconds for which the answer may be cached; 0: no records
}

// Server is a name server at one of its addresses. If the address is unknown it is
// empty, and Missing says why.
type Server struct{ Name, Address, Missing string }

// Resolver is the first resolver in this machine's /etc/resolv.conf.
func Resolver() (string, error) {
	config, err := dns.ClientConfigFromFile("/etc/resolv.conf")
	if err != nil || len(config.Servers) == 0 {
		return "", errors.New("this machine has no resolver in /etc/resolv.conf; name one")
	}
	return net.JoinHostPort(config.Servers[0], config.Port), nil
}

// Ask queries the server at an address for the records of a name.
func (c *Client) Ask(ctx context.Context, server, name, kind string) (Answer, error) {
	of, known := dns.StringToType[strings.ToUpper(kind)]
	if !known {
		return Answer{}, fmt.Errorf("%q isn't a type of DNS record; write one of %s", kind, strings.Join(Types(), ", "))
	}
	question := new(dns.Msg).SetQuestion(dns.Fqdn(name), of)
	question.SetEdns0(maxUDPSize, false)
	reply, err := c.exchange(ctx, c.withPort(server), question)
	if err != nil {
		return Answer{}, err
	}
	return answerOf(reply, dns.Fqdn(name), of), nil
}

// exchange sends a query over UDP and, if the answer doesn't fit, over TCP. A server
// without EDNS answers FORMERR (RFC 6891, section 7) or, as some old ones and some load
// balancers do, NOTIMP; the query is then repeated without EDNS, as BIND and Unbound
// do. Some such servers echo the EDNS option, so its presence says nothing.
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

// try sends a query until there is an answer, at most attempts times.
func (c *Client) try(ctx context.Context, network, server string, question *dns.Msg) (reply *dns.Msg, err error) {
	client := &dns.Client{Net: network, Timeout: cmp.Or(c.Timeout, 3*time.Second), UDPSize: maxUDPSize}
	if c.Dialer != nil {
		client.Dialer = c.Dialer(server)
		client.Dialer.Timeout = client.Timeout // the library uses the dialer's
	}
	for range attempts {
		if reply, err = askOnce(ctx, client, question, server); err == nil || ctx.Err() != nil {
			break
		}
	}
	return reply, err
}

// askOnce sends a query once. It closes the connection when ctx ends: while the library
// waits for the answer it respects the context's deadline but ignores its cancellation.
func askOnce(ctx context.Context, client *dns.Client, question *dns.Msg, server string) (*dns.Msg, error) {
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

// Silent means that there was no valid answer from a server.
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
		return "the query to " + s.Server + " was canceled"
	case outgoing.Why(s.Server, s.cause) != "":
		return outgoing.Why(s.Server, s.cause)
	case errors.As(s.cause, &unknown) && unknown.IsNotFound:
		return "the name of " + s.Server + " was not found"
	case errors.Is(s.cause, syscall.ENETUNREACH):
		return "there is no route to " + s.Server
	case errors.Is(s.cause, syscall.ECONNREFUSED):
		return s.Server + " refused the connection"
	case errors.As(s.cause, &network) && network.Timeout(), errors.Is(s.cause, context.DeadlineExceeded), errors.Is(s.cause, os.ErrDeadlineExceeded):
		return s.Server + " does not answer"
	}
	return "the answer of " + s.Server + " isn't valid DNS"
}

// Unwrap returns the cause.
func (s *Silent) Unwrap() error { return s.cause }

// withPort is a server's address, with the default port if it has none.
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

// answerOf converts a reply: the records at the end of the chain of aliases.
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
		a.Alias, ttls = normalizeName(alias.Target), append(ttls, alias.Hdr.Ttl)
	}
	for _, rr := range reply.Answer {
		if rr.Header().Rrtype == of && dns.CanonicalName(rr.Header().Name) == at {
			a.Records, ttls = append(a.Records, Canonical(dns.TypeToString[of], recordText(rr))), append(ttls, rr.Header().Ttl)
		}
	}
	if len(ttls) > 0 {
		a.TTL = slices.Min(ttls)
	}
	slices.Sort(a.Records)
	a.Records = slices.Compact(a.Records)
	return a
}

// Authorities finds the authoritative servers of a name through a resolver: those of
// the closest enclosing zone. A server with several addresses is listed once for each.
// It is an error if no address of any of them is known.
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
			return nil, fmt.Errorf("%s answers %s to the query for the name servers of %s", resolver, answer.Code, zone)
		}
	}
	return nil, fmt.Errorf("%s knows no name server for %s", resolver, name)
}

// mostNames is how many name servers of a zone are looked up at most.
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

// addressesOf lists a name server once for each of its addresses. A query for A or AAAA
// records that fails is listed as Missing, because there may be an address.
func (c *Client) addressesOf(ctx context.Context, resolver, name string) (all []Server) {
	var failed []string
	for _, kind := range []string{"A", "AAAA"} {
		answer, err := c.Ask(ctx, resolver, name, kind)
		if err != nil || answer.Code == "SERVFAIL" {
			failed = append(failed, kind)
		}
		for _, address := range answer.Records {
			all = append(all, Server{Name: name, Address: c.withPort(address)})
		}
	}
	switch {
	case len(failed) == 1:
		all = append(all, Server{Name: name, Missing: fmt.Sprintf("%s does not say whether %s has an %s address", resolver, name, failed[0])})
	case len(all) == 0:
		all = append(all, Server{Name: name, Missing: fmt.Sprintf("%s has no address that %s knows", name, resolver)})
	}
	return all
}
