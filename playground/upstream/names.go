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

// oldAddress is where the sites were before; nobody has it (RFC 5737).
const oldAddress = "192.0.2.10"

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
	respond               func(reply *dns.Msg) // fills in what this server says to the question
}

func newNameServers(p Place) (*nameServers, error) {
	n := &nameServers{}
	n.addSwitches(p)
	n.servers = []*nameServer{
		{name: "ns1", variable: "NAME_SERVER_1", about: "the first name server of " + zone, respond: n.sayFirst},
		{name: "ns2", variable: "NAME_SERVER_2", about: "the second", respond: n.saySecond},
		{name: "resolver", variable: "RESOLVER", about: "a resolver that knows " + zone + " and no other name", respond: n.sayResolved},
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
		Variables: []Variable{{"PRODUCTION_ADDRESS", "127.0.0.1", "the address that " + zone + " should have"}},
		Run:       n.run,
	}
	for _, s := range n.servers {
		u.Variables = append(u.Variables, Variable{s.variable, s.stream.Addr().String(), s.about})
	}
	return u, nil
}

func (n *nameServers) sayFirst(reply *dns.Msg) { sayFrom(n.zone(n.address.is("old")), reply) }

func (n *nameServers) saySecond(reply *dns.Msg) {
	sayFrom(n.zone(n.address.is("old") || n.address.is("late")), reply)
	reply.Authoritative = reply.Authoritative && !n.second.is("lame")
}

func (n *nameServers) sayResolved(reply *dns.Msg) {
	if n.resolver.is("refuses") {
		reply.Rcode = dns.RcodeRefused
		return
	}
	sayFrom(n.zone(n.address.is("old") || n.resolver.is("remembers")), reply)
	reply.Authoritative, reply.RecursionAvailable = false, true
}

// zone is what a name server has been given, with the old address or the new.
func (n *nameServers) zone(old bool) []dns.RR {
	text := []string{
		zone + ". 300 IN SOA ns1." + zone + ". hostmaster." + zone + ". 1 7200 900 1209600 300",
		zone + ". 300 IN NS ns1." + zone + ".",
		zone + ". 300 IN NS ns2." + zone + ".",
		"ns1." + zone + ". 300 IN A 127.0.0.1",
		"ns2." + zone + ". 300 IN A 127.0.0.1",
		stagingName + ". 300 IN A 127.0.0.1",
	}
	switch {
	case n.address.is("missing"):
	case old:
		text = append(text, zone+". 300 IN A "+oldAddress)
	default:
		text = append(text, zone+". 300 IN A 127.0.0.1")
	}
	switch n.alias.Position() {
	case "right":
		text = append(text, "www."+zone+". 300 IN CNAME "+zone+".")
	case "elsewhere":
		text = append(text, "www."+zone+". 300 IN CNAME old."+zone+".")
	}
	records := make([]dns.RR, len(text))
	for i, line := range text {
		var err error
		if records[i], err = dns.NewRR(line); err != nil {
			panic(err) // the lines are above
		}
	}
	return records
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
		handler := n.handler(ctx, s)
		for _, server := range []*dns.Server{{Listener: s.stream, Handler: handler}, {PacketConn: s.packets, Handler: handler}} {
			group.Go(func() error { return serveNames(ctx, server) })
		}
	}
	return group.Wait()
}

// handler gives a server's answers. A client that names a size gets it back
// (RFC 6891, section 6.1.1), and over UDP no more than fits.
func (n *nameServers) handler(ctx context.Context, s *nameServer) dns.Handler {
	return dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		if s.name == "ns2" && n.second.is("slow") && !wait(ctx, slowName) {
			return
		}
		reply := new(dns.Msg).SetReply(question)
		s.respond(reply)
		size := uint16(dns.MinMsgSize)
		if asked := question.IsEdns0(); asked != nil {
			size = max(size, asked.UDPSize())
			reply.SetEdns0(1232, false)
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
	<-ctx.Done()
	return errors.Join(server.Shutdown(), <-over)
}
