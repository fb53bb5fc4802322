package main

import (
	"testing"
	"time"

	"gonogo/bot/config"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/storage"
	"gonogo/storage/store"
	"gonogo/suite"
)

// holders are people of the practice workspace who have the example's roles.
var holders = map[string]string{"product_owner": "U0PO", "technical_lead": "U0TL", "security_officer": "U0SO", "project_manager": "U0PM", "deployer": "U0DEV"}

// TestSecondRelease opens the second release of the whole example after the
// first was answered in full and is live on both environments. People are
// asked for what is new about the second one, and for nothing else.
func TestSecondRelease(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	p := newPractice(t)
	p.useExample("insightpulse.yml")
	p.release("19.0.1", "0a1b2c3d")
	first := p.asked()
	for _, environment := range []string{"staging", "production"} {
		p.answerAll()
		p.adopt(environment, "19.0.1", "0a1b2c3d")
	}
	p.answerAll()
	if open := p.asked(); len(open) > 0 {
		t.Fatalf("%d questions to people about the first release are open: %v", len(open), open)
	}

	stop := p.start()
	p.tell("U0DEV", "/ready release 19.0.2 0b1c2d3e")
	wantShown(t, p.seen("19.0.2 is open"), "214 answers about the project and its places carried over from earlier releases.")
	stop()

	t.Logf("the first release asks people %d questions before it goes out", len(first))
	p.wantAsked("before it goes out", 6)
	p.wantNothingMeasured()
	p.answerAll()
	p.adopt("staging", "19.0.2", "0b1c2d3e")
	p.wantAsked("once it is live on staging", 2)
	p.answerAll()
	p.adopt("production", "19.0.2", "0b1c2d3e")
	p.wantAsked("once it is live on production", 6)
}

func (p *practice) wantAsked(when string, want int) {
	p.t.Helper()
	got := p.asked()
	p.t.Logf("%s, the second release asks people %d questions: %v", when, len(got), got)
	if len(got) != want {
		p.t.Errorf("%s, the second release asks people %d questions, want %d", when, len(got), want)
	}
}

// wantNothingMeasured checks that no answer about a deployment counts for the
// newest release.
func (p *practice) wantNothingMeasured() {
	p.t.Helper()
	p.atLedger(func(v readiness.View, it *checklist.Item, s readiness.Standing) event.Event {
		if it.Scope == answer.DeploymentScope && !it.Off && (s.Through || s.Waiting == "") {
			p.t.Errorf("%s is not deployed, and its state is %q, %s", s.Key, s.Verdict(), s.Why(it))
		}
		return nil
	})
}

// asked lists what people are asked about the newest release now.
func (p *practice) asked() (open []string) {
	p.t.Helper()
	p.atLedger(func(v readiness.View, it *checklist.Item, s readiness.Standing) event.Event {
		if it.Manual != nil && !s.Through && s.Waiting == "" {
			open = append(open, s.Key.String())
		}
		return nil
	})
	return open
}

// answerAll answers all that the newest release asks now: people with the
// roles say yes, and gates pass.
func (p *practice) answerAll() {
	p.t.Helper()
	p.atLedger(func(v readiness.View, it *checklist.Item, s readiness.Standing) event.Event {
		if s.Through || s.Waiting != "" || it.Gate != nil && it.Gate.Condition != nil {
			return nil
		}
		ev := answer.Evidence{Verdict: answer.Passed, At: v.Now, By: "U0DEV"}
		if it.Gate != nil {
			ev.Settings = it.Gate.Settings
		} else {
			ev.By = holders[it.Manual.By[0]]
		}
		return event.EvidenceRecorded{Release: v.State.Open, Item: it.ID, Environment: s.Key.Environment, Evidence: v.Stamp(it, s.Key, ev)}
	})
}

// release records that a release is opened.
func (p *practice) release(version, commit string) {
	p.t.Helper()
	p.record(func(readiness.View) []event.Event {
		return []event.Event{event.ReleaseOpened{Version: version, Commit: commit, By: "U0DEV", Beside: true}}
	})
}

// adopt records that the platform has a version live, and that a person knows
// it to be good.
func (p *practice) adopt(environment, version, commit string) {
	p.t.Helper()
	p.record(func(v readiness.View) []event.Event {
		env, _ := v.Checklist.Environment(environment)
		build := build.Build{Version: version, Commit: commit, Deployment: "d-" + version}
		return []event.Event{
			event.PlatformObserved{Environment: environment, App: env.App, Build: build, Tagged: true},
			event.EnvironmentAdopted{Environment: environment, App: env.App, Version: version, Commit: commit, Deployment: build.Deployment, By: "U0DEV"},
		}
	})
}

// atLedger looks at every answer to the bot's checklist, and records what comes
// of it.
func (p *practice) atLedger(look func(readiness.View, *checklist.Item, readiness.Standing) event.Event) {
	p.t.Helper()
	p.record(func(v readiness.View) (events []event.Event) {
		for _, section := range append(v.Sections(), v.Checklist.Afterwards...) {
			for _, it := range section.Items {
				for _, s := range v.Standings(it) {
					if e := look(v, it, s); e != nil {
						events = append(events, e)
					}
				}
			}
		}
		return events
	})
}

// record writes to the ledger of a bot that does not run.
func (p *practice) record(decide func(readiness.View) []event.Event) {
	p.t.Helper()
	cfg, err := config.Load(p.config, p.environ)
	if err != nil {
		p.t.Fatal(err)
	}
	log, err := store.Store{Bolt: p.ledger}.Open(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	defer log.Close()
	ledger, err := storage.OpenLedger(p.ctx, log, storage.Options{})
	if err != nil {
		p.t.Fatal(err)
	}
	stop := inBackground(p.t, ledger.Run)
	defer stop()
	_, err = ledger.Update(p.ctx, func(s *history.State, now time.Time) ([]event.Event, error) {
		return decide(readiness.View{Checklist: cfg.Checklist, State: s, Now: now}), nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
}
