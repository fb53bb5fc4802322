package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// shell are the commands that the steps by hand show.
func shell(shown string) string {
	var lines []string
	for line := range strings.Lines(shown) {
		if command, ok := strings.CutPrefix(line, "    "); ok {
			lines = append(lines, command)
		}
	}
	return strings.Join(lines, "")
}

// follow runs the commands as a person would, up to the choice between keep and
// return.
func (p *practice) follow(script string) string {
	p.t.Helper()
	script, _, ok := strings.Cut(script, "/rollback/commit")
	if !ok {
		p.t.Fatalf("the steps do not end with keeping it:\n%s", script)
	}
	return p.shell(script[:strings.LastIndex(script, "\n")])
}

// shell runs commands against the platform as a person would.
func (p *practice) shell(script string) string {
	p.t.Helper()
	sh := exec.CommandContext(p.ctx, "sh", "-ec", script)
	sh.Env = append(os.Environ(), "DIGITALOCEAN_TOKEN=cloud-token", "DIGITALOCEAN_API_URL="+p.variables["DIGITALOCEAN_API_URL"])
	out, err := sh.CombinedOutput()
	if err != nil {
		p.t.Errorf("the steps by hand: %v\n%s\n%s", err, script, out)
	}
	return string(out)
}

// TestByHand shows what to do where no bot runs, and does nothing itself. The
// commands that it shows, run as they are, go back.
func TestByHand(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(p *practice)
		says  []string
	}{
		"from the ledger": {func(*practice) {}, []string{"No running bot answers at ", "To go back to 1.0:"}},
		"without a token": {func(p *practice) { delete(p.variables, "DIGITALOCEAN_TOKEN") }, []string{"To go back to 1.0:"}},
		"the ledger is damaged": {func(p *practice) {
			if err := os.WriteFile(p.ledger, []byte("not a ledger, but it was one"), 0o600); err != nil {
				p.t.Error(err)
			}
		}, []string{"The ledger cannot be read either: ", "It isn't known which version was good there.", "DEPLOYMENT=…"}},
		"the ledger is gone": {func(p *practice) { _ = os.Remove(p.ledger) }, []string{"It isn't known which version was good there.", "DEPLOYMENT=…"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, platform := newStopped(t)
			first := p.oldest()
			c.spoil(p)
			code, shown := p.onHost("staging\n", "staging", "--yes")
			if code != 1 {
				t.Errorf("ended with %d, want 1: it was not done", code)
			}
			wantSaid(t, shown, append(c.says, "so nothing was done.", "https://cloud.digitalocean.com/apps/"+cloudApp)...)
			p.wantWrites(platform, putApp)
			script := strings.Replace(shell(shown), "DEPLOYMENT=…", "DEPLOYMENT="+first, 1)
			if !strings.Contains(script, first) {
				t.Errorf("the steps do not name deployment %s:\n%s", first, script)
			}
			expect(t, p.follow(script), `"valid":true`)
			p.wantWrites(platform, putApp, rollBack)
		})
	}
}

// TestByHandDecides answers what a rollback asks where no bot runs: the one
// request that the answer takes, and none of a new rollback. gonogo learns of it
// by the same answer, once it runs again.
func TestByHandDecides(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args       []string
		path, not  string
		to         string
		afterwards string
		wrote      string
		ends       string
	}{
		{[]string{"keep", "staging"}, "/rollback/commit", "/rollback/revert", "To keep 1.0:", "gonogo rollback keep staging", commit, "done, 1.0 is kept"},
		{[]string{"return", "staging", "it was the network"}, "/rollback/revert", "/rollback/commit", "To return to 2.0:", "gonogo rollback return staging REASON", revert, "returned to 2.0"},
	} {
		t.Run(c.args[0], func(t *testing.T) {
			t.Parallel()
			p, platform, stop := startStaging(t)
			p.deploy()
			if code, shown := p.onHost("", "staging", "--yes"); code != 0 {
				t.Fatalf("ended with %d:\n%s", code, shown)
			}
			stop()
			code, shown := p.onHost("", c.args...)
			if code != 1 {
				t.Errorf("ended with %d, want 1: it was not done", code)
			}
			wantSaid(t, shown, "so nothing was done.", c.to, c.path, c.afterwards)
			for _, not := range []string{c.not, "/validate", "deployment_id", "To go back to"} {
				if strings.Contains(shown, not) {
					t.Errorf("it says %q:\n%s", not, shown)
				}
			}
			p.shell(shell(shown))
			p.wantWrites(platform, putApp, rollBack, c.wrote)
			p.start()
			if code, shown := p.onHost("", c.args...); code != 0 || !strings.Contains(shown, c.ends) {
				t.Errorf("the same answer ended with %d:\n%s", code, shown)
			}
			p.wantWrites(platform, putApp, rollBack, c.wrote)
		})
	}
}

// oldest is the ID of the app's first deployment.
func (p *practice) oldest() string {
	p.t.Helper()
	var list struct{ Deployments []struct{ ID string } }
	if err := json.Unmarshal(p.console("GET", "/deployments", ""), &list); err != nil || len(list.Deployments) == 0 {
		p.t.Fatalf("the platform has the deployments %+v, %v", list, err)
	}
	return list.Deployments[len(list.Deployments)-1].ID
}

// TestByHandWithoutAnApp says what it can where the configuration names no app.
func TestByHandWithoutAnApp(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	code, shown := p.onHost("", "staging")
	if code != 1 || !strings.Contains(shown, "The configuration has no app for staging. Roll back the way it was deployed.") {
		t.Errorf("ended with %d:\n%s", code, shown)
	}
	if strings.Contains(shown, "rollback record") {
		t.Errorf("it suggests a command that refuses:\n%s", shown)
	}
	if code, shown := p.onHost("", "stagng"); code != 1 || !strings.Contains(shown, "there is no environment stagng; the configuration has staging; did you mean staging?") {
		t.Errorf("ended with %d:\n%s", code, shown)
	}
	if code, shown := p.onHost("", "moon"); code != 1 || !strings.Contains(shown, "there is no environment moon; the configuration has staging") {
		t.Errorf("ended with %d:\n%s", code, shown)
	}
}

// TestByHandInAPlainShell shows the steps by hand with what the ledger knows,
// where no bot runs and the configuration cannot be used.
func TestByHandInAPlainShell(t *testing.T) {
	t.Parallel()
	p, platform := newStopped(t)
	code, shown := p.inPlainShell([]string{"LEDGER"}, "", "staging")
	if code != 2 {
		t.Errorf("ended with %d, want 2: the configuration cannot be used", code)
	}
	wantSaid(t, shown, "the variable STAGING_APP_ID is not set", "No running bot answers at ", "The configuration can't be used, so these steps are based on the ledger alone.",
		"To go back to 1.0:", "https://cloud.digitalocean.com/apps/"+cloudApp, p.oldest())
	code, shown = p.inPlainShell([]string{"LEDGER"}, "", "moon")
	if code != 2 {
		t.Errorf("an environment that the ledger does not know ended with %d, want 2", code)
	}
	wantSaid(t, shown, "The configuration cannot be used, and the ledger knows of no app for moon, so the steps cannot be shown.")
	p.wantWrites(platform, putApp)
}
