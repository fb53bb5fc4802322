package dns

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve answers on an address of its own, over UDP and TCP, what a zone in text
// says, or as change makes it.
func serve(t *testing.T, zone string, change func(*dns.Msg)) string {
	t.Helper()
	return serveQuestions(t, zone, func(_, reply *dns.Msg) {
		if change != nil {
			change(reply)
		}
	})
}

// serveQuestions serves as serve does, and shows change the question too.
func serveQuestions(t *testing.T, zone string, change func(question, reply *dns.Msg)) string {
	t.Helper()
	var records []dns.RR
	for line := range strings.Lines(zone) {
		if rr, err := dns.NewRR(line); err != nil {
			t.Fatal(err)
		} else if rr != nil {
			records = append(records, rr)
		}
	}
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		reply := new(dns.Msg).SetReply(q)
		reply.Authoritative = true
		reply.Answer = chain(records, q.Question[0])
		if len(reply.Answer) == 0 && !slices.ContainsFunc(records, func(rr dns.RR) bool { return strings.EqualFold(rr.Header().Name, q.Question[0].Name) }) {
			reply.Rcode = dns.RcodeNameError
		}
		change(q, reply)
		if _, tcp := w.RemoteAddr().(*net.TCPAddr); !tcp {
			reply.Truncate(512)
		}
		_ = w.WriteMsg(reply)
	})
	packets, stream := onePort(t)
	start(t, &dns.Server{PacketConn: packets, Handler: handler})
	start(t, &dns.Server{Listener: stream, Handler: handler})
	return packets.LocalAddr().String()
}

// onePort opens a port for both ways to ask. Another program may have it for
// one of them; then it is another.
func onePort(t *testing.T) (net.PacketConn, net.Listener) {
	t.Helper()
	for tried := 1; ; tried++ {
		packets, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		stream, err := net.Listen("tcp", packets.LocalAddr().String())
		if err == nil {
			return packets, stream
		}
		_ = packets.Close()
		if tried == 20 {
			t.Fatal(err)
		}
	}
}

// start runs a server until the test ends.
func start(t *testing.T, server *dns.Server) {
	t.Helper()
	started := make(chan struct{})
	server.NotifyStartedFunc = func() { close(started) }
	done := make(chan error, 1)
	go func() { done <- server.ActivateAndServe() }()
	<-started
	t.Cleanup(func() { _ = server.Shutdown(); <-done })
}

// chain is the answer to a question, with the aliases on the way.
func chain(records []dns.RR, q dns.Question) []dns.RR {
	var answer []dns.RR
	name := q.Name
	for range records {
		for _, rr := range records {
			if strings.EqualFold(rr.Header().Name, name) && rr.Header().Rrtype == q.Qtype {
				answer = append(answer, rr)
			}
		}
		i := slices.IndexFunc(records, func(rr dns.RR) bool {
			return strings.EqualFold(rr.Header().Name, name) && rr.Header().Rrtype == dns.TypeCNAME
		})
		if i < 0 || q.Qtype == dns.TypeCNAME || len(answer) > 0 && answer[len(answer)-1].Header().Rrtype == q.Qtype {
			break
		}
		answer = append(answer, records[i])
		name = records[i].(*dns.CNAME).Target
	}
	return answer
}

