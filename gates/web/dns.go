package web

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"gonogo/clients/dns"
	"gonogo/gates"
	"gonogo/gates/form"
	"gonogo/gates/limit"
	"gonogo/gates/nameserver"
	"gonogo/gates/network"
	"gonogo/phrase"
	"gonogo/readiness/answer"
)

// DNS is the kind dns.
var DNS = gates.Kind{
	Name: "dns", About: "a name's records, at each of its authoritative servers and each configured resolver, N times in a row", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed:  "every server returns exactly these records",
		Failed:  "a server returns other records or none, or isn't authoritative for the name; or ttl is outside its limit",
		Errored: "none of these, but a server gave no answer; or the authoritative servers can't be found",
	},
	Notes: `A server with several addresses is queried at each of them. Addresses that this machine has no route to are only listed in the details, as
long as the server has another one.

A resolver that serves expired records returns the old answer once after it has expired, and the new one from then on. With consecutive, a
round that doesn't hold restarts the count instead of failing the gate.

Not visible to it: the caches of other resolvers, answers that servers give to other regions, DNSSEC signatures, and when the registration of the domain
expires.`,
	Example: `name: shop.example
type: A
want: [192.0.2.10, 192.0.2.11]
resolvers: [1.1.1.1, 8.8.8.8]
servers: [ns1.host.example, ns2.host.example]
ttl: "<= 300"
consecutive: 3
every: 10s
timeout: 5s`,
	New: newDNS,
}

// dnsSettings are the settings of kind dns.
type dnsSettings struct {
	Name          string         `yaml:"name" required:"true"`                             // the name to look up
	Type          recordType     `yaml:"type"`                                             // the type of the records; default: A
	Want          words          `yaml:"want" required:"true" from:"1"`                    // all of the records that must be returned, and no others; a TXT record is its text in one piece, without quotes
	Resolvers     []string       `yaml:"resolvers"`                                        // addresses of resolvers to query; without a port, 53
	Authoritative bool           `yaml:"authoritative"`                                    // whether the authoritative servers are queried too; default: true
	Servers       []string       `yaml:"servers"`                                          // addresses of the authoritative servers; default: looked up with the first resolver
	TTL           limit.Count    `yaml:"ttl"`                                              // the time to live, in seconds, in answers of the authoritative servers
	Consecutive   int            `yaml:"consecutive" from:"1" to:"1000" json:",omitempty"` // how many rounds in a row must hold; at most twice as many less one are made; default: 1
	Every         limit.Duration `yaml:"every" json:",omitempty"`                          // the pause between rounds; default: 5s
	Timeout       limit.Duration `yaml:"timeout"`                                          // the time limit for each query; default: 3s
}

// recordType is a type of record that can be compared.
type recordType string

// UnmarshalText reads a type, in capitals or not.
func (r *recordType) UnmarshalText(text []byte) error {
	*r = recordType(strings.ToUpper(string(text)))
	if !slices.Contains(dns.Types(), string(*r)) {
		return fmt.Errorf("%q is no type of record that can be compared; write one of %s", text, strings.Join(dns.Types(), ", "))
	}
	return nil
}

// Form implements [form.Formed].
func (recordType) Form() form.Form {
	return form.Form{Name: strings.Join(dns.Types(), ", "), Words: dns.Types(), Pattern: form.AnyCase(dns.Types())}
}

// words are one word or a list of them.
type words []string

// Decode reads the two forms.
func (w *words) Decode(decode func(any) error) error {
	var one string
	if decode(&one) == nil {
		*w = words{one}
		return nil
	}
	return decode((*[]string)(w))
}

type dnsGate struct {
	settings dnsSettings
	network  network.Resolver
	dialer   func(address string) *net.Dialer
	want     []string // the records as a client gives them, sorted
}

func newDNS(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	s := dnsSettings{Type: "A", Authoritative: true, Consecutive: 1, Every: limit.Duration(5 * time.Second), Timeout: limit.Duration(3 * time.Second)}
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	if err := s.faults().OrNil(); err != nil {
		return gates.Built{}, err
	}
	g := &dnsGate{settings: s, network: deps.Network, dialer: deps.Dialer}
	for _, record := range s.Want {
		g.want = append(g.want, dns.Canonical(string(s.Type), record))
	}
	slices.Sort(g.want)
	g.want = slices.Compact(g.want)
	return gates.Built{Gate: g, Settings: gates.SettingsHash("dns", s.hashed())}, nil
}

// hashed is the settings for their hash. What was added to the kind later is left out
// if it isn't used, so that an upgrade doesn't make evidence stale.
func (s dnsSettings) hashed() dnsSettings {
	if s.Consecutive == 1 {
		s.Consecutive, s.Every = 0, 0
	}
	return s
}

