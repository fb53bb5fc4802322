package commands_test

import (
	"strings"
	"testing"
	"time"

	"gonogo/readiness/alert"
)

// fires delivers an alert of its own group.
func (s *stage) fires(t *testing.T, labels map[string]string) {
	t.Helper()
	a := alert.Alert{Fingerprint: labels["alertname"], Status: alert.Firing, StartsAt: s.clock.add(time.Second), Labels: labels,
		Annotations: map[string]string{"summary": "7 % of requests"}}
	if err := s.alerts.Receive(t.Context(), alert.Delivery{GroupKey: labels["alertname"], Status: alert.Firing, GroupLabels: labels, CommonLabels: labels, Alerts: []alert.Alert{a}}); err != nil {
		t.Fatal(err)
	}
}

// wantAnswer plays a line, and looks for texts in the answer to it.
func (s *stage) wantAnswer(t *testing.T, line string, want []string, not ...string) {
	t.Helper()
	got := s.play(t, line)
	for _, want := range want {
		if !strings.Contains(got, want) {
			t.Errorf("%s: no %q in the answer:\n%s", line, want, got)
		}
	}
	for _, not := range not {
		if strings.Contains(got, not) {
			t.Errorf("%s: %q is in the answer:\n%s", line, not, got)
		}
	}
}

// /rollback status gives the ID of each alert, and verbs that need one ask which.
func TestWhichAlert(t *testing.T) {
	s := newStage(t, "deploy")
	s.wantAnswer(t, "U0ONCALL: /rollback close", []string{"No alert is firing", "(nothing was done)"}, "with that name")
	s.wantAnswer(t, "U0ONCALL: /rollback ack", []string{"No alert is firing"}, "with that name")
	s.fires(t, map[string]string{"alertname": "ErrorRate", "severity": "critical", "environment": "staging"})
	s.fires(t, map[string]string{"alertname": "Slow", "severity": "warning"})
	var ids []string
	for _, i := range s.ledger.State().FiringIncidents() { // the newest first
		ids = append(ids, i.ID)
	}
	slow, rate := ids[0], ids[1]
	s.wantAnswer(t, "U0ONCALL: /rollback status", []string{
		"● ErrorRate: 7 % of requests, critical on staging since 2025-11-03", ", " + rate + "\n",
		"● Slow: 7 % of requests, warning since 2025-11-03", ", " + slow + "\n"})
	for _, verb := range []string{"close", "false-alarm"} {
		s.wantAnswer(t, "U0ONCALL: /rollback "+verb, []string{"Which alert?", rate, slow, "] /rollback " + verb + " " + rate + "\n", "] /rollback " + verb + " " + slow + "\n", "(nothing was done)"}, "with that name")
	}
	s.wantAnswer(t, "U0ONCALL: /rollback false-alarm it was a test", []string{`No alert "it" is firing`, "/rollback false-alarm " + rate + " it was a test\n"})
	s.wantAnswer(t, "U0ONCALL: /rollback close 5ca1ab1e", []string{`No alert "5ca1ab1e" is firing`, "] /rollback close " + slow + "\n"})
	s.wantAnswer(t, "U0ONCALL: /rollback ack 5ca1ab1e", []string{`No alert "5ca1ab1e" is firing`, "] /rollback ack " + slow + "\n"})
	s.wantAnswer(t, "U0ONCALL: /rollback ack", []string{"You acknowledged ErrorRate: 7 % of requests"}, "acknowledged it")
	s.wantAnswer(t, "U0ONCALL: /rollback status", []string{", acknowledged by U0ONCALL, " + rate + "\n"})
	s.wantAnswer(t, "U0ONCALL: /rollback ack 5ca1ab1e", []string{"] /rollback ack " + slow + "\n"}, "/rollback ack "+rate)

	s.fires(t, map[string]string{"alertname": "Later", "severity": "warning"})
	s.wantAnswer(t, "U0ONCALL: /rollback ack "+s.ledger.State().FiringIncidents()[0].ID, []string{"You acknowledged Later"})
	s.wantAnswer(t, "U0ONCALL: /rollback ack", []string{"You acknowledged Slow"}) // the newest that waits, not the newest
}

