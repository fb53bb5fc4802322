package readiness

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

func TestDecide(t *testing.T) {
	roles, rules := board()
	plain := func(items ...*checklist.Item) checklist.Checklist {
		return checklist.Checklist{Sections: []checklist.Section{section("a", items...)}, Environments: []checklist.Environment{{Name: "staging"}, {Name: "production"}}}
	}
	signed := plain(measured("http"))
	signed.Roles, signed.SignOffs = roles, rules
	ordered := plain()
	ordered.Environments = places()

	for _, tt := range []struct {
		name     string
		list     checklist.Checklist
		on       string
		happened func(*scenario)
		want     []string // blockers; none: GO
	}{
		{"nothing asked", plain(), "staging", func(*scenario) {}, nil},
		{"an environment nobody knows", plain(), "prod", func(*scenario) {},
			[]string{"checklist prod: the checklist does not know this environment"}},
		{"not measured", plain(measured("http")), "staging", func(*scenario) {},
			[]string{"item http: not measured yet"}},
		{"not checked", plain(asked("docs")), "staging", func(*scenario) {},
			[]string{"item docs: nobody has checked it yet"}},
		{"passed", plain(measured("http")), "staging", func(h *scenario) { h.answer("http", answer.Passed) }, nil},
		{"warned", plain(measured("http")), "staging", func(h *scenario) { h.answer("http", answer.Warned) }, nil},
		{"not applicable", plain(measured("http")), "staging", func(h *scenario) { h.answer("http", answer.NotApplicable) }, nil},
		{"failed", plain(measured("http")), "staging", func(h *scenario) { h.answer("http", answer.Failed) },
			[]string{"item http: failed"}},
		{"errored", plain(measured("http")), "staging", func(h *scenario) { h.answer("http", answer.Errored) },
			[]string{"item http: errored"}},
		{"not configured", plain(measured("http")), "staging", func(h *scenario) { h.answer("http", answer.NotConfigured) },
			[]string{"item http: not_configured"}},
		{"the newest answer counts", plain(measured("http")), "staging",
			func(h *scenario) { h.answer("http", answer.Passed).answer("http", answer.Failed) },
			[]string{"item http: failed"}},
		{"unchecked again", plain(asked("docs")), "staging",
			func(h *scenario) {
				h.answer("docs", answer.Passed).add(event.ItemUnchecked{Release: "19.0.1", Item: "docs", By: "U0DEV"})
			},
			[]string{"item docs: nobody has checked it yet"}},
		{"an answer for another release", plain(asked("docs")), "staging",
			func(h *scenario) { h.answer("docs", answer.Passed).add(event.ReleaseOpened{Version: "19.0.2"}) },
			[]string{"item docs: nobody has checked it yet"}},
		{"the release before is opened again", plain(asked("docs")), "staging",
			func(h *scenario) {
				h.answer("docs", answer.Passed).add(event.ReleaseOpened{Version: "19.0.2"}, event.ReleaseOpened{Version: "19.0.1"})
			}, nil},
		{"blocks only production", plain(blocking(asked("docs"), "production")), "staging", func(*scenario) {}, nil},
		{"blocks nothing", plain(blocking(asked("docs"))), "production", func(*scenario) {}, nil},
		{"its condition (when) does not hold", plain(&checklist.Item{ID: "key", Manual: &checklist.Manual{}, Off: true, Blocks: []string{"staging"}}), "staging",
			func(*scenario) {}, nil},
		{"still fresh at its last moment", plain(lasting(measured("http"), time.Hour)), "staging",
			func(h *scenario) { h.answer("http", answer.Passed).wait(time.Hour) }, nil},
		{"stale", plain(lasting(measured("http"), time.Hour)), "staging",
			func(h *scenario) { h.answer("http", answer.Passed).wait(time.Hour + 1) },
			[]string{"item http: its evidence is stale: older than 1h"}},
		{"not applicable does not age", plain(lasting(measured("http"), time.Hour)), "staging",
			func(h *scenario) { h.answer("http", answer.NotApplicable).wait(48 * time.Hour) }, nil},
		{"settings changed", plain(measured("http")), "staging",
			func(h *scenario) {
				h.answer("http", answer.Passed)
				http, _ := h.list.Item("http")
				http.Gate.Settings = "s2"
			},
			[]string{"item http: its evidence is stale: the gate's settings have changed since"}},
		{"a person's by now, and measured by a gate", plain(measured("docs")), "staging",
			func(h *scenario) {
				h.answer("docs", answer.Passed)
				docs, _ := h.list.Item("docs")
				docs.Gate, docs.Manual = nil, &checklist.Manual{}
			},
			[]string{"item docs: its evidence is stale: a gate measured it, and a person has to check it now"}},
		{"asked for each environment", plain(askedOn(asked("drill"), "staging", "production")), "production",
			func(h *scenario) { h.answer("drill", answer.Passed, "staging") },
			[]string{"item drill@production: nobody has checked it yet"}},
		{"asked for each, met for this one", plain(askedOn(asked("drill"), "staging", "production")), "staging",
			func(h *scenario) { h.answer("drill", answer.Passed, "staging") }, nil},
		{"asked for another one only", plain(askedOn(asked("drill"), "staging")), "production", func(*scenario) {},
			[]string{"item drill@staging: nobody has checked it yet"}},
		{"not live where it must be first", ordered, "production", func(*scenario) {},
			[]string{"environment staging goes out before production: gonogo does not know of anything live on staging"}},
		{"live where it must be first", ordered, "production", func(h *scenario) { h.live("staging") }, nil},
		{"nobody has spoken", signed, "production",
			func(h *scenario) { h.answer("http", answer.Passed) },
			[]string{
				"sign_off Product Owner: has not signed off", "sign_off Technical Lead: has not signed off",
				"sign_off Security Officer: has not signed off", "sign_off Project Manager: has not signed off",
			}},
		{"all have approved", signed, "production", func(h *scenario) { h.answer("http", answer.Passed).approveAll() }, nil},
		{"one has rejected", signed, "production",
			func(h *scenario) {
				h.answer("http", answer.Passed).approveAll().sign("security_officer", "U0SO", false)
			},
			[]string{"sign_off Security Officer: has rejected it"}},
		{"sign-offs are for production alone", signed, "staging", func(h *scenario) { h.answer("http", answer.Passed) }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := begin(fresh(tt.list))
			tt.happened(h)
			d := h.view().Decide(tt.on)
			if diff := cmp.Diff(tt.want, reasons(d)); diff != "" {
				t.Errorf("blockers (-want +got):\n%s", diff)
			}
			if want := len(tt.want) == 0; d.Go != want || d.Environment != tt.on {
				t.Errorf("GO is %t for %q, want %t for %q", d.Go, d.Environment, want, tt.on)
			}
		})
	}
}

