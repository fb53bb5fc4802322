package deploy_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"gonogo/bot/config"
	"gonogo/deploy"
	"gonogo/gates/gatestest"
	practice "gonogo/playground/upstream/digitalocean"
	"gonogo/readiness/build"
	"gonogo/readiness/work"
	"gonogo/storage/storagetest"
)

const (
	putApp = "PUT /v2/apps/{id}"
	allOut = "green 2, blue name false, green name true"
)

// at has something happen to the n-th write of the spec of an app.
func (c *colours) at(n int, fault practice.Fault) {
	writes := 0
	c.OnCall(func(call practice.Call) practice.Fault {
		if call.Route != putApp {
			return practice.Fault{}
		}
		if writes++; writes == n {
			return fault
		}
		return practice.Fault{}
	})
}

// edit changes the domains of an app, as if they had always been so.
func (c *colours) edit(app string, domains ...string) {
	c.t.Helper()
	err := c.Edit(app, func(spec map[string]any) {
		all := []any{}
		for _, name := range domains {
			all = append(all, map[string]any{"domain": name})
		}
		spec["domains"] = all
	})
	if err != nil {
		c.t.Error(err)
	}
}

// TestBlueGreenLostAnswers deploys while an answer is lost, and while there are too many
// requests. Each of the three writes is made once.
func TestBlueGreenLostAnswers(t *testing.T) {
	for name, fault := range map[string]practice.Fault{
		"502 after it happened": {Status: http.StatusBadGateway, Done: true},
		"the connection ended":  {Drop: true, Done: true},
		"too many requests":     {Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}}},
	} {
		for n := 1; n <= 3; n++ {
			t.Run(name, func(t *testing.T) {
				inColours(t, func(w *smallWorld, c *colours) {
					c.at(n, fault)
					if run := w.deployed(); run.Outcome != work.Completed || c.did() != allOut {
						w.Errorf("write %d: it ended %q at %+v after %s: %s", n, run.Outcome, run.Current(), c.did(), run.Reason)
					}
				})
			})
		}
	}
}

// TestBlueGreenFails deploys while something is wrong. It says what and what to do, and
// leaves the name where it says.
func TestBlueGreenFails(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil     func(w *smallWorld, c *colours)
		why, did  string
		live      string // by the ledger
		undecided bool   // it asks a person
	}{
		"the idle app isn't healthy": {func(w *smallWorld, c *colours) { w.must(c.SetHealth(greenApp, false)) },
			"it did not get healthy within 10m: web is UNHEALTHY", "green 2", "1", false},
		"the image is missing": {func(_ *smallWorld, c *colours) { c.SetBuild(practice.BuildBad) },
			"the platform could not deploy it", "green 2", "1", false},
		"the name never becomes active": {func(w *smallWorld, c *colours) {
			w.must(c.SetDomain(greenApp, practice.Domain{Name: publicName, Phase: "CONFIGURING"}))
		}, "timed out: shop.example is still in the phase CONFIGURING on green", allOut, "2", false},
		"the name can't be set up": {func(w *smallWorld, c *colours) {
			w.must(c.SetDomain(greenApp, practice.Domain{Name: publicName, Phase: "ERROR"}))
		}, "DigitalOcean could not set up shop.example on green", allOut, "2", false},
		"the deployment with the name fails": {func(_ *smallWorld, c *colours) {
			c.at(3, practice.Fault{Before: func() { c.SetBuild(practice.BuildBad) }})
		}, "green has shop.example in its spec and didn't get it", allOut, "1", true},
		"green refuses the name": {func(_ *smallWorld, c *colours) { c.at(3, practice.Fault{Status: http.StatusUnprocessableEntity}) },
			"until green has it, shop.example is on neither app: Continue tries again, and a rollback gives it back to blue", "green 2, blue name false", "1", true},
		"blue refuses to lose the name": {func(_ *smallWorld, c *colours) { c.at(2, practice.Fault{Status: http.StatusUnprocessableEntity}) },
			"422 Unprocessable Entity", "green 2", "1", false},
		"somebody moves the name meanwhile": {func(_ *smallWorld, c *colours) {
			c.at(1, practice.Fault{After: func() { c.edit(blueApp); c.edit(greenApp, publicName) }})
		}, "somebody has moved shop.example to green meanwhile", "green 2", "2", false},
		"somebody takes the name out meanwhile": {func(_ *smallWorld, c *colours) {
			c.at(1, practice.Fault{After: func() { c.edit(blueApp) }})
		}, "neither app has shop.example in its spec", "green 2", "1", true},
		"the app is deleted meanwhile": {func(_ *smallWorld, c *colours) {
			var gone atomic.Bool
			c.OnCall(func(call practice.Call) practice.Fault {
				if call.Route == putApp {
					gone.Store(true)
				}
				if gone.Load() && call.Method == http.MethodGet && call.App == greenApp {
					return practice.Fault{Status: http.StatusNotFound}
				}
				return practice.Fault{}
			})
		}, "404 Not Found); check the app's ID in the configuration", "green 2", "1", true},
	} {
		t.Run(name, func(t *testing.T) {
			inColours(t, func(w *smallWorld, c *colours) {
				w.must(w.release())
				tt.spoil(w, c)
				id := w.begun()
				time.Sleep(time.Hour)
				run := w.ended(id)
				if run.Asked != nil {
					run.Reason = run.Asked.Why
				}
				if run.Outcome == work.Completed || !strings.Contains(run.Reason, tt.why) || (run.Asked != nil) != tt.undecided {
					w.Errorf("it ended %q, asking %+v: %s; want %s", run.Outcome, run.Asked, run.Reason, tt.why)
				}
				if live := w.ledger.State().Live["staging"]; live.Version != tt.live || c.did() != tt.did {
					w.Errorf("%q is live after %q, want %q after %q", live.Version, c.did(), tt.live, tt.did)
				}
			})
		})
	}
}

