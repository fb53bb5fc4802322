package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gonogo/playground/upstream/digitalocean"
	"gonogo/suite"
)

// slowPace makes a deployment last some 20 seconds.
var slowPace = digitalocean.Pace{PendingBuild: 2 * time.Second, Building: 9 * time.Second, PendingDeploy: 2 * time.Second, Deploying: 6 * time.Second}

// BenchmarkAlertToCard measures from an alert sent to its card in #oncall, for
// alerts of different groups and while a deployment is under way. They come
// about as fast as Slack lets an app post in one channel. Our target is a second.
func BenchmarkAlertToCard(b *testing.B) {
	const alerts, apart = 20, 1100 * time.Millisecond
	var took []time.Duration
	for b.Loop() {
		f := newFleet(b, 1, slowPace)
		f.platform.SetBuild(digitalocean.BuildSlow)
		f.start("env0")
		f.await("the build", func() bool { return f.shows("C0RELEASES", "At the platform") })
		tick := time.NewTicker(apart)
		for n := range alerts {
			<-tick.C
			took = append(took, f.alert(fmt.Sprintf("Alert%02d", n)))
		}
		tick.Stop()
		if f.shows("C0RELEASES", "2.0 to env0: live and verified") {
			b.Error("the deployment was over before the last alert")
		}
	}
	reportTimes(b, took, "target<1000")
}

// BenchmarkConfirmToPlatform measures from the press that confirms a rollback
// to the first request that arrives at the platform for it, in ten environments
// one after another. Our target is 200 ms.
func BenchmarkConfirmToPlatform(b *testing.B) {
	var took []time.Duration
	for b.Loop() {
		f := newFleet(b, 10, cloudPace)
		f.deployAll()
		for _, env := range f.environments {
			took = append(took, f.confirm(env))
		}
	}
	reportTimes(b, took, "target<200")
}

// BenchmarkHardTriggerToPlatform measures from the last breach of a hard trigger, as the site
// answers it, to the first request that arrives at the platform for the rollback, in ten
// environments at about the same time. Our target is a second.
func BenchmarkHardTriggerToPlatform(b *testing.B) {
	var calls, rollbacks []time.Duration
	for b.Loop() {
		sites := newFailingSites(b)
		f := newFleet(b, 10, cloudPace, "    deploy:\n", `    rollback:
      mode: { auto: { countdown: 1h, within: 1h, control: "`+sites.url+`/control" } }
      triggers: [{ trigger: site, title: Errors, http: { url: "`+sites.url+`/ENV" }, consecutive: 1, every: 10s, hard: true }]
    deploy:
`)
		f.deployAll()
		sites.fail()
		f.eventually("every rollback", func() bool {
			return len(slices.DeleteFunc(f.asked(time.Time{}), func(c slackCall) bool { return c.method != rollBack })) == len(f.environments)
		})
		for _, env := range f.environments {
			breached := sites.breached(env)
			calls = append(calls, f.firstCall(env, breached, ""))
			rollbacks = append(rollbacks, f.firstCall(env, breached, rollBack))
		}
	}
	reportTimes(b, calls, "target<1000")
	slices.Sort(rollbacks)
	b.ReportMetric(float64(rollbacks[len(rollbacks)-1].Microseconds())/1000, "max-ms-to-the-rollback's-own-request")
}

// firstCall is how long after a time the platform got the first request about an
// environment, of a route unless it is empty.
func (f *fleet) firstCall(env string, since time.Time, route string) time.Duration {
	for _, call := range f.platform.Calls() {
		if call.App == appOf(env) && call.At.After(since) && (route == "" || call.Route == route) {
			return call.At.Sub(since)
		}
	}
	f.t.Fatalf("%s got no request", env)
	return 0
}

// failingSites are pages by the name of an environment, which fail from some time on.
type failingSites struct {
	url string

	mu     sync.Mutex
	fails  bool
	failed map[string]time.Time // when each first did
}

