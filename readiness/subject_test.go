package readiness

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// scoped is a checklist with one item of each scope, for two environments.
func scoped() checklist.Checklist {
	roles, rules := board()
	return checklist.Checklist{
		Roles: roles, SignOffs: rules,
		Environments: []checklist.Environment{{Name: "staging"}, {Name: "production", After: []string{"staging"}}},
		Sections: []checklist.Section{section("a",
			&checklist.Item{ID: "login", Title: "Login", Scope: answer.DeploymentScope, Environments: []string{"staging"}, Gate: &checklist.Gate{Kind: "http", Settings: "s1"},
				Blocks: []string{"production"}, BlocksAfter: map[string][]string{"staging": {"production"}}, BlockedBefore: []string{"staging", "production"}},
			&checklist.Item{ID: "looked", Title: "Looked at", Environments: []string{"staging"}, Manual: &checklist.Manual{}, Blocks: []string{"production"}},
			&checklist.Item{ID: "gdpr", Title: "GDPR", Scope: answer.ProjectScope, Manual: &checklist.Manual{}, Blocks: []string{"production"}},
			&checklist.Item{ID: "there", Title: "It is there", Scope: answer.EnvironmentScope, Environments: []string{"production"}, Gate: &checklist.Gate{Kind: "http", Settings: "s1"}, Blocks: []string{"production"}},
			blocking(asked("docs"), "production"))},
		Afterwards: []checklist.Section{{ID: "day-1", Title: "Day 1", Live: "production", Within: 24 * time.Hour, Items: []*checklist.Item{blocking(asked("backups"))}}},
	}
}

// measure answers an item as gonogo does: stamped with what it was taken from.
func (h *scenario) measure(item, environment string, verdict answer.Verdict) *scenario {
	it, _ := h.list.Item(item)
	key := answer.Key{Item: item, Environment: environment}
	ev := answer.Evidence{Verdict: verdict, By: "U0DEV"}
	if it.Gate != nil {
		ev.Settings = it.Gate.Settings
	}
	return h.add(event.EvidenceRecorded{Release: h.state.Open, Item: item, Environment: environment, Evidence: h.view().Stamp(it, key, ev)})
}

// arrives brings the open release to an environment.
func (h *scenario) arrives(environment, deployment string) *scenario {
	return h.add(event.VersionWentLive{Environment: environment, Run: deployment, Verified: true,
		Build: build.Build{Version: h.state.Open, Commit: h.view().Release().Commit, Deployment: deployment}})
}

// stands says in a few words where an answer stands.
func (h *scenario) stands(item, environment string) string {
	it, _ := h.list.Item(item)
	s := h.view().Standing(it, answer.Key{Item: item, Environment: environment})
	switch {
	case s.Waived:
		return "waived"
	case s.Through:
		return "through"
	case s.Waiting != "":
		return "waiting: " + s.Waiting
	case s.Stale != "":
		return "stale: " + s.Stale
	}
	return string(s.Evidence.Verdict)
}

