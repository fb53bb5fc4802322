package web

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"gonogo/gates"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	"gonogo/gates/nameserver"
	"gonogo/gates/network"
	"gonogo/readiness/answer"
)

func TestDNS(t *testing.T) {
	old, changed := "192.0.2.1", "192.0.2.2"
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	quiet := silent.LocalAddr().String()
	first, second, late := gatestest.NameServer(t, changed, nil), gatestest.NameServer(t, changed, nil), gatestest.NameServer(t, old, nil)
	lame := gatestest.NameServer(t, changed, func(m *dns.Msg) { m.Authoritative = false })
	longer := gatestest.NameServer(t, changed, func(m *dns.Msg) { m.Answer[0].Header().Ttl, m.Authoritative = 3600, false })
	gone := gatestest.NameServer(t, "", func(m *dns.Msg) { m.Rcode = dns.RcodeNameError })
	refuses := gatestest.NameServer(t, "", func(m *dns.Msg) { m.Rcode = dns.RcodeRefused })
	failing := gatestest.NameServer(t, "", func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure })
	alias := gatestest.NameServer(t, "", func(m *dns.Msg) {
		rr, _ := dns.NewRR("shop.example. 60 IN CNAME edge.cdn.example.")
		m.Answer = append(m.Answer, rr)
	})
	cdn := gatestest.NameServer(t, "", func(m *dns.Msg) {
		rr, _ := dns.NewRR("edge.cdn.example. 60 IN A " + changed)
		m.Answer = append(m.Answer, rr)
	})
	followed := gatestest.NameServer(t, "", func(m *dns.Msg) {
		for _, text := range []string{"shop.example. 60 IN CNAME edge.cdn.example.", "edge.cdn.example. 60 IN A " + changed} {
			rr, _ := dns.NewRR(text)
			m.Answer = append(m.Answer, rr)
		}
	})
	both := gatestest.NameServer(t, "", func(m *dns.Msg) {
		rr, _ := dns.NewRR(m.Question[0].Name + " 60 IN A " + changed)
		m.Answer = append(m.Answer, rr)
	})
	for _, tt := range []struct {
		name, settings string
		verdict        answer.Verdict
		words          []string
	}{
		{"all agree", list("servers", first, second) + "resolvers: [" + first + "]", answer.Passed, []string{"3 servers agree: shop.example is 192.0.2.2"}},
		{"one is late", list("servers", first, late), answer.Failed, []string{"name server " + late + "'s answer is 192.0.2.1, limit 192.0.2.2"}},
		{"a resolver remembers", list("servers", first) + list("resolvers", late), answer.Failed, []string{"resolver " + late + "'s answer is 192.0.2.1"}},
		{"one is silent", list("servers", first, quiet), answer.Errored, []string{"1 of 2 servers gave no answer", quiet}},
		{"one is silent and one late", list("servers", late, quiet), answer.Failed, []string{"is 192.0.2.1"}},
		{"one has no authority", list("servers", first, lame), answer.Failed, []string{lame + "'s answer is not authoritative"}},
		{"no such name", list("servers", gone), answer.Failed, []string{"no such name"}},
		{"it refuses", list("servers", refuses), answer.Failed, []string{"answer is REFUSED"}},
		{"a resolver refuses", list("servers", first) + list("resolvers", refuses), answer.Errored, []string{"1 of 2 servers gave no answer", "REFUSED"}},
		{"it fails", list("servers", first, failing), answer.Errored, []string{"SERVFAIL"}},
		{"an alias out of the zone", list("servers", alias) + list("resolvers", cdn) + "authoritative: true", answer.Failed, nil},
		{"an alias out of the zone, and its other end", list("servers", alias) + list("resolvers", both), answer.Passed, []string{"2 servers agree"}},
		{"its other end, which the second resolver tells", list("servers", alias) + list("resolvers", failing, both), answer.Errored, []string{"1 of 3 servers gave no answer: " + failing}},
		{"its other end, which nobody tells", list("servers", alias) + list("resolvers", failing), answer.Errored, []string{"an alias for edge.cdn.example, and " + failing + " answers SERVFAIL"}},
		{"an alias that is wanted", strings.Replace(list("servers", alias, followed), "servers", "want: edge.cdn.example\nservers", 1), answer.Passed, []string{"2 servers agree: shop.example is edge.cdn.example"}},
		{"a resolver remembers the old time to live", list("servers", first) + list("resolvers", longer) + `ttl: "<= 300"`, answer.Passed, []string{"2 servers agree"}},
		{"nobody tells for how long", list("servers", gone) + `ttl: "<= 60"`, answer.Failed, []string{"is no such name, limit 192.0.2.2"}},
		{"remembered too long", list("servers", first) + `ttl: "<= 60"`, answer.Failed, []string{"time to live in seconds is 300, limit <= 60"}},
		{"resolvers only", "authoritative: false\n" + list("resolvers", first), answer.Passed, []string{"shop.example is 192.0.2.2, says the one server that was asked"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			settings := "name: shop.example\ntimeout: 100ms\n" + tt.settings
			if !strings.Contains(settings, "want: ") {
				settings += "\nwant: 192.0.2.2"
			}
			ev := kindtest.Measured(t, kindtest.Built(t, DNS, settings, gates.Deps{}), gates.Scope{})
			if wrong := kindtest.Odd(ev, tt.verdict, tt.words...); wrong != "" {
				t.Error(wrong)
			}
			if told := strings.Join(ev.Details, "\n"); strings.Contains(tt.settings, quiet) && !strings.Contains(told, quiet+" does not answer") {
				t.Errorf("the details %q do not name the server that is silent", told)
			}
		})
	}
}

