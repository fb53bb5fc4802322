//go:build soak

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"gonogo/playground/workspace"
)

// people are what everybody does all the time. Each function does one thing after
// another until its context ends.
func (s *soak) people() []func(context.Context) {
	return []func(context.Context){
		func(ctx context.Context) { s.every(ctx, time.Second, s.checks) },
		func(ctx context.Context) { s.every(ctx, 2*time.Second, s.locks) },
		func(ctx context.Context) { s.every(ctx, 500*time.Millisecond, s.looks) },
		func(ctx context.Context) { s.every(ctx, time.Second, s.intrudes) },
		func(ctx context.Context) { s.every(ctx, 5*time.Second, s.measures) },
		func(ctx context.Context) { s.every(ctx, 3*time.Second, s.alerts) },
		func(ctx context.Context) { s.every(ctx, 5*time.Second, s.acknowledges) },
		func(ctx context.Context) { s.every(ctx, time.Second, func() { s.releases(ctx) }) },
	}
}

// every does something again and again, with a pause in between.
func (s *soak) every(ctx context.Context, pause time.Duration, do func()) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			do()
		case <-ctx.Done():
			return
		}
	}
}

// name is a word that nothing else has.
func (s *soak) name() string { return fmt.Sprintf("soak-%06d", s.number.Add(1)) }

// gaveUpAfter is how long a person waits for an answer.
const gaveUpAfter = 30 * time.Second

// asks has a person give a command and waits for what only they see. Without an
// answer, they give up, and later answers are taken for no other command's.
func (s *soak) asks(user, text string) string {
	before := len(s.slack.Ephemerals(user))
	return s.answered(user, before, func() error { return s.slack.Say(user, "C0RELEASES", "", text) })
}

// presses is asks for a button.
func (s *soak) presses(user string, m workspace.Message, label string) string {
	block, action, value, ok := findButton(m, label)
	if !ok {
		return ""
	}
	before := len(s.slack.Ephemerals(user))
	return s.answered(user, before, func() error {
		_, err := s.slack.PressIn(user, m.Channel, m.TS, block, action, value)
		return err
	})
}

