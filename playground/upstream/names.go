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

// The public names of the practice sites. Names under .test belong to nobody
// (RFC 6761, section 6.2).
const (
	zone           = "insightpulse.test"
	productionName = zone
	stagingName    = "staging." + zone
)

// The address that the sites have, and the one that production had before,
// which nobody has (RFC 5737).
const (
	newAddress = "127.0.0.1"
	oldAddress = "192.0.2.10"
)

// slowName is how long a slow name server takes: longer than a gate waits for
// it.
const slowName = 5 * time.Second

// nameServers are the two servers with authority over the practice sites'
// names, and a resolver that people ask.
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
	respond               func(reply *dns.Msg) // fills in what this server says to the question
}

func never() bool { return false }

func newNameServers(p Place) (*nameServers, error) {
	n := &nameServers{}
	n.addSwitches(p)
	n.servers = []*nameServer{
		{name: "ns1", variable: "NAME_SERVER_1", about: "the first name server of " + zone, slow: never, respond: n.sayFirst},
		{name: "ns2", variable: "NAME_SERVER_2", about: "the second", slow: func() bool { return n.second.is("slow") }, respond: n.saySecond},
		{name: "resolver", variable: "RESOLVER", about: "a resolver that knows " + zone + " and no other name", slow: never, respond: n.sayResolved},
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
		Help: "What the two name servers say; " + oldAddress + " is the old one.",
		States: []State{
			{ID: "right", Title: "Points at production", Good: true},
			{ID: "late", Title: "Old on the second server"},
			{ID: "old", Title: "Old everywhere"},
			{ID: "missing", Title: "Missing"},
		},
	}).stand(p)
	n.alias = (&Switch{
		ID: "dns-alias", Title: "The alias www." + zone,
		Help: "It stands for " + zone + ".",
		States: []State{
			{ID: "right", Title: "Stands for " + zone, Good: true},
			{ID: "elsewhere", Title: "Stands for another name"},
			{ID: "missing", Title: "Missing"},
		},
	}).stand(p)
	n.second = (&Switch{
		ID: "dns-second", Title: "The second name server",
		Help: "Slow: it takes 5 seconds. Without authority: it answers, but not as a server that is in charge of the name.",
		States: []State{
			{ID: "answering", Title: "Answers", Good: true},
			{ID: "slow", Title: "Slow"},
			{ID: "lame", Title: "Has no authority"},
		},
	}).stand(p)
	n.resolver = (&Switch{
		ID: "dns-resolver", Title: "The resolver",
		Help: "It asks the first name server, unless it remembers what was said before.",
		States: []State{
			{ID: "fresh", Title: "Asks", Good: true},
			{ID: "remembers", Title: "Remembers the old address"},
			{ID: "refuses", Title: "Refuses to answer"},
		},
	}).stand(p)
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

// The address that each server has been given; empty: none.
var (
	givenFirst  = map[string]string{"right": newAddress, "late": newAddress, "old": oldAddress}
	givenSecond = map[string]string{"right": newAddress, "late": oldAddress, "old": oldAddress}
)

func (n *nameServers) sayFirst(reply *dns.Msg) {
	sayFrom(n.zone(givenFirst[n.address.Position()]), reply)
}

func (n *nameServers) saySecond(reply *dns.Msg) {
	sayFrom(n.zone(givenSecond[n.address.Position()]), reply)
	reply.Authoritative = reply.Authoritative && !n.second.is("lame")
}

func (n *nameServers) sayResolved(reply *dns.Msg) {
	known := givenFirst[n.address.Position()]
	switch n.resolver.Position() {
	case "refuses":
		reply.Rcode = dns.RcodeRefused
		return
	case "remembers":
		known = oldAddress
	}
	sayFrom(n.zone(known), reply)
	reply.Authoritative, reply.RecursionAvailable = false, true
}

// zone is all that a name server knows, with the address that it has been
// given for production.
func (n *nameServers) zone(production string) []dns.RR {
	records := []dns.RR{
		&dns.SOA{
			Hdr: header("", dns.TypeSOA), Ns: "ns1." + zone + ".", Mbox: "hostmaster." + zone + ".",
			Serial: 1, Refresh: 7200, Retry: 900, Expire: 1209600, Minttl: timeToLive,
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

// payload is how large a datagram the servers take: what every network passes
// whole.
const payload = 1232

// timeToLive is how many seconds an answer may be remembered.
const timeToLive = 300

// header is of a record in the zone; under ends in a dot, or is empty for the
// zone itself.
func header(under string, kind uint16) dns.RR_Header {
	return dns.RR_Header{Name: under + zone + ".", Rrtype: kind, Class: dns.ClassINET, Ttl: timeToLive}
}

// sayFrom answers a question out of a zone, as a server with authority does:
// aliases are followed within the zone, and a no comes with the zone's SOA
// (RFC 1034, section 4.3.2; RFC 2308, section 2).
func sayFrom(records []dns.RR, reply *dns.Msg) {
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

// of are the records of a name that have a type.
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

// handler gives a server's answers. A client that names a size gets it back
// (RFC 6891, section 6.1.1), and over UDP no more than fits.
func (s *nameServer) handler(ctx context.Context) dns.Handler {
	return dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		if s.slow() && !wait(ctx, slowName) {
			return
		}
		reply := new(dns.Msg).SetReply(question)
		s.respond(reply)
		size := uint16(dns.MinMsgSize)
		if asked := question.IsEdns0(); asked != nil {
			size = max(size, asked.UDPSize())
			reply.SetEdns0(payload, false)
		}
		if _, datagram := w.RemoteAddr().(*net.UDPAddr); datagram {
			reply.Truncate(int(size))
		}
		_ = w.WriteMsg(reply) // who asked may have gone away; there is nobody to tell
	})
}

// wait is false when ctx ends before the time is over.
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
	case err := <-over: // it has not begun
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