func TestAsk(t *testing.T) {
	long := strings.Repeat("shop.example. 60 IN TXT \""+strings.Repeat("x", 200)+"\"\n", 1) + strings.Repeat("shop.example. 60 IN TXT \""+strings.Repeat("y", 240)+"\"\n", 1)
	server := serve(t, `
shop.example. 300 IN A 192.0.2.10
SHOP.example. 60 IN A 192.0.2.9
shop.example. 300 IN AAAA 2001:DB8:0:0::1
shop.example. 300 IN MX 10 Mail.Shop.Example.
www.shop.example. 900 IN CNAME shop.example.
out.shop.example. 900 IN CNAME cdn.elsewhere.example.
`+long, nil)
	c := &Client{Timeout: time.Second}
	for _, tt := range []struct {
		name, kind string
		want       []string
		code       string
		alias      string
		ttl        uint32
	}{
		{"shop.example", "a", []string{"192.0.2.10", "192.0.2.9"}, "NOERROR", "", 60},
		{"Shop.Example.", "AAAA", []string{"2001:db8::1"}, "NOERROR", "", 300},
		{"shop.example", "MX", []string{"10 mail.shop.example"}, "NOERROR", "", 300},
		{"shop.example", "TXT", []string{strings.Repeat("x", 200), strings.Repeat("y", 240)}, "NOERROR", "", 60},
		{"www.shop.example", "A", []string{"192.0.2.10", "192.0.2.9"}, "NOERROR", "shop.example", 60},
		{"www.shop.example", "CNAME", []string{"shop.example"}, "NOERROR", "", 900},
		{"out.shop.example", "A", nil, "NOERROR", "cdn.elsewhere.example", 900},
		{"nowhere.example", "A", nil, "NXDOMAIN", "", 0},
		{"shop.example", "SRV", nil, "NOERROR", "", 0},
	} {
		got, err := c.Ask(t.Context(), server, tt.name, tt.kind)
		if err != nil || !slices.Equal(got.Records, tt.want) || got.Code != tt.code || got.Alias != tt.alias || got.TTL != tt.ttl || !got.Authoritative {
			t.Errorf("%s %s gives %+v, %v", tt.kind, tt.name, got, err)
		}
	}
}

// A cancel ends a question to a server that never answers, over UDP and over TCP.
func TestCancelWhileWaiting(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			asked, over := make(chan struct{}), make(chan struct{})
			packets, stream := onePort(t)
			handler := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
				if w.RemoteAddr().Network() != network {
					reply := new(dns.Msg).SetReply(q)
					reply.Truncated = true // come again over TCP
					_ = w.WriteMsg(reply)
					return
				}
				close(asked)
				<-over
			})
			start(t, &dns.Server{PacketConn: packets, Handler: handler})
			start(t, &dns.Server{Listener: stream, Handler: handler})
			defer close(over)
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-asked
				cancel()
			}()
			_, err := (&Client{Timeout: time.Hour}).Ask(ctx, packets.LocalAddr().String(), "shop.example", "A")
			if !errors.Is(err, context.Canceled) || !strings.HasSuffix(err.Error(), "was canceled") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A server that says nothing is asked twice and named; a cancel is not waited for.