func (s *soak) answered(user string, before int, do func() error) string {
	began := time.Now()
	if err := do(); err != nil {
		return ""
	}
	for time.Since(began) < gaveUpAfter && s.ctx.Err() == nil {
		if all := s.slack.Ephemerals(user); len(all) > before {
			s.mu.Lock()
			s.answers = append(s.answers, time.Since(began))
			s.mu.Unlock()
			return all[len(all)-1].Text
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.add("commands without an answer")
	return ""
}

// tells notes an act of which somebody was told that it is done.
func (s *soak) tells(kind, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, act{kind, text})
}

// checks has the technical lead check an item, with evidence of its own.
func (s *soak) checks() {
	link := "https://example.com/" + s.name()
	if strings.Contains(s.asks("U0TL", "/ready check reviewed "+link), ": checked") {
		s.tells("evidence.recorded", link)
	}
}

// locks locks an environment that nobody deploys to, and unlocks it. All are told.
func (s *soak) locks() {
	why := s.name()
	if s.slack.Say("U0SO", "C0RELEASES", "", "/deploy lock production "+why) != nil {
		return
	}
	if s.untilShown("C0RELEASES", why) {
		s.tells("environment.locked", why)
	}
	_ = s.slack.Say("U0SO", "C0RELEASES", "", "/deploy unlock production") // the next lock is refused where it is lost
	time.Sleep(time.Second)
}

func (s *soak) looks() {
	s.asks("U0PM", "/ready status")
	if s.number.Add(1)%10 == 0 {
		_, _ = s.slack.OpenHome("U0PM") // a Home tab that does not open is opened again
	}
}

// intrudes has somebody without a role try what only on-call may do.
func (s *soak) intrudes() { s.asks("U0NEW", "<@U0GONOGO> rollback ack") }

// measures runs the gates, of which one passes and fails in turn.
func (s *soak) measures() {
	state := []string{"installed", "one-missing"}[s.number.Add(1)%2]
	_ = s.world.Set("oca-dependencies", state) // where there is no such state, the gate fails
	if strings.Contains(s.asks("U0PO", "/ready run all"), "Running all gates") {
		s.add("gate runs begun by people")
	}
}

// alerts has an alert begin, and those that began some time ago end.
func (s *soak) alerts() {
	name := s.name()
	severity := []string{"warning", "warning", "critical"}[s.number.Load()%3]
	if s.post(name, severity, "firing") {
		s.firing.Store(name, severity)
		s.tells("alerts.received", name)
	}
	s.firing.Range(func(name, severity any) bool {
		var n, now int64 = 0, s.number.Load()
		_, _ = fmt.Sscanf(name.(string), "soak-%d", &n)
		if now-n > 100 && s.post(name.(string), severity.(string), "resolved") {
			s.firing.Delete(name)
		}
		return true
	})
}

// resolveAll has every alert end.
func (s *soak) resolveAll() {
	s.firing.Range(func(name, severity any) bool {
		s.untilIn(2*time.Minute, "the end of "+name.(string), func() bool { return s.post(name.(string), severity.(string), "resolved") })
		s.firing.Delete(name)
		return true
	})
}

// post sends an alert as Alertmanager does, and tells whether it was taken.
func (s *soak) post(name, severity, status string) bool {
	sender := sender{url: "http://" + s.address + "/alerts/alertmanager", token: "alert-token", status: status, began: s.began}
	code, err := sender.send(name, severity)
	return err == nil && code == http.StatusOK
}

// acknowledges has on-call take the newest alert that nobody looks after.
func (s *soak) acknowledges() {
	all := s.slack.Messages("C0ONCALL")
	for _, m := range slices.Backward(all) {
		if slices.Contains(labels(m), "Acknowledge") {
			if strings.Contains(s.presses("U0ONCALL", m, "Acknowledge"), "You acknowledged ") {
				s.add("acknowledged alerts")
			}
			return
		}
	}
}

// releases takes a version out, and every second one back again.
func (s *soak) releases(ctx context.Context) {
	version := strings.ReplaceAll(s.name(), "soak-", "1.")
	_ = s.slack.Say("U0DEV", "C0RELEASES", "", "/ready release "+version)
	if !s.untilShown("C0RELEASES", version+" is open") {
		return
	}
	s.tells("release.opened", version)
	if s.open != "" { // with two open, commands must say which
		_ = s.slack.Say("U0DEV", "C0RELEASES", "", "/ready close "+s.open) // else the next round closes it
	}
	s.open = version
	s.approve(version)
	if s.follow(ctx, "C0RELEASES", version+" to staging", "/deploy start staging "+version+" --plan="+version) != "live and verified" {
		return
	}
	s.add("deployments")
	if s.number.Load()%2 == 0 {
		return
	}
	why := s.name()
	if s.follow(ctx, "C0ONCALL", why, "/rollback start staging because "+why) == "" {
		return
	}
	s.add("rollbacks")
}

// approve has the four roles approve a version.
func (s *soak) approve(version string) {
	s.asks("U0DEV", "/ready signoff production")
	title := "Sign-off: " + version + " for production"
	if !s.untilShown("C0RELEASES", title) {
		return
	}
	card := s.find("C0RELEASES", title)
	for _, user := range []string{"U0PO", "U0TL", "U0SO"} {
		if strings.Contains(s.presses(user, *card, "Approve"), "Approved") {
			s.add("approvals")
		}
	}
}

// follow has a change begin and answers what it asks until it ends. It returns how
// it ended; empty: it did not begin, or not end in time.
func (s *soak) follow(ctx context.Context, channel, what, begin string) string {
	const retell = 15 * time.Second
	told := time.Time{}
	tell := func(text string) {
		if time.Since(told) > retell {
			told = time.Now()
			_ = s.slack.Say("U0DEV", "C0RELEASES", "", text) // told again after a while
		}
	}
	for began := time.Now(); time.Since(began) < 3*time.Minute && s.ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
		m := s.findCard(channel, what)
		if m == nil {
			if ctx.Err() != nil {
				return "" // it has not begun, and now it need not
			}
			tell(begin)
			continue
		}
		for _, end := range []string{"live and verified", "is kept", "returned to", ": failed", ": cancelled", ": done"} {
			if strings.Contains(m.Text, end) {
				return end
			}
		}
		switch all := labels(*m); {
		case slices.Contains(all, "Continue"):
			tell("/deploy continue staging")
		case slices.ContainsFunc(all, func(l string) bool { return strings.HasPrefix(l, "Keep ") }):
			tell("/rollback keep staging")
		}
	}
	s.miss("the end of " + what)
	return ""
}

// untilShown waits for what everybody is told, as long as a person does.
func (s *soak) untilShown(channel, text string) bool {
	for began := time.Now(); time.Since(began) < gaveUpAfter/2 && s.ctx.Err() == nil; time.Sleep(50 * time.Millisecond) {
		if s.find(channel, text) != nil {
			return true
		}
	}
	return false
}

// find is the newest message in a channel, no reply, that holds a text.
func (s *soak) find(channel, text string) *workspace.Message {
	return s.newest(channel, text, func(workspace.Message) bool { return true })
}

// findCard is find for cards, which are updated. What answered a command, and may come
// after the card that it led to, is not.
func (s *soak) findCard(channel, text string) *workspace.Message {
	return s.newest(channel, text, func(m workspace.Message) bool { return markOf(m) != "" })
}

func (s *soak) newest(channel, text string, is func(workspace.Message) bool) *workspace.Message {
	for _, m := range slices.Backward(s.slack.Messages(channel)) {
		if is(m) && (m.ThreadTS == "" || m.ThreadTS == m.TS) && (strings.Contains(m.Text, text) || bytes.Contains(m.Blocks, []byte(text))) {
			return &m
		}
	}
	return nil
}
