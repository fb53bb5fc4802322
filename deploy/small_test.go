package deploy

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"gonogo/gates"
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// This file is a second platform: all that one takes. It has a few numbered
// deployments and no apps, specs or pins; the way back is to deploy an earlier
// version again. small_platform_test.go tries it out. Nothing else knows it but the
// line that lists it, which a platform that is not a test has in kinds.go.

func init() { kinds = append(kinds, smallKind) }

var smallKind = Kind{
	Name:    "small",
	About:   "one service of a small platform; the way back is to deploy the earlier version again",
	Example: `{url: "https://small.example", token: "${SMALL_TOKEN}", service: shop}`,
	New:     newSmall,
	ByHand:  ByHand{Back: smallBack},
}

type smallSettings struct {
	URL     string `yaml:"url" require:"the address of the platform"`
	Token   string `yaml:"token" require:"the token, as a variable"`
	Service string `yaml:"service" require:"the name of the service"`
}

type small struct {
	client  smallClient
	service string
}

func newSmall(decode func(any) error, _ Deps) (Strategy, error) {
	var s smallSettings
	if err := decode(&s); err != nil {
		return nil, err
	}
	if s.Service == "" {
		return nil, gates.Faults{{Field: "service", Problem: "service is empty; write the name of the service"}}
	}
	return &small{smallClient{s.URL, s.Token}, s.Service}, nil
}

func smallBack(app App, to build.Build) []HandStep {
	return []HandStep{{"In the small console, deploy " + cmp.Or(to.Version, "the earlier version") + " to " + app.ID, "small deploy " + app.ID + " " + to.Version}}
}

// App implements [Strategy].
func (s *small) App() App { return App{ID: s.service, Kind: smallKind.Name} }

// Refuses implements [Strategy].
func (s *small) Refuses(version string) string { return refusesTag(version) }

// Current implements [Strategy].
func (s *small) Current(ctx context.Context) (Current, error) {
	var now struct{ Live, Next *smallDeployment }
	if err := s.client.get(ctx, "/services/"+s.service, &now); err != nil {
		return Current{}, err
	}
	var c Current
	if now.Live != nil {
		c.Live, c.Mark = now.Live.build(), now.Live.run()
	}
	if now.Next != nil {
		next := now.Next.build()
		c.Next, c.NextBy, c.NextMark = &next, "a deployment", now.Next.run()
	}
	return c, nil
}

// Was implements [Strategy].
func (s *small) Was(ctx context.Context, deployment string) (Current, error) {
	d, err := s.read(ctx, deployment)
	return Current{Live: d.build(), Mark: d.run()}, err
}

func (s *small) read(ctx context.Context, id string) (d smallDeployment, err error) {
	return d, s.client.get(ctx, "/services/"+s.service+"/deployments/"+id, &d)
}

// Deploy implements [Strategy].
func (s *small) Deploy(e Environment, o Order) []Step {
	return Out(e, o, s.out(e, "", factDeployment, func(Work) build.Build { return o.To }))
}

// out takes a build out: steps that deploying, rolling back and returning share.
func (s *small) out(e Environment, suffix, fact string, build func(Work) build.Build) []Step {
	return []Step{
		{Name: "deploy" + suffix, Title: "Deploy the version to " + s.service, Deadline: 2 * time.Minute,
			Calls: []string{"POST /services/" + s.service + "/deployments"}, Effect: smallDeploy{s, "deploy" + suffix, fact, build}},
		following{name: "follow" + suffix, title: "Follow the deployment until it is live", fact: fact, look: s.look}.step(),
		e.Health.Await("health"+suffix, "Healthy several times in a row", nil, s.healthy),
		SmokeStep("smoke"+suffix, e, build),
		{Name: "verify" + suffix, Title: "See that it is what is live", Deadline: time.Minute, Watch: func(ctx context.Context, w Work) (Result, error) {
			now, err := seeLive(ctx, w, s)
			if err == nil && now.Live.Deployment != w.Fact(fact) {
				err = failed("deployment %s is live, and not %s", now.Live.Deployment, w.Fact(fact))
			}
			return Result{Summary: now.Live.Version + " is live"}, err
		}},
	}
}

// Rollback implements [Strategy].
func (s *small) Rollback(e Environment, o Order) []Step {
	back := func(Work) build.Build { return o.To }
	left := func(w Work) build.Build { return w.From }
	return Back{
		Stop:  []Step{{Name: "stop", Title: "Stop the deployment under way", Deadline: time.Minute, Effect: smallCancel{s, o.Stops}}},
		Out:   s.out(e, "", factDeployment, back),
		Hard:  2, // what failed has brought nothing back that could be recorded
		Again: s.out(e, "-return", factReturned, left),
	}.Steps(e, o)
}

