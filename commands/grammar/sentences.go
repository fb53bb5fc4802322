package grammar

import (
	"fmt"
	"strings"

	"gonogo/commands/reply"
)

// sentences are the usages of buttons whose value was a typed command, where they
// differ from today's. They are only for messages from before an upgrade.
var sentences = map[string]string{
	"ready approve":   "ENV VERSION DIGEST",
	"ready reject":    "ENV VERSION DIGEST",
	"ready start":     "RUNBOOK PLAN",
	"deploy start":    "ENV VERSION PLAN",
	"deploy withdraw": "ENV PLAN",
	"deploy cancel":   "ENV RUN",
	"deploy continue": "ENV RUN",
	"deploy abandon":  "ENV RUN",
	"rollback keep":   "ENV RUN",
	"rollback return": "ENV RUN",
}

// decodeSentence reads the value of a button that an earlier version sent.
func (g *Grammar) decodeSentence(value string) (reply.Act, error) {
	s := Line{value, scan(value)}
	v, n, ok := g.Match(s.Words)
	if !ok {
		return reply.Act{}, fmt.Errorf("%w: %q", reply.ErrOtherVersion, reply.Shorten(value, 80))
	}
	if usage, differs := sentences[v.Name()]; differs {
		v.params = params(usage)
	}
	act, stray := v.Read(s, n, func(name, _ string) bool { return name != Items })
	if len(stray) > 0 {
		return reply.Act{}, fmt.Errorf("%w: %q in %q", reply.ErrOtherVersion, stray[0], reply.Shorten(value, 80))
	}
	if id, digest, ok := strings.Cut(act.Plan, "-"); ok { // of a runbook
		act.Plan, act.Digest = id, digest
	}
	return act, nil
}
