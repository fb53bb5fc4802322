package readiness

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// seen is what the platform of production says: version and deployment of the
// app "app/web", with a configuration that is called "s" unless it says
// otherwise.
func seen(version, deployment string) event.PlatformObserved {
	return event.PlatformObserved{Environment: "production", App: "app/web", Build: build.Build{Version: version, Deployment: deployment}, Spec: "s", Tagged: version != ""}
}

// ran is what a run of gonogo records of a build that it brought and verified.
func ran(version, deployment string) event.VersionWentLive {
	return event.VersionWentLive{Environment: "production", App: "app/web", Build: build.Build{Version: version, Commit: "c0ffee", Deployment: deployment}, Spec: "s",
		Run: "r-" + deployment, By: "U0DEV", Verified: true}
}

func with[E event.Event](e E, change func(*E)) E {
	change(&e)
	return e
}

// underway starts a deployment or rollback of production.
func underway(what, from, to string) event.RunStarted {
	return event.RunStarted{Run: "r", What: what, Change: &work.Change{Environment: "production", From: build.Build{Version: from}, To: build.Build{Version: to}}}
}

// An arrival is a changed version, commit, image or configuration, whoever
// brought it.
func TestArrivals(t *testing.T) {
	spec := func(e *event.PlatformObserved) { e.Spec = "other" }
	digest := func(of string) func(*event.PlatformObserved) {
		return func(e *event.PlatformObserved) { e.Digest = of }
	}
	commit := func(of string) func(*event.PlatformObserved) {
		return func(e *event.PlatformObserved) { e.Build.Commit = of }
	}
	type what struct {
		Arrival  int
		Name     string
		Verified bool
		Outside  bool
	}
	for _, tt := range []struct {
		name   string
		events []event.Event
		want   what
	}{
		{"nothing is live", []event.Event{seen("", "")}, what{}},
		{"found at the first question", []event.Event{seen("1", "d1")}, what{1, "1", false, true}},
		{"found without a tag", []event.Event{seen("", "d1")}, what{1, "a build without a version", false, true}},
		{"brought by a run", []event.Event{ran("1", "d1")}, what{1, "1", true, false}},
		{"and seen there", []event.Event{ran("1", "d1"), seen("1", "d1")}, what{1, "1", true, false}},
		{"recorded twice", []event.Event{ran("1", "d1"), ran("1", "d1")}, what{1, "1", true, false}},
		{"deployed again by a run", []event.Event{ran("1", "d1"), ran("1", "d2")}, what{2, "1", true, false}},
		{"redeployed for maintenance", []event.Event{ran("1", "d1"), seen("1", "d1"), seen("1", "d2")}, what{1, "1", true, false}},
		{"and again", []event.Event{ran("1", "d1"), seen("1", "d2"), seen("1", "d3")}, what{1, "1", true, false}},
		{"a hotfix from the console", []event.Event{ran("2", "d1"), seen("1.9.9-hotfix", "d2")}, what{2, "1.9.9-hotfix", false, true}},
		{"and what was there before", []event.Event{ran("2", "d1"), seen("1.9.9-hotfix", "d2"), seen("2", "d3")}, what{3, "2", false, true}},
		{"another configuration", []event.Event{ran("1", "d1"), with(seen("1", "d2"), spec)}, what{2, "1", false, true}},
		{"another commit", []event.Event{ran("1", "d1"), with(seen("1", "d2"), commit("beef"))}, what{2, "1", false, true}},
		{"the same commit, in full", []event.Event{with(ran("1", "d1"), func(e *event.VersionWentLive) { e.Build.Commit = "c0ffee1" }), with(seen("1", "d2"), commit("c0ffee1234"))}, what{1, "1", true, false}},
		{"a tag that moved", []event.Event{ran("1", "d1"), with(seen("1", "d1"), digest("a")), with(seen("1", "d2"), digest("b"))}, what{2, "1", false, true}},
		{"another app", []event.Event{ran("1", "d1"), with(seen("1", "d1"), func(e *event.PlatformObserved) { e.App = "app/api" })}, what{2, "1", false, true}},
		{"a tag that was taken out", []event.Event{ran("1", "d1"), seen("", "d2")}, what{2, "a build without a version", false, true}},
		{"the app was switched off", []event.Event{ran("1", "d1"), seen("", "")}, what{2, "", false, false}},
		{"no answer", []event.Event{ran("1", "d1"), event.PlatformObserved{Environment: "production", App: "app/web", Problem: "503"}}, what{1, "1", true, false}},
		{"adopted as found", []event.Event{seen("1", "d1"), event.EnvironmentAdopted{Environment: "production", App: "app/web", Version: "1", Commit: "c0ffee", Deployment: "d1", By: "U0TL"}},
			what{1, "1", true, false}},
		{"adopted again on a person's word", []event.Event{
			event.EnvironmentAdopted{Environment: "production", Version: "1", Commit: "c0ffee", By: "U0TL"},
			event.EnvironmentAdopted{Environment: "production", Version: "1", Commit: "c0ffee", By: "U0PM"}}, what{1, "1", true, false}},
		{"another version on a person's word", []event.Event{
			event.EnvironmentAdopted{Environment: "production", Version: "1", By: "U0TL"}, event.EnvironmentAdopted{Environment: "production", Version: "2", By: "U0TL"}},
			what{2, "2", true, false}},
		{"adopted before there was a platform", []event.Event{event.EnvironmentAdopted{Environment: "production", Version: "1", By: "U0TL"}, seen("1", "d1")},
			what{2, "1", false, true}},
		{"a deployment under way explains it", []event.Event{ran("1", "d1"), underway(work.Deployment, "1", "2"), seen("2", "d2")}, what{1, "1", true, false}},
		{"and records it", []event.Event{ran("1", "d1"), underway(work.Deployment, "1", "2"), seen("2", "d2"), ran("2", "d2")}, what{2, "2", true, false}},
		{"a hotfix in the midst of a deployment", []event.Event{ran("1", "d1"), underway(work.Deployment, "1", "2"), seen("1.1", "d2")}, what{2, "1.1", false, true}},
		{"a rollback under way explains it", []event.Event{ran("1", "d1"), ran("2", "d2"), underway(work.Rollback, "2", "1"), seen("1", "d3")}, what{2, "2", true, false}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := begin(checklist.Checklist{})
			h.add(tt.events...)
			live := h.state.Live["production"]
			if diff := cmp.Diff(tt.want, what{live.Arrival, live.Name(), live.Verified, live.Outside()}); diff != "" {
				t.Errorf("what is live (-want +got):\n%s", diff)
			}
		})
	}
}