// An answer belongs to what it was taken from.
func TestSubjects(t *testing.T) {
	for _, tt := range []struct {
		name              string
		then              func(*scenario)
		item, environment string
		want              string
	}{
		{"a deployment's item before the version is there", func(h *scenario) {}, "login", "staging", "waiting: 19.0.1 is not live on staging yet"},
		{"measured where it is live", func(h *scenario) { h.arrives("staging", "d-1").measure("login", "staging", answer.Passed) }, "login", "staging", "through"},
		{"measured, and the next version arrived", func(h *scenario) {
			h.arrives("staging", "d-1").measure("login", "staging", answer.Passed).opens("19.0.2", "beef00f").arrives("staging", "d-2")
		}, "login", "staging", ""},
		{"measured, and the same version arrived again", func(h *scenario) {
			h.arrives("staging", "d-1").measure("login", "staging", answer.Passed).arrives("staging", "d-2")
		}, "login", "staging", "stale: it was taken before 19.0.1 went live on staging"},
		{"measured, and another version is live now", func(h *scenario) {
			h.arrives("staging", "d-1").measure("login", "staging", answer.Passed)
			h.add(event.VersionWentLive{Environment: "staging", Build: build.Build{Version: "18.9.9", Commit: "", Deployment: "d-3"}})
		}, "login", "staging", "waiting: 19.0.1 is not live on staging yet"},
		{"measured for the release by an older gonogo", func(h *scenario) { h.arrives("staging", "d-1").answer("login", answer.Passed, "staging") },
			"login", "staging", "stale: it was taken before 19.0.1 went live on staging"},
		{"skipped before it is there", func(h *scenario) { h.measure("login", "staging", answer.NotApplicable) }, "login", "staging", "through"},

		{"a person's check of a place", func(h *scenario) { h.measure("looked", "staging", answer.Passed) }, "looked", "staging", "through"},
		{"a person's check, and another build came", func(h *scenario) { h.measure("looked", "staging", answer.Passed).arrives("staging", "d-1") },
			"looked", "staging", "stale: it was checked while nothing known was live on staging, and 19.0.1 is now"},
		{"a person's check, and the build came again", func(h *scenario) {
			h.arrives("staging", "d-1").measure("looked", "staging", answer.Passed).arrives("staging", "d-2")
		}, "looked", "staging", "through"},

		{"of the project, for the next release", func(h *scenario) { h.measure("gdpr", "", answer.Passed).opens("19.0.2", "") }, "gdpr", "", "through"},
		{"of the project, too old", func(h *scenario) {
			it, _ := h.list.Item("gdpr")
			it.MaxAge = time.Hour
			h.measure("gdpr", "", answer.Passed).opens("19.0.2", "").wait(2 * time.Hour)
		}, "gdpr", "", "stale: older than 1h"},
		{"of the project, taken back in the next release", func(h *scenario) {
			h.measure("gdpr", "", answer.Passed).opens("19.0.2", "").add(event.ItemUnchecked{Release: "19.0.2", Item: "gdpr", By: "U0TL"})
		}, "gdpr", "", ""},
		{"of the project, skipped for one release", func(h *scenario) { h.measure("gdpr", "", answer.NotApplicable).opens("19.0.2", "") }, "gdpr", "", ""},
		{"of the project, a skip taken back", func(h *scenario) {
			h.measure("gdpr", "", answer.Passed).opens("19.0.2", "").measure("gdpr", "", answer.NotApplicable)
			h.add(event.ItemUnchecked{Release: "19.0.2", Item: "gdpr", By: "U0TL"})
		}, "gdpr", "", "through"},
		{"of the place, whatever runs there", func(h *scenario) {
			h.measure("there", "production", answer.Passed).opens("19.0.2", "").arrives("production", "d-9")
		}, "there", "production", "through"},
		{"of the release, for the next one", func(h *scenario) { h.measure("docs", "", answer.Passed).opens("19.0.2", "") }, "docs", "", ""},

		{"day 1 before it is live", func(h *scenario) { h.measure("backups", "", answer.Passed) }, "backups", "", "waiting: opens when 19.0.1 goes live on production"},
		{"day 1 answered too early", func(h *scenario) { h.measure("backups", "", answer.Passed).arrives("production", "d-1") },
			"backups", "", "stale: it was answered before 19.0.1 went live on production"},
		{"day 1", func(h *scenario) { h.arrives("production", "d-1").measure("backups", "", answer.Passed) }, "backups", "", "through"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := begin(scoped())
			tt.then(h)
			got := h.stands(tt.item, tt.environment)
			if tt.name == "measured, and the next version arrived" {
				if now := h.view().Of("19.0.1"); !strings.Contains(now.Decide("production").Blockers[0].Reason, "19.0.1 is not live on staging yet") {
					t.Errorf("for 19.0.1 itself: %q", reasons(now.Decide("production")))
				}
			}
			if got != tt.want {
				t.Errorf("it is %q, want %q", got, tt.want)
			}
		})
	}
}

// What was measured on one version says nothing of the next.
func TestAnotherVersionsLoginIsNoEvidence(t *testing.T) {
	h := begin(scoped())
	h.arrives("staging", "d-1").measure("login", "staging", answer.Passed).measure("looked", "staging", answer.Passed)
	h.opens("19.0.2", "beef00f").measure("docs", "", answer.Passed).measure("gdpr", "", answer.Passed).measure("there", "production", answer.Passed)
	h.arrives("staging", "d-2").measure("looked", "staging", answer.Passed)
	if got := reasons(h.view().Decide("production")); !strings.Contains(strings.Join(got, "\n"), "login@staging: not measured yet") && !strings.Contains(strings.Join(got, "\n"), "login: not measured yet") {
		t.Errorf("production's blockers are %q, want login not measured", got)
	}
}