// Abort implements [Strategy].
func (s *small) Abort(o Order) *Step {
	return &Step{Name: "abort", Role: work.RoleAbort, Title: "Stop the deployment", Deadline: time.Minute, Effect: smallCancel{s, o.Run}}
}

// look reads a deployment that is followed.
func (s *small) look(ctx context.Context, id string) (Deployment, error) {
	d, err := s.read(ctx, id)
	if err == nil && d.State == "replaced" {
		err = &Superseded{By: d.By, Cause: failed("deployment %s was replaced", id)}
	}
	states := map[string]State{"waiting": StateQueued, "starting": StateStarting, "live": StateActive, "broken": StateFailed, "stopped": StateCancelled}
	return Deployment{ID: id, State: cmp.Or(states[d.State], State(d.State))}, err
}

func (s *small) healthy(ctx context.Context, _ Work) error {
	now, err := s.Current(ctx)
	if err == nil && now.Live.Version == "" {
		err = errors.New("nothing is live")
	}
	return err
}

// smallDeploy makes a deployment, and finds it by the note that it carries.
type smallDeploy struct {
	*small
	step, fact string
	build      func(Work) build.Build
}

func (e smallDeploy) note(w Work) string { return w.Run + "/" + e.step }

func (e smallDeploy) made(id string) *Result {
	return &Result{Summary: "the platform took it as deployment " + id, Facts: map[string]string{e.fact: id}}
}

// Look implements [Effect].
func (e smallDeploy) Look(ctx context.Context, w Work) (*Result, error) {
	var all []smallDeployment
	if err := e.client.get(ctx, "/services/"+e.service+"/deployments", &all); err != nil {
		return nil, err
	}
	for _, d := range all {
		if d.Note == e.note(w) {
			return e.made(d.ID), nil
		}
	}
	return nil, nil
}

// Prepare implements [Effect].
func (e smallDeploy) Prepare(context.Context, Work) (map[string]string, error) { return nil, nil }

// Act implements [Effect].
func (e smallDeploy) Act(ctx context.Context, w Work) (Result, error) {
	var d smallDeployment
	if err := e.client.send(ctx, "POST", "/services/"+e.service+"/deployments", smallDeployment{Version: e.build(w).Version, Note: e.note(w)}, &d); err != nil {
		return Result{}, err
	}
	return *e.made(d.ID), nil
}

// smallCancel stops what a run has under way.
type smallCancel struct {
	*small
	run string
}

// Look implements [Effect].
func (e smallCancel) Look(ctx context.Context, _ Work) (*Result, error) {
	now, err := e.Current(ctx)
	if err != nil || now.NextMark == e.run {
		return nil, err
	}
	return &Result{Summary: "the platform has no deployment of it under way"}, nil
}

// Prepare implements [Effect].
func (e smallCancel) Prepare(context.Context, Work) (map[string]string, error) { return nil, nil }

// Act implements [Effect].
func (e smallCancel) Act(ctx context.Context, _ Work) (Result, error) {
	err := e.client.send(ctx, "DELETE", "/services/"+e.service+"/deployments/next", nil, nil)
	return Result{Summary: "the platform was told to stop it"}, err
}

// smallClient is the client of the platform.
type smallClient struct{ url, token string }

type smallDeployment struct{ ID, Version, State, Note, By string }

// run is the run that made it; empty: none.
func (d smallDeployment) run() string {
	run, _, _ := strings.Cut(d.Note, "/")
	return run
}

func (d smallDeployment) build() build.Build {
	return build.Build{Version: d.Version, Deployment: d.ID}
}

// get reads. What it says of an error is sorted into classes here, once.
func (c smallClient) get(ctx context.Context, path string, into any) error {
	status, err := c.do(ctx, "GET", path, nil, into)
	switch {
	case status == http.StatusNotFound:
		return &Gone{err}
	case err != nil && (status == 0 || status >= 500):
		return &Passing{time.Second, err}
	}
	return err
}

// send writes, once.
func (c smallClient) send(ctx context.Context, method, path string, body, into any) error {
	status, err := c.do(ctx, method, path, body, into)
	switch {
	case status == http.StatusTooManyRequests:
		return &Passing{time.Second, err}
	case err != nil && (status < 400 || status >= 500):
		return &Unknown{err}
	}
	return err
}

func (c smallClient) do(ctx context.Context, method, path string, body, into any) (status int, err error) {
	sent, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(sent))
	if err != nil {
		return 0, err
	}
	req.Close = true // no connection outlives what is asked
	req.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, errors.New("the platform does not answer")
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		return resp.StatusCode, fmt.Errorf("the platform answers %s", resp.Status)
	}
	if into == nil {
		return resp.StatusCode, nil
	}
	return resp.StatusCode, json.NewDecoder(resp.Body).Decode(into)
}
