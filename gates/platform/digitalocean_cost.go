package platform

import (
	"context"
	"fmt"
	"slices"

	"gonogo/clients/digitalocean"
	"gonogo/gates"
	"gonogo/gates/limit"
	"gonogo/phrase"
	"gonogo/readiness/answer"
)

// DigitalOceanCost is the kind digitalocean_cost.
var DigitalOceanCost = gates.Kind{
	Name: "digitalocean_cost", About: "what apps on DigitalOcean's App Platform cost a month", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed: "together, the apps cost no more than the limit",
		Warned: "they do, and the cost is outside the warning limit",
		Failed: "they cost more",
		Errored: "DigitalOcean can't be asked or doesn't know an app, a component has no instance size or one without a price, or an app has a database or a dedicated IP address " +
			"of its own and `preview` isn't set",
	},
	Notes: `A month is what the instances of all services and workers cost at the prices that the API lists, which are those of a whole month. With autoscaling, the most instances
count that there may be. If the app's spec has been changed and isn't live yet, the more expensive of the two counts.

With ` + "`preview`" + `, DigitalOcean's own estimate for the spec is asked for as well (` + "`/v2/apps/propose`" + `, which changes nothing), and the higher amount counts. It knows prices that
aren't those of instances. The token then needs the scope ` + "`app:create`" + ` besides ` + "`app:read`" + `, according to DigitalOcean's OpenAPI description at 091afdd, so leave it out for a token that
may only read.

Not visible to it: what was spent so far, other products such as database clusters, Droplets and Spaces, jobs and functions, which are paid by what they run, static sites beyond
the free ones, unless ` + "`preview`" + ` is set, traffic beyond the allowance, taxes and discounts.`,
	Example: `connection: cloud
apps: [4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf]
month: "<= 150"
warn: "<= 120"
preview: true`,
	New: newDigitalOceanCost,
}

// costSettings are the settings of kind digitalocean_cost.
type costSettings struct {
	Connection string      `yaml:"connection" required:"true"` // a connection of kind digitalocean
	Apps       []string    `yaml:"apps" required:"true"`       // the IDs of the apps that count, together
	Month      limit.Count `yaml:"month" required:"true"`      // what they may cost a month, in US dollars
	Warn       limit.Count `yaml:"warn"`                       // what they should cost: outside of it the gate warns
	Preview    bool        `yaml:"preview"`                    // whether DigitalOcean's own estimate counts, too; default: false
}

type costGate struct {
	client   *digitalocean.Client
	settings costSettings
}

func newDigitalOceanCost(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	var s costSettings
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	client, faults, err := clientOf(deps, s.Connection)
	if err != nil {
		return gates.Built{}, err
	}
	for i, id := range s.Apps {
		if id != "" {
			faults = append(faults, appFaults(fmt.Sprintf("apps.[%d]", i), id)...)
		}
	}
	sorted := slices.Sorted(slices.Values(s.Apps))
	switch {
	case len(s.Apps) == 0 || slices.Contains(s.Apps, ""):
		faults = append(faults, gates.Fault{Field: "apps", Problem: "apps is missing; write the IDs of the apps, which doctl apps list shows"})
	case len(slices.Compact(sorted)) < len(s.Apps):
		faults = append(faults, gates.Fault{Field: "apps", Problem: "apps has an app twice, which would then cost twice as much; remove one"})
	}
	faults = append(faults, gates.NeverWarns("warn", s.Warn.Limit, s.Month.Limit)...)
	if !s.Month.Set() {
		faults = append(faults, gates.Fault{Field: "month", Problem: "month is missing; write what the apps may cost a month in US dollars, as in <= 150"})
	}
	return gates.Built{Gate: &costGate{client, s}, Settings: gates.SettingsHash("digitalocean_cost", s)}, faults.OrNil()
}

