package commands

import (
	"fmt"
	"slices"
	"strings"

	"gonogo/deploy"
	"gonogo/readiness"
)

// ByHand says how a person goes back on an environment without gonogo: with
// what the state knows, or without a state with what the configuration tells. It
// begins with why, and claims nothing of what is live.
func ByHand(c *readiness.Checklist, s *readiness.State, environment, version, why string) Reply {
	parts := []Part{Lines{Say(Bold(why)), Say("gonogo has sent nothing to the platform for this.")}}
	parts = append(parts, underWayByHand(s, environment)...)
	env, _ := c.Environment(environment)
	if env.App == "" {
		parts = append(parts, Lines{Say("The configuration names no app for ", environment, ". Go back the way it was deployed.")})
	} else {
		to := wayByHand(s, environment, version)
		parts = append(parts, handParts(deploy.ParseApp(env.App), to)...)
	}
	parts = append(parts, Note(Say("Once gonogo works again, ", Typed("/rollback record "+environment), " has it ask the platform what is live, and record that.")))
	return Reply{Title: "Roll " + environment + " back by hand", Parts: parts, Refused: true}
}

// underWayByHand says what the state knows to be under way: nobody is to go back
// twice.
func underWayByHand(s *readiness.State, environment string) []Part {
	if s == nil {
		return nil
	}
	run := s.Changing(environment)
	if run == nil {
		return nil
	}
	what := "A deployment"
	if run.What == readiness.RunRollback {
		what = "A rollback"
	}
	return []Part{Lines{Say("⚠ ", what, " is recorded as under way: ", run.Title, ", started ", Time(run.Started), by(run.By), ". It goes on when gonogo does, so look at the platform first.")}}
}

// wayByHand is the build to go back to, as far as it is known.
func wayByHand(s *readiness.State, environment, version string) readiness.Build {
	if s == nil {
		return readiness.Build{Version: version}
	}
	ways := s.WayBack(environment)
	i := slices.IndexFunc(ways, func(l readiness.Live) bool { return version == "" || l.Version == version })
	if i < 0 {
		return readiness.Build{Version: version}
	}
	return ways[i].Build
}

// handParts are the steps by hand: each at the console, and as a command.
func handParts(app deploy.App, to readiness.Build) []Part {
	var parts []Part
	if to.Version != "" {
		parts = append(parts, Lines{Say("To go back to ", Bold(to.Version), ":")})
	} else {
		parts = append(parts, Lines{Say("Which version was good there is not known here.")})
	}
	for i, step := range deploy.ByHand(app, to) {
		parts = append(parts, Lines{Say(fmt.Sprintf("%d. ", i+1), step.Console, ".")}, Output(strings.Split(step.Command, "\n")))
	}
	return parts
}