// fresh copies a checklist's items, so that a test may change them.
func fresh(list checklist.Checklist) checklist.Checklist {
	list.Sections = slices.Clone(list.Sections)
	for i, s := range list.Sections {
		list.Sections[i].Items = nil
		for _, it := range s.Items {
			c := *it
			if it.Gate != nil {
				gate := *it.Gate
				c.Gate = &gate
			}
			list.Sections[i].Items = append(list.Sections[i].Items, &c)
		}
	}
	return list
}

func TestDecideBeforeAnyRelease(t *testing.T) {
	list := checklist.Checklist{Sections: []checklist.Section{section("a", asked("docs"))}, Environments: places()}
	d := View{Checklist: list.Index(), State: history.NewState(), Now: monday}.Decide("staging")
	if diff := cmp.Diff([]string{"release No release: no release is open"}, reasons(d)); d.Go || diff != "" {
		t.Errorf("GO is %t; blockers (-want +got):\n%s", d.Go, diff)
	}
}

func TestBlockersNameWhatTheyWaitFor(t *testing.T) {
	h := begin(checklist.Checklist{
		Sections:     []checklist.Section{section("a", asked("oca"), asked("disk"), asked("modules", "oca", "disk", "unheard-of"))},
		Environments: places(),
	})
	d := h.answer("disk", answer.Passed).view().Decide("staging")
	waits := map[string][]string{}
	for _, b := range d.Blockers {
		waits[b.Item.ID] = b.Waits
	}
	want := map[string][]string{"oca": nil, "modules": {"oca"}}
	if diff := cmp.Diff(want, waits); diff != "" {
		t.Errorf("what the blockers wait for (-want +got):\n%s", diff)
	}
}