func (w *smallWorld) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// TestBlueGreenHalfWay leaves the name on neither app, since green refuses it. Cancelling
// gives it back to blue, and so does a rollback; Continue completes the cutover.
func TestBlueGreenHalfWay(t *testing.T) {
	for name, tt := range map[string]struct {
		then func(w *smallWorld, id string) error
		did  string
		live string
	}{
		"cancel": {func(w *smallWorld, id string) error { return w.runs.Cancel(w.Context(), "cancel", id, "U0DEV") }, "green 2, blue name false, blue name true", "1"},
		"continue": {func(w *smallWorld, id string) error {
			return w.runs.Answer(w.Context(), "go on", id, work.ChooseContinue, "U0DEV")
		}, allOut, "2"},
		"roll back": {func(w *smallWorld, _ string) error {
			id, err := w.rollBack()
			time.Sleep(time.Hour)
			if run := w.ended(id); err == nil && (run.Asked == nil || run.Asked.Step != "decide") {
				w.Errorf("the rollback asks %+v: %s", run.Asked, run.Reason)
			}
			return err
		}, "green 2, blue name false, blue name true", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			inColours(t, func(w *smallWorld, c *colours) {
				c.at(3, practice.Fault{Status: http.StatusUnprocessableEntity})
				id := w.begun()
				if run := w.ended(id); run.Asked == nil {
					w.Fatalf("it ended %q: %s", run.Outcome, run.Reason)
				}
				w.must(tt.then(w, id))
				time.Sleep(time.Hour)
				if live := w.ledger.State().Live["staging"]; live.Version != tt.live || c.did() != tt.did {
					w.Errorf("%q is live after %q, want %q after %q", live.Version, c.did(), tt.live, tt.did)
				}
			})
		})
	}
}

// TestBlueGreenKeepsWhatOthersWrite has somebody change blue by hand while green gets the
// version: taking the name out leaves the rest, and the name keeps its settings.
func TestBlueGreenKeepsWhatOthersWrite(t *testing.T) {
	inColours(t, func(w *smallWorld, c *colours) {
		c.at(1, practice.Fault{After: func() {
			w.must(c.Edit(blueApp, func(spec map[string]any) { spec["envs"] = []any{map[string]any{"key": "BY_HAND", "value": "1"}} }))
		}})
		if run := w.deployed(); run.Outcome != work.Completed {
			w.Fatalf("it ended %q: %s", run.Outcome, run.Reason)
		}
		all := c.Writes()
		if out, in := string(all[1].Body), string(all[2].Body); !strings.Contains(out, "BY_HAND") || !strings.Contains(in, `{"domain":"shop.example","minimum_tls_version":"1.3","type":"PRIMARY"}`) {
			w.Errorf("taken out with\n%s\nand added with\n%s", out, in)
		}
	})
}