// A name in other letters is asked for as it is registered.
func TestDNSNameInOtherLetters(t *testing.T) {
	server := gatestest.NameServer(t, "", func(m *dns.Msg) {
		if rr, err := dns.NewRR("xn--bcher-kva.example. 300 IN A 192.0.2.2"); err == nil && m.Question[0].Name == rr.Header().Name {
			m.Answer = append(m.Answer, rr)
		}
	})
	ev := kindtest.Measured(t, kindtest.Built(t, DNS, "name: Bücher.example\nwant: 192.0.2.2\n"+list("servers", server), gates.Deps{}), gates.Scope{})
	if wrong := kindtest.Odd(ev, answer.Passed, "xn--bcher-kva.example is 192.0.2.2"); wrong != "" {
		t.Error(wrong)
	}
}

// What cannot be asked for, or be answered, is a fault of the settings.
func TestDNSFaults(t *testing.T) {
	for settings, want := range map[string]string{
		`name: "https://shop.example/", want: 192.0.2.1`:            `"https://shop.example/" isn't a DNS name`,
		`name: "bü cher.example", want: 192.0.2.1`:                  "isn't a DNS name",
		`name: shop.example, want: [192.0.2.1, "2001:db8::1"]`:      `"2001:db8::1" is no A record; write it as in 192.0.2.10`,
		`name: shop.example, type: MX, want: mail.shop.example`:     `write it as in 10 mail.shop.example`,
		`name: "{release.version}.shop.example", want: ["1.2.3"]`:   `"1.2.3" is no A record`,
		`name: "{target.host}", type: TXT, want: [], resolvers: []`: "want",
	} {
		if fault := kindtest.Faulty(t, DNS, "{"+settings+"}", gates.Deps{}); !strings.Contains(fault, want) {
			t.Errorf("%s: %s, want %s", settings, fault, want)
		}
	}
}

// Name servers that are found and say nothing are named: one that has no
// address, and one at whose address nothing listens.
func TestDNSFoundServers(t *testing.T) {
	resolver := gatestest.NameServer(t, "", func(m *dns.Msg) {
		answers := map[string][]string{
			"shop.example. NS":    {"shop.example. 60 IN NS ns1.host.example.", "shop.example. 60 IN NS ns2.host.example."},
			"ns2.host.example. A": {"ns2.host.example. 60 IN A 127.0.0.77"},
			"shop.example. A":     {"shop.example. 60 IN A 192.0.2.2"},
		}
		for _, text := range answers[m.Question[0].Name+" "+dns.TypeToString[m.Question[0].Qtype]] {
			rr, _ := dns.NewRR(text)
			m.Answer = append(m.Answer, rr)
		}
	})
	ev := kindtest.Measured(t, kindtest.Built(t, DNS, "name: shop.example\nwant: 192.0.2.2\ntimeout: 100ms\n"+list("resolvers", resolver), gates.Deps{}), gates.Scope{})
	if wrong := kindtest.Odd(ev, answer.Errored, "2 of 3 servers gave no answer", "ns1.host.example has no address that "+resolver+" knows", "ns2.host.example: ", "127.0.0.77:53"); wrong != "" {
		t.Error(wrong)
	}
}

// More servers than are asked are not passed over.
func TestDNSTooManyServers(t *testing.T) {
	resolver := gatestest.NameServer(t, "", func(m *dns.Msg) {
		for i := range nameserver.Most + 1 {
			text := fmt.Sprintf("shop.example. 60 IN NS n%d.", i)
			if m.Question[0].Qtype != dns.TypeNS {
				text = m.Question[0].Name + " 60 IN A 127.0.0.77"
			}
			rr, _ := dns.NewRR(text)
			m.Answer = append(m.Answer, rr)
		}
	})
	ev := kindtest.Measured(t, kindtest.Built(t, DNS, "name: shop.example\nwant: 192.0.2.2\n"+list("resolvers", resolver), gates.Deps{}), gates.Scope{})
	if wrong := kindtest.Odd(ev, answer.Errored, resolver+" names 31 name servers, and at most 30 are looked up"); wrong != "" {
		t.Error(wrong)
	}
}