func TestMet(t *testing.T) {
	roles, rules := board()
	list := checklist.Checklist{
		Sections: []checklist.Section{
			section("a", asked("docs"), measured("http")),
			section("b", reading("a-complete", checklist.Condition{Section: "a"})),
		},
		Environments: places(), Roles: roles, SignOffs: rules,
	}
	for _, tt := range []struct {
		name      string
		condition checklist.Condition
		happened  func(*scenario)
		want      answer.Verdict
		says      string
	}{
		{"nothing live", checklist.Condition{Deployed: "staging"}, func(*scenario) {}, answer.Failed, "gonogo does not know of anything live on staging"},
		{"live", checklist.Condition{Deployed: "staging"}, func(h *scenario) { h.live("staging") }, answer.Passed, "19.0.1 is live on staging"},
		{"another version", checklist.Condition{Deployed: "staging"},
			func(h *scenario) { h.add(event.EnvironmentAdopted{Environment: "staging", Version: "18.0"}) }, answer.Failed, "18.0 is live on staging, not 19.0.1"},
		{"another commit", checklist.Condition{Deployed: "staging"},
			func(h *scenario) {
				h.add(event.EnvironmentAdopted{Environment: "staging", Version: "19.0.1", Commit: "beef"})
			},
			answer.Failed, "19.0.1 is live on staging from another commit"},
		{"section begun", checklist.Condition{Section: "a"}, func(h *scenario) { h.answer("docs", answer.Passed) }, answer.Failed, "Section a: 1 of 2 items met"},
		{"section complete", checklist.Condition{Section: "a"},
			func(h *scenario) { h.answer("docs", answer.Passed).answer("http", answer.Warned) }, answer.Passed, "Section a: 2 of 2 items met"},
		{"a section of a section", checklist.Condition{Section: "b"},
			func(h *scenario) { h.answer("docs", answer.Passed).answer("http", answer.Warned) }, answer.Passed, "Section b: 1 of 1 item met"},
		{"no such section", checklist.Condition{Section: "z"}, func(*scenario) {}, answer.NotConfigured, "there is no section z"},
		{"signed by one", checklist.Condition{SignedOff: "production"}, func(h *scenario) { h.sign("technical_lead", "U0TL", true) }, answer.Failed,
			"1 of 4 roles have approved; missing: Product Owner, Security Officer, Project Manager"},
		{"signed by all", checklist.Condition{SignedOff: "production"}, func(h *scenario) { h.approveAll() }, answer.Passed, "all 4 roles have approved"},
		{"rejected", checklist.Condition{SignedOff: "production"}, func(h *scenario) { h.approveAll().sign("project_manager", "U0PM", false) }, answer.Failed,
			"Project Manager has rejected it"},
		{"nobody to sign", checklist.Condition{SignedOff: "staging"}, func(*scenario) {}, answer.NotConfigured, "nobody is asked to sign off staging"},
		{"reads nothing", checklist.Condition{}, func(*scenario) {}, answer.Errored, "this gate names nothing of gonogo's own state to read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := begin(fresh(list))
			tt.happened(h)
			got := h.view().Met(tt.condition)
			if got.Verdict != tt.want || got.Summary != tt.says {
				t.Errorf("got %s, %q; want %s, %q", got.Verdict, got.Summary, tt.want, tt.says)
			}
			for _, m := range got.Measures {
				if m.OK != (tt.want == answer.Passed) {
					t.Errorf("measure %+v of a gate that %s", m, tt.want)
				}
			}
		})
	}
}

