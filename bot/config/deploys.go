package config

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/bot/config/strictyaml"
	"gonogo/clients/alertmanager"
	"gonogo/clients/connection"
	"gonogo/clients/github"
	"gonogo/commands/cards"
	"gonogo/deploy"
	"gonogo/deploy/bluegreen"
	"gonogo/deploy/script"
	"gonogo/deploy/workflow"
	"gonogo/gates"
	"gonogo/readiness/checklist"
	"gonogo/runs/incidents"
)

// The kinds of strategies that have a package of their own.
func init() {
	deploy.Register(bluegreen.Kind)
	deploy.Register(script.Kind)
	deploy.Register(workflow.Kind)
}

// deployment makes an environment one that gonogo deploys to, and returns what it
// deploys to there. A missing token is an obstacle that is reported when somebody wants
// to deploy: the rest of the configuration works without it.
func (b *builder) deployment(env val[string], part *environment) deploy.App {
	p := part.Deploy
	if p == nil {
		b.rollback(env, part.Rollback, nil)
		return deploy.App{}
	}
	var app deploy.App
	e := deploy.Environment{Name: env.V, URL: string(part.URL.V), Smoke: b.smoke(p.Smoke), Health: b.health(p.Health)}
	switch {
	case len(p.How) > 1:
		b.Fault(p.Pos, "deploy has both %s and %s; keep one", p.How[0].Key, p.How[1].Key)
	case len(p.How) == 1:
		e.Strategy, app = b.strategy(env, p.How[0])
	default:
		b.Fault(p.Pos, "deploy needs a strategy; add %s: { … }", strings.Join(availableStrategies(), ": { … } or "))
	}
	e.Bake = b.bake(p.Bake, part.Rollback)
	e.Rehearse = b.rehearses(env.V, p.Rehearse)
	e.Silence = b.silenced(p.Silence, e)
	if e.Strategy == nil {
		b.rollback(env, part.Rollback, nil)
		return app
	}
	b.rollback(env, part.Rollback, &e)
	b.config.Environments[env.V] = e
	return app
}

// silenced are the labels of the alerts that are silenced during a cutover that hurts.
func (b *builder) silenced(written val[ordered[string]], e deploy.Environment) map[string]string {
	if !written.Set {
		return nil
	}
	labels := map[string]string{}
	for _, l := range written.V {
		if strings.TrimSpace(l.Value) == "" {
			b.Fault(l.Name.Pos, "the label %s has no value, so the silence would mute every alert without that label; write its value", l.Name.V)
		}
		labels[l.Name.V] = l.Value
	}
	switch has := func(c connection.Connection) bool { return c.Kind == alertmanager.Kind.Name }; {
	case len(labels) == 0:
		b.Fault(written.Pos, "silence has no labels; write the labels of the alerts to silence, such as { environment: %s }, or remove the line", e.Name)
	case !slices.ContainsFunc(slices.Collect(maps.Values(b.deps.Connections)), has):
		b.Fault(written.Pos, "silence needs a connection to Alertmanager; add alertmanager: { url: http://127.0.0.1:9093 } to connections, or remove the line")
	case e.Strategy != nil && !deploy.CutsOver(e.Strategy.Deploy(e, deploy.Order{})):
		b.Fault(written.Pos, "nothing would be silenced on %s: its strategy has no cutover with downtime, as blue_green has; remove silence", e.Name)
	}
	return labels
}

// rehearses reports whether a rollback may be rehearsed on an environment: by default on
// those that come before another one.
func (b *builder) rehearses(env string, said val[bool]) bool {
	if said.Set {
		return said.V
	}
	for _, other := range b.doc.Environments {
		if slices.ContainsFunc(other.Value.After, func(after val[string]) bool { return after.V == env }) {
			return true
		}
	}
	return false
}

// mayRehearse rejects a gate that asks for rehearsals where there can be none.
func (b *builder) mayRehearse(at strictyaml.Pos, environment string) {
	env, _ := b.doc.Environments.Get(environment)
	switch {
	case env.Deploy == nil:
		b.Fault(at, "gonogo doesn't deploy to %s, so no rollback can be rehearsed there; add deploy to it, or name another environment", environment)
	case !b.rehearses(environment, env.Deploy.Rehearse):
		b.Fault(at, "no rollback may be rehearsed on %s, since no other environment comes after it; add rehearse: true to its deploy, or name another environment", environment)
	}
}

// availableStrategies names the strategies.
func availableStrategies() []string {
	var names []string
	for _, kind := range deploy.Kinds() {
		names = append(names, kind.Name)
	}
	return names
}

