package readiness

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
)

// kinds is a checklist of which everything passes, with a hotfix that is asked
// one of its two sections and one of its four sign-offs.
func kinds() *scenario {
	roles, rules := board()
	h := begin(checklist.Checklist{
		Roles: roles, SignOffs: rules, Environments: []checklist.Environment{{Name: "production"}},
		Sections: []checklist.Section{section("a", asked("docs")), section("b", asked("notes"))},
		Kinds: []checklist.ReleaseKind{{ID: "hotfix", Sections: []string{"b"}, SignOffs: []checklist.SignOffRule{{Environment: "production", Roles: []string{"technical_lead"}}}},
			{ID: "text", SignOffs: []checklist.SignOffRule{{Environment: "production"}}}},
	})
	return h.answer("docs", answer.Passed).answer("notes", answer.Passed)
}

func (h *scenario) reopen(kind, by string) *scenario {
	return h.add(event.ReleaseOpened{Version: "19.0.1", By: by, Beside: true, ReleaseKind: kind})
}

// An approval of a release that was asked everything is none of a hotfix, and
// the other way round; it counts again once the release is what was approved.
func TestAnotherKindSuspendsApprovals(t *testing.T) {
	h := kinds().sign("technical_lead", "U0TL", true)
	shown := h.view().Basis("production").Digest()
	h.reopen("hotfix", "U0DEV")
	lead := h.view().Approval("production").Roles[0]
	if diff := cmp.Diff([]string{"the release was opened for the whole checklist and is open as hotfix"}, lead.Changes); lead.Approved() || diff != "" {
		t.Errorf("approved %t (-want +got):\n%s", lead.Approved(), diff)
	}
	if d := h.view().Decide("production"); d.Go {
		t.Error("the hotfix is GO by an approval of the whole")
	}
	if h.view().Basis("production").Digest() == shown {
		t.Error("a card from before approves the hotfix")
	}
	if r := h.view().Release(); r.Kind != "hotfix" || r.KindBy != "U0DEV" {
		t.Errorf("opened as %q by %q", r.Kind, r.KindBy)
	}
	h.sign("technical_lead", "U0TL", true).reopen("", "U0PM")
	if lead := h.view().Approval("production").Roles[0]; !lead.Approved() {
		t.Errorf("opened again without a kind, the approval of the hotfix is stale: %q", lead.Changes)
	}
	if r := h.view().Release(); r.Kind != "hotfix" || r.KindBy != "U0DEV" {
		t.Errorf("opened again without a kind it is %q by %q", r.Kind, r.KindBy)
	}
	h.reopen("text", "U0PM").reopen("hotfix", "U0TL")
	if lead := h.view().Approval("production").Roles[0]; !lead.Approved() {
		t.Errorf("back as a hotfix, the approval of the hotfix is stale: %q", lead.Changes)
	}
}

// A kind that leaves a role out takes its veto away only once it is revoked.
func TestAnotherKindTakesNoVetoAway(t *testing.T) {
	for _, kind := range []string{"hotfix", "text"} {
		h := kinds().sign("security_officer", "U0SO", false).reopen(kind, "U0DEV").sign("technical_lead", "U0TL", true)
		a := h.view().Approval("production")
		if a.Complete() || a.Summary() != "Security Officer has rejected it" || h.view().Decide("production").Go {
			t.Errorf("as %s, the sign-off is %q", kind, a.Summary())
		}
		h.add(event.SignOffRevoked{Release: "19.0.1", Environment: "production", Role: "security_officer", By: "U0SO"})
		if d := h.view().Decide("production"); !d.Go {
			t.Errorf("as %s, with the veto revoked, it is held back by %q", kind, reasons(d))
		}
	}
}

// The kind of a release at a sign-off is known also where the event does not say it.
func TestKindOfAnOldSignOff(t *testing.T) {
	h := kinds().reopen("hotfix", "U0DEV")
	basis := h.view().Basis("production")
	basis.Kind = "" // as earlier versions wrote it
	h.add(event.SignOffGiven{Release: "19.0.1", Environment: "production", Role: "technical_lead", By: "U0TL", Approved: true, Basis: basis})
	if d := h.view().Decide("production"); !d.Go {
		t.Errorf("held back by %q", reasons(d))
	}
}