func TestAskNobody(t *testing.T) {
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	var quiet *Silent
	if _, err := (&Client{Timeout: 50 * time.Millisecond}).Ask(t.Context(), silent.LocalAddr().String(), "shop.example", "A"); !errors.As(err, &quiet) || !strings.HasSuffix(err.Error(), "does not answer") {
		t.Errorf("got %v", err)
	}
	buffer, questions := make([]byte, 512), 0
	for {
		_ = silent.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
		if _, _, err := silent.ReadFrom(buffer); err != nil {
			break
		}
		questions++
	}
	if questions != attempts {
		t.Errorf("asked %d times, want %d", questions, attempts)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (&Client{}).Ask(ctx, silent.LocalAddr().String(), "shop.example", "A"); err == nil {
		t.Error("a cancelled question was answered")
	}
	if _, err := (&Client{}).Ask(t.Context(), "127.0.0.1:1", "shop.example", "AXFRR"); err == nil || !strings.Contains(err.Error(), "isn't a type") {
		t.Errorf("got %v", err)
	}
}

// A server that doesn't know EDNS is asked without it, over TCP too where the
// answer does not fit: one that answers FORMERR, one that answers NOTIMP, one
// that sends the option back. One that refuses either way says so.
func TestAskWithoutEDNS(t *testing.T) {
	zone := "shop.example. 60 IN A 192.0.2.1\n"
	for _, letter := range []string{"x", "y", "z"} { // together more than 512 bytes
		zone += "shop.example. 60 IN TXT \"" + strings.Repeat(letter, 250) + "\"\n"
	}
	for _, tt := range []struct {
		code   int
		echoes bool // sends the option back with its no
		bare   bool // answers with a header only
	}{{code: dns.RcodeFormatError}, {code: dns.RcodeNotImplemented}, {code: dns.RcodeNotImplemented, echoes: true}, {code: dns.RcodeFormatError, bare: true}} {
		refuses := func(q, m *dns.Msg) {
			m.Answer, m.Rcode = nil, tt.code
			if tt.echoes {
				m.Extra = q.Extra
			}
			if tt.bare {
				m.Question = nil
			}
		}
		server := serveQuestions(t, zone, func(q, m *dns.Msg) {
			if q.IsEdns0() != nil {
				refuses(q, m)
			}
		})
		c := &Client{Timeout: time.Second}
		for kind, want := range map[string]int{"A": 1, "TXT": 3} {
			if got, err := c.Ask(t.Context(), server, "shop.example", kind); err != nil || got.Code != "NOERROR" || len(got.Records) != want {
				t.Errorf("%+v, %s: got %+v, %v; want %d records", tt, kind, got, err, want)
			}
		}
		name := dns.RcodeToString[tt.code]
		if got, err := c.Ask(t.Context(), serveQuestions(t, zone, refuses), "shop.example", "A"); err != nil || got.Code != name {
			t.Errorf("%+v: got %+v, %v; want %s", tt, got, err, name)
		}
	}
}

// A connection that is cut is tried once more, and then given up.
func TestAskOverTCPAgain(t *testing.T) {
	for cuts, want := range map[int32]string{1: "", attempts: "isn't valid DNS"} {
		var asked atomic.Int32
		packets, stream := onePort(t)
		start(t, &dns.Server{PacketConn: packets, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
			reply := new(dns.Msg).SetReply(q)
			reply.Truncated = true
			_ = w.WriteMsg(reply)
		})})
		start(t, &dns.Server{Listener: stream, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
			if asked.Add(1) <= cuts {
				w.Close()
				return
			}
			_ = w.WriteMsg(new(dns.Msg).SetReply(q))
		})})
		_, err := (&Client{Timeout: time.Second}).Ask(t.Context(), packets.LocalAddr().String(), "shop.example", "A")
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasSuffix(err.Error(), want)) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// The servers with authority are those of the closest zone, each by all its
// addresses.
func TestAuthorities(t *testing.T) {
	resolver := serve(t, `
shop.example. 300 IN NS ns1.host.example.
shop.example. 300 IN NS ns2.host.example.
shop.example. 300 IN NS ns3.host.example.
ns1.host.example. 300 IN A 127.0.0.2
ns1.host.example. 300 IN A 127.0.0.3
ns1.host.example. 300 IN AAAA ::1
ns2.host.example. 300 IN AAAA ::1
`, nil)
	got, err := (&Client{Timeout: time.Second, Port: "5353"}).Authorities(t.Context(), resolver, "a.b.shop.example")
	want := []Server{
		{"ns1.host.example", "127.0.0.2:5353", ""}, {"ns1.host.example", "127.0.0.3:5353", ""}, {"ns1.host.example", "[::1]:5353", ""},
		{"ns2.host.example", "[::1]:5353", ""}, {"ns3.host.example", "", "ns3.host.example has no address that " + resolver + " knows"},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	if _, err := (&Client{Timeout: time.Second}).Authorities(t.Context(), resolver, "other.test"); err == nil || !strings.Contains(err.Error(), "knows no name server") {
		t.Errorf("got %v", err)
	}
	failing := serve(t, "", func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure })
	if _, err := (&Client{Timeout: time.Second}).Authorities(t.Context(), failing, "shop.example"); err == nil || !strings.Contains(err.Error(), "SERVFAIL") {
		t.Errorf("got %v", err)
	}
}

func TestCanonical(t *testing.T) {
	for _, tt := range []struct{ kind, written, want string }{
		{"CNAME", "Shop.Example.", "shop.example"}, {"AAAA", "2001:DB8::0001", "2001:db8::1"}, {"MX", "10  Mail.Example.", "10 mail.example"},
		{"A", "::ffff:192.0.2.1", "192.0.2.1"}, {"TXT", "v=spf1 include:Example.com. -all", "v=spf1 include:Example.com. -all"},
		{"TXT", "See  Example.COM.", "See  Example.COM."}, {"CAA", `0 Issue "letsencrypt.org"`, `0 issue "letsencrypt.org"`},
		{"CAA", "0 issue letsencrypt.org", `0 issue "letsencrypt.org"`}, {"SRV", "10 5 5060 SIP.example.", "10 5 5060 sip.example"},
		{"MX", "0 .", "0 ."},
	} {
		if got := Canonical(tt.kind, tt.written); got != tt.want {
			t.Errorf("%s %s is written %s, want %s", tt.kind, tt.written, got, tt.want)
		}
	}
}

