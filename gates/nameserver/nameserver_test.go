package nameserver

import (
	"net"
	"testing"
	"time"

	"github.com/miekg/dns"

	"gonogo/gates/gatestest"
)

// rewritten answers a question with records in text.
func rewritten(t *testing.T, records ...string) func(*dns.Msg) {
	return func(m *dns.Msg) {
		for _, text := range records {
			rr, err := dns.NewRR(text)
			if err != nil {
				t.Error(err)
			}
			m.Answer = append(m.Answer, rr)
		}
	}
}

func TestAsk(t *testing.T) {
	closed, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := closed.LocalAddr().String()
	closed.Close()
	edge := rewritten(t, "shop.example. 60 IN CNAME edge.cdn.example.", "edge.cdn.example. 60 IN A 192.0.2.2")
	resolver := gatestest.NameServer(t, "", func(m *dns.Msg) {
		m.Authoritative = false
		if m.Question[0].Name == "edge.cdn.example." {
			rewritten(t, "edge.cdn.example. 60 IN A 192.0.2.2")(m)
			return
		}
		edge(m)
	})
	for _, tt := range []struct {
		name      string
		authority bool
		want      []string
		server    string
		says      string // "" where it is silent
	}{
		{"with authority", true, nil, gatestest.NameServer(t, "192.0.2.2", nil), "192.0.2.2"},
		{"without authority", true, nil, gatestest.NameServer(t, "192.0.2.2", func(m *dns.Msg) { m.Authoritative = false }), "not authoritative"},
		{"no such name", true, nil, gatestest.NameServer(t, "", func(m *dns.Msg) { m.Rcode = dns.RcodeNameError }), "no such name"},
		{"no such record", true, nil, gatestest.NameServer(t, "", nil), "no such record"},
		{"a server with authority refuses", true, nil, gatestest.NameServer(t, "", func(m *dns.Msg) { m.Rcode = dns.RcodeRefused }), "REFUSED"},
		{"an alias, whose other end the resolver knows", true, nil, gatestest.NameServer(t, "", rewritten(t, "shop.example. 60 IN CNAME edge.cdn.example.")), "192.0.2.2"},
		{"an alias that is wanted", true, []string{"edge.cdn.example"}, gatestest.NameServer(t, "", rewritten(t, "shop.example. 60 IN CNAME edge.cdn.example.")), "edge.cdn.example"},
		{"it fails", true, nil, gatestest.NameServer(t, "", func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure }), ""},
		{"nobody listens", true, nil, gone, ""},
		{"a resolver", false, nil, resolver, "192.0.2.2"},
		{"a resolver refuses", false, nil, gatestest.NameServer(t, "", func(m *dns.Msg) { m.Rcode = dns.RcodeRefused }), ""},
	} {
		s := Survey{Type: "A", Want: tt.want, Resolvers: []string{resolver}, Authoritative: tt.authority, Servers: []string{tt.server}, Timeout: 5 * time.Second}
		if !tt.authority {
			s.Resolvers = []string{tt.server}
		}
		responses, unseen, err := s.Ask(t.Context(), "shop.example")
		if err != nil || len(unseen) > 0 {
			t.Errorf("%s: %q, %v", tt.name, unseen, err)
			continue
		}
		r := responses[len(responses)-1]
		if silence := r.Silence(); (silence == "") != (tt.says != "") || silence == "" && r.Says() != tt.says || r.Name != tt.server || r.Authority != tt.authority {
			t.Errorf("%s: %+v says %q and is silent for %q, want %q", tt.name, r, r.Says(), silence, tt.says)
		}
	}
}

func TestLongestTTL(t *testing.T) {
	longer := gatestest.NameServer(t, "192.0.2.2", func(m *dns.Msg) { m.Answer[0].Header().Ttl = 3600 })
	usual := gatestest.NameServer(t, "192.0.2.2", nil) // 300
	for _, tt := range []struct {
		resolvers, servers []string
		want               uint32
		told               bool
	}{
		{nil, []string{usual, longer}, 3600, true},
		{[]string{longer}, []string{usual}, 300, true},
		{[]string{longer}, nil, 0, false},
	} {
		responses, _, err := Survey{Type: "A", Resolvers: tt.resolvers, Authoritative: tt.servers != nil, Servers: tt.servers, Timeout: 5 * time.Second}.Ask(t.Context(), "shop.example")
		if got, told := LongestTTL(responses); err != nil || got != tt.want || told != tt.told {
			t.Errorf("%v and %v: got %d, %v, %v; want %d", tt.resolvers, tt.servers, got, told, err, tt.want)
		}
	}
}
