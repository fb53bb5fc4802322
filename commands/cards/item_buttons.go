package cards

import (
	"slices"
	"strings"

	"gonogo/commands/reply"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
)

// AnswerButton is the button by which an item gets an answer: Check or Run.
func AnswerButton(it *checklist.Item, s readiness.Standing) reply.Button {
	switch {
	case it.Manual != nil:
		return reply.Button{Label: "Check", Act: reply.Do("ready check", s.Key.String())}
	case s.Evidence.Verdict == "":
		return reply.Button{Label: "Run", Act: reply.Do("ready run", s.Key.String())}
	}
	return reply.Button{Label: "Run again", Act: reply.Do("ready run", s.Key.String())}
}

// FixButton offers the runbook that fixes an answer, if its item has one.
func FixButton(it *checklist.Item, key answer.Key) reply.Actions {
	if it.Fix == "" {
		return nil
	}
	act := fixAct(it, key)
	if len(it.Environments) > 1 && act.Environment != "" {
		return reply.Actions{{Label: "Fix on " + act.Environment, Act: act}}
	}
	return reply.Actions{{Label: "Fix", Act: act}}
}

// fixAct runs the runbook that fixes an answer, for the answer's environment if the
// runbook is run for one.
func fixAct(it *checklist.Item, key answer.Key) reply.Act {
	act := reply.Act{Verb: "ready fix", Runbook: it.Fix}
	if slices.Contains(it.FixFor, key.Environment) {
		act.Environment = key.Environment
	}
	return act
}

// fixOf is the act that fixes what a gate run's step measured; without a runbook if
// there is none.
func fixOf(c *checklist.Checklist, step string) reply.Act {
	id, env, _ := strings.Cut(step, "@")
	if it, ok := c.Item(id); ok {
		return fixAct(it, answer.Key{Item: id, Environment: env})
	}
	return reply.Act{}
}