// TestBlueGreenOlder rolls back to a version that neither app has any more: it is tried on
// the idle app first.
func TestBlueGreenOlder(t *testing.T) {
	inColours(t, func(w *smallWorld, c *colours) {
		if run := w.deployed(); run.Outcome != work.Completed {
			w.Fatalf("it ended %q: %s", run.Outcome, run.Reason)
		}
		w.must(c.Edit(blueApp, func(spec map[string]any) {
			spec["services"].([]any)[0].(map[string]any)["image"].(map[string]any)["tag"] = "other"
		}))
		w.backAnd(work.ChooseKeep)
		if got, want := c.did(), allOut+", blue 1, green name false, blue name true"; got != want {
			w.Errorf("the platform saw %q, want %q", got, want)
		}
	})
}

// TestBlueGreenNotes reads a plan's notes, and what the doctor finds.
func TestBlueGreenNotes(t *testing.T) {
	inColours(t, func(w *smallWorld, c *colours) {
		now, err := w.cfg.Environments["staging"].Strategy.Current(w.Context())
		w.must(err)
		want := []string{
			"blue is live, and the new version goes to green, which has 0",
			"the cutover moves shop.example from blue to green: expect errors for some minutes, until DigitalOcean has set it up there with a new certificate; triggers aren't measured meanwhile",
			"the worker mail of green works beside that of blue, before the cutover too, and with the new version",
			"mail comes from the same source and keeps 1; if it belongs to the release, add it to version_as",
			"both apps use the database shop-pg: migrations of the new version reach the live one before the cutover, and going back doesn't undo them",
		}
		if got := strings.Join(now.Notes, "\n"); got != strings.Join(want, "\n") {
			w.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
		}
		examiner := w.cfg.Environments["staging"].Strategy.(deploy.Examiner)
		if faults, warnings := examiner.Examine(w.Context()); len(faults)+len(warnings) > 0 {
			w.Errorf("the doctor finds %q, %q", faults, warnings)
		}
		w.must(c.Edit(greenApp, func(spec map[string]any) {
			spec["region"], spec["domains"] = "fra", []any{map[string]any{"domain": "green.example", "type": "PRIMARY"}}
		}))
		faults, warnings := examiner.Examine(w.Context())
		if len(faults) != 1 || !strings.HasPrefix(faults[0], "green has green.example as its primary domain") || len(warnings) != 1 || !strings.HasPrefix(warnings[0], "blue is in the region sgp and green in fra") {
			w.Errorf("the doctor finds %q, %q", faults, warnings)
		}
	})
}

// TestBlueGreenHasInCommon asks what both apps may share of what a trigger samples, and
// shows what a person does by hand.
func TestBlueGreenHasInCommon(t *testing.T) {
	w := newColours(t).world(t, storagetest.NewMemory())
	strategy := w.cfg.Environments["staging"].Strategy
	for i, sample := range []deploy.Sampler{deploy.PostgresSampler{}, deploy.PrometheusSampler{}, nil} {
		if got := strategy.(deploy.Sharer).Common(deploy.Trigger{Sample: sample}); (got != "") != (i == 0) {
			t.Errorf("%T: %q", sample, got)
		}
	}
	var exact, usual strings.Builder
	for _, step := range strategy.(deploy.HandStepper).StepsByHand("staging", "", build.Build{Version: "1"}, build.Build{Version: "2"}) {
		exact.WriteString(step.Console + "\n")
	}
	for _, step := range deploy.BackByHand(strategy.App(), build.Build{Version: "1"}) {
		usual.WriteString(step.Console + "\n")
	}
	if !strings.Contains(exact.String(), "https://cloud.digitalocean.com/apps/"+blueApp) || !strings.Contains(exact.String(), "Add shop.example to the domains of the app with 1") || strings.ReplaceAll(exact.String(), publicName, "the public name") != usual.String() {
		t.Errorf("by hand\n%s\nand without a configuration\n%s", &exact, &usual)
	}
}

// TestBlueGreenApps has another environment deploy to one of the two apps, which would be
// live on both.
func TestBlueGreenApps(t *testing.T) {
	c := newColours(t)
	pair := "{ connection: cloud, apps: { blue: %s, green: %s }, version_as: { image_tag: web }, cutover: { domain: other.example } }"
	const third = "6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e94"
	for name, tt := range map[string]struct {
		how  string
		bad  bool
		says string
	}{
		"the same, swapped":  {"blue_green: " + fmt.Sprintf(pair, greenApp, blueApp), true, "this pair of apps, so a deployment to one would be live on both"},
		"one of them":        {"blue_green: " + fmt.Sprintf(pair, greenApp, third), true, "this pair of apps, so a deployment to one would be live on both"},
		"one of them, alone": {"rolling: { connection: cloud, app: " + greenApp + ", version_as: { image_tag: web } }", true, "so a deployment to one would be live on both"},
		"another component":  {"rolling: { connection: cloud, app: " + greenApp + ", version_as: { image_tag: mail } }", false, ""},
		"others":             {"rolling: { connection: cloud, app: " + third + ", version_as: { image_tag: web } }", false, ""},
	} {
		text := fmt.Sprintf(coloursConfiguration, c.front.URL) + "  production: { deploy: { " + tt.how + " } }\n"
		_, err := config.Parse("gonogo.yml", []byte(text), func(name string) (string, bool) {
			value, ok := map[string]string{"DIGITALOCEAN_TOKEN": "t0ken"}[name]
			return value, ok
		})
		if (err != nil) != tt.bad || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: got %v, want %q", name, err, tt.says)
		}
	}
}

