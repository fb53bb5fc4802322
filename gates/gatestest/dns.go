package gatestest

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// NameServer answers A questions for shop.example with an address, or as
// change says.
func NameServer(t *testing.T, address string, change func(*dns.Msg)) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ServeDNS(t, conn, address, change)
	return conn.LocalAddr().String()
}

// ServeDNS serves as [NameServer] does, where it listens already.
func ServeDNS(t *testing.T, conn net.PacketConn, address string, change func(*dns.Msg)) {
	t.Helper()
	started := make(chan struct{})
	server := &dns.Server{PacketConn: conn, NotifyStartedFunc: func() { close(started) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		reply := new(dns.Msg).SetReply(q)
		reply.Authoritative = true
		if rr, err := dns.NewRR("shop.example. 300 IN A " + address); err == nil && address != "" {
			reply.Answer = append(reply.Answer, rr)
		}
		if change != nil {
			change(reply)
		}
		_ = w.WriteMsg(reply)
	})}
	done := make(chan error, 1)
	go func() { done <- server.ActivateAndServe() }()
	<-started
	t.Cleanup(func() { _ = server.Shutdown(); <-done })
}

// ZoneServer is a name server of a zone in text. A line "NAME TYPE CODE" makes it
// answer such a question with that code.
func ZoneServer(t *testing.T, zone ...string) *net.Resolver {
	t.Helper()
	var records []dns.RR
	codes := map[string]int{}
	for _, line := range zone {
		if words := strings.Fields(line); len(words) == 3 {
			codes[words[0]+" "+words[1]] = dns.StringToRcode[words[2]]
			continue
		}
		rr, err := dns.NewRR(line)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, rr)
	}
	address := NameServer(t, "", func(m *dns.Msg) {
		q := m.Question[0]
		m.Rcode = codes[q.Name+" "+dns.TypeToString[q.Qtype]]
		named := false
		for _, rr := range records {
			if strings.EqualFold(rr.Header().Name, q.Name) {
				named = true
				if rr.Header().Rrtype == q.Qtype {
					m.Answer = append(m.Answer, rr)
				}
			}
		}
		if !named && m.Rcode == dns.RcodeSuccess {
			m.Rcode = dns.RcodeNameError
		}
	})
	return &net.Resolver{PreferGo: true, StrictErrors: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", address)
	}}
}
