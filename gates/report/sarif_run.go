package report

import (
	"strconv"
	"strings"
	"time"

	"gonogo/phrase"
)

// sarifRun is one run of a tool, being read. Its results may come before the tool and
// its rules, so what they add up to is kept until the end of the run.
type sarifRun struct {
	*sarif
	tool    string
	rules   [][]sarifRule // of the driver, then of each extension
	count   int           // of all rules
	tallies map[resultKind]*tally
	kinds   []resultKind // those in tallies, in their order
	notes   int          // places in all tallies
	ended   []string     // times
	broken  []string     // why the tool can't have looked everywhere, each to follow its name
}

// sarifRule is what a rule says of its findings.
type sarifRule struct {
	id, level, security, tag string
}

// resultKind is what decides a result's severity.
type resultKind struct {
	rule            string
	index, toolPart int    // of the rule, -1 where it isn't given; the driver is part 0
	level           string // "" where the result has none
	kind            string
	security        string // the result's own
}

// tally is so many results of one kind.
type tally struct {
	count, fresh        int
	places, freshPlaces []string
}

// run reads one run.
func (r *sarif) run() error {
	run := &sarifRun{sarif: r, rules: make([][]sarifRule, 1), tallies: map[resultKind]*tally{}}
	if err := r.object(run.property); err != nil {
		return err
	}
	r.runs++
	return run.finish()
}

func (r *sarifRun) property(name []byte) error {
	switch string(name) {
	case "tool":
		return r.object(r.toolProperty)
	case "results":
		if r.PeekKind() == 'n' {
			return refusal("its results are null, so what the tool found isn't known; check the tool's own output")
		}
		return r.array(r.result)
	case "invocations":
		return r.array(func() error { return r.object(r.invocation) })
	case "externalPropertyFileReferences":
		return r.elsewhere()
	}
	return r.SkipValue()
}

func (r *sarifRun) toolProperty(name []byte) error {
	switch string(name) {
	case "driver":
		return r.object(func(name []byte) error { return r.component(name, 0) })
	case "extensions":
		return r.array(func() error {
			r.rules = append(r.rules, nil)
			part := len(r.rules) - 1
			return r.object(func(name []byte) error { return r.component(name, part) })
		})
	}
	return r.SkipValue()
}

// component reads one property of the driver or of an extension.
func (r *sarifRun) component(name []byte, part int) error {
	switch string(name) {
	case "name":
		if part > 0 {
			return r.SkipValue()
		}
		return r.text(&r.tool)
	case "rules":
		return r.array(func() error {
			if r.count++; r.count > maxRules {
				return refusal("a run in it has more than " + strconv.Itoa(maxRules) + " rules")
			}
			var rule sarifRule
			err := r.object(func(name []byte) error { return r.ruleProperty(name, &rule) })
			r.rules[part] = append(r.rules[part], rule)
			return err
		})
	}
	return r.SkipValue()
}

func (r *sarifRun) ruleProperty(name []byte, rule *sarifRule) error {
	switch string(name) {
	case "id":
		return r.text(&rule.id)
	case "defaultConfiguration":
		return r.object(func(name []byte) error {
			if string(name) == "level" {
				return r.text(&rule.level)
			}
			return r.SkipValue()
		})
	case "properties":
		return r.object(func(name []byte) error {
			switch string(name) {
			case "security-severity":
				return r.score(&rule.security)
			case "tags":
				return r.tags(&rule.tag)
			}
			return r.SkipValue()
		})
	}
	return r.SkipValue()
}

// score reads a security-severity, which most tools write as a text.
func (r *sarifRun) score(into *string) error {
	if r.PeekKind() != '0' {
		return r.text(into)
	}
	raw, err := r.ReadValue()
	*into = string(raw)
	return err
}

// tags finds the worst severity among a rule's tags, where gosec and Trivy have it.
// Tags may be anything, so one of another type is passed over.
func (r *sarifRun) tags(into *string) error {
	if r.PeekKind() != '[' {
		return r.SkipValue()
	}
	return r.array(func() error {
		if r.PeekKind() != '"' {
			return r.SkipValue()
		}
		var tag string
		err := r.text(&tag)
		if rated[tag] > rated[*into] {
			*into = tag
		}
		return err
	})
}

// rated are the tags that say how severe a rule's findings are.
var rated = map[string]Severity{"CRITICAL": Critical, "HIGH": High, "MEDIUM": Medium, "LOW": Low}

// invocation reads what a tool says of how it ran.
func (r *sarifRun) invocation(name []byte) error {
	switch string(name) {
	case "executionSuccessful":
		switch r.PeekKind() {
		case 'f':
			r.broken = append(r.broken, "did not finish its work (executionSuccessful is false)")
		case 't':
		default:
			r.broken = append(r.broken, "does not say whether it finished its work (executionSuccessful is neither true nor false)")
		}
		return r.SkipValue()
	case "processStartFailureMessage", "exitSignalName", "exitSignalNumber":
		if r.PeekKind() != 'n' {
			r.broken = append(r.broken, "did not start or was ended ("+string(name)+" is set)")
		}
		return r.SkipValue()
	case "endTimeUtc":
		var at string
		err := r.text(&at)
		r.ended = append(r.ended, at)
		return err
	case "toolExecutionNotifications", "toolConfigurationNotifications":
		return r.array(r.notification)
	}
	return r.SkipValue()
}

// notification reads what a tool reports of itself. What it says is cut to its first
// line, since code may follow there.
func (r *sarifRun) notification() error {
	var level, said string
	err := r.object(func(name []byte) error {
		switch string(name) {
		case "level":
			return r.text(&level)
		case "message":
			return r.object(func(name []byte) error {
				if string(name) == "text" {
					return r.text(&said)
				}
				return r.SkipValue()
			})
		}
		return r.SkipValue()
	})
	if level == "error" && len(r.broken) < maxDoubts {
		first, _, _ := strings.Cut(strings.TrimSpace(said), "\n")
		r.broken = append(r.broken, strings.TrimRight("reports an error of its own: "+phrase.Excerpt(first), ": "))
	}
	return err
}

// finish takes the run into the findings, once the tool and its rules are known.
func (r *sarifRun) finish() error {
	if r.tool == "" {
		return refusal("a run in it doesn't name its tool")
	}
	tool := phrase.Excerpt(r.tool)
	if r.findings.tools == nil {
		r.findings.tools = map[string]bool{}
	}
	r.findings.tools[tool] = true
	for _, kind := range r.kinds {
		t, rule := r.tallies[kind], r.rule(kind)
		severity, found := severityOf(kind, rule)
		switch {
		case !found:
			continue
		case isFailure(r.tool, rule.id):
			r.findings.broken("%s: %s could not read some of the code (rule %s); see its own output", r.name, tool, phrase.Excerpt(rule.id))
			continue
		}
		if err := r.findings.add(groupKey{tool, phrase.Excerpt(rule.id), severity}, *t); err != nil {
			return err
		}
	}
	for _, why := range r.broken {
		r.findings.broken("%s: %s %s", r.name, tool, why)
	}
	for _, at := range r.ended {
		r.findings.endedAt(at)
	}
	return nil
}

// endedAt notes when a tool ended. Some write a time before any computer for none.
func (f *Findings) endedAt(text string) {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || at.Year() < 1990 {
		return
	}
	if f.Ended.IsZero() || at.Before(f.Ended) {
		f.Ended = at
	}
}