// TestBlueGreenUnknown asks what is live while both apps have the name, or neither.
func TestBlueGreenUnknown(t *testing.T) {
	inColours(t, func(w *smallWorld, c *colours) {
		strategy := w.cfg.Environments["staging"].Strategy
		c.edit(greenApp, publicName)
		if now, err := strategy.Current(w.Context()); err == nil || !strings.HasPrefix(err.Error(), "both apps have shop.example") {
			w.Errorf("both: %+v, %v", now.Live, err)
		}
		w.must(w.release())
		if id, err := w.deploy(); err == nil {
			w.Errorf("%s is deployed", id)
		}
		c.edit(greenApp)
		c.edit(blueApp)
		if now, err := strategy.Current(w.Context()); err == nil || !strings.HasPrefix(err.Error(), "neither app has shop.example") {
			w.Errorf("neither: %+v, %v", now.Live, err)
		}
	})
}

// TestBlueGreenLateNameServer has a name server answer with the other app for a while, or
// say nothing, or know nothing. The deployment says so, and waits for it.
func TestBlueGreenLateNameServer(t *testing.T) {
	old, _ := dns.NewRR("shop.example. 120 IN CNAME 127.0.0.1.") // which is where blue is, in this test
	for name, c := range map[string]struct {
		cutover string
		late    func(*dns.Msg)
		told    string
	}{
		"a resolver":                    {`resolvers: ["%s"], authoritative: false`, func(reply *dns.Msg) { reply.Answer = []dns.RR{old} }, "still answers that shop.example is 127.0.0.1, for 2m more"},
		"an authoritative server":       {`servers: ["%s"]`, func(reply *dns.Msg) { reply.Answer = []dns.RR{old} }, "still answers that shop.example is 127.0.0.1, for 2m more"},
		"one without authority":         {`servers: ["%s"]`, func(reply *dns.Msg) { reply.Authoritative = false }, "has no valid answer for shop.example (not authoritative)"},
		"one that fails":                {`servers: ["%s"]`, func(reply *dns.Msg) { reply.Rcode = dns.RcodeServerFailure }, "answers SERVFAIL"},
		"one without an address":        {`servers: ["%s"]`, func(reply *dns.Msg) { reply.Answer = nil }, "knows no address of shop.example"},
		"a resolver without the others": {`resolvers: ["%s"]`, func(*dns.Msg) {}, "it is not known which servers have authority over shop.example"},
	} {
		t.Run(name, func(t *testing.T) { tryLateNameServer(t, c.cutover, c.late, c.told) })
	}
}

func tryLateNameServer(t *testing.T, cutover string, late func(*dns.Msg), want string) {
	var over atomic.Bool
	var asked atomic.Int32
	server := gatestest.NameServer(t, "127.0.0.1", func(reply *dns.Msg) {
		switch {
		case reply.Question[0].Qtype == dns.TypeNS && over.Load(): // of a zone whose servers can't be asked in this test
			reply.Rcode = dns.RcodeServerFailure
		case !over.Load():
			late(reply)
		default:
			asked.Add(1)
		}
	})
	c := newColours(t)
	synctest.Test(t, func(t *testing.T) {
		w := c.configured(t, storagetest.NewMemory(), "domain: "+publicName, "domain: "+publicName+", "+fmt.Sprintf(cutover, server))
		defer w.start()()
		id := w.begun()
		told := ""
		for range 1000 {
			time.Sleep(time.Second)
			run := w.ledger.State().Runs[id]
			if step, _ := run.Step("public"); strings.Contains(step.Doing, want) {
				told = step.Doing
				over.Store(true)
			}
			if !run.Open() {
				break
			}
		}
		run := w.ended(id)
		if told == "" {
			t.Errorf("it never told %q: it ended %q: %s", want, run.Outcome, run.Reason)
		}
		if known := !strings.Contains(want, "not known"); known && (run.Outcome != work.Completed || asked.Load() < 3) {
			t.Errorf("it ended %q after it had asked %d times: %s", run.Outcome, asked.Load(), run.Reason)
		}
	})
}