func (s *dnsSettings) faults() (faults gates.Faults) {
	if s.Name == "" {
		faults = append(faults, gates.Fault{Field: "name", Problem: "name is missing; write the name to look up, such as shop.example"})
	}
	if len(s.Want) == 0 {
		faults = append(faults, gates.Fault{Field: "want", Problem: "want is missing; list all expected records"})
	}
	if !s.Authoritative && len(s.Resolvers) == 0 {
		faults = append(faults, gates.Fault{Field: "resolvers", Problem: "there are no servers to query; add resolvers, or remove authoritative: false"})
	}
	if !s.Authoritative && s.TTL.Set() {
		faults = append(faults, gates.Fault{Field: "ttl", Problem: "ttl needs the authoritative servers; remove authoritative: false"})
	}
	if literal := !strings.Contains(s.Name, "{"); literal && s.Name != "" && !dns.IsName(network.ASCIIName(s.Name)) {
		faults = append(faults, gates.Fault{Field: "name", Problem: notAName(s.Name)})
	}
	for _, record := range s.Want {
		if fault := dns.Fault(string(s.Type), record); fault != "" && !strings.Contains(record, "{") {
			faults = append(faults, gates.Fault{Field: "want", Problem: fault})
		}
	}
	if len(s.Resolvers)+len(s.Servers) > nameserver.Most {
		faults = append(faults, gates.Fault{Field: "resolvers", Problem: fmt.Sprintf("more than %d servers are named", nameserver.Most)})
	}
	if problem := gates.RowProblem(s.Consecutive, time.Duration(s.Every)); problem != "" {
		faults = append(faults, gates.Fault{Field: "consecutive", Problem: problem})
	}
	if s.Timeout <= 0 {
		faults = append(faults, gates.Fault{Field: "timeout", Problem: "timeout must be longer than zero; write it like 3s"})
	}
	return faults
}

func notAName(text string) string {
	return fmt.Sprintf("%q isn't a DNS name; write one like shop.example, without http:// and path", text)
}

// Deadline implements [gates.WithDeadline]. In each round the servers that are named may
// have to be looked up, and a question that gets no answer is asked twice. Five
// questions may have to wait for each other: for the servers, for the two kinds of
// addresses of one that is silent, for the name, and for the other end of an alias.
func (g *dnsGate) Deadline() time.Duration {
	round := 11*time.Duration(g.settings.Timeout) + time.Duration(g.settings.Every)
	rounds := time.Duration(g.mostRounds())
	return max(gates.UsualDeadline, rounds*round-time.Duration(g.settings.Every)+time.Second)
}

// mostRounds leaves room for one less than as many rounds as have to hold in a
// row: a resolver that serves expired records gives an old answer first.
func (g *dnsGate) mostRounds() int { return 2*g.settings.Consecutive - 1 }

// Check implements [gates.Gate].
func (g *dnsGate) Check(ctx context.Context, s gates.Scope) answer.Evidence {
	name, err := s.Expand(g.settings.Name)
	if err != nil {
		return gates.Errored("the name is not known: %s", err)
	}
	if host, _, found := strings.Cut(name, ":"); found {
		name = host // {target.host} may carry a port
	}
	if name = network.ASCIIName(name); !dns.IsName(name) {
		return gates.Errored("%s", notAName(name))
	}
	want, held := g.settings.Consecutive, 0
	for round := 1; ; round++ {
		ev := g.round(ctx, name)
		if held++; ev.Verdict != answer.Passed {
			held = 0
		}
		switch {
		case want == 1:
			return ev
		case held == want:
			ev.Summary += fmt.Sprintf("; held %d times in a row, in %s", want, phrase.Count(round, "round"))
			return ev
		case held == 0 && (ctx.Err() != nil || round+want > g.mostRounds()):
			ev.Summary += fmt.Sprintf("; in %s it did not hold %d times in a row", phrase.Count(round, "round"), want)
			return ev
		case !gates.Pause(ctx, time.Duration(g.settings.Every)):
			return gates.Errored("cut off after it had held %d of %d times in a row", held, want)
		}
	}
}

// round asks every server once.
func (g *dnsGate) round(ctx context.Context, name string) answer.Evidence {
	survey := nameserver.Survey{Type: string(g.settings.Type), Want: g.want, Resolvers: g.settings.Resolvers, Authoritative: g.settings.Authoritative,
		Servers: g.settings.Servers, Timeout: time.Duration(g.settings.Timeout), Network: g.network, Dialer: g.dialer}
	responses, unseen, err := survey.Ask(ctx, name)
	if err != nil && ctx.Err() == nil {
		return gates.Errored("it is not known which servers have authority over %s: %s", name, err)
	}
	if ctx.Err() != nil {
		return gates.Errored("cut off before every server had answered")
	}
	ev := g.judge(name, responses)
	ev.Details = append(ev.Details, unseen...)
	return ev
}

// judge compares the servers' responses. A different one is a failure, even if others
// didn't respond; a missing one leaves the result open.
func (g *dnsGate) judge(name string, responses []nameserver.Response) answer.Evidence {
	want := strings.Join(g.want, ", ")
	var measures []answer.Measure
	var silent []string
	for _, r := range responses {
		if why := r.Silence(); why != "" {
			silent = append(silent, why)
			continue
		}
		measures = append(measures, answer.Measure{Name: r.Role() + " " + r.Name + "'s answer", Value: r.Says(), Limit: want,
			OK: r.Refusal() == "" && slices.Equal(r.Answer.Records, g.want)})
	}
	agree := fmt.Sprintf("%d servers agree: %s is %s", len(measures), name, want)
	if len(measures) == 1 {
		agree = fmt.Sprintf("%s is %s, says the one server that was asked", name, want)
	}
	if longest, told := nameserver.LongestTTL(responses); told && g.settings.TTL.Set() {
		measures = append(measures, gates.CountMeasure("time to live in seconds", int(longest), g.settings.TTL))
	}
	ev := gates.Judged(measures, agree)
	ev.Details = slices.Clone(silent)
	if ev.Verdict == answer.Passed && len(silent) > 0 {
		ev.Verdict, ev.Summary = answer.Errored, fmt.Sprintf("%s gave no answer: %s", phrase.Of(len(silent), len(responses), "server"), strings.Join(silent, "; "))
	}
	return ev
}