// strategy builds a strategy, whose settings only package deploy knows.
func (b *builder) strategy(env val[string], how strictyaml.Entry) (deploy.Strategy, deploy.App) {
	before, kind, settings := b.FaultCount(), how.Key, how.Value
	strategy, err := deploy.Build(kind, b.Settings(settings, kind), deploy.Deps{Connection: b.find, Components: b.componentsOf(kind), Dir: b.deps.Dir,
		Environ: b.config.Environ, Dialer: b.deps.Dialer, YAML: strictyaml.Foreign, Hide: func(names ...string) { b.printed = append(b.printed, names...) }})
	var faults gates.Faults
	var obstacle *deploy.Obstacle
	switch {
	case errors.As(err, &obstacle):
		b.config.Obstacles[env.V] = obstacle.Error()
		b.later(settings.Pos, "deploying to %s: %s", env.V, obstacle)
		return nil, b.claim(env, obstacle.App, settings)
	case errors.As(err, &faults):
		for _, f := range faults {
			b.Fault(settings.At(f.Field), "%s", f.Problem)
		}
	case err != nil && b.FaultCount() == before:
		b.Fault(settings.At("connection"), "%s", err)
	}
	if strategy == nil {
		return nil, deploy.App{}
	}
	return strategy, b.claim(env, strategy.App(), settings)
}

// claim notes what an environment deploys to. Two environments with the same target
// would be one under two names: what was approved for the first would be deployed to
// the second without its gates and sign-offs.
func (b *builder) claim(env val[string], app deploy.App, settings *strictyaml.Node) deploy.App {
	target := deploy.TargetOf(app)
	part := "this " + target.Noun
	if app.Component != "" {
		part = "the component " + app.Component + " of " + part
	}
	for taken, other := range b.deployedBy {
		if app.Shares(taken) {
			b.Fault(settings.At(target.Field), "%s already deploys %s, so a deployment to one would be live on both; give %s its own %s, or remove its deploy",
				other, part, env.V, target.Noun)
			break
		}
	}
	b.deployedBy[app] = env.V
	return app
}

// componentsOf names the components of an app, on the platform of a kind, that
// environments deploy.
func (b *builder) componentsOf(kind string) func(app string) []string {
	return func(app string) []string {
		var names []string
		for deployed := range b.deployedBy {
			if deployed.ID == app && deployed.Strategy() == kind {
				names = append(names, deployed.Components()...)
			}
		}
		return names
	}
}

func (b *builder) health(p *healthPart) deploy.Health {
	if p == nil {
		return deploy.Health{}
	}
	h := deploy.Health{Consecutive: p.Consecutive.V, Every: span(p.Every), Timeout: span(p.Timeout)}
	before := b.FaultCount()
	b.consecutive(p.Consecutive, h.Every)
	if problem := h.Problem(); problem != "" && b.FaultCount() == before {
		b.Fault(p.Pos, "%s", problem)
	}
	return h
}

// smoke builds the gates of a deployment like those of the checklist.
func (b *builder) smoke(parts []smokePart) []deploy.Smoke {
	seen := map[string]strictyaml.Pos{}
	var all []deploy.Smoke
	for i := range parts {
		p := &parts[i]
		b.once(seen, asText(p.ID), "smoke gate")
		built, ok := b.gate(&p.Gate)
		if !ok {
			continue
		}
		if built.Acts {
			b.Fault(p.Gate.Kind.Pos, "a %s gate may change things, but smoke gates are repeated after a restart; use another kind, such as http", p.Gate.Kind.V)
		}
		for _, secret := range built.Secrets {
			b.Hide(secret)
		}
		all = append(all, deploy.Smoke{ID: string(p.ID.V), Title: title(p.Title, string(p.ID.V)), Built: built})
	}
	return all
}

// rollback reads when to roll back an environment. Triggers are also used where gonogo
// can't deploy: on-call still hears about them.
func (b *builder) rollback(env val[string], p *rollbackPart, e *deploy.Environment) {
	if p == nil {
		return
	}
	auto := b.auto(env, p, e)
	if e != nil {
		e.Auto = auto
	}
	seen := map[string]strictyaml.Pos{}
	for i := range p.Triggers {
		t := &p.Triggers[i]
		b.once(seen, asText(t.ID), "trigger")
		trigger, ok := b.trigger(t)
		if ok && e != nil && len(trigger.Roles) > 0 {
			b.config.Checklist.Declarations = append(b.config.Checklist.Declarations,
				checklist.Declaration{Environment: env.V, Trigger: trigger.ID, Title: trigger.Title, Hard: trigger.Hard, Roles: trigger.Roles})
		}
		if ok && e != nil {
			e.Triggers = append(e.Triggers, trigger)
		}
	}
	if e == nil && len(p.Triggers) > 0 {
		b.later(p.Pos, "the triggers of %s, which gonogo doesn't deploy to", env.V)
	}
}