// TestBlueGreenLateVersion has a cache in front of the public name answer with the old
// version for a while. The deployment is believed only when the new one has answered
// three times in a row, and the rollback likewise.
func TestBlueGreenLateVersion(t *testing.T) {
	for name, c := range map[string]struct{ read, answer string }{
		"the text":    {"", "%s\n"},
		"a path":      {`, read: "$.app.version"`, `{"app":{"version":"%s"}}`},
		"a header":    {`, header: X-Version`, ""},
		"its pattern": {`, header: X-Version, read: "shop/(\\S+)"`, ""},
	} {
		t.Run(name, func(t *testing.T) { tryLateVersion(t, c.read, c.answer) })
	}
}

func tryLateVersion(t *testing.T, read, answer string) {
	colours := newColours(t)
	var asked atomic.Int32
	site := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		version, _ := colours.Live(colours.Holder(publicName))
		switch n := asked.Add(1); {
		case n < 3, n == 5: // the cache has it again, after two good answers
			version = "1"
		case n == 6:
			http.Error(w, "2", http.StatusBadGateway)
			return
		}
		w.Header().Set("X-Version", strings.Repeat("shop/", strings.Count(read, "shop/"))+version)
		fmt.Fprintf(w, answer, version)
	}))
	site.Config.SetKeepAlivesEnabled(false)
	site.Start()
	t.Cleanup(site.Close)
	synctest.Test(t, func(t *testing.T) {
		w := colours.configured(t, storagetest.NewMemory(), "cutover: {", "version: { url: "+site.URL+read+" }\n        cutover: {")
		defer w.start()()
		run := w.deployed()
		if step, _ := run.Step("public"); run.Outcome != work.Completed || step.Title != "shop.example answers and shows 2 3 times in a row, every 10s" || asked.Load() != 9 {
			t.Errorf("it ended %q after it had asked %d times, in %q: %s", run.Outcome, asked.Load(), step.Title, run.Reason)
		}
		asked.Store(100)
		w.backAnd(work.ChooseKeep)
		if got := asked.Load(); got != 103 || w.ledger.State().Live["staging"].Version != "1" {
			t.Errorf("back: it asked %d times, and %+v is live", got-100, w.ledger.State().Live["staging"])
		}
	})
}

// TestBlueGreenNeverTheVersion has the public name go on showing the old version. The
// deployment fails, says what the name shows, and the version isn't verified.
func TestBlueGreenNeverTheVersion(t *testing.T) {
	colours := newColours(t)
	site := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "1") }))
	site.Config.SetKeepAlivesEnabled(false)
	site.Start()
	t.Cleanup(site.Close)
	synctest.Test(t, func(t *testing.T) {
		w := colours.configured(t, storagetest.NewMemory(), "cutover: {", "version: { url: "+site.URL+" }\n        cutover: {")
		defer w.start()()
		w.must(w.release())
		id := w.begun()
		time.Sleep(time.Hour)
		run := w.ended(id)
		if live := w.ledger.State().Live["staging"]; run.Outcome == work.Completed || live.Verified || !strings.Contains(run.Reason, "still shows 1, and not 2") {
			t.Errorf("it ended %q with %+v live: %s", run.Outcome, live, run.Reason)
		}
	})
}

// TestBlueGreenOldAnswers has the platform say for a while after the cutover that blue
// still has the name. The end of the deployment waits for what is true.
func TestBlueGreenOldAnswers(t *testing.T) {
	inColours(t, func(w *smallWorld, c *colours) {
		puts, old := 0, 0
		c.OnCall(func(call practice.Call) practice.Fault {
			switch {
			case call.Route == putApp:
				puts++
			case puts == 3 && call.Method == http.MethodGet && call.App == blueApp:
				switch old++; old {
				case 1:
					return practice.Fault{Before: func() { c.edit(blueApp, publicName) }}
				case 3:
					return practice.Fault{Before: func() { c.edit(blueApp) }}
				}
			}
			return practice.Fault{}
		})
		if run := w.deployed(); run.Outcome != work.Completed || old < 3 {
			w.Errorf("it ended %q at %+v after %d looks at blue: %s", run.Outcome, run.Current(), old, run.Reason)
		}
	})
}
