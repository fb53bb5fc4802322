package gates

import (
	"fmt"
	"slices"

	"gonogo/readiness/answer"
	"gonogo/redact"
)

// Limits of the evidence that a gate may return.
const (
	MaxDetails  = 50 // lines
	maxMeasures = 200
)

// verdicts are those that a gate may give.
var verdicts = []answer.Verdict{answer.Passed, answer.Warned, answer.Failed, answer.Errored, answer.NotConfigured}

// Presentable redacts secrets in evidence and shortens it to its limits. Evidence
// without a verdict is never a pass.
func Presentable(ev answer.Evidence, secrets []string) answer.Evidence {
	if !slices.Contains(verdicts, ev.Verdict) {
		ev = answer.Evidence{Verdict: answer.Errored, Summary: "this gate gave no verdict", Took: ev.Took}
	}
	clean := redact.New(secrets).Line
	ev.Summary, ev.Note, ev.Link = clean(ev.Summary), clean(ev.Note), clean(ev.Link)
	details := ev.Details
	if more := len(details) - MaxDetails; more > 0 {
		details = append(details[:MaxDetails-1:MaxDetails-1], fmt.Sprintf("… and %d more lines", more+1))
	}
	ev.Details = nil
	for _, line := range details {
		ev.Details = append(ev.Details, clean(line))
	}
	measures := ev.Measures[:min(len(ev.Measures), maxMeasures)]
	ev.Measures = nil
	for _, m := range measures {
		m.Name, m.Value, m.Unit, m.Limit = clean(m.Name), clean(m.Value), clean(m.Unit), clean(m.Limit)
		ev.Measures = append(ev.Measures, m)
	}
	return ev
}