// Records of an older ledger name neither an app nor a configuration.
func TestArrivalsOfAnOlderLedger(t *testing.T) {
	old := func(version, deployment string) event.VersionWentLive {
		return event.VersionWentLive{Environment: "production", Build: build.Build{Version: version, Deployment: deployment}, Run: "r-" + deployment, Verified: true}
	}
	h := begin(checklist.Checklist{})
	h.add(old("1", "d1"), old("2", "d2"))
	if got := h.state.Live["production"].Arrival; got != 2 {
		t.Errorf("the second version is arrival %d, want 2", got)
	}
	h.add(seen("2", "d2"))
	if live := h.state.Live["production"]; live.Arrival != 2 || !live.Verified || live.App != "app/web" || live.Spec != "s" {
		t.Errorf("the same deployment was seen, and the record is %+v; want arrival 2, verified, with its app and configuration", live)
	}
	if diff := cmp.Diff([]string{"1"}, h.waysBack()); diff != "" {
		t.Errorf("ways back (-want +got):\n%s", diff)
	}
}

// What was good on another app is no way back on this one.
func TestWaysBackAreOfTheSameApp(t *testing.T) {
	h := begin(checklist.Checklist{})
	h.add(ran("1", "d1"), ran("2", "d2"), with(seen("2", "e1"), func(e *event.PlatformObserved) { e.App = "other/web" }))
	if got := h.waysBack(); len(got) > 0 {
		t.Errorf("ways back on another app: %q, want none", got)
	}
}