// With many alerts there are ten buttons.
func TestWhichOfManyAlerts(t *testing.T) {
	s := newStage(t, "deploy")
	for _, name := range strings.Fields("A B C D E F G H I J K L") {
		s.fires(t, map[string]string{"alertname": name, "severity": "critical", "environment": "staging"})
	}
	got := s.play(t, "U0ONCALL: /rollback close")
	if n := strings.Count(got, "] /rollback close "); n != 10 || !strings.Contains(got, "2 more") {
		t.Errorf("%d buttons:\n%s", n, got)
	}
}

// Where the configuration doesn't say how an environment is deployed, no answer
// suggests that gonogo can go back there.
func TestNoRollbackWithoutDeploy(t *testing.T) {
	s := newStage(t, "restart")
	for _, permission := range []string{"rollback", "alerts"} {
		s.bot.Options().Checklist.Permissions[permission] = []string{"on_call", "deployer"}
	}
	s.play(t, "U0DEV: /ready release 2.0 c0ffee1")
	s.wantAnswer(t, "U0DEV: /deploy adopt staging", []string{"2.0 counts as live on staging", "gonogo can't roll back to it, since the configuration doesn't say how staging is deployed."}, "A rollback may go back to it")
	const way = "The configuration doesn't say how staging is deployed. Roll it back the way it was deployed."
	for _, line := range []string{"/rollback staging", "/rollback start staging", "/rollback record staging"} {
		s.wantAnswer(t, "U0DEV: "+line, []string{"gonogo can't roll back staging", way}, "cannot deploy", "/deploy adopt")
	}
	s.play(t, "U0DEV: /ready release 3.0 c0ffee2")
	s.play(t, "U0DEV: /deploy adopt staging 3.0")
	s.wantAnswer(t, "U0DEV: /rollback status", []string{"not with gonogo"}, "Roll staging back")
	s.wantAnswer(t, "U0DEV: /deploy status staging", []string{"3.0"}, "[Roll back]")
	s.wantAnswer(t, "U0DEV: /deploy staging", []string{"gonogo cannot deploy to staging"})
	s.wantAnswer(t, "U0DEV: /rollback by-hand staging", []string{"Roll back the way it was deployed."}, "/rollback record", "I did it by hand")
}

// An obstacle is named, and the steps by hand are offered where the platform is known.
func TestNoRollbackWithAnObstacle(t *testing.T) {
	s := newStage(t, "restart")
	s.bot.Options().Checklist.Permissions["rollback"] = []string{"on_call"}
	s.bot.Options().Obstacles = map[string]string{"staging": "its token is not set"}
	s.wantAnswer(t, "U0ONCALL: /rollback staging", []string{"gonogo can't roll back staging", "Its token is not set. Roll it back the way it was deployed."})
	s.bot.Options().Checklist.Environments[0].App = "shop"
	s.wantAnswer(t, "U0ONCALL: /rollback staging", []string{"Its token is not set. /rollback by-hand staging shows the steps at the platform."})
}

// A refusal names the version that was asked for.
func TestRollbackToAnUnknownVersion(t *testing.T) {
	s := newStage(t, "deploy")
	s.play(t, "U0DEV: /deploy adopt staging")
	s.wantAnswer(t, "U0ONCALL: /rollback staging to 18.0", []string{"gonogo can't roll staging back to 18.0", "18.0 was never verified or adopted there"})
	s.wantAnswer(t, "U0ONCALL: /rollback staging", []string{"There is no version to roll back to on staging"}, "18.0")
}

// An answer that isn't asked for is told what is asked.
func TestWhatIsAsked(t *testing.T) {
	s := newStage(t, "deploy")
	s.play(t, "U0DEV: /deploy adopt staging")
	s.play(t, "platform staging live 2.0")
	s.play(t, "U0DEV: /deploy adopt staging")
	s.play(t, "U0ONCALL: /rollback start staging because it burns")
	s.play(t, "asked")
	s.wantAnswer(t, "U0ONCALL: /deploy continue staging", []string{"That is not asked now", "What is asked: Keep it? Type /rollback keep staging or /rollback return staging REASON.", "[Keep 1.0] /rollback keep staging", "[Return to 2.0] /rollback return staging"})
}