func (h *scenario) opens(version, commit string) *scenario {
	return h.add(event.ReleaseOpened{Version: version, Commit: commit, By: "U0PM", Beside: true})
}

// A deployment's item does not hold back the deployment that it waits for.
func TestADeploymentsItemHoldsBackWhatComesAfter(t *testing.T) {
	h := begin(scoped())
	it, _ := h.list.Item("login")
	if diff := cmp.Diff([]string{"production"}, it.HeldBack(answer.Key{Item: "login", Environment: "staging"})); diff != "" {
		t.Errorf("held back (-want +got):\n%s", diff)
	}
	if d := h.view().Decide("staging"); !d.Go {
		t.Errorf("staging is held back by %q", reasons(d))
	}
}

// An answer belongs to the question that was asked.
func TestDefinitions(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*checklist.Item)
		want   string
	}{
		{"nothing changed", func(*checklist.Item) {}, "through"},
		{"another title", func(it *checklist.Item) { it.Title = "A penetration test was made" }, "stale: the question has been reworded since"},
		{"other roles", func(it *checklist.Item) { it.Manual.By = []string{"security_officer"} }, "stale: the question has changed since"},
		{"other evidence", func(it *checklist.Item) { it.Manual.Evidence = checklist.NeedsLink }, "stale: the question has changed since"},
		{"the same evidence, written out", func(it *checklist.Item) { it.Manual.Evidence = checklist.NeedsNothing }, "through"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := begin(scoped())
			h.measure("docs", "", answer.Passed)
			it, _ := h.list.Item("docs")
			tt.change(it)
			h.list.Index()
			if got := h.stands("docs", ""); got != tt.want {
				t.Errorf("it is %q, want %q", got, tt.want)
			}
		})
	}
}

func TestASkipEndsWithItsQuestion(t *testing.T) {
	h := begin(scoped())
	h.measure("there", "production", answer.NotApplicable)
	it, _ := h.list.Item("there")
	it.Gate.Settings = "s2"
	h.list.Index()
	if got := h.stands("there", "production"); got != "stale: the question has changed since" {
		t.Errorf("it is %q", got)
	}
}

func TestSameQuestionKeepsAnswers(t *testing.T) {
	h := begin(scoped())
	h.measure("docs", "", answer.Passed).measure("gdpr", "", answer.Passed)
	for _, id := range []string{"docs", "gdpr"} {
		it, _ := h.list.Item(id)
		it.Title += ", in other words"
	}
	h.list.Index()
	reworded := map[string]answer.Definition{}
	for _, it := range h.view().Reworded("a") {
		reworded[it.ID] = it.Definition
	}
	if len(reworded) != 2 {
		t.Fatalf("reworded: %v", reworded)
	}
	h.add(event.QuestionsKept{Release: "19.0.1", Items: reworded, By: "U0TL"})
	if docs, gdpr := h.stands("docs", ""), h.stands("gdpr", ""); docs != "through" || gdpr != "through" {
		t.Errorf("docs is %q, gdpr %q", docs, gdpr)
	}
	if len(h.view().Reworded("")) != 0 {
		t.Error("something is still reworded")
	}
}