func newFailingSites(t testing.TB) *failingSites {
	s := &failingSites{failed: map[string]time.Time{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		env := strings.TrimPrefix(r.URL.Path, "/")
		if !s.fails || env == "control" {
			return
		}
		if s.failed[env].IsZero() {
			s.failed[env] = time.Now()
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *failingSites) fail() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = true
}

func (s *failingSites) breached(env string) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed[env]
}

// BenchmarkSlackCalls counts what deployments ask of Slack: one alone, whose
// target is one call a second, and ten at once, which must stay within the 50
// updates that Slack takes in a minute and the 250 requests that DigitalOcean does.
func BenchmarkSlackCalls(b *testing.B) {
	b.Run("one", func(b *testing.B) {
		for b.Loop() {
			f := newFleet(b, 1, slowPace)
			from, before := time.Now(), f.messages()
			f.start("env0")
			f.seen("2.0 to env0: live and verified")
			took := time.Since(from).Seconds()
			calls := f.messages() - before + len(f.calls.since(from, "chat.update"))
			b.ReportMetric(took, "s")
			b.ReportMetric(float64(calls), "calls")
			b.ReportMetric(float64(calls)/took, "calls/s(target<=1)")
		}
		b.ReportMetric(0, "ns/op") // says nothing here
	})
	b.Run("ten", func(b *testing.B) {
		for b.Loop() {
			f := newFleet(b, 10, slowPace)
			from := time.Now()
			f.deployAll()
			b.ReportMetric(time.Since(from).Seconds(), "s-until-every-final-state")
			b.ReportMetric(float64(mostInAMinute(f.calls.since(from, "chat.update"))), "updates/any-minute(target<=50)")
			b.ReportMetric(float64(f.calls.refused()), "refused(target=0)")
			b.ReportMetric(float64(mostInAMinute(f.asked(from))), "platform-requests/any-minute(target<=250)")
		}
		b.ReportMetric(0, "ns/op")
	})
}

// TestTenDeploymentsAtOnce has ten environments deployed at once, of which there
// is more to say than Slack takes: every final state arrives all the same, and
// Slack never has to turn a call away. BenchmarkSlackCalls does the same for
// longer than a minute.
func TestTenDeploymentsAtOnce(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	f := newFleet(t, 10, digitalocean.Pace{PendingBuild: time.Second, Building: 3 * time.Second, PendingDeploy: time.Second, Deploying: 3 * time.Second})
	f.deployAll()
	if n := f.calls.refused(); n > 0 {
		t.Errorf("Slack turned %d calls away for their rate", n)
	}
	if n := mostInAMinute(f.calls.since(time.Time{}, "chat.update")); n > 50 {
		t.Errorf("%d updates in a minute, want at most 50", n)
	}
	if got, want := len(f.platform.Writes()), len(f.environments); got != want {
		t.Errorf("the platform saw %d writes, want %d", got, want)
	}
}

// fleet is a practice world with environments of its own, in each of which 1.0
// is live and 2.0 may be deployed.
type fleet struct {
	*practice
	platform     *digitalocean.Platform
	environments []string
	calls        *slackCalls
}

// newFleet starts a world and the bot in it. Each environment is configured like the tests'
// staging, with the first word of each pair replaced by the second, in which ENV is its name.
func newFleet(t testing.TB, size int, pace digitalocean.Pace, changes ...string) *fleet {
	t.Helper()
	p := newPractice(t)
	f := &fleet{practice: p, calls: recordCalls(t, p.world.URL())}
	platform, err := digitalocean.New(digitalocean.Options{Token: "cloud-token", Pace: pace})
	if err != nil {
		t.Fatal(err)
	}
	f.platform = platform
	server := httptest.NewServer(platform.Handler())
	t.Cleanup(server.Close)
	for n := range size {
		name := fmt.Sprintf("env%d", n)
		f.environments = append(f.environments, name)
		if err := platform.Seed(digitalocean.App{ID: appOf(name), Name: name, Component: "web", Tag: "1.0", Region: "sgp"}); err != nil {
			t.Fatal(err)
		}
	}
	p.variables = map[string]string{"DIGITALOCEAN_API_URL": server.URL, "DIGITALOCEAN_TOKEN": "cloud-token",
		"ALERT_WEBHOOK_TOKEN": "alert-token", "SLACK_API_URL": f.calls.url}
	f.writeConfig(changes)
	p.start()
	p.openRelease("2.0 0a1b2c3d")
	for _, env := range f.environments {
		p.say("U0DEV", "/deploy adopt "+env)
	}
	return f
}

// appOf is the app of an environment, whose name ends in a digit.
func appOf(environment string) string {
	return cloudApp[:len(cloudApp)-1] + environment[len(environment)-1:]
}

// writeConfig makes of the tests' staging as many environments as there are.
func (f *fleet) writeConfig(changes []string) {
	f.t.Helper()
	text, err := os.ReadFile("testdata/deploy.yml")
	if err != nil {
		f.t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(text), "  staging:\n")
	staging, after, found := strings.Cut(rest, "alerts:")
	if !found {
		f.t.Fatal("testdata/deploy.yml has no staging before its alerts")
	}
	staging = strings.NewReplacer(changes...).Replace(staging)
	for _, env := range f.environments {
		before += "  " + env + ":\n" + strings.NewReplacer("${STAGING_APP_ID}", appOf(env), "ENV", env).Replace(staging)
	}
	f.config = filepath.Join(f.t.TempDir(), "fleet.yml")
	if err := os.WriteFile(f.config, []byte(before+"alerts:"+after), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// start takes 2.0 to an environment, as the plan's Start does.
func (f *fleet) start(environment string) {
	f.t.Helper()
	f.tell("U0DEV", "/deploy start "+environment+" 2.0 --plan=plan-of-"+environment)
}

// deployAll takes 2.0 to every environment at once and waits until each
// message about it shows its final state.
func (f *fleet) deployAll() {
	f.t.Helper()
	for _, env := range f.environments {
		f.start(env)
	}
	f.await("every final state", func() bool {
		titles, steps := 0, 0
		for _, m := range f.slack.Messages("C0RELEASES") {
			switch {
			case strings.HasSuffix(m.Text, ": live and verified."):
				titles++
			case allDone(m.Text):
				steps++
			}
		}
		return titles == len(f.environments) && steps == 2*titles // ours and the platform's
	})
}

// asked are the requests that the platform has received since a time.
func (f *fleet) asked(from time.Time) (all []slackCall) {
	for _, call := range f.platform.Calls() {
		if call.At.After(from) {
			all = append(all, slackCall{at: call.At, method: call.Route})
		}
	}
	return all
}

// messages counts what the bot has said, by a Web API call or through a
// response_url.
func (f *fleet) messages() int {
	return len(f.slack.Messages("C0RELEASES")) + len(f.slack.Ephemerals("U0DEV"))
}

// allDone tells whether a message says that all steps are done.
func allDone(text string) bool {
	var done, all int
	_, err := fmt.Sscanf(strings.TrimPrefix(text, "At the platform: "), "%d of %d steps done.", &done, &all)
	return err == nil && done == all
}

// confirm asks for a rollback, presses what confirms it, and returns how long
// the first request for it took to arrive at the platform.
func (f *fleet) confirm(environment string) time.Duration {
	f.t.Helper()
	f.say("U0DEV", "/rollback "+environment)
	m, ok := newest(f.slack.Ephemerals("U0DEV"), "Roll "+environment+" back to 1.0?")
	if !ok {
		f.t.Fatalf("nobody is asked to confirm; the bot logged:\n%s", f.logs)
	}
	arrived := make(chan time.Time, 1)
	f.platform.OnCall(func(c digitalocean.Call) digitalocean.Fault {
		if c.App == appOf(environment) {
			select {
			case arrived <- c.At:
			default: // only the first counts
			}
		}
		return digitalocean.Fault{}
	})
	pressed := time.Now()
	click(f.t, f.slack, "U0DEV", m, "Roll back to 1.0")
	select {
	case at := <-arrived:
		return at.Sub(pressed)
	case <-f.ctx.Done():
		f.t.Fatalf("no request arrived for %s; the bot logged:\n%s", environment, f.logs)
	}
	return 0
}

// alert sends an alert of a group of its own and returns how long its card took
// to stand in #oncall.
func (f *fleet) alert(name string) time.Duration {
	f.t.Helper()
	sent := time.Now()
	f.fires(name, "")
	f.await("the card of "+name, func() bool { return f.shows("C0ONCALL", name) })
	return time.Since(sent)
}

// slackCalls records the calls of Slack's Web API on their way to a world.
type slackCalls struct {
	url string

	mu  sync.Mutex
	all []slackCall
}

type slackCall struct {
	method string
	at     time.Time
	status int
}

// recordCalls stands in front of a world's Web API until the test ends.
func recordCalls(t testing.TB, world string) *slackCalls {
	t.Helper()
	target, err := url.Parse(world)
	if err != nil {
		t.Fatal(err)
	}
	c := &slackCalls{}
	transport := &http.Transport{}
	proxy := &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(r *http.Response) error {
			c.add(slackCall{strings.TrimPrefix(r.Request.URL.Path, "/api/"), time.Now(), r.StatusCode})
			return nil
		}}
	server := httptest.NewServer(proxy)
	t.Cleanup(func() {
		server.Close()
		transport.CloseIdleConnections()
	})
	c.url = server.URL + "/api/"
	return c
}

func (c *slackCalls) add(call slackCall) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, call)
}

// since are the calls from a time on of methods that begin like this.
func (c *slackCalls) since(from time.Time, method string) (calls []slackCall) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, call := range c.all {
		if strings.HasPrefix(call.method, method) && !call.at.Before(from) {
			calls = append(calls, call)
		}
	}
	return calls
}

// refused counts the calls that were turned away for their rate.
func (c *slackCalls) refused() (n int) {
	for _, call := range c.since(time.Time{}, "") {
		if call.status == http.StatusTooManyRequests {
			n++
		}
	}
	return n
}

// mostInAMinute is how many calls fell into the fullest minute.
func mostInAMinute(calls []slackCall) (most int) {
	first := 0
	for last, call := range calls {
		for call.at.Sub(calls[first].at) >= time.Minute {
			first++
		}
		most = max(most, last-first+1)
	}
	return most
}

// reportTimes reports the middle and the worst of what was measured.
func reportTimes(b *testing.B, took []time.Duration, target string) {
	slices.Sort(took)
	b.ReportMetric(0, "ns/op") // says nothing here
	b.ReportMetric(float64(len(took)), "measured")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms("+target+")")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "max-ms("+target+")")
}