// list writes a setting that is a list.
func list(name string, all ...string) string {
	return fmt.Sprintf("%s: [\"%s\"]\n", name, strings.Join(all, `", "`))
}

func TestDNSTarget(t *testing.T) {
	b := kindtest.Built(t, DNS, "{name: \"{target.host}\", want: [192.0.2.2], servers: [\""+gatestest.NameServer(t, "192.0.2.2", nil)+"\"]}", gates.Deps{})
	if wrong := kindtest.Odd(kindtest.Measured(t, b, gates.Scope{TargetURL: "https://shop.example:8443/"}), answer.Passed, "shop.example is 192.0.2.2"); wrong != "" {
		t.Error(wrong)
	}
}

// The gate is not cut off while a question still has the time that it was given.
func TestDNSDeadline(t *testing.T) {
	for timeout, want := range map[string]time.Duration{"1s": gates.UsualDeadline, "20s": 221 * time.Second, "20s, consecutive: 3, every: 1m": 5*220*time.Second + 4*time.Minute + time.Second} {
		if got := (gates.Job{Gate: kindtest.Built(t, DNS, "{name: a, want: 192.0.2.1, timeout: "+timeout+"}", gates.Deps{}).Gate}).Timeout(); got != want {
			t.Errorf("%s: got %s, want %s", timeout, got, want)
		}
	}
}

func TestDNSSettings(t *testing.T) {
	for settings, want := range map[string]string{
		`{want: a}`:                     "name is missing",
		`{name: a}`:                     "want is missing",
		`{name: a, want: b, type: AXF}`: "is no type of record",
		`{name: a, want: b, authoritative: false}`:                             "there are no servers to query",
		`{name: a, want: b, authoritative: false, resolvers: [c], ttl: "< 9"}`: "ttl needs the authoritative servers",
		`{name: a, want: b, consecutive: 0}`:                                   "consecutive must be from 1 to 1000",
		`{name: a, want: b, timeout: 0s}`:                                      "timeout must be longer",
		`{name: a, want: b, resolvers: [` + strings.Repeat("c, ", 31) + `]}`:   "more than 30 servers",
	} {
		if got := kindtest.Faulty(t, DNS, settings, gates.Deps{}); !strings.Contains(got, want) {
			t.Errorf("%s gives %s, want %s", settings, got, want)
		}
	}
}

// A resolver that serves expired records gives the old one first. Asked N times in
// a row it is forgiven that, and nothing more.
func TestDNSConsecutive(t *testing.T) {
	const old, current = "192.0.2.1", "192.0.2.2"
	for _, tt := range []struct {
		answers     []string // one round each; the last stays
		consecutive int
		verdict     answer.Verdict
		words       string
		rounds      int32
	}{
		{[]string{old, current}, 1, answer.Failed, "is 192.0.2.1, limit 192.0.2.2", 1},
		{[]string{current}, 1, answer.Passed, "is 192.0.2.2", 1},
		{[]string{old, current}, 2, answer.Passed, "; held 2 times in a row, in 3 rounds", 3},
		{[]string{current, old, current}, 2, answer.Failed, "is 192.0.2.1, limit 192.0.2.2; in 2 rounds it did not hold 2 times in a row", 2},
		{[]string{current, old, current}, 3, answer.Passed, "; held 3 times in a row, in 5 rounds", 5},
		{[]string{old, current, old}, 3, answer.Failed, "; in 3 rounds it did not hold 3 times in a row", 3},
		{[]string{current}, 3, answer.Passed, "; held 3 times in a row, in 3 rounds", 3},
		{[]string{old}, 3, answer.Failed, "; in 3 rounds it did not hold 3 times in a row", 3},
	} {
		var asked atomic.Int32
		server := gatestest.NameServer(t, "", func(m *dns.Msg) {
			n := int(asked.Add(1))
			rr, _ := dns.NewRR("shop.example. 30 IN A " + tt.answers[min(n, len(tt.answers))-1])
			m.Answer = append(m.Answer, rr)
		})
		settings := fmt.Sprintf("{name: shop.example, want: %s, authoritative: false, resolvers: [%q], consecutive: %d, every: 1ms}", current, server, tt.consecutive)
		ev := kindtest.Measured(t, kindtest.Built(t, DNS, settings, gates.Deps{}), gates.Scope{})
		if wrong := kindtest.Odd(ev, tt.verdict, tt.words); wrong != "" || asked.Load() != tt.rounds {
			t.Errorf("%v, %d in a row: %s; asked %d times, want %d", tt.answers, tt.consecutive, wrong, asked.Load(), tt.rounds)
		}
	}
}

