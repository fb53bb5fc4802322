package cards

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/commands/reply"
	"gonogo/commands/roster"
	"gonogo/commands/wording"
	"gonogo/readiness"
	"gonogo/readiness/alert"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

var noon = time.Date(2025, time.November, 3, 12, 0, 0, 0, time.UTC)

// inPlain is a text as a terminal shows it, links with their addresses.
func inPlain(text reply.Text) string {
	var b strings.Builder
	for _, s := range text {
		switch s.Kind {
		case reply.Moment:
			b.WriteString(s.At.Format("15:04"))
		case reply.Link:
			b.WriteString(s.Text + " <" + s.Ref + ">")
		case reply.Group, reply.Person:
			b.WriteString("@" + s.Ref)
		default:
			b.WriteString(s.Text)
		}
	}
	return b.String()
}

// shownCard is the title, the lines and the labels of the buttons of a card.
func shownCard(r reply.Reply) string {
	lines := []string{r.Title}
	for _, part := range r.Parts {
		switch part := part.(type) {
		case reply.Lines:
			for _, line := range part {
				lines = append(lines, inPlain(line))
			}
		case reply.Actions:
			for _, button := range part {
				lines = append(lines, "["+button.Label+"]")
			}
		}
	}
	return strings.Join(lines, "\n")
}

// firingIncident is one alert that fires on production since 11:50.
func firingIncident(change func(*history.Incident)) *history.Incident {
	a := alert.Alert{Fingerprint: "a", Status: alert.Firing, StartsAt: noon.Add(-10 * time.Minute), GeneratorURL: "http://prom/graph?g0.expr=up",
		Labels:      map[string]string{"alertname": "ErrorRate", "severity": "critical"},
		Annotations: map[string]string{"summary": "7 % fail", "description": "Since the last release.", "runbook_url": "https://runbooks/errors", "dashboard_url": "javascript:alert(1)"}}
	i := &history.Incident{ID: "i1", Environment: "production", Title: "ErrorRate: 7 % fail", Alerts: map[string]alert.Alert{"a": a},
		Records: map[string]history.AlertRecord{}, Unnamed: map[string]history.UnnamedAlerts{}, Link: "http://am:9093",
		Began: a.StartsAt, Heard: noon.Add(-9 * time.Minute), Last: noon.Add(-5 * time.Minute)}
	change(i)
	return i
}

// What waits for on-call comes first; warnings, silenced alerts and ended ones don't.
func TestWhatOnCallWaitsForIsFirst(t *testing.T) {
	severity := func(name string) func(*history.Incident) {
		return func(i *history.Incident) { i.Alerts["a"].Labels["severity"] = name }
	}
	for _, tt := range []struct {
		name   string
		change func(*history.Incident)
		want   bool
	}{
		{"critical", func(*history.Incident) {}, true},
		{"a warning", severity("warning"), false},
		{"over", func(i *history.Incident) { i.Ended = noon }, false},
		{"silenced", func(i *history.Incident) {
			i.Records["a"] = history.AlertRecord{Mute: alert.Mute{Silences: []alert.Silence{{ID: "s1", By: "U0DEV"}}}}
		}, false},
		{"a trigger over its limit", func(i *history.Incident) { i.Trigger, i.Problem = "errors", alert.OverLimit }, true},
		{"a trigger without data", func(i *history.Incident) { i.Trigger, i.Problem = "errors", "" }, false},
	} {
		state := history.NewState()
		i := firingIncident(tt.change)
		state.Incidents[i.ID] = i
		got := Builder{Releases: "C0RELEASES"}.incidentCards(readiness.View{Checklist: (&checklist.Checklist{}).Index(), State: state, Now: noon}, nil)
		if len(got) != 1 || got[0].First != tt.want {
			t.Errorf("%s: cards %+v, want one that is first: %t", tt.name, got, tt.want)
		}
	}
}