func TestStandingSaysUntilWhenEvidenceCounts(t *testing.T) {
	h := begin(checklist.Checklist{Sections: []checklist.Section{section("a", lasting(measured("http"), time.Hour), asked("docs"))}})
	h.answer("http", answer.Passed)
	until := h.now.Add(time.Hour)
	h.answer("docs", answer.Passed)
	for id, want := range map[string]time.Time{"http": until, "docs": {}} {
		it, _ := h.list.Item(id)
		if got := h.view().Standing(it, answer.Key{Item: id}).Until; !got.Equal(want) {
			t.Errorf("%s counts until %v, want %v", id, got, want)
		}
	}
}

func TestScore(t *testing.T) {
	heavy := section("heavy", asked("a"), asked("b"), measured("c"), measured("d"))
	heavy.Weight = 3
	h := begin(checklist.Checklist{
		Sections:   []checklist.Section{heavy, section("light", asked("e")), section("empty"), section("both", askedOn(asked("f"), "staging", "production"))},
		Afterwards: []checklist.Section{section("later", asked("g"))},
	})
	h.answer("a", answer.Passed).answer("b", answer.NotApplicable).answer("c", answer.Failed).answer("d", answer.Errored).answer("f", answer.Passed, "staging")
	type tally struct{ Items, Through, Failed, Broken int }
	score := h.view().Score()
	var got []tally
	for _, s := range score.Sections {
		got = append(got, tally{s.Items, s.Through, s.Failed, s.Broken})
	}
	if diff := cmp.Diff([]tally{{4, 2, 1, 1}, {Items: 1}, {}, {Items: 1}}, got); diff != "" {
		t.Errorf("sections (-want +got):\n%s", diff)
	}
	// Three fifths of the weight is half done; the empty section weighs nothing.
	if score.Percent != 30 || score.Through != 2 || score.Items != 6 {
		t.Errorf("score is %v%% (%d/%d), want 30%% (2/6)", score.Percent, score.Through, score.Items)
	}
	h.answer("c", answer.Passed).answer("d", answer.Passed).answer("e", answer.Passed).answer("f", answer.Warned, "production")
	if score := h.view().Score(); score.Percent != 100 || score.Through != 6 {
		t.Errorf("all done, the score is %v%% (%d/%d)", score.Percent, score.Through, score.Items)
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		30 * 24 * time.Hour: "30d", 24 * time.Hour: "24h", 90 * time.Minute: "1h 30m", 45 * time.Minute: "45m",
		90 * time.Second: "1m30s", 20 * time.Second: "20s", 1500 * time.Microsecond: "2ms", 0: "0s",
	} {
		if got := Span(d); got != want {
			t.Errorf("Span(%v) = %q, want %q", d, got, want)
		}
	}
}

// A cached view answers as the view without its cache does, also where its
// moment, its state or its release is changed afterwards.
func TestCachedViewsFollowTheirView(t *testing.T) {
	h := begin(boarded())
	h.answer("http", answer.Passed).answer("docs", answer.Passed).approveAll()
	v := h.view().Cached()
	if d := v.Decide("production"); !d.Go {
		t.Fatalf("blocked by %q", reasons(d))
	}
	changed := func(what string, v View) {
		t.Helper()
		plain := v
		plain.cache = nil
		got, want := reasons(v.Decide("production")), reasons(plain.Decide("production"))
		if diff := cmp.Diff(want, got); diff != "" || len(got) == 0 {
			t.Errorf("%s (-without a cache +with):\n%s", what, diff)
		}
	}
	later := v
	later.Now = v.Now.Add(365 * 24 * time.Hour)
	changed("a year later", later)
	h.state = h.state.Next() // as the ledger does: a state that was seen never changes
	h.answer("http", answer.Failed)
	failed := v
	failed.State = h.view().State
	changed("after a failure", failed)
	h.state = h.state.Next()
	h.add(event.ReleaseOpened{Version: "20.0.0"})
	next := v
	next.State = h.view().State
	changed("of the next release", next.Of("20.0.0"))
}