// A cancel between two rounds ends the gate.
func TestDNSCutOffBetweenRounds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := gatestest.NameServer(t, "192.0.2.2", func(*dns.Msg) { cancel() })
	b := kindtest.Built(t, DNS, fmt.Sprintf("{name: shop.example, want: 192.0.2.2, servers: [%q], consecutive: 2, every: 1h}", server), gates.Deps{})
	if ev := b.Gate.Check(ctx, gates.Scope{}); ev.Verdict != answer.Errored || !strings.HasPrefix(ev.Summary, "cut off") {
		t.Errorf("got %+v", ev)
	}
}

// A name server with several addresses is asked at each of them: one that is named,
// and one that a resolver tells. What cannot be reached from here is told.
func TestDNSAtEachAddress(t *testing.T) {
	at := func(address, record string, port string) string {
		t.Helper()
		conn, err := net.ListenPacket("udp", net.JoinHostPort(address, port))
		if err != nil {
			t.Fatal(err)
		}
		gatestest.ServeDNS(t, conn, record, nil)
		_, port, _ = net.SplitHostPort(conn.LocalAddr().String())
		return port
	}
	port := at("127.0.0.1", "192.0.2.2", "0")
	at("127.0.0.2", "192.0.2.1", port)
	for _, tt := range []struct {
		zone    []string
		verdict answer.Verdict
		words   []string
		detail  string
	}{
		{[]string{"ns.host.example. 60 IN A 127.0.0.1", "ns.host.example. 60 IN A 127.0.0.2"}, answer.Failed, []string{"name server ns.host.example:" + port + " at 127.0.0.2's answer is 192.0.2.1"}, ""},
		{[]string{"ns.host.example. 60 IN A 127.0.0.1", "ns.host.example. 60 IN AAAA 2001:db8::1"}, answer.Passed, []string{"shop.example is 192.0.2.2"}, "2001:db8::1 wasn't checked: this machine has no IPv6"},
		{[]string{"ns.host.example. 60 IN AAAA 2001:db8::1"}, answer.Errored, []string{"1 of 1 server gave no answer", "this machine has no route to ns.host.example"}, ""},
		{nil, answer.Errored, []string{"the name of ns.host.example:" + port + " was not found"}, ""},
	} {
		deps := gates.Deps{Network: network.Resolver{Names: gatestest.ZoneServer(t, tt.zone...), Routed: onlyIPv4}}
		ev := kindtest.Measured(t, kindtest.Built(t, DNS, "name: shop.example\nwant: 192.0.2.2\n"+list("servers", "ns.host.example:"+port), deps), gates.Scope{})
		if wrong := kindtest.Odd(ev, tt.verdict, tt.words...); wrong != "" || tt.detail != "" && !slices.Contains(ev.Details, tt.detail) {
			t.Errorf("%v: %s; details %q, want %q", tt.zone, wrong, ev.Details, tt.detail)
		}
	}
}

// Servers that a resolver tells are asked at each address that there is a route to.
func TestDNSFoundAtEachAddress(t *testing.T) {
	resolver := gatestest.NameServer(t, "", func(m *dns.Msg) {
		answers := map[string][]string{
			"shop.example. NS":       {"shop.example. 60 IN NS ns1.host.example.", "shop.example. 60 IN NS ns2.host.example."},
			"ns1.host.example. A":    {"ns1.host.example. 60 IN A 127.0.0.77", "ns1.host.example. 60 IN A 127.0.0.78"},
			"ns1.host.example. AAAA": {"ns1.host.example. 60 IN AAAA 2001:db8::1"},
			"ns2.host.example. AAAA": {"ns2.host.example. 60 IN AAAA 2001:db8::2"},
			"shop.example. A":        {"shop.example. 60 IN A 192.0.2.2"},
		}
		for _, text := range answers[m.Question[0].Name+" "+dns.TypeToString[m.Question[0].Qtype]] {
			rr, _ := dns.NewRR(text)
			m.Answer = append(m.Answer, rr)
		}
	})
	deps := gates.Deps{Network: network.Resolver{Routed: onlyIPv4}}
	ev := kindtest.Measured(t, kindtest.Built(t, DNS, "name: shop.example\nwant: 192.0.2.2\ntimeout: 100ms\n"+list("resolvers", resolver), deps), gates.Scope{})
	if wrong := kindtest.Odd(ev, answer.Errored, "3 of 4 servers gave no answer", "ns1.host.example at 127.0.0.77:53: ", "ns1.host.example at 127.0.0.78:53: ", "ns2.host.example: "); wrong != "" {
		t.Error(wrong)
	}
	if want := "ns1.host.example was not asked at [2001:db8::1]:53: this machine has no route there"; !slices.Contains(ev.Details, want) {
		t.Errorf("got %q, want %q in it", ev.Details, want)
	}
}