// consecutive checks how many times in a row something is asked for, every so often.
func (b *builder) consecutive(n val[int], every time.Duration) {
	if !n.Set {
		return
	}
	if problem := gates.RowProblem(n.V, every); problem != "" {
		b.Fault(n.Pos, "%s", problem)
	}
}

// alerts checks how alerts come in and whom they reach.
func (b *builder) alerts() {
	into := &b.config.Alerts
	into.EnvironmentLabels = incidents.EnvironmentLabels
	a := b.doc.Alerts
	if a == nil {
		into.Mention = b.mention(val[bool]{})
		return
	}
	switch {
	case a.Token.Set && a.Token.V == "":
		b.Fault(a.Token.Pos, "the token is empty, so anyone could send alerts; set the variable")
	case b.config.Listen == "":
		b.warning("alerts is configured, but nothing listens for them; set listen, such as 127.0.0.1:8080")
	}
	into.Token = a.Token.V
	b.Hide(a.Token.V)
	if into.Token != "" && b.config.Listen != "" {
		into.Path.Configure()
	}
	b.severities(a)
	if a.EnvironmentLabels.Set {
		into.EnvironmentLabels = b.labelNames(a.EnvironmentLabels)
	}
	into.Mention = b.mention(a.Mention)
}

// waits checks how pipelines on other hosts wait for a decision.
func (b *builder) waits() {
	w := b.doc.Wait
	switch {
	case w == nil:
		return
	case w.Token.Set && w.Token.V == "":
		b.Fault(w.Token.Pos, "the token is empty, so anyone could ask for decisions; set the variable")
	case b.config.Listen == "":
		b.warning("wait is configured, but nothing listens for pipelines; set listen, such as 127.0.0.1:8080")
	}
	b.config.WaitToken = w.Token.V
	b.Hide(w.Token.V)
}

// labelNames are names of labels, none of which may be repeated.
func (b *builder) labelNames(written val[refs]) []string {
	if len(written.V) == 0 {
		b.Fault(written.Pos, "environment_labels is empty; add at least one label, or remove the line")
	}
	var names []string
	for _, name := range written.V {
		switch {
		case strings.TrimSpace(name.V) == "":
			b.Fault(name.Pos, "the label name is empty; write a label of your alerts, such as deployment.environment.name")
		case slices.Contains(names, name.V):
			b.Fault(name.Pos, "the label %q is in this list twice; keep one", name.V)
		}
		names = append(names, name.V)
	}
	return names
}

// mention decides whom a card mentions: the user groups of the roles that handle alerts
// and, if the file asks for it, the people in roles without one.
func (b *builder) mention(wanted val[bool]) cards.Mention {
	var m cards.Mention
	if wanted.Set && !wanted.V {
		return m
	}
	for _, id := range b.config.Checklist.Permissions["alerts"] {
		i := slices.IndexFunc(b.config.Checklist.Roles, func(r checklist.Role) bool { return r.ID == id })
		if i < 0 {
			continue // there is a fault already
		}
		switch role := b.config.Checklist.Roles[i]; {
		case role.Usergroup != "":
			m.Groups = append(m.Groups, role.Usergroup)
		case wanted.V:
			m.Users = append(m.Users, role.Users...)
		}
	}
	if wanted.V && len(m.Groups)+len(m.Users) == 0 {
		b.Fault(wanted.Pos, "mention is true, but the roles under permissions.alerts have nobody to mention; add a role with users or a usergroup there")
	}
	return m
}

// outside checks what connects gonogo with alerts and issues.
func (b *builder) outside() {
	b.alerts()
	b.waits()
	b.escalation()
	b.repository()
}

// aRepository is the name of the connection with the repository; empty: there is none.
func (b *builder) aRepository() string {
	if b.doc.Issues != nil {
		return b.doc.Issues.Connection.V
	}
	name := ""
	for other, c := range b.deps.Connections {
		if c.Kind == "github" && (name == "" || other < name) {
			name = other
		}
	}
	return name
}

// repository finds the repository that releases are made from: the one that
// issues are filed in, or the only one there is.
func (b *builder) repository() {
	i := b.doc.Issues
	if i != nil {
		b.connected(i.Connection, "github")
	}
	c, err := b.find(b.aRepository(), "github")
	if err != nil {
		return
	}
	client, err := connection.Client[*github.Client](c)
	switch {
	case err != nil && i != nil:
		b.later(i.Pos, "issues for failed gates: %s", err)
	case err != nil:
		b.warning("commits can't be looked up on GitHub: %s", err)
	default:
		b.config.Repository = client
	}
	if i != nil && err == nil {
		b.config.Issues = &Issues{}
		for _, label := range i.Labels {
			b.config.Issues.Labels = append(b.config.Issues.Labels, strings.TrimSpace(label.V))
		}
	}
}
