package config

import (
	"cmp"
	"time"

	"gonogo/bot/config/strictyaml"
	"gonogo/clients/connection"
	"gonogo/deploy"
	"gonogo/gates/kinds"
	"gonogo/readiness"
)

// rollbackMode is the word ask, or auto with its settings.
type rollbackMode struct {
	Auto *autoPart `yaml:"auto" require:"auto with its settings, such as { auto: { countdown: 60s, control: https://… } }"`
}

type autoPart struct {
	strictyaml.Pos
	Countdown    val[pause]             `yaml:"countdown"`                                                                       // how long people can stop an automatic rollback; default: 60s, and none for a hard trigger
	Within       val[duration]          `yaml:"within"`                                                                          // how long after a version went live gonogo rolls it back by itself; later it asks; default: the time of bake
	TargetMaxAge val[duration]          `yaml:"target_max_age"`                                                                  // how long ago the version that comes back may have gone live there; gonogo asks about an older one; default: 30d
	Control      val[connection.WebURL] `yaml:"control" require:"an address outside that answers whenever gonogo has a network"` // an address outside of what is deployed; gonogo acts only while it answers
	NotPast      val[string]            `yaml:"not_past" words:"one_way"`                                                        // what gonogo doesn't roll back by itself: releases of a kind that is one_way; default: one_way
}

func (m *rollbackMode) ReadYAML(d *strictyaml.Decoder, n *strictyaml.Node, what string) {
	if n.Shape == strictyaml.Scalar {
		if text, _ := d.Text(n, what); text != "ask" {
			d.Fault(n.Pos, "%s must be ask, or { auto: { countdown: 60s, control: https://… } }", what)
		}
		return
	}
	type plain rollbackMode // without ReadYAML, so that decoding doesn't recurse
	var p plain
	d.Decode(n, &p, what)
	*m = rollbackMode(p)
}

// usualCountdown is how long people can stop an automatic rollback.
const usualCountdown = time.Minute

// usualTargetMaxAge is how old a version may be that comes back without anybody's word:
// what it needs from outside, such as keys and schemas, has less and less to do with now.
const usualTargetMaxAge = 30 * 24 * time.Hour

// auto builds when an environment is rolled back without anybody's word.
func (b *builder) auto(env val[string], p *rollbackPart, e *deploy.Environment) *deploy.Auto {
	part := p.Mode.Auto
	if part == nil {
		return nil
	}
	b.oneOf(part.NotPast, "not_past", "one_way")
	if len(p.Triggers) == 0 {
		b.Fault(part.Pos, "auto acts on triggers, and there are none; add triggers: [ … ], or write mode: ask")
	}
	made := &deploy.Auto{Countdown: usualCountdown, Within: span(part.Within), TargetMaxAge: cmp.Or(span(part.TargetMaxAge), usualTargetMaxAge)}
	if part.Countdown.Set {
		made.Countdown = time.Duration(part.Countdown.V)
	}
	if deployed, _ := b.doc.Environments.Get(env.V); part.Within.Pos == (strictyaml.Pos{}) && deployed.Deploy != nil && deployed.Deploy.Bake.Pos == (strictyaml.Pos{}) {
		b.Fault(part.Pos, "auto needs within, how long after its deployment a version may be rolled back without asking, or bake, whose time it then is")
	}
	if e != nil && made.Within == 0 && len(e.Bake) > 0 {
		made.Within = e.Bake[len(e.Bake)-1]
	}
	if part.TargetMaxAge.Set && made.TargetMaxAge <= made.Within {
		b.Fault(part.TargetMaxAge.Pos, "target_max_age must be longer than %s, the time within which a version is left, because the one that comes back went live before it", readiness.Span(made.Within))
	}
	made.Control = b.control(part.Control)
	return made
}

// control is what tells an outage of what is deployed from one of gonogo's own network.
// Whatever it answers will do.
func (b *builder) control(address val[connection.WebURL]) deploy.Sampler {
	if !address.Set {
		return nil // that it is missing is a fault already
	}
	built, err := kinds.Build("http", b.Settings(strictyaml.NodeOf(map[string]any{"url": string(address.V)}), "control"), b.deps)
	if err != nil {
		b.Fault(address.Pos, "control: %s", err)
		return nil
	}
	return deploy.HTTPSampler{Built: built}
}
