package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"gonogo/playground/upstream/digitalocean"
	"gonogo/playground/workspace"
)

// More of the platform's routes.
const (
	getApp        = "GET /v2/apps/{id}"
	getHealth     = "GET /v2/apps/{id}/health"
	getDeployment = "GET /v2/apps/{id}/deployments/{did}"
	deployments   = "GET /v2/apps/{id}/deployments"
	validate      = "POST /v2/apps/{id}/rollback/validate"
	cancelBuild   = "POST /v2/apps/{id}/deployments/{did}/cancel"
)

// newStaging is a practice world whose bot knows that 1.0 is good on staging
// and has 2.0 open. Pairs of words change its configuration.
func newStaging(t *testing.T, changes ...string) (*practice, *digitalocean.Platform) {
	t.Helper()
	p, platform, _ := startStaging(t, changes...)
	return p, platform
}

// newStopped is a practice world whose bot has deployed 2.0 to staging and was
// stopped then.
func newStopped(t *testing.T, changes ...string) (*practice, *digitalocean.Platform) {
	t.Helper()
	p, platform, stop := startStaging(t, changes...)
	p.deploy()
	stop()
	return p, platform
}

func startStaging(t *testing.T, changes ...string) (p *practice, platform *digitalocean.Platform, stop func()) {
	t.Helper()
	p = newPractice(t)
	platform = p.newCloud()
	p.configure(changes...)
	stop = p.start()
	p.open()
	return p, platform, stop
}

// configure gives the bot a configuration of the test's own: as it was, with
// the first word of each pair replaced by the second.
func (p *practice) configure(changes ...string) {
	p.t.Helper()
	if len(changes) == 0 {
		return
	}
	text, err := os.ReadFile(p.config)
	if err != nil {
		p.t.Fatal(err)
	}
	p.config = filepath.Join(p.t.TempDir(), "own.yml")
	if err := os.WriteFile(p.config, []byte(strings.NewReplacer(changes...).Replace(string(text))), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// open opens 2.0 and records the live version as known good.
func (p *practice) open() {
	p.t.Helper()
	p.openRelease("2.0 0a1b2c3d")
	p.say("U0DEV", "/deploy adopt staging")
}

// deploy takes 2.0 out and waits for its end.
func (p *practice) deploy() {
	p.t.Helper()
	p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234")
	p.seen("2.0 to staging: live and verified")
}

// offered waits for a message with a button of that label.
func (p *practice) offered(channel, label string) (found workspace.Message) {
	p.t.Helper()
	p.await("a button "+label+" in "+channel, func() bool {
		for _, m := range p.slack.Messages(channel) {
			if slices.Contains(labels(m), label) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// labels are those of a message's buttons.
func labels(m workspace.Message) (all []string) {
	var blocks []struct {
		Elements []struct {
			Type string
			Text json.RawMessage
		}
	}
	_ = json.Unmarshal(m.Blocks, &blocks) // a message without blocks has no buttons
	for _, b := range blocks {
		for _, e := range b.Elements {
			var text struct{ Text string }
			if e.Type == "button" && json.Unmarshal(e.Text, &text) == nil {
				all = append(all, text.Text)
			}
		}
	}
	return all
}

// wantShown checks that a message says all of this.
func wantShown(t testing.TB, m workspace.Message, all ...string) {
	t.Helper()
	for _, want := range all {
		if !strings.Contains(string(m.Blocks), want) {
			t.Errorf("%q does not say %q: %s", m.Text, want, m.Blocks)
		}
	}
}

// console does something at the platform itself, as a person may in its
// control panel, and returns the answer.
func (p *practice) console(method, path, body string) []byte {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.ctx, method, p.variables["DIGITALOCEAN_API_URL"]+"/v2/apps/"+cloudApp+path, strings.NewReader(body))
	if err != nil {
		p.t.Error(err)
		return nil
	}
	request.Header.Set("Authorization", "Bearer cloud-token")
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Error(err)
		return nil
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		p.t.Errorf("%s %s at the console: %s, %v: %s", method, path, response.Status, err, answer)
	}
	return answer
}

// pin rolls the app back to what is live already, which pins it.
func (p *practice) pin() {
	p.t.Helper()
	var app struct {
		App struct {
			Active struct{ ID string } `json:"active_deployment"`
		}
	}
	if err := json.Unmarshal(p.console("GET", "", ""), &app); err != nil {
		p.t.Error(err)
	}
	p.console("POST", "/rollback", `{"deployment_id": "`+app.App.Active.ID+`"}`)
}

// spec is the app's, as the platform gives it out.
func (p *practice) spec() string {
	p.t.Helper()
	var app struct {
		App struct{ Spec json.RawMessage }
	}
	if err := json.Unmarshal(p.console("GET", "", ""), &app); err != nil {
		p.t.Error(err)
	}
	return string(app.App.Spec)
}

// onFirst puts a fault in the way of the first call of a route from now on.
func onFirst(platform *digitalocean.Platform, route string, fault digitalocean.Fault) {
	var calls atomic.Int64
	platform.OnCall(func(c digitalocean.Call) digitalocean.Fault {
		if c.Route == route && calls.Add(1) == 1 {
			return fault
		}
		return digitalocean.Fault{}
	})
}
