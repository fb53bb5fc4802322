// Package metrics judges what a Prometheus says of its targets, of its alert rules and
// of how long something was available.
//
// # Nouns
//
// [Targets] are the targets that must be up, by their labels. A [Rule] is an alert rule
// that must be loaded, healthy and with the threshold that a checklist names; its
// threshold is a [Comparison] in its query. A [Budget] is how long something may be
// unavailable within a period.
//
// # Who calls it
//
// The prometheus gate asks ([gonogo/clients/prometheus]) and passes the answers on.
// Nothing here asks anybody, and nothing is stored.
//
// # What happens on failure
//
// Each judgement is evidence: failed where something is measured and wrong, errored
// where it can't be told, such as a target that hasn't been scraped yet, a rule without
// a readable threshold, or a period with more gaps than the budget allows.
package metrics

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gonogo/readiness/answer"
)

func failed(format string, args ...any) answer.Evidence {
	return answer.Evidence{Verdict: answer.Failed, Summary: fmt.Sprintf(format, args...)}
}

func errored(format string, args ...any) answer.Evidence {
	return answer.Evidence{Verdict: answer.Errored, Summary: fmt.Sprintf(format, args...)}
}

// has reports whether something has all labels that are wanted.
func has(labels, wanted map[string]string) bool {
	for name, value := range wanted {
		if labels[name] != value {
			return false
		}
	}
	return true
}

// pairs are labels with their values, by name.
func pairs(labels map[string]string) (all [][2]string) {
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		all = append(all, [2]string{name, labels[name]})
	}
	return all
}

// written is how labels are shown: environment=production, job=odoo.
func written(labels map[string]string) string {
	var all []string
	for _, pair := range pairs(labels) {
		all = append(all, pair[0]+"="+pair[1])
	}
	return strings.Join(all, ", ")
}
