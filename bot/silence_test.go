package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonogo/playground/workspace"
)

// quietened is a configuration that hears from the practice Alertmanager, and whose on-call
// is notified again until somebody responds.
const quietened = `
project: Quiet
slack: { releases: C0RELEASES, on_call: C0ONCALL }
storage: { bolt: "${LEDGER}" }
listen: 127.0.0.1:0
roles: { deployer: { users: [U0DEV] }, on_call: { title: On call, users: [U0ONCALL] } }
permissions: { release: [deployer], alerts: [on_call] }
connections: { alerting: { alertmanager: { url: "${ALERTMANAGER_URL}" } } }
checklist: [{ section: notes, items: [{ item: written, manual: {} }] }]
environments: { production: {} }
alerts: { token: "${ALERT_WEBHOOK_TOKEN}" }
escalate: { after: 30m, to: [on_call] }
`

// silenceAt is a silence as an Alertmanager shows it.
type silenceAt struct {
	Status    struct{ State string }
	CreatedBy string
	Comment   string
	Matchers  []struct {
		Name, Value string
		IsRegex     bool
	}
}

// atAlertmanager sends a request to an Alertmanager, and reads its answer.
func (p *practice) atAlertmanager(method, path, body string, into any) {
	p.t.Helper()
	base, _ := p.environ("ALERTMANAGER_URL")
	request, err := http.NewRequestWithContext(p.ctx, method, base+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		p.t.Fatalf("%s %s: %s", method, path, response.Status)
	}
	if into != nil {
		if err := json.NewDecoder(response.Body).Decode(into); err != nil {
			p.t.Fatal(err)
		}
	}
}

// silences are those of the Alertmanager, by whether they are in force.
func (p *practice) silences(state string) (all []silenceAt) {
	p.t.Helper()
	var found []silenceAt
	p.atAlertmanager("GET", "/api/v2/silences", "", &found)
	for _, s := range found {
		if s.Status.State == state {
			all = append(all, s)
		}
	}
	return all
}

// chooses presses a button whose form asks for how long, and submits it.
func (p *practice) chooses(user, button, value string) {
	p.t.Helper()
	click(p.t, p.slack, user, p.offered("C0ONCALL", button), button)
	p.await("the form of "+button, func() bool { return len(p.slack.Views(user)) == 1 })
	form := p.slack.Views(user)[0]
	before := len(p.slack.Ephemerals(user))
	sent, err := p.slack.SubmitView(user, form.ID, workspace.Values{"until": {inputAction(p.t, form.Body, "until"): {value}}})
	if err != nil {
		p.t.Fatal(err)
	}
	if o, err := sent.Wait(p.ctx); err != nil || len(o.Errors) > 0 {
		p.t.Fatalf("the form of %s was refused: %+v, %v", button, o, err)
	}
	p.answer(user, before)
}

// On-call presses Snooze and Silence on the card of an alert: Alertmanager gets exactly one
// silence of exactly this alert, the card says so, and Unsilence ends it.
func TestQuietInSlack(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.config = filepath.Join(t.TempDir(), "quiet.yml")
	if err := os.WriteFile(p.config, []byte(quietened), 0o600); err != nil {
		t.Fatal(err)
	}
	p.start()
	p.address()
	p.atAlertmanager("POST", "/api/v2/alerts", `[{"labels":{"alertname":"Slow","environment":"production","severity":"critical"}}]`, nil)
	p.seenOnCall("Firing: Slow")

	p.chooses("U0ONCALL", "Snooze", "15m")
	p.seenOnCall("Snoozed until")
	if all := p.silences("active"); len(all) > 0 {
		t.Errorf("a snooze silenced %+v", all)
	}
	p.chooses("U0ONCALL", "Silence", "2h")
	p.offered("C0ONCALL", "Unsilence")
	p.seenOnCall("Silenced until")
	all := p.silences("active")
	if len(all) != 1 || !strings.Contains(all[0].CreatedBy+all[0].Comment, "gonogo") {
		t.Fatalf("Alertmanager has %+v", all)
	}
	matched := map[string]string{}
	for _, m := range all[0].Matchers {
		matched[m.Name] = m.Value
	}
	if got := fmt.Sprint(matched); got != "map[alertname:Slow environment:production severity:critical]" {
		t.Errorf("it silences %s", got)
	}

	p.press("U0ONCALL", p.offered("C0ONCALL", "Unsilence"), "Unsilence")
	p.offered("C0ONCALL", "Silence")
	p.await("the end of the silence", func() bool {
		return !slices.ContainsFunc(p.slack.Messages("C0ONCALL"), func(m workspace.Message) bool { return bytes.Contains(m.Blocks, []byte("ilenced")) })
	})
	if all := p.silences("active"); len(all) > 0 || len(p.silences("expired")) != 1 {
		t.Errorf("after its end Alertmanager has %+v", all)
	}
}