// Records that cannot be of their type are told before anybody is asked.
func TestFault(t *testing.T) {
	for kind, records := range map[string]struct{ sound, odd []string }{
		"A":     {[]string{"192.0.2.1", "edge.cdn.example", "::ffff:192.0.2.1"}, []string{"2001:db8::1", "192.0.2", "soon", "a b", "", "http://x.example"}},
		"AAAA":  {[]string{"2001:db8::1", "edge.cdn.example."}, []string{"192.0.2.1"}},
		"CNAME": {[]string{"edge.cdn.example", "_dmarc.example"}, []string{"192.0.2.1", "a..b", "bücher.example"}},
		"MX":    {[]string{"10 mail.example", "0 ."}, []string{"mail.example", "ten mail.example", "70000 mail.example", "10 192.0.2.1"}},
		"SRV":   {[]string{"10 5 5060 sip.example", "0 0 0 ."}, []string{"10 5060 sip.example"}},
		"CAA":   {[]string{`0 issue "ca.example"`, "128 issue ca.example; policy=ev"}, []string{"issue ca.example", "0 issue"}},
		"TXT":   {[]string{"anything; at all", ""}, nil},
	} {
		for _, record := range records.sound {
			if fault := Fault(kind, record); fault != "" {
				t.Error(fault)
			}
		}
		for _, record := range records.odd {
			if fault := Fault(kind, record); !strings.Contains(fault, "is no "+kind+" record; write it as in ") {
				t.Errorf("%s %q: %q", kind, record, fault)
			}
		}
	}
}

// Texts are compared as they are meant, and not as zone files write them.
func TestTextsAreUnescaped(t *testing.T) {
	server := serve(t, "", func(m *dns.Msg) {
		rr, err := dns.NewRR(`shop.example. 60 IN TXT "say \"hi\"; ok \\ " "b\195\188cher\009"`)
		if err != nil {
			t.Error(err)
		}
		m.Answer = append(m.Answer, rr)
	})
	answer, err := (&Client{Timeout: time.Second}).Ask(t.Context(), server, "shop.example", "TXT")
	if want := "say \"hi\"; ok \\ bücher\t"; err != nil || len(answer.Records) != 1 || answer.Records[0] != want {
		t.Errorf("got %q, %v; want %q", answer.Records, err, want)
	}
}

// Where nobody answers it is said why, as far as it is known.
func TestSilence(t *testing.T) {
	for server, want := range map[string]string{"127.0.0.1:1": "127.0.0.1:1 refused the connection", "no..name": "the name of no..name:53 was not found"} {
		if _, err := (&Client{Timeout: time.Second}).Ask(t.Context(), server, "shop.example", "A"); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// An alias that may not be remembered makes the whole answer one that may not.
func TestAskForTimeToLive(t *testing.T) {
	server := serve(t, "a.example. 0 IN CNAME b.example.\nb.example. 3600 IN A 192.0.2.1\n", nil)
	if got, err := (&Client{Timeout: time.Second}).Ask(t.Context(), server, "a.example", "A"); err != nil || got.TTL != 0 || len(got.Records) != 1 {
		t.Errorf("got %+v, %v; want a time to live of 0", got, err)
	}
}

// Of one name server that cannot be looked up the others are still found; a kind
// of address that the resolver can't tell is not taken for one that isn't there.
func TestAuthoritiesWithoutOne(t *testing.T) {
	resolver := serveQuestions(t, `
shop.example. 60 IN NS ns1.a.example.
shop.example. 60 IN NS ns2.b.example.
ns2.b.example. 60 IN A 127.0.0.2
`, func(q, m *dns.Msg) {
		switch {
		case q.Question[0].Name == "ns1.a.example.":
			m.Id++ // which nobody takes for an answer
		case q.Question[0].Qtype == dns.TypeAAAA:
			m.Rcode = dns.RcodeServerFailure
		}
	})
	got, err := (&Client{Timeout: 100 * time.Millisecond}).Authorities(t.Context(), resolver, "shop.example")
	want := []Server{
		{"ns1.a.example", "", "ns1.a.example has no address that " + resolver + " knows"},
		{"ns2.b.example", "127.0.0.2:53", ""}, {"ns2.b.example", "", resolver + " does not say whether ns2.b.example has an AAAA address"},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}
