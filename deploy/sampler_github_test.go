package deploy

import (
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gonogo/clients/github"
	"gonogo/gates"
	practice "gonogo/playground/upstream/github"
	"gonogo/readiness"
	"gonogo/readiness/build"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// Issues with the label count if they are open and newer than the deployment of what is
// live. What GitHub doesn't tell is an error, and never none.
func TestLabelSampler(t *testing.T) {
	const none = `no open issue was labeled "Rollback" since what is live was deployed`
	began := time.Date(2026, 3, 1, 12, 0, 0, 700_000_000, time.UTC)
	issue := func(number int, after time.Duration, change func(*practice.Issue)) practice.Issue {
		i := practice.Issue{Number: number, Title: "Orders are\nlost", Author: "ada", Labels: []string{"rollback"}, Created: began.Add(after).Truncate(time.Second)}
		if i.Updated = i.Created; change != nil {
			change(&i)
		}
		return i
	}
	labeled := func(after time.Duration) func(*practice.Issue) {
		return func(i *practice.Issue) {
			i.Labeled, i.Updated = append(i.Labeled, practice.Labeled{Label: "rollback", By: "ada", At: began.Add(after)}), began.Add(after)
		}
	}
	live, run := history.Live{Build: build.Build{Version: "2"}, Run: "r", At: began.Add(5 * time.Minute)}, &work.Run{ID: "r", Started: began}
	for _, tt := range []struct {
		name   string
		issues []practice.Issue
		change func(*practice.Options, *LabelSampler, *history.State)
		value  float64
		words  string // or the error
	}{
		{"none", nil, nil, 0, none},
		{"one", []practice.Issue{issue(7, time.Minute, nil)}, nil, 1, "issue #7 is open: Orders are lost"},
		{"two", []practice.Issue{issue(7, time.Minute, nil), issue(9, time.Hour, nil)}, nil, 2, "2 issues are open, the newest #9: Orders are lost"},
		{"in the second in which it began", []practice.Issue{issue(7, 0, nil)}, nil, 1, "issue #7 is open: Orders are lost"},
		{"an older one", []practice.Issue{issue(7, -time.Minute, nil)}, nil, 0, none},
		{"an older one that got the label later", []practice.Issue{issue(3, -time.Hour, labeled(time.Hour)), issue(7, time.Minute, nil)}, nil, 2, "2 issues are open, the newest #3: Orders are lost"},
		{"an older one that got the label before", []practice.Issue{issue(3, -time.Hour, labeled(-time.Minute))}, nil, 0, none},
		{"an older one that had the label and changed since", []practice.Issue{issue(3, -time.Hour, func(i *practice.Issue) { i.Updated = began.Add(time.Hour) })}, nil, 0, none},
		{"an older one that lost the label and got it again", []practice.Issue{issue(3, -time.Hour, func(i *practice.Issue) {
			labeled(-time.Minute)(i)
			labeled(time.Minute)(i)
		})}, nil, 1, "issue #3 is open: Orders are lost"},
		{"an older one that got another label later", []practice.Issue{issue(3, -time.Hour, func(i *practice.Issue) {
			i.Labels = append(i.Labels, "urgent")
			i.Labeled, i.Updated = []practice.Labeled{{Label: "urgent", By: "ada", At: began.Add(time.Minute)}}, began.Add(time.Minute)
		})}, nil, 0, none},
		{"another label", []practice.Issue{issue(7, time.Minute, func(i *practice.Issue) { i.Labels = []string{"rollbacks"} })}, nil, 0, none},
		{"a closed one", []practice.Issue{issue(7, time.Minute, func(i *practice.Issue) {
			i.Turns = []practice.Turn{{State: "closed", Reason: "completed", By: "ada", At: began.Add(time.Hour)}}
		})}, nil, 0, none},
		{"a pull request", []practice.Issue{issue(7, time.Minute, func(i *practice.Issue) { i.Pull = true })}, nil, 0, none},
		{"brought by no run", []practice.Issue{issue(7, time.Minute, nil)}, func(_ *practice.Options, _ *LabelSampler, s *history.State) { delete(s.Runs, "r") }, 0, none},
		{"nothing live", []practice.Issue{issue(7, time.Minute, nil)}, func(_ *practice.Options, _ *LabelSampler, s *history.State) { delete(s.Live, "production") }, 0,
			"GitHub answers, and issues count once something is live"},
		{"no such label", nil, func(_ *practice.Options, l *LabelSampler, _ *history.State) { l.Label = "rolback" }, -1,
			`shop/odoo has no label "rolback"; create it, or correct its name in the trigger`},
		{"a refused token", []practice.Issue{issue(7, time.Minute, nil)}, func(o *practice.Options, _ *LabelSampler, _ *history.State) { o.Token = "another" }, -1,
			"GitHub refused to list the issues of shop/odoo: the token is wrong or has expired; set a new one in GITHUB_TOKEN and restart gonogo"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := history.NewState()
			s.Live["production"], s.Runs["r"] = live, run
			opts, sampler := practice.Options{Repository: "shop/odoo", Token: "t", Labels: []practice.Label{{Name: "rollback"}}, Issues: tt.issues}, &LabelSampler{Label: "Rollback"}
			if tt.change != nil {
				tt.change(&opts, sampler, s)
			}
			sampler.Client = practiceGitHub(t, opts)
			got, err := sampler.Sample(t.Context(), time.Time{}, gates.Scope{View: readiness.View{State: s}, Environment: "production"})
			if err != nil {
				got = Sample{Value: -1, Data: true, Words: err.Error()}
			}
			if want := (Sample{Value: tt.value, Data: true, Words: tt.words}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// Each older issue is looked up once, until it changes, and only so many at a time: until
// all are known, none of them is an answer.
func TestLabelSamplerLooksUpOnce(t *testing.T) {
	began := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var issues []practice.Issue
	for n := range mostLookedUp + 1 {
		issues = append(issues, practice.Issue{Number: n + 1, Title: "Slow", Author: "ada", Labels: []string{"rollback"}, Created: began.Add(-time.Hour), Updated: began.Add(time.Hour)})
	}
	host, err := practice.New(practice.Options{Repository: "shop/odoo", Token: "t", Labels: []practice.Label{{Name: "rollback"}}, Issues: issues})
	if err != nil {
		t.Fatal(err)
	}
	var looked atomic.Int32
	host.OnCall(func(c practice.Call) practice.Fault {
		if strings.HasSuffix(c.Route, "/events") {
			looked.Add(1)
		}
		return practice.Fault{}
	})
	s := history.NewState()
	s.Live["production"] = history.Live{Build: build.Build{Version: "2"}, At: began}
	sampler := &LabelSampler{Label: "rollback", Client: clientOf(t, host)}
	for i, want := range []struct {
		err    bool
		looked int32
	}{{true, mostLookedUp}, {false, mostLookedUp + 1}, {false, mostLookedUp + 1}} {
		got, err := sampler.Sample(t.Context(), time.Time{}, gates.Scope{View: readiness.View{State: s}, Environment: "production"})
		if (err != nil) != want.err || got.Value != 0 || looked.Load() != want.looked {
			t.Errorf("sample %d: %+v, %v after %d look-ups", i, got, err, looked.Load())
		}
	}
}

// practiceGitHub is a client, whose token is t, of a practice GitHub.
func practiceGitHub(t *testing.T, opts practice.Options) *github.Client {
	t.Helper()
	host, err := practice.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return clientOf(t, host)
}

func clientOf(t *testing.T, host *practice.Host) *github.Client {
	t.Helper()
	server := httptest.NewServer(host.Handler())
	t.Cleanup(server.Close)
	client, err := github.New(github.Options{Repository: "shop/odoo", Token: "t", APIURL: server.URL + "/api/v3"})
	if err != nil {
		t.Fatal(err)
	}
	return client
}