func TestIncidentCard(t *testing.T) {
	over := func(i *history.Incident) { i.Ended = noon }
	for _, tt := range []struct {
		name   string
		change func(*history.Incident)
		want   []string // lines that are on the card
		not    []string // texts that are nowhere on it
	}{
		{"fires", func(*history.Incident) {}, []string{
			"Firing: ErrorRate: 7 % fail", "@S0ONCALL Critical on production since 11:50, last reported 11:55.", "● ErrorRate: Since the last release.",
			"Runbook <https://runbooks/errors> · Graph <http://prom/graph?g0.expr=up> · Alertmanager <http://am:9093>", "[Acknowledge]", "[Close]",
		}, []string{"javascript", "more"}},
		{"Alertmanager has it", func(i *history.Incident) { i.Records["a"] = history.AlertRecord{Listed: true} },
			[]string{"@S0ONCALL Critical on production since 11:50."}, []string{"last heard"}},
		{"silenced", func(i *history.Incident) {
			i.Records["a"] = history.AlertRecord{Listed: true, Mute: alert.Mute{Silences: []alert.Silence{{ID: "s", By: "alice", Comment: "known", Ends: noon.Add(time.Hour)}}}}
		}, []string{"● ErrorRate: Since the last release. Silenced by alice until 13:00 (“known”)."}, nil},
		{"inhibited, and muted", func(i *history.Incident) {
			i.Records["a"] = history.AlertRecord{Listed: true, Mute: alert.Mute{Inhibitors: []string{"ClusterDown"}, Intervals: []string{"nights"}}}
		}, []string{"● ErrorRate: Since the last release. Inhibited by ClusterDown. Muted by nights."}, nil},
		{"some were left out", func(i *history.Incident) { i.Unnamed["g"] = history.UnnamedAlerts{Count: 3} },
			[]string{"⚠ 3 more alerts may fire that gonogo doesn't know by name, so it may not learn when they end. Check Alertmanager, and close this when they are over."}, nil},
		{"many", func(i *history.Incident) {
			for n := range 899 {
				print := fmt.Sprint("b", n)
				i.Alerts[print] = alert.Alert{Fingerprint: print, Status: alert.Firing, Labels: map[string]string{"alertname": "Other"}}
			}
		}, []string{"● ErrorRate: Since the last release.", "● Other", "… and 892 more."}, nil},
		{"not proven", func(i *history.Incident) { i.Records["a"] = history.AlertRecord{Unproven: true} },
			[]string{"⚠ It fired again right after its end. Nothing since then shows that this was a late message, so it counts as firing."}, nil},
		{"began anew", func(i *history.Incident) { i.After = "i0" }, []string{"It fired before, since 09:00; no message said that it ended in between."}, nil},
		{"over", over, []string{"Resolved: ErrorRate: 7 % fail", "Fired from 11:50 to 12:00, 10m."}, []string{"@S0ONCALL", "[", "⚠"}},
		{"gone", func(i *history.Incident) { over(i); i.Gone = true }, []string{"Resolved: ErrorRate: 7 % fail", "Alertmanager no longer has it; its end wasn't sent."}, nil},
		{"no end was sent", func(i *history.Incident) { over(i); i.Untold = true }, []string{"It fired again, and its end wasn't sent. There is a new card for the alerts that are firing now."}, nil},
		{"closed", func(i *history.Incident) { over(i); i.ClosedBy = "U0OPS" }, []string{"Closed: ErrorRate: 7 % fail", "Closed by @U0OPS; its end wasn't reported."}, nil},
		{"held", func(i *history.Incident) {
			over(i)
			i.Records["a"] = history.AlertRecord{Held: &history.HeldAlert{Alert: i.Alerts["a"], At: noon, Until: noon.Add(time.Minute)}}
		}, []string{"Firing again?: ErrorRate: 7 % fail", "⚠ ErrorRate fired again right after its end, 12:00. If nothing says by 12:01 that this was a late message, it counts as firing."}, nil},
		{"a trigger", func(i *history.Incident) {
			*i = history.Incident{ID: "i1", Environment: "production", Title: "Errors on production", Trigger: "errors", Problem: alert.OverLimit,
				Reading: "7 %", Limit: "> 5%", Samples: 3, Current: "9 %", ReadAt: noon, Began: noon.Add(-time.Minute), Heard: noon.Add(-time.Minute)}
		}, []string{"@S0ONCALL Since 11:59.", "● Measured 7 %, which is > 5%, 3 times in a row. Now 9 %, measured 12:00."}, []string{"last heard"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			state := history.NewState()
			i := firingIncident(tt.change)
			state.Incidents["i1"] = i
			state.Incidents["i0"] = &history.Incident{ID: "i0", Began: noon.Add(-3 * time.Hour), Ended: noon}
			b := Builder{OnCall: "C0ONCALL", Mention: Mention{Groups: []string{"S0ONCALL"}}}
			got := shownCard(b.incidentReply(readiness.View{Checklist: &checklist.Checklist{}, State: state, Now: noon}, i))
			for _, want := range tt.want {
				if !strings.Contains("\n"+got+"\n", "\n"+want+"\n") {
					t.Errorf("the card lacks %q:\n%s", want, got)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(got, not) {
					t.Errorf("the card has %q:\n%s", not, got)
				}
			}
		})
	}
}

// An incident that got worse gets a message in the thread, where a mention notifies
// people.
func TestCardsOfWhatGotWorse(t *testing.T) {
	i := firingIncident(func(i *history.Incident) {
		i.Worsened = []history.Worsening{{At: noon, Firing: 2}, {At: noon, Severity: "critical", Firing: 3}}
	})
	b := Builder{OnCall: "C0ONCALL", Mention: Mention{Groups: []string{"S0ONCALL"}, Users: []string{"U0OPS"}}}
	state := history.NewState()
	for _, posts := range []map[string]history.Post{{}, {"incident/i1": {Worsened: noon}}} {
		state.Posts = posts
		if cards := b.worseCards(readiness.View{Checklist: &checklist.Checklist{}, State: state, Now: noon}, i); len(cards) != 0 {
			t.Errorf("%d messages repeat what the card said first", len(cards))
		}
	}
	state.Posts["incident/i1"] = history.Post{At: noon, Worsened: noon.Add(-time.Minute)}
	var got []string
	for _, c := range b.worseCards(readiness.View{Checklist: &checklist.Checklist{}, State: state, Now: noon}, i) {
		if c.Parent != "incident/i1" || c.Channel != "C0ONCALL" {
			t.Errorf("%s stands under %q in %s", c.Subject, c.Parent, c.Channel)
		}
		got = append(got, c.Subject+"\n"+shownCard(c.Reply))
	}
	want := []string{
		"incident/i1/worse/more\nMore alerts fire: 2\n@S0ONCALL @U0OPS ErrorRate: 7 % fail: 2 alerts firing, as of 12:00.",
		"incident/i1/worse/critical\nNow critical\n@S0ONCALL @U0OPS ErrorRate: 7 % fail: 3 alerts firing, as of 12:00.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	b.Mention = Mention{}
	if cards := b.worseCards(readiness.View{Checklist: &checklist.Checklist{}, State: state, Now: noon}, i); len(cards) != 0 {
		t.Errorf("%d messages mention nobody", len(cards))
	}
}

func TestLinksOfACard(t *testing.T) {
	for written, want := range map[string]string{
		"https://runbooks/errors":  "https://runbooks/errors",
		" http://prom:9090/graph ": "http://prom:9090/graph",
		"javascript:alert(1)":      "",
		"ftp://files":              "",
		"https://user:pw@host/":    "",
		"http://":                  "",
		"/runbooks/errors":         "",
		"":                         "",
	} {
		if got := wording.WebAddress(written); got != want {
			t.Errorf("%q gives the link %q, want %q", written, got, want)
		}
	}
}

// A card has no way back that would be refused, and says why.
func TestNoWayBackThatWouldBeRefused(t *testing.T) {
	list := (&checklist.Checklist{Environments: []checklist.Environment{{Name: "production"}, {Name: "elsewhere"}}, Roles: []checklist.Role{{ID: "on_call", Title: "On call"}},
		Permissions: map[string][]string{"rollback": {"on_call"}}}).Index()
	const may = " Who may roll back: On call (nobody)."
	known := func(version string) history.Live {
		return history.Live{Build: build.Build{Version: version}, Verified: true}
	}
	for _, tt := range []struct {
		name, environment string
		good              []history.Live
		rollback          bool
		button, why       string
	}{
		{"to the version before", "production", []history.Live{known("1.0"), known("2.0")}, false, "[Roll back to 1.0]", ""},
		{"nothing to go back to", "production", []history.Live{known("2.0")}, false, "", "No rollback from this card: gonogo knows no other good version on production. /rollback by-hand production shows the steps at the platform." + may},
		{"no deployments", "elsewhere", []history.Live{known("1.0"), known("2.0")}, false, "", "No rollback from this card: the configuration does not say how gonogo deploys there. Use the platform's own console." + may},
		{"under way", "production", []history.Live{known("1.0"), known("2.0")}, true, "", ""},
		{"no environment", "", nil, false, "", "No rollback from this card: no environment is named. Type /rollback ENV instead." + may},
	} {
		t.Run(tt.name, func(t *testing.T) {
			state := history.NewState()
			state.Live[tt.environment], state.Good[tt.environment] = known("2.0"), tt.good
			if tt.rollback {
				state.Runs["r1"] = &work.Run{ID: "r1", What: work.Rollback, Change: &work.Change{Environment: tt.environment}}
			}
			i := firingIncident(func(i *history.Incident) { i.Environment = tt.environment })
			b := Builder{Roster: roster.Roster{Checklist: list}, CanDeploy: true, Deploys: []string{"production"}}
			card := shownCard(b.incidentReply(readiness.View{Checklist: list, State: state, Now: noon}, i))
			if got := strings.Contains(card, "[Roll back"); got != (tt.button != "") || !strings.Contains(card, tt.button) {
				t.Errorf("button %q is wanted:\n%s", tt.button, card)
			}
			if got := strings.Contains(card, "No rollback"); got != (tt.why != "") || !strings.Contains(card, tt.why) {
				t.Errorf("%q is wanted:\n%s", tt.why, card)
			}
		})
	}
}

// On-call is informed of alerts that couldn't be read.
func TestCardOfRefusedAlerts(t *testing.T) {
	b := Builder{OnCall: "C0ONCALL", Mention: Mention{Groups: []string{"S0ONCALL"}}}
	for _, tt := range []struct {
		bytes int64
		want  string
	}{
		{41<<20 - 5, "12:00: a delivery of 41 MiB from Alertmanager was refused; gonogo takes up to 32 MiB. No card shows its alerts. Look at Alertmanager.\nSet max_alerts in "},
		{0, "12:00: a delivery of more than 32 MiB from Alertmanager was refused; gonogo takes up to 32 MiB. No card shows its alerts. Look at Alertmanager.\nSet max_alerts in "},
		{3 << 20, "12:00: a delivery of 3 MiB with an alert of more than 1 MiB from Alertmanager was refused. No card shows its alerts. Look at Alertmanager.\nShorten the labels and annotations of that alert. "},
	} {
		state := history.NewState()
		state.Refused = &history.RefusedAlerts{At: noon, Bytes: tt.bytes, Limit: 32 << 20}
		cards := b.refusedCards(readiness.View{State: state, Now: noon.Add(time.Minute)})
		if len(cards) != 1 || cards[0].Channel != "C0ONCALL" || !cards[0].Final {
			t.Fatalf("cards %+v, want one on call", cards)
		}
		if got := shownCard(cards[0].Reply); !strings.Contains(got, "@S0ONCALL "+tt.want) {
			t.Errorf("the card lacks %q:\n%s", tt.want, got)
		}
		if cards := b.refusedCards(readiness.View{State: state, Now: noon.Add(2 * updateGrace)}); len(cards) != 0 {
			t.Errorf("an hour later it is still told: %+v", cards)
		}
	}
}

// A card lists the commits of the deployment before it, or says that they are
// not known.
func TestCommitsOfTheDeploymentBefore(t *testing.T) {
	const page = "https://git.example/o/r/compare/a...b"
	commits := func(n int) []work.ChangedCommit {
		var all []work.ChangedCommit
		for i := range n {
			all = append(all, work.ChangedCommit{SHA: fmt.Sprintf("%dabcdef0123", i), Title: fmt.Sprint("Change ", i), Author: "Ada"})
		}
		return all
	}
	const head = "Follows 2.0 to production, begun by @U0DEV 10m before it (live and verified). From 1.0, commit a0 to 2.0, commit b0."
	for _, tt := range []struct {
		name     string
		compared *work.Compared
		settles  string
		want     []string
	}{
		{"not looked up yet", nil, "", []string{head}},
		{"a few", &work.Compared{Ahead: 2, URL: page, Commits: commits(2)}, "",
			[]string{head, "It brought 2 commits <" + page + ">:", "• 0abcdef Change 0, Ada", "• 1abcdef Change 1, Ada"}},
		{"many", &work.Compared{Ahead: 7, URL: page, Commits: commits(5)}, "",
			[]string{"• 4abcdef Change 4, Ada", "… and 2 more <" + page + ">."}},
		{"it took some back", &work.Compared{Behind: 1, URL: page, Commits: commits(1)}, "", []string{"It took back 1 commit <" + page + ">:", "• 0abcdef Change 0, Ada"}},
		{"both", &work.Compared{Ahead: 1, Behind: 3, Commits: commits(1)}, "", []string{"It brought 1 commit, and lacks 3 commits that had been live:"}},
		{"none", &work.Compared{URL: page}, "", []string{"It brought no other commit."}},
		{"GitHub is down", &work.Compared{Unknown: "GitHub does not answer"}, "", []string{head, "Its commits are not known: GitHub does not answer."}},
		{"a return", nil, work.ChooseReturn, []string{"Follows 2.0 to production, begun by @U0DEV 10m before it (done). From 2.0, commit b0 to 1.0, commit a0."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			state := history.NewState()
			state.Runs["r1"] = &work.Run{ID: "r1", What: work.Deployment, Title: "2.0 to production", By: "U0DEV", Started: noon.Add(-20 * time.Minute),
				Outcome: work.Completed, Compared: tt.compared, Change: &work.Change{Environment: "production", Settles: tt.settles,
					From: build.Build{Version: "1.0", Commit: "a0"}, To: build.Build{Version: "2.0", Commit: "b0"}}}
			i := firingIncident(func(*history.Incident) {})
			got := "\n" + shownCard(Builder{}.incidentReply(readiness.View{Checklist: &checklist.Checklist{}, State: state, Now: noon}, i)) + "\n"
			for _, want := range tt.want {
				if !strings.Contains(got, "\n"+want+"\n") {
					t.Errorf("the card lacks %q:\n%s", want, got)
				}
			}
			if tt.compared == nil && strings.Contains(got, "It brought") {
				t.Errorf("the card knows commits that nobody looked up:\n%s", got)
			}
		})
	}
}

// While an Alertmanager does not answer, a card says when its alert was last
// known to fire instead of looking current.
func TestCardWhileAlertmanagerDoesNotAnswer(t *testing.T) {
	answered, silent := noon.Add(-3*time.Minute), noon.Add(-2*time.Minute)
	down := map[string]history.AlertOutage{"am:9093": {Since: silent, Answered: answered,
		Problem: "Alertmanager doesn't respond; check that it runs and that the connection's address is right"}}
	const reason = "⚠ Alertmanager (am:9093) hasn't responded since 11:58, so it is not known whether this still fires. Check that it runs and that the connection's address is right."
	listed := func(i *history.Incident) { i.Records["a"] = history.AlertRecord{Listed: true} }
	for _, tt := range []struct {
		name    string
		change  func(*history.Incident)
		outages map[string]history.AlertOutage
		head    string
		reason  bool
	}{
		{"all answer", listed, nil, "@S0ONCALL Critical on production since 11:50.", false},
		{"it listed it", listed, down, "@S0ONCALL Critical on production since 11:50, last reported 11:57.", true},
		{"a message came later", func(i *history.Incident) { listed(i); i.Last = noon }, down, "@S0ONCALL Critical on production since 11:50, last reported 12:00.", true},
		{"it never listed it", func(*history.Incident) {}, down, "@S0ONCALL Critical on production since 11:50, last reported 11:55.", true},
		{"over", func(i *history.Incident) { i.Ended = noon }, down, "Fired from 11:50 to 12:00, 10m.", false},
		{"a trigger", func(i *history.Incident) { i.Trigger, i.Last, i.Alerts = "errors", time.Time{}, nil }, down, "@S0ONCALL Since 11:50.", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			state := history.NewState()
			i := firingIncident(tt.change)
			state.Incidents["i1"], state.AlertOutages = i, tt.outages
			b := Builder{OnCall: "C0ONCALL", Mention: Mention{Groups: []string{"S0ONCALL"}}}
			got := "\n" + shownCard(b.incidentReply(readiness.View{Checklist: &checklist.Checklist{}, State: state, Now: noon}, i)) + "\n"
			if !strings.Contains(got, "\n"+tt.head+"\n") || strings.Contains(got, "\n"+reason+"\n") != tt.reason {
				t.Errorf("the card lacks %q, or the reason is wrong (want %t):\n%s", tt.head, tt.reason, got)
			}
		})
	}
}

// A trigger that measures nothing offers no way back, and its card says why, who
// may go back, and with what.
func TestNoWayBackWithoutData(t *testing.T) {
	list := (&checklist.Checklist{Environments: []checklist.Environment{{Name: "production"}}}).Index()
	b := Builder{Roster: roster.Roster{Checklist: list}, CanDeploy: true, Deploys: []string{"production"}}
	i := firingIncident(func(i *history.Incident) { i.Trigger, i.Problem = "errors", alert.NoData })
	card := shownCard(b.incidentReply(readiness.View{Checklist: list, State: history.NewState(), Now: noon}, i))
	want := "No rollback from this card: what cannot be measured says nothing about the release. Type /rollback production instead. Nobody may roll back: permissions gives rollback to no role."
	if !strings.Contains(card, want) {
		t.Errorf("%q is wanted:\n%s", want, card)
	}
}

// The card of an alert that belongs to no environment says what its labels name.
func TestEnvironmentThatIsNotConfigured(t *testing.T) {
	list := (&checklist.Checklist{Environments: []checklist.Environment{{Name: "staging"}, {Name: "production"}}, Permissions: map[string][]string{}}).Index()
	for _, tt := range []struct {
		name   string
		labels []map[string]string // of each alert
		want   string
		back   string
	}{
		{"no label", []map[string]string{{}}, "It names no environment.", "no environment is named"},
		{"another label", []map[string]string{{"cluster": "prod"}}, "It names no environment.", "no environment is named"},
		{"unknown", []map[string]string{{"environment": "prod"}},
			`Its environment is "prod", which the configuration doesn't have (staging, production), so it holds no deployment.`, "the configuration doesn't have its environment"},
		{"unknown, by the second label", []map[string]string{{"env": "prod"}},
			`Its environment is "prod", which the configuration doesn't have (staging, production), so it holds no deployment.`, "the configuration doesn't have its environment"},
		{"two unknown ones", []map[string]string{{"env": "stage"}, {"env": "prod"}, {"env": "prod"}},
			`Its environments are "prod" and "stage", which the configuration doesn't have (staging, production), so it holds no deployment.`, "the configuration doesn't have its environment"},
		{"two known ones", []map[string]string{{"env": "production"}, {"environment": "prod", "env": "staging"}},
			"It belongs to no environment, because its alerts name different ones: production and staging.", "its alerts name different environments"},
		{"one known, one not", []map[string]string{{"env": "production"}, {"env": "prod"}},
			"It belongs to no environment, because its alerts name different ones: production and \"prod\".", "its alerts name different environments"},
		{"only some name one", []map[string]string{{"env": "production"}, {}},
			"It belongs to no environment, because not all of its alerts name production.", "not all of its alerts name an environment"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i := firingIncident(func(i *history.Incident) { i.Environment, i.Alerts = "", map[string]alert.Alert{} })
			for n, labels := range tt.labels {
				print := fmt.Sprint(n)
				i.Alerts[print] = alert.Alert{Fingerprint: print, Status: alert.Firing, Labels: labels}
			}
			b := Builder{Roster: roster.Roster{Checklist: list}, CanDeploy: true, Deploys: []string{"production"}, EnvironmentLabels: []string{"environment", "env"}}
			got := shownCard(b.incidentReply(readiness.View{Checklist: list, State: history.NewState(), Now: noon}, i))
			for _, want := range []string{"\n" + tt.want + "\n", "\nNo rollback from this card: " + tt.back + ". Type /rollback ENV instead."} {
				if !strings.Contains(got, want) {
					t.Errorf("the card lacks %q:\n%s", want, got)
				}
			}
		})
	}
}

