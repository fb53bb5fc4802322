package upstream

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
)

func practiceNames(t *testing.T) *Upstream {
	t.Helper()
	p := newPlace(t)
	n, err := newNameServers(p)
	if err != nil {
		t.Fatal(err)
	}
	return practiceIn(t, p, n.upstream)
}

// said is a server's answer in short: its code, whether it has authority
// (AA) or asks others (RA), and its records.
func said(t *testing.T, u *Upstream, network, variable, name string, kind uint16) string {
	t.Helper()
	reply, _, err := (&dns.Client{Net: network}).Exchange(new(dns.Msg).SetQuestion(name, kind), value(t, u, variable))
	if err != nil {
		t.Fatal(err)
	}
	words := []string{dns.RcodeToString[reply.Rcode]}
	if reply.Authoritative {
		words = append(words, "AA")
	}
	if reply.RecursionAvailable {
		words = append(words, "RA")
	}
	for _, rr := range reply.Answer {
		words = append(words, strings.TrimPrefix(rr.String(), rr.Header().String()))
	}
	return strings.Join(words, " ")
}

// TestNames asks over UDP and over TCP.
func TestNames(t *testing.T) {
	u := practiceNames(t)
	type question struct {
		name string
		kind uint16
	}
	for q, want := range map[question]string{
		{"insightpulse.test.", dns.TypeA}:         "NOERROR AA 127.0.0.1",
		{"InsightPulse.Test.", dns.TypeA}:         "NOERROR AA 127.0.0.1",
		{"insightpulse.test.", dns.TypeNS}:        "NOERROR AA ns1.insightpulse.test. ns2.insightpulse.test.",
		{"insightpulse.test.", dns.TypeAAAA}:      "NOERROR AA",
		{"staging.insightpulse.test.", dns.TypeA}: "NOERROR AA 127.0.0.1",
		{"www.insightpulse.test.", dns.TypeA}:     "NOERROR AA insightpulse.test. 127.0.0.1",
		{"www.insightpulse.test.", dns.TypeCNAME}: "NOERROR AA insightpulse.test.",
		{"nowhere.insightpulse.test.", dns.TypeA}: "NXDOMAIN AA",
		{"shop.example.", dns.TypeA}:              "REFUSED",
	} {
		for _, network := range []string{"udp", "tcp"} {
			if got := said(t, u, network, "NAME_SERVER_1", q.name, q.kind); got != want {
				t.Errorf("%s %s over %s: got %q, want %q", q.name, dns.TypeToString[q.kind], network, got, want)
			}
		}
	}
}

// TestNameSwitches asks the two servers and the resolver for the address, and
// the first server for the alias, in each state of each switch.
func TestNameSwitches(t *testing.T) {
	const right, alias = "NOERROR AA 127.0.0.1", "NOERROR AA insightpulse.test."
	for turned, want := range map[string][4]string{
		"dns-address right":      {right, right, "NOERROR RA 127.0.0.1", alias},
		"dns-address late":       {right, "NOERROR AA 192.0.2.10", "NOERROR RA 127.0.0.1", alias},
		"dns-address old":        {"NOERROR AA 192.0.2.10", "NOERROR AA 192.0.2.10", "NOERROR RA 192.0.2.10", alias},
		"dns-address missing":    {"NOERROR AA", "NOERROR AA", "NOERROR RA", alias},
		"dns-alias elsewhere":    {right, right, "NOERROR RA 127.0.0.1", "NOERROR AA old.insightpulse.test."},
		"dns-alias missing":      {right, right, "NOERROR RA 127.0.0.1", "NXDOMAIN AA"},
		"dns-second lame":        {right, "NOERROR 127.0.0.1", "NOERROR RA 127.0.0.1", alias},
		"dns-resolver remembers": {right, right, "NOERROR RA 192.0.2.10", alias},
		"dns-resolver refuses":   {right, right, "REFUSED", alias},
	} {
		t.Run(turned, func(t *testing.T) {
			u := practiceNames(t)
			id, state, _ := strings.Cut(turned, " ")
			turn(t, u, id, state)
			got := [4]string{
				said(t, u, "udp", "NAME_SERVER_1", "insightpulse.test.", dns.TypeA),
				said(t, u, "udp", "NAME_SERVER_2", "insightpulse.test.", dns.TypeA),
				said(t, u, "udp", "RESOLVER", "insightpulse.test.", dns.TypeA),
				said(t, u, "udp", "NAME_SERVER_1", "www.insightpulse.test.", dns.TypeCNAME),
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// A slow server is slower than a client waits; it does not hold up the end of
// the world, which the clean-up of this test waits for.
func TestSlowNameServer(t *testing.T) {
	u := practiceNames(t)
	turn(t, u, "dns-second", "slow")
	question := new(dns.Msg).SetQuestion("insightpulse.test.", dns.TypeA)
	if reply, _, err := (&dns.Client{Timeout: slowAnswer / 50}).Exchange(question, value(t, u, "NAME_SERVER_2")); err == nil {
		t.Errorf("it answered %v", reply)
	}
}

// What a client says of sizes is answered in kind.
func TestNameServerSizes(t *testing.T) {
	u := practiceNames(t)
	question := new(dns.Msg).SetQuestion("insightpulse.test.", dns.TypeA)
	for _, edns := range []bool{false, true} {
		if edns {
			question.SetEdns0(4096, false)
		}
		reply, err := dns.Exchange(question, value(t, u, "NAME_SERVER_1"))
		if err != nil || (reply.IsEdns0() != nil) != edns {
			t.Errorf("asked with EDNS is %v: got %v, %v", edns, reply, err)
		}
	}
}