// A ledger of before: its answers are bound to the questions as they are at the
// first start, and end when those change.
func TestBindingAnOldLedger(t *testing.T) {
	h := begin(scoped())
	h.answer("docs", answer.Passed).answer("gdpr", answer.Passed).answer("there", answer.Passed, "production")
	old := answer.Basis{Commit: "c0ffee", Gates: h.view().formerGates("production"), Items: map[string]bool{"docs": true, "gdpr": true, "there@production": true, "login@staging": false, "looked@staging": false}}
	h.add(event.SignOffGiven{Release: "19.0.1", Environment: "production", Role: "technical_lead", By: "U0TL", Approved: true, Basis: old})
	h.add(event.SignOffGiven{Release: "19.0.1", Environment: "production", Role: "product_owner", By: "U0PO", Approved: true, Basis: answer.Basis{Commit: "c0ffee", Gates: "other", Items: old.Items}})
	h.add(Bind(h.view()))
	if got := h.stands("docs", ""); got != "through" {
		t.Errorf("docs is %q", got)
	}
	roles := h.view().Approval("production").Roles
	if !roles[1].Approved() || roles[0].Approved() {
		t.Errorf("approvals: %+v", roles)
	}
	it, _ := h.list.Item("docs")
	it.Manual.By = []string{"technical_lead"}
	h.list.Index()
	if got := h.stands("docs", ""); got != "stale: the question has changed since" {
		t.Errorf("after a change docs is %q", got)
	}
	if roles := h.view().Approval("production").Roles; roles[1].Approved() {
		t.Error("the approval stands although what it was given on asks something else")
	}
}

// A commit that is added to a release which was opened without one leaves
// alone what was answered and approved.
func TestACommitThatIsAdded(t *testing.T) {
	h := &scenario{list: ptr(scoped()).Index(), state: history.NewState(), now: monday}
	h.add(event.ReleaseOpened{Version: "19.0.1"}).measure("docs", "", answer.Passed).sign("technical_lead", "U0TL", true)
	h.add(event.CommitFound{Release: "19.0.1", Commit: "0a1b2c3d4e5f"})
	if got := h.stands("docs", ""); got != "through" {
		t.Errorf("docs is %q", got)
	}
	if lead := h.view().Approval("production").Roles[1]; !lead.Approved() {
		t.Errorf("the approval is stale: %s %v", lead.Stale, lead.Changes)
	}
}

func ptr[T any](v T) *T { return &v }

func TestSeveralOpenReleases(t *testing.T) {
	h := begin(scoped())
	h.measure("docs", "", answer.Passed).opens("19.0.2", "")
	if diff := cmp.Diff([]string{"19.0.1", "19.0.2"}, h.state.Opens); diff != "" || h.state.Open != "19.0.2" {
		t.Errorf("open is %q, all (-want +got):\n%s", h.state.Open, diff)
	}
	it, _ := h.list.Item("docs")
	if !h.view().Of("19.0.1").Through(it) || h.view().Through(it) {
		t.Error("an answer of one release counts for the other, or not for its own")
	}
	h.add(event.ReleaseClosed{Release: "19.0.2", By: "U0PM"})
	if h.state.Open != "19.0.1" || h.state.IsOpen("19.0.2") {
		t.Errorf("after closing, open is %q of %v", h.state.Open, h.state.Opens)
	}
	h.add(event.ReleaseOpened{Version: "19.0.3", By: "U0PM", Beside: true, Closes: []string{"19.0.1"}}).opens("19.0.1", "")
	if diff := cmp.Diff([]string{"19.0.3", "19.0.1"}, h.state.Opens); diff != "" || h.stands("docs", "") != "through" {
		t.Errorf("after reopening docs is %q, open (-want +got):\n%s", h.stands("docs", ""), diff)
	}
	h.add(event.ReleaseOpened{Version: "20.0.0", By: "U0PM"}) // as ledgers of before have it
	if diff := cmp.Diff([]string{"20.0.0"}, h.state.Opens); diff != "" {
		t.Errorf("an opening of before left open (-want +got):\n%s", diff)
	}
}

// A release that is opened again has what was answered, skipped, waived and
// approved before it was closed.
func TestReopeningKeepsWhatWasSaid(t *testing.T) {
	list := scoped()
	list.Sections[0].Items = append(list.Sections[0].Items, blocking(asked("notes"), "production"), blocking(asked("audit"), "production"))
	h := begin(list)
	h.measure("docs", "", answer.Passed).measure("notes", "", answer.NotApplicable).measure("audit", "", answer.Failed)
	h.add(event.WaiverGiven{Release: "19.0.1", Item: "audit", Environment: "production", Reason: "known", Until: h.now.Add(24 * time.Hour), By: "U0TL"})
	h.sign("technical_lead", "U0TL", true).sign("security_officer", "U0SO", false)
	stands := func(when string) {
		t.Helper()
		audit, _ := h.list.Item("audit")
		if docs, notes := h.stands("docs", ""), h.stands("notes", ""); docs != "through" || notes != "through" || !h.view().StandingFor(audit, answer.Key{Item: "audit"}, "production").Waived {
			t.Errorf("%s docs is %q, notes %q, audit waived: %t", when, docs, notes, h.view().StandingFor(audit, answer.Key{Item: "audit"}, "production").Waived)
		}
		if roles := h.view().Approval("production").Roles; !roles[1].Approved() || roles[2].SignOff == nil || roles[2].SignOff.Approved {
			t.Errorf("%s the sign-offs are %+v", when, roles)
		}
	}
	stands("before")
	h.add(event.ReleaseClosed{Release: "19.0.1", By: "U0PM"}).opens("19.0.2", "").opens("19.0.1", "c0ffee")
	stands("opened again")
}