// Check implements [gates.Gate].
func (g *costGate) Check(ctx context.Context, _ gates.Scope) answer.Evidence {
	prices, err := g.client.InstancePrices(ctx)
	if err != nil {
		return unasked(ctx, err)
	}
	var total float64
	var measures []answer.Measure
	var details []string
	for _, id := range g.settings.Apps {
		app, err := g.client.App(ctx, id)
		if err != nil {
			return unasked(ctx, err)
		}
		b, err := g.app(ctx, app, prices)
		if err != nil {
			return unasked(ctx, err)
		}
		total += b.amount
		measures = append(measures, answer.Measure{Name: app.Spec.Name() + ": a month", Value: money(b.amount), Unit: "USD", OK: true})
		details = append(details, b.lines...)
	}
	month := answer.Measure{Name: "a month", Value: money(total), Unit: "USD", Limit: g.settings.Month.Text, OK: g.settings.Month.Allows(cents(total))}
	costs := fmt.Sprintf("%s %s a month", phrase.Count(len(g.settings.Apps), "app costs", "apps cost"), money(total)+" USD")
	ev := gates.Judged([]answer.Measure{month}, costs)
	if !month.OK {
		ev.Summary = costs + ", limit " + month.Limit
	}
	ev = gates.Warned(ev, !g.settings.Warn.Set() || g.settings.Warn.Allows(cents(total)), costs+", warning limit "+g.settings.Warn.Text)
	ev.Measures, ev.Details = append(ev.Measures, measures...), details
	return ev
}

// bill is what an app costs a month.
type bill struct {
	amount float64
	lines  []string // what for
}

// app prices an app: its spec and what is live, by its instances and by DigitalOcean's
// own estimate. The highest of these counts.
func (g *costGate) app(ctx context.Context, app digitalocean.App, prices map[string]float64) (bill, error) {
	specs := []digitalocean.Spec{app.Spec}
	if app.Active != nil && !app.Active.Spec.Equal(app.Spec) {
		specs = append(specs, app.Active.Spec)
	}
	var most bill
	for _, spec := range specs {
		b, err := g.instances(spec, prices)
		if err != nil {
			return bill{}, err
		}
		if b.amount >= most.amount {
			most = b
		}
	}
	if !g.settings.Preview {
		return most, nil
	}
	estimate, err := g.client.Propose(ctx, app.ID, app.Spec)
	if err != nil {
		return bill{}, err
	}
	amount, ok := digitalocean.Dollars(estimate.Cost.String())
	switch {
	case !ok && (estimate.Cost != "" || most.amount > 0):
		return bill{}, fmt.Errorf("DigitalOcean's estimate for %s has no price", app.Spec.Name())
	case amount > most.amount:
		most.lines = append(most.lines, fmt.Sprintf("%s: %s USD by DigitalOcean's own estimate, instead of %s", app.Spec.Name(), money(amount), money(most.amount)))
		most.amount = amount
	}
	return most, nil
}

// instances prices the instances of a spec.
func (g *costGate) instances(spec digitalocean.Spec, prices map[string]float64) (b bill, err error) {
	extras, err := spec.Extras()
	if err != nil {
		return bill{}, err
	}
	if len(extras) > 0 && !g.settings.Preview {
		return bill{}, fmt.Errorf("%s also pays for %s, which has no instance price; write preview: true", spec.Name(), phrase.UpTo(3, extras))
	}
	components, err := spec.Components()
	if err != nil {
		return bill{}, err
	}
	for _, c := range components {
		if !c.Runs() {
			continue
		}
		price, known := prices[c.Size]
		switch {
		case c.Size == "":
			return bill{}, fmt.Errorf("the spec of %s doesn't say the instance size of %s", spec.Name(), c.Name)
		case !known:
			return bill{}, fmt.Errorf("DigitalOcean lists no price for the instance size %s of %s", phrase.ShortenAtWord(c.Size, 60), c.Name)
		}
		b.amount += price * float64(c.MostInstances)
		b.lines = append(b.lines, fmt.Sprintf("%s: %s, up to %s of %s at %s USD", spec.Name(), c.Name, phrase.Count(c.MostInstances, "instance"), c.Size, money(price)))
	}
	return b, nil
}