func TestLearns(t *testing.T) {
	away := event.PlatformObserved{Environment: "production", App: "app/web", Problem: "503"}
	for _, tt := range []struct {
		name   string
		events []event.Event
		says   event.PlatformObserved
		want   bool
	}{
		{"the first answer", nil, seen("", ""), true},
		{"the same answer", []event.Event{seen("1", "d1")}, seen("1", "d1"), false},
		{"another deployment", []event.Event{seen("1", "d1")}, seen("1", "d2"), true},
		{"no answer", []event.Event{seen("1", "d1")}, away, true},
		{"still no answer", []event.Event{seen("1", "d1"), away}, away, false},
		{"no answer for another reason", []event.Event{away}, with(away, func(e *event.PlatformObserved) { e.Problem = "502" }), true},
		{"an answer again", []event.Event{seen("1", "d1"), away}, seen("1", "d1"), true},
		{"the same answer after a run that did not record it", []event.Event{seen("1", "d1"), underway(work.Deployment, "1", "2"), seen("2", "d2"),
			event.RunEnded{Run: "r", Outcome: work.Unsuccessful}}, seen("2", "d2"), true},
		{"the same answer while that run is under way", []event.Event{seen("1", "d1"), underway(work.Deployment, "1", "2"), seen("2", "d2")}, seen("2", "d2"), false},
		{"no answer of another app", []event.Event{away}, with(away, func(e *event.PlatformObserved) { e.App = "other" }), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := begin(checklist.Checklist{})
			h.add(tt.events...)
			if got := h.state.Learns(tt.says); got != tt.want {
				t.Errorf("is news: %t, want %t", got, tt.want)
			}
		})
	}
}

// hosted are staging and production after it, staging on a platform.
func hosted() []checklist.Environment {
	return []checklist.Environment{{Name: "staging", App: "app/web"}, {Name: "production", After: []string{"staging"}}}
}

func onStaging[E event.Event](e E) event.Event {
	switch e := any(e).(type) {
	case event.PlatformObserved:
		e.Environment = "staging"
		return e
	case event.VersionWentLive:
		e.Environment = "staging"
		return e
	}
	return e
}

// What is live is asked: where the platform does not say it, or says something
// else than the record, an environment that comes after it is NO-GO.
func TestDeployedAsksThePlatform(t *testing.T) {
	const version = "19.0.1"
	away := event.PlatformObserved{Environment: "staging", App: "app/web", Problem: "it answered 503"}
	for _, tt := range []struct {
		name   string
		events []event.Event
		want   answer.Verdict
		says   string
	}{
		{"recorded, and not asked yet", []event.Event{onStaging(ran(version, "d1"))}, answer.Errored, "what is live on staging is not known: its platform has not been asked yet"},
		{"recorded and seen", []event.Event{onStaging(ran(version, "d1")), onStaging(seen(version, "d1"))}, answer.Passed, "19.0.1 is live on staging"},
		{"no answer", []event.Event{onStaging(ran(version, "d1")), onStaging(seen(version, "d1")), away}, answer.Errored,
			"what is live on staging is not known: it answered 503"},
		{"an answer again", []event.Event{onStaging(ran(version, "d1")), away, onStaging(seen(version, "d1"))}, answer.Passed, "19.0.1 is live on staging"},
		{"a hotfix", []event.Event{onStaging(ran(version, "d1")), onStaging(seen("1.9.9-hotfix", "d2"))}, answer.Failed,
			"1.9.9-hotfix, deployed outside gonogo, is live on staging, not 19.0.1"},
		{"the same version, from the console", []event.Event{onStaging(seen(version, "d1"))}, answer.Failed,
			"19.0.1, deployed outside gonogo, is live on staging and was not verified there"},
		{"no tag", []event.Event{onStaging(seen("", "d1"))}, answer.Failed, "a build without a version, deployed outside gonogo, is live on staging, not 19.0.1"},
		{"nothing", []event.Event{onStaging(seen("", ""))}, answer.Failed, "gonogo does not know of anything live on staging"},
		{"another app was asked", []event.Event{onStaging(with(seen(version, "d1"), func(e *event.PlatformObserved) { e.App = "old/web" }))}, answer.Errored,
			"what is live on staging is not known: its platform has not been asked yet"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := begin(checklist.Checklist{Environments: hosted()})
			h.add(tt.events...)
			got := h.view().Met(checklist.Condition{Deployed: "staging"})
			if got.Verdict != tt.want || got.Summary != tt.says {
				t.Errorf("got %s, %q; want %s, %q", got.Verdict, got.Summary, tt.want, tt.says)
			}
			if d := h.view().Decide("production"); d.Go != (tt.want == answer.Passed) {
				t.Errorf("GO is %t for production, which comes after it; blockers %q", d.Go, reasons(d))
			}
		})
	}
}