// A hotfix asks for its own sections and sign-offs.
func TestReleaseKinds(t *testing.T) {
	list := scoped()
	list.Sections = append(list.Sections, section("b", blocking(asked("notes"), "production")))
	list.Kinds = []checklist.ReleaseKind{{ID: "hotfix", Sections: []string{"b"}, SignOffs: []checklist.SignOffRule{{Environment: "production", Roles: []string{"technical_lead"}}}}}
	h := begin(list)
	h.add(event.ReleaseOpened{Version: "19.0.2", By: "U0PM", Beside: true, ReleaseKind: "hotfix"}).arrives("staging", "d-1")
	h.measure("notes", "", answer.Passed).add(event.SignOffGiven{Release: "19.0.2", Environment: "production", Role: "technical_lead", By: "U0TL", Approved: true, Basis: h.view().Basis("production")})
	if d := h.view().Decide("production"); !d.Go {
		t.Errorf("the hotfix is held back by %q", reasons(d))
	}
	if score := h.view().Score(); score.Items != 1 {
		t.Errorf("the hotfix has %d items, want 1", score.Items)
	}
	if d := h.view().Of("19.0.1").Decide("production"); d.Go {
		t.Error("the other release is GO by the hotfix's kind")
	}
}

// While a platform does not say what is live, what was measured there counts
// for nothing; once it answers the same again, it counts as before.
func TestASilentPlatformVouchesForNothing(t *testing.T) {
	list := scoped()
	list.Environments[0].App = "app-1"
	h := begin(list)
	h.add(event.VersionWentLive{Environment: "staging", Run: "r1", App: "app-1", Verified: true, Build: build.Build{Version: "19.0.1", Commit: "c0ffee", Deployment: "d-1"}})
	seen := event.PlatformObserved{Environment: "staging", App: "app-1", Build: build.Build{Version: "19.0.1", Commit: "", Deployment: "d-1"}, Tagged: true}
	h.add(seen).measure("login", "staging", answer.Passed).measure("looked", "staging", answer.Passed)
	if login, looked := h.stands("login", "staging"), h.stands("looked", "staging"); login != "through" || looked != "through" {
		t.Fatalf("login is %q, looked %q", login, looked)
	}
	h.add(event.PlatformObserved{Environment: "staging", App: "app-1", Problem: "DigitalOcean does not answer"})
	const want = "stale: what is live on staging is not known: DigitalOcean does not answer"
	if login, looked := h.stands("login", "staging"), h.stands("looked", "staging"); login != want || looked != want {
		t.Errorf("login is %q, looked %q; want %q", login, looked, want)
	}
	h.add(seen)
	if got := h.stands("login", "staging"); got != "through" {
		t.Errorf("once it answers, login is %q", got)
	}
}

// An answer to an item that was not in the checklist when an old ledger was
// bound is an answer to no known question.
func TestAnItemThatWasAwayWhenItWasBound(t *testing.T) {
	h := begin(scoped())
	h.answer("docs", answer.Passed).answer("gdpr", answer.Passed)
	without := scoped()
	items := without.Sections[0].Items
	without.Sections[0].Items = items[:len(items)-1] // docs
	h.add(Bind(View{Checklist: without.Index(), State: h.state, Now: h.now}))
	if got := h.stands("docs", ""); got != "stale: the question it answered is not known" {
		t.Errorf("docs is %q", got)
	}
	if got := h.stands("gdpr", ""); got != "through" {
		t.Errorf("gdpr is %q", got)
	}
}
