package readiness

import (
	"testing"

	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
)

// A line about one role's approval follows that role alone.
func TestOneRolesApproval(t *testing.T) {
	for _, tt := range []struct {
		name    string
		then    func(*scenario)
		role    string
		verdict answer.Verdict
		summary string
	}{
		{"nobody has", func(*scenario) {}, "technical_lead", answer.Failed, "Technical Lead has not approved production"},
		{"it has", func(h *scenario) { h.sign("technical_lead", "U0TL", true) }, "technical_lead", answer.Passed, "Technical Lead has approved production"},
		{"another has", func(h *scenario) { h.sign("product_owner", "U0PO", true) }, "technical_lead", answer.Failed, "Technical Lead has not approved production"},
		{"it rejected", func(h *scenario) { h.sign("technical_lead", "U0TL", false) }, "technical_lead", answer.Failed, "Technical Lead has rejected production"},
		{"it got worse since", func(h *scenario) { h.sign("technical_lead", "U0TL", true).answer("http", answer.Failed) }, "technical_lead", answer.Failed,
			"Technical Lead approved production, but that no longer counts: what it was given on has changed"},
		{"not asked", func(*scenario) {}, "janitor", answer.NotConfigured, "janitor is not asked to sign off production"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := begin(boarded())
			h.answer("http", answer.Passed)
			tt.then(h)
			ev := h.view().Met(checklist.Condition{SignedOff: "production", Role: tt.role})
			if ev.Verdict != tt.verdict || ev.Summary != tt.summary {
				t.Errorf("it is %s, %q; want %s, %q", ev.Verdict, ev.Summary, tt.verdict, tt.summary)
			}
		})
	}
}
