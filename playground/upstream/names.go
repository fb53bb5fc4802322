package upstream

import (
	"context"
	"errors"
	"net"
	"slices"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sync/errgroup"
)

// The public names of the practice sites. The domain .test is reserved (RFC 6761,
// section 6.2).
const (
	zone           = "insightpulse.test"
	productionName = zone
	stagingName    = "staging." + zone
)

// The address of the sites, and production's former address, which is reserved
// (RFC 5737).
const (
	newAddress = "127.0.0.1"
	oldAddress = "192.0.2.10"
)

// slowAnswer is how long a slow name server takes, which is longer than a gate's
// timeout.
const slowAnswer = 5 * time.Second

// nameServers are the two authoritative servers of the practice sites' names, and a
// resolver.
type nameServers struct {
	address  *Switch
	alias    *Switch
	second   *Switch
	resolver *Switch
	servers  []*nameServer
}

// nameServer is one of the three.
type nameServer struct {
	name, variable, about string
	stream                net.Listener
	packets               net.PacketConn
	slow                  func() bool
	respond               func(reply *dns.Msg) // fills in this server's answer
}

func never() bool { return false }

func newNameServers(p Place) (*nameServers, error) {
	n := &nameServers{}
	n.addSwitches(p)
	n.servers = []*nameServer{
		{name: "ns1", variable: "NAME_SERVER_1", about: "the first name server of " + zone, slow: never, respond: n.answerFirst},
		{name: "ns2", variable: "NAME_SERVER_2", about: "the second", slow: func() bool { return n.second.is("slow") }, respond: n.answerSecond},
		{name: "resolver", variable: "RESOLVER", about: "a resolver that knows " + zone + " and no other name", slow: never, respond: n.answerResolved},
	}
	for _, s := range n.servers {
		var err error
		if s.stream, s.packets, err = p.ListenBoth(s.name); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func (n *nameServers) addSwitches(p Place) {
	n.address = (&Switch{
		ID: "dns-address", Title: "The address of " + zone,
		Help: "The answers of the two name servers; " + oldAddress + " is the old address.",
		States: []State{
			{ID: "right", Title: "Points at production", Good: true},
			{ID: "late", Title: "Old on the second server"},
			{ID: "old", Title: "Old everywhere"},
			{ID: "missing", Title: "Missing"},
		},
	}).restore(p)
	n.alias = (&Switch{
		ID: "dns-alias", Title: "The alias www." + zone,
		Help: "It should be an alias for " + zone + ".",
		States: []State{
			{ID: "right", Title: "An alias for " + zone, Good: true},
			{ID: "elsewhere", Title: "An alias for another name"},
			{ID: "missing", Title: "Missing"},
		},
	}).restore(p)
	n.second = (&Switch{
		ID: "dns-second", Title: "The second name server",
		Help: "Slow: it takes 5 seconds. Lame: its answers aren't authoritative.",
		States: []State{
			{ID: "answering", Title: "Answers", Good: true},
			{ID: "slow", Title: "Slow"},
			{ID: "lame", Title: "Lame"},
		},
	}).restore(p)
	n.resolver = (&Switch{
		ID: "dns-resolver", Title: "The resolver",
		Help: "It asks the first name server, unless it has an answer in its cache.",
		States: []State{
			{ID: "fresh", Title: "Asks", Good: true},
			{ID: "remembers", Title: "Has the old address in its cache"},
			{ID: "refuses", Title: "Refuses to answer"},
		},
	}).restore(p)
}

func (n *nameServers) upstream(Place) (*Upstream, error) {
	u := &Upstream{
		Title: "DNS", Switches: []*Switch{n.address, n.alias, n.second, n.resolver},
		Variables: []Variable{{"PRODUCTION_ADDRESS", newAddress, "the address that " + zone + " should have"}},
		Run:       n.run,
	}
	for _, s := range n.servers {
		u.Variables = append(u.Variables, Variable{s.variable, s.stream.Addr().String(), s.about})
	}
	return u, nil
}

// The address in each server's zone, by position of the switch; empty: none.
var (
	givenFirst  = map[string]string{"right": newAddress, "late": newAddress, "old": oldAddress}
	givenSecond = map[string]string{"right": newAddress, "late": oldAddress, "old": oldAddress}
)

func (n *nameServers) answerFirst(reply *dns.Msg) {
	answerFrom(n.zone(givenFirst[n.address.Position()]), reply)
}

func (n *nameServers) answerSecond(reply *dns.Msg) {
	answerFrom(n.zone(givenSecond[n.address.Position()]), reply)
	reply.Authoritative = reply.Authoritative && !n.second.is("lame")
}

func (n *nameServers) answerResolved(reply *dns.Msg) {
	known := givenFirst[n.address.Position()]
	switch n.resolver.Position() {
	case "refuses":
		reply.Rcode = dns.RcodeRefused
		return
	case "remembers":
		known = oldAddress
	}
	answerFrom(n.zone(known), reply)
	reply.Authoritative, reply.RecursionAvailable = false, true
}

// zone is the content of a name server's zone, with production's address.
func (n *nameServers) zone(production string) []dns.RR {
	records := []dns.RR{
		&dns.SOA{
			Hdr: header("", dns.TypeSOA), Ns: "ns1." + zone + ".", Mbox: "hostmaster." + zone + ".",
			Serial: 1, Refresh: 7200, Retry: 900, Expire: 1209600, Minttl: recordTTL,
		},
		&dns.NS{Hdr: header("", dns.TypeNS), Ns: "ns1." + zone + "."},
		&dns.NS{Hdr: header("", dns.TypeNS), Ns: "ns2." + zone + "."},
		&dns.A{Hdr: header("ns1.", dns.TypeA), A: net.ParseIP(newAddress)},
		&dns.A{Hdr: header("ns2.", dns.TypeA), A: net.ParseIP(newAddress)},
		&dns.A{Hdr: header("staging.", dns.TypeA), A: net.ParseIP(newAddress)},
	}
	if production != "" {
		records = append(records, &dns.A{Hdr: header("", dns.TypeA), A: net.ParseIP(production)})
	}
	if target := map[string]string{"right": zone + ".", "elsewhere": "old." + zone + "."}[n.alias.Position()]; target != "" {
		records = append(records, &dns.CNAME{Hdr: header("www.", dns.TypeCNAME), Target: target})
	}
	return records
}

// maxUDPSize is the largest datagram that the servers accept: one that no network
// fragments.
const maxUDPSize = 1232

// recordTTL is how long an answer may be cached, in seconds.
const recordTTL = 300

// header is the header of a record in the zone; under ends with a dot, or is empty for
// the zone itself.
func header(under string, kind uint16) dns.RR_Header {
	return dns.RR_Header{Name: under + zone + ".", Rrtype: kind, Class: dns.ClassINET, Ttl: recordTTL}
}

// answerFrom answers a question from a zone as an authoritative server does: aliases
// are followed within the zone, and a negative answer includes the zone's SOA
// (RFC 1034, section 4.3.2; RFC 2308, section 2).
func answerFrom(records []dns.RR, reply *dns.Msg) {
	q := reply.Question[0]
	name := dns.CanonicalName(q.Name)
	if q.Qclass != dns.ClassINET || !dns.IsSubDomain(zone+".", name) {
		reply.Rcode = dns.RcodeRefused
		return
	}
	reply.Authoritative = true
	for range records { // a chain has no more links than there are records
		reply.Answer = append(reply.Answer, of(records, name, q.Qtype)...)
		links := of(records, name, dns.TypeCNAME)
		if len(links) == 0 || q.Qtype == dns.TypeCNAME {
			break
		}
		reply.Answer = append(reply.Answer, links...)
		name = dns.CanonicalName(links[0].(*dns.CNAME).Target)
	}
	if slices.ContainsFunc(reply.Answer, func(rr dns.RR) bool { return rr.Header().Rrtype == q.Qtype }) {
		return
	}
	reply.Ns = records[:1]
	if !slices.ContainsFunc(records, func(rr dns.RR) bool { return rr.Header().Name == name }) {
		reply.Rcode = dns.RcodeNameError
	}
}

// of are the records of a name and type.
func of(records []dns.RR, name string, kind uint16) (found []dns.RR) {
	for _, rr := range records {
		if rr.Header().Name == name && rr.Header().Rrtype == kind {
			found = append(found, rr)
		}
	}
	return found
}

// run serves the three until ctx ends.
func (n *nameServers) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, s := range n.servers {
		handler := s.handler(ctx)
		for _, server := range []*dns.Server{{Listener: s.stream, Handler: handler}, {PacketConn: s.packets, Handler: handler}} {
			group.Go(func() error { return serveNames(ctx, server) })
		}
	}
	return group.Wait()
}

// handler sends a server's answers. A client that uses EDNS gets an OPT record back
// (RFC 6891, section 6.1.1), and over UDP no more than fits into its size.
func (s *nameServer) handler(ctx context.Context) dns.Handler {
	return dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		if s.slow() && !wait(ctx, slowAnswer) {
			return
		}
		reply := new(dns.Msg).SetReply(question)
		s.respond(reply)
		size := uint16(dns.MinMsgSize)
		if asked := question.IsEdns0(); asked != nil {
			size = max(size, asked.UDPSize())
			reply.SetEdns0(maxUDPSize, false)
		}
		if _, datagram := w.RemoteAddr().(*net.UDPAddr); datagram {
			reply.Truncate(int(size))
		}
		_ = w.WriteMsg(reply) // the client may have gone away
	})
}

// wait is false if ctx ends before the time is up.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// serveNames serves one port until ctx ends, and returns when every question
// is answered.
func serveNames(ctx context.Context, server *dns.Server) error {
	started := make(chan struct{})
	server.NotifyStartedFunc = func() { close(started) }
	over := make(chan error, 1)
	go func() { over <- server.ActivateAndServe() }()
	select {
	case err := <-over: // it failed to start
		return err
	case <-started:
	}
	select {
	case err := <-over:
		return err
	case <-ctx.Done():
		return errors.Join(server.Shutdown(), <-over)
	}
}