// A card names the deployment by a pipeline that it follows, if that is the newest change.
func TestPipelineBefore(t *testing.T) {
	const run = "https://git.example/o/r/actions/runs/7"
	began := noon.Add(-15 * time.Minute)
	for _, tt := range []struct {
		name string
		add  func(*history.State, *history.Pipelined)
		want string
	}{
		{"outside", func(*history.State, *history.Pipelined) {}, "Follows 2.0 to production, begun outside gonogo 5m before it. From 1.0, commit a0a0a0a to 2.0, commit b0b0b0b."},
		{"let through", func(s *history.State, p *history.Pipelined) {
			p.Review = "production/7/1"
			s.Reviews = map[string]history.Review{p.Review: {ReviewFound: event.ReviewFound{Review: p.Review, Title: "Deploy", URL: run}, Since: "a0a0a0a",
				Compared: &work.Compared{Ahead: 1, Commits: []work.ChangedCommit{{SHA: "b0b0b0b0", Title: "Fix login", Author: "Ada"}}}}}
		}, "Follows 2.0 to production, begun by workflow run “Deploy” <" + run + "> 5m before it. From 1.0, commit a0a0a0a to 2.0, commit b0b0b0b.\nIt brought 1 commit:\n• b0b0b0b Fix login, Ada"},
		{"back", func(_ *history.State, p *history.Pipelined) { p.Back = true }, "Follows production back to 2.0, begun outside gonogo 5m before it."},
		{"a deployment of gonogo's after it", func(s *history.State, _ *history.Pipelined) {
			s.Runs["r1"] = &work.Run{ID: "r1", What: work.Deployment, Title: "3.0 to production", By: "U0DEV", Started: began.Add(time.Minute), Outcome: work.Completed, Change: &work.Change{Environment: "production"}}
		}, "Follows 3.0 to production, begun by @U0DEV 4m before it (live and verified)."},
		{"begun after it", func(_ *history.State, p *history.Pipelined) { p.Began = noon.Add(-9 * time.Minute) }, "gonogo has made no deployment on production."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			state := history.NewState()
			p := history.Pipelined{Build: build.Build{Version: "2.0", Commit: "b0b0b0b"}, From: build.Build{Version: "1.0", Commit: "a0a0a0a"}, Began: began, At: began.Add(time.Minute)}
			tt.add(state, &p)
			state.Pipelined = map[string][]history.Pipelined{"production": {{Build: p.From, Began: began.Add(-time.Hour)}, p}}
			if strings.HasPrefix(tt.want, "gonogo") {
				state.Pipelined["production"] = state.Pipelined["production"][1:]
			}
			got := "\n" + shownCard(Builder{}.incidentReply(readiness.View{Checklist: &checklist.Checklist{}, State: state, Now: noon}, firingIncident(func(*history.Incident) {})))
			if !strings.Contains(got, "\n"+tt.want) {
				t.Errorf("the card lacks %q:\n%s", tt.want, got)
			}
		})
	}
}