// A platform that does not answer holds back its own environment too.
func TestNoAnswerIsNoGo(t *testing.T) {
	h := begin(checklist.Checklist{Environments: hosted()})
	for _, tt := range []struct {
		says string
		then event.Event
		want bool
	}{
		{"not asked yet", event.CommitFound{}, false},
		{"asked", onStaging(seen("1", "d1")), true},
		{"no answer", event.PlatformObserved{Environment: "staging", App: "app/web", Problem: "503"}, false},
	} {
		h.add(tt.then)
		d := h.view().Decide("staging")
		if d.Go != tt.want || !tt.want && d.Blockers[0].Kind != BlockedByPlatform {
			t.Errorf("%s: GO is %t with %q, want %t", tt.says, d.Go, reasons(d), tt.want)
		}
	}
}

// A view as last observed believes the last answer, and makes none up.
func TestAsLastObserved(t *testing.T) {
	away := event.PlatformObserved{Environment: "staging", App: "app/web", Problem: "503"}
	h := begin(checklist.Checklist{Environments: hosted()})
	h.add(away)
	if got := h.view().AsLastObserved().Met(checklist.Condition{Deployed: "staging"}); got.Verdict != answer.Errored {
		t.Errorf("a platform that never answered: %s, %q; want errored", got.Verdict, got.Summary)
	}
	h.add(onStaging(ran("19.0.1", "d1")), onStaging(seen("19.0.1", "d1")), away)
	if got := h.view().AsLastObserved().Met(checklist.Condition{Deployed: "staging"}); got.Verdict != answer.Passed {
		t.Errorf("its last answer was good: %s, %q; want passed", got.Verdict, got.Summary)
	}
	if why := h.view().unobserved("staging"); !strings.Contains(why, "503") {
		t.Errorf("the view itself says %q, want that the platform does not answer", why)
	}
}

// A record of another app than the configured one says nothing of this one.
func TestLiveOnIsOfTheConfiguredApp(t *testing.T) {
	h := begin(checklist.Checklist{Environments: hosted()})
	h.add(onStaging(ran("19.0.1", "d1")))
	if got := h.view().LiveOn("staging"); got.Version != "19.0.1" {
		t.Errorf("%q is live, want 19.0.1", got.Version)
	}
	h.list.Environments[0].App = "app/api"
	if got := h.view().LiveOn("staging"); got.Known() {
		t.Errorf("%+v is live by the record of another app", got)
	}
}

// A platform that does not answer makes NO-GO and unsettles no approval.
func TestApprovalsOutlastASilentPlatform(t *testing.T) {
	roles, rules := board()
	h := begin(checklist.Checklist{Sections: []checklist.Section{section("a", reading("on-staging", checklist.Condition{Deployed: "staging"}))}, Environments: hosted(), Roles: roles, SignOffs: rules})
	h.add(onStaging(ran("19.0.1", "d1")), onStaging(seen("19.0.1", "d1"))).approveAll()
	if d := h.view().Decide("production"); !d.Go {
		t.Fatalf("NO-GO with %q", reasons(d))
	}
	h.add(event.PlatformObserved{Environment: "staging", App: "app/web", Problem: "503"})
	if d, a := h.view().Decide("production"), h.view().Approval("production"); d.Go || !a.Complete() {
		t.Errorf("GO is %t with %d approvals, want NO-GO with all of them", d.Go, a.Count())
	}
	h.add(onStaging(seen("1.9.9-hotfix", "d2")))
	if a := h.view().Approval("production"); a.Count() > 0 {
		t.Errorf("%d approvals count after a hotfix on staging, want none", a.Count())
	}
}
