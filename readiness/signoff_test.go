package readiness

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
)

// before production a release is signed off by the board, on two items.
func boarded() checklist.Checklist {
	roles, rules := board()
	return checklist.Checklist{
		Roles: roles, SignOffs: rules, Environments: []checklist.Environment{{Name: "production"}},
		Sections: []checklist.Section{section("a",
			lasting(measured("http"), 48*time.Hour), asked("docs"), blocking(asked("boards")),
			blocking(reading("signed", checklist.Condition{SignedOff: "production"}), "production"))},
	}
}

func TestWhatUnsettlesASignOff(t *testing.T) {
	for _, tt := range []struct {
		name    string
		then    func(*scenario)
		stale   string // of the technical lead's approval
		changes []string
	}{
		{"nothing", func(*scenario) {}, "", nil},
		{"a re-check with the same answer",
			func(h *scenario) {
				h.wait(time.Hour).add(event.EvidenceRecorded{Release: "19.0.1", Item: "http", Evidence: answer.Evidence{
					Verdict: answer.Warned, Settings: "s1", Summary: "slower", Measures: []answer.Measure{{Name: "p95", Value: "2.8s", OK: true}},
				}})
			}, "", nil},
		{"an item that blocks nothing", func(h *scenario) { h.answer("boards", answer.Failed) }, "", nil},
		{"the others' approvals", func(h *scenario) { h.approveAll() }, "", nil},
		{"an item gets worse", func(h *scenario) { h.answer("http", answer.Failed) },
			"what it was given on has changed", []string{"http no longer passes"}},
		{"an item gets better", func(h *scenario) { h.answer("docs", answer.Passed) },
			"", nil},
		{"and worse and good again", func(h *scenario) { h.answer("http", answer.Failed).answer("http", answer.Passed) }, "", nil},
		{"the gate's settings",
			func(h *scenario) {
				http, _ := h.list.Item("http")
				http.Gate.Settings = "s2"
				h.list.Index()
				h.answer("http", answer.Passed)
			}, "what it was given on has changed", []string{"http asks something else now"}},
		{"a manual item asks something else",
			func(h *scenario) {
				docs, _ := h.list.Item("docs")
				docs.Manual.Evidence = checklist.NeedsLink
				h.list.Index()
			}, "what it was given on has changed", []string{"docs asks something else now"}},
		{"a new item",
			func(h *scenario) {
				h.list.Sections[0].Items = append(h.list.Sections[0].Items, asked("late"))
				h.list.Index()
			}, "what it was given on has changed", []string{"late is asked since and does not pass"}},
		{"a new item that passes",
			func(h *scenario) {
				h.list.Sections[0].Items = append(h.list.Sections[0].Items, asked("late"))
				h.list.Index()
				h.answer("late", answer.Passed)
			}, "", nil},
		{"an item is taken away",
			func(h *scenario) {
				h.list.Sections[0].Items = h.list.Sections[0].Items[:1]
				h.list.Index()
			}, "what it was given on has changed", []string{"docs did not pass and is no longer asked"}},
		{"an item that passed is taken away",
			func(h *scenario) {
				h.list.Sections[0].Items = h.list.Sections[0].Items[1:]
				h.list.Index()
			}, "", nil},
		{"a day and a moment", func(h *scenario) { h.wait(24*time.Hour + 1) }, "older than 24h", nil},
		{"a day", func(h *scenario) { h.wait(24 * time.Hour) }, "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := begin(boarded())
			h.answer("http", answer.Passed).sign("technical_lead", "U0TL", true)
			tt.then(h)
			lead := h.view().Approval("production").Roles[1]
			if lead.Stale != tt.stale || lead.Approved() != (tt.stale == "") {
				t.Errorf("approved %t, stale %q; want stale %q", lead.Approved(), lead.Stale, tt.stale)
			}
			if diff := cmp.Diff(tt.changes, lead.Changes); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnApprovalIsForOneCommit(t *testing.T) {
	known := answer.Basis{Commit: "c0ffee", Items: map[string]bool{"http": true}}
	unknown := answer.Basis{Items: map[string]bool{"http": true}}
	if known.Digest() == unknown.Digest() {
		t.Error("two commits have one digest")
	}
	if diff := cmp.Diff([]string{"the commit was c0ffee and is unknown"}, currentBasis{answers: []basisAnswer{{key: "http", through: true}}}.worseThan(known)); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}

func TestARejectionStandsUntilRevoked(t *testing.T) {
	h := begin(boarded())
	h.answer("http", answer.Passed).approveAll().sign("security_officer", "U0SO", false)
	h.answer("http", answer.Failed).answer("http", answer.Passed).wait(25 * time.Hour)
	if so := h.view().Approval("production").Roles[2]; !so.Rejected() || so.Stale != "" {
		t.Errorf("a day later the rejection is rejected: %t, stale: %q", so.Rejected(), so.Stale)
	}
	h.add(event.SignOffRevoked{Release: "19.0.1", Environment: "production", Role: "security_officer", By: "U0SO"})
	if so := h.view().Approval("production").Roles[2]; so.SignOff != nil {
		t.Errorf("after revoking, its word is %+v", *so.SignOff)
	}
}

func TestApproval(t *testing.T) {
	h := begin(boarded())
	if a := h.view().Approval("production"); a.Asked != nil || a.Complete() || a.Count() != 0 || !a.Expiry().IsZero() {
		t.Errorf("before anyone spoke: %+v", a)
	}
	h.add(event.SignOffAsked{Release: "19.0.1", Environment: "production", By: "U0PM"})
	asked := h.now
	h.sign("technical_lead", "U0TL", true)
	first := h.now
	h.sign("product_owner", "U0PO", true).sign("product_owner", "U0PO", true)
	a := h.view().Approval("production")
	if a.Asked == nil || a.Asked.By != "U0PM" || !a.Asked.At.Equal(asked) {
		t.Errorf("asked is %+v, want U0PM at %v", a.Asked, asked)
	}
	if a.Count() != 2 {
		t.Errorf("%d approvals count, want 2", a.Count())
	}
	if diff := cmp.Diff([]string{"Security Officer", "Project Manager"}, a.Missing()); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	if want := first.Add(24 * time.Hour); !a.Expiry().Equal(want) {
		t.Errorf("the first approval expires at %v, want %v", a.Expiry(), want)
	}
	for user, want := range map[string]string{"U0TL": "technical_lead", "U0PO": "product_owner", "U0SO": ""} {
		spoken, found := a.Spoken(user)
		if spoken.Role.ID != want || found != (want != "") {
			t.Errorf("%s has spoken for %q (%t), want %q", user, spoken.Role.ID, found, want)
		}
	}
	if a := h.view().Approval("staging"); len(a.Roles) != 0 || !a.Complete() {
		t.Errorf("nobody signs off staging, yet its approval is %+v", a)
	}
}

func TestSigningDoesNotChangeWhatWasSigned(t *testing.T) {
	h := begin(boarded())
	h.answer("http", answer.Passed).answer("docs", answer.Passed)
	before := h.view().Basis("production")
	h.approveAll()
	after := h.view().Basis("production")
	if before.Digest() != after.Digest() {
		t.Errorf("the basis went from %+v to %+v", before, after)
	}
	if d := h.view().Decide("production"); !d.Go {
		t.Errorf("all have approved, yet %q", reasons(d))
	}
}
