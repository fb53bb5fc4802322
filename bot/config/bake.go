package config

import (
	"time"

	"gonogo/bot/config/strictyaml"
	"gonogo/readiness"
)

// bakeTimes are how long a deployment is watched, or the times at which it is looked at:
// 20m, or [5m, 20m, 1h].
type bakeTimes []val[duration]

// ReadYAML implements [strictyaml.Reader].
func (b *bakeTimes) ReadYAML(d *strictyaml.Decoder, n *strictyaml.Node, what string) {
	if n.Shape == strictyaml.Scalar {
		*b = make(bakeTimes, 1)
		d.Decode(n, &(*b)[0], what)
		return
	}
	type plain bakeTimes // without ReadYAML, so that decoding doesn't recurse
	var p plain
	d.Decode(n, &p, what)
	*b = bakeTimes(p)
}

// mostBakeTimes is how many looks a bake may have: each is a line of its deployment.
const mostBakeTimes = 8

// bake checks how long a deployment is watched, and that there is something to watch.
func (b *builder) bake(written val[bakeTimes], rollback *rollbackPart) []time.Duration {
	if !written.Set {
		return nil
	}
	if n := len(written.V); n == 0 || n > mostBakeTimes {
		b.Fault(written.Pos, "bake needs one time, or a list of %d at most, such as [5m, 20m, 1h]", mostBakeTimes)
		return nil
	}
	if rollback == nil || len(rollback.Triggers) == 0 {
		b.Fault(written.Pos, "bake watches the triggers, and there are none; add rollback: { mode: ask, triggers: [ … ] } to the environment, or remove bake")
		return nil
	}
	var times []time.Duration
	for i, t := range written.V {
		if i > 0 && span(t) <= times[i-1] {
			b.Fault(t.Pos, "%s comes after %s, but isn't longer; write the times in order, each counted from the switch", readiness.Span(span(t)), readiness.Span(times[i-1]))
		}
		times = append(times, span(t))
	}
	return times
}

// bakes rejects a gate that asks whether something has baked where nothing bakes.
func (b *builder) bakes(at strictyaml.Pos, environment string) {
	env, _ := b.doc.Environments.Get(environment)
	if env.Deploy == nil || !env.Deploy.Bake.Set {
		b.Fault(at, "nothing bakes on %s; add bake: 20m to its deploy, or remove baked", environment)
	}
}
