package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/bot/config"
	"gonogo/bot/doctor/finding"
	"gonogo/bot/web"
	"gonogo/clients/github"
	"gonogo/deploy"
	"gonogo/gates"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/history"
)

// probe tries a connection.
func (x examiner) probe(ctx context.Context, p config.Probe) []finding.Finding {
	name, built := p.Connection, p.Built
	var got answer.Evidence
	gates.Runner{}.Run(ctx, []gates.Job{{Name: name, Gate: built.Gate, Deadline: within, Secrets: slices.Concat(built.Secrets, x.Config.Secrets)}},
		func(gates.Job) error { return nil }, func(_ gates.Job, ev answer.Evidence) { got = ev })
	subject := "connection " + name
	if p.Environment != "" {
		subject += " on " + p.Environment
	}
	switch {
	case p.Warning != "" && got.Verdict == answer.Failed:
		return []finding.Finding{finding.Warn(subject, p.Warning)}
	case p.Warning != "":
		return nil
	case p.Advice != "" && got.Verdict == answer.Failed:
		return []finding.Finding{finding.Fault(subject, problem(got)+"; "+p.Advice)}
	case !got.Verdict.LetsThrough():
		return []finding.Finding{finding.Fault(subject, got.Summary)}
	}
	return []finding.Finding{finding.OK(subject, got.Summary)}
}

// problem is the first thing that is wrong in evidence that doesn't pass.
func problem(ev answer.Evidence) string {
	i := slices.IndexFunc(ev.Measures, func(m answer.Measure) bool { return !m.OK })
	if i < 0 || ev.Measures[i].Name != "status" {
		return "it gave an unexpected response"
	}
	return "it responded with status " + ev.Measures[i].Value
}

// repository checks the repository by asking for a commit, and whether it allows
// issues.
func (x examiner) repository(ctx context.Context) []finding.Finding {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	const subject = "GitHub"
	_, err := x.Config.Repository.Commit(ctx, "HEAD")
	if err != nil && !errors.Is(err, github.ErrNoSuchRef) {
		return []finding.Finding{finding.Fault(subject, err.Error())}
	}
	found := []finding.Finding{finding.OK(subject, "the repository can be read")}
	if x.Config.Issues == nil {
		return found
	}
	rights, err := x.Config.Repository.Rights(ctx)
	switch {
	case err != nil:
		return append(found, finding.Fault(subject, err.Error()))
	case !rights.Issues:
		return append(found, finding.Fault(subject, "issues are disabled in the repository; enable them in its settings, or remove issues from the configuration"))
	case !rights.Label:
		return append(found, finding.Warn(subject, "the token may not be able to label and close issues; give it permission to write issues"))
	}
	return append(found, finding.OK(subject, "issues can be opened"))
}

// webhook connects to the host of the escalation webhook. It sends nothing: every
// message would notify somebody.
func (x examiner) webhook(ctx context.Context) []finding.Finding {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	const subject = "escalation webhook"
	if err := x.Config.Pager.Reach(ctx); err != nil {
		return []finding.Finding{finding.Fault(subject, err.Error()+"; check escalate.webhook, its variable, and this machine's access to that host")}
	}
	return []finding.Finding{finding.OK(subject, x.Config.Pager.Host()+" can be reached; nothing was sent")}
}

// environment checks the platform and the triggers of one environment.
func (x examiner) environment(ctx context.Context, name string) []finding.Finding {
	subject := "environment " + name
	if why := x.Config.Obstacles[name]; why != "" {
		return []finding.Finding{finding.Fault(subject, "gonogo can't deploy there: "+why)}
	}
	env, ok := x.Config.Environments[name]
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	found := x.unfinished(ctx, subject, env)
	if found == nil {
		found = []finding.Finding{x.platform(ctx, subject, env)}
	}
	if runner, ok := env.Strategy.(deploy.ProgramRunner); ok {
		if why := runner.Missing(); why != "" {
			found = append(found, finding.Fault(subject, why))
		}
	}
	if examiner, ok := env.Strategy.(deploy.Examiner); ok {
		faults, warnings := examiner.Examine(ctx)
		for _, says := range faults {
			found = append(found, finding.Fault(subject, says))
		}
		for _, says := range warnings {
			found = append(found, finding.Warn(subject, says))
		}
	}
	for _, trigger := range env.Triggers {
		if trigger.Sample != nil {
			found = append(found, x.trigger(ctx, subject, env, trigger))
		}
	}
	return found
}

// unfinished says what is known of a deployment or rollback that is under way, perhaps
// cut off: what the platform shows meanwhile says nothing about how it ends. It is nil
// if there is none, or if it only waits for a person.
func (x examiner) unfinished(ctx context.Context, subject string, env deploy.Environment) []finding.Finding {
	state, err := x.State(ctx)
	if err != nil {
		return nil // the finding about the ledger says so
	}
	run := state.Changing(env.Name)
	if run == nil || run.Asked != nil {
		return nil
	}
	says := fmt.Sprintf("a %s was begun and has not ended: %s, started %s", run.What, run.Title, x.at(run.Started))
	step, unknown := run.Unknown()
	if unknown {
		says += fmt.Sprintf("; its step “%s” was sent or begun %s", step.Title, x.at(step.Started))
	}
	if _, running := web.Dial(x.Socket); running {
		return []finding.Finding{finding.OK(subject, says+"; the running gonogo is at it")}
	}
	if unknown {
		says += ", and the outcome isn't known"
	}
	return []finding.Finding{finding.Fault(subject, says+"; look at the platform first, which "+seen(env.Strategy.Current(ctx))+
		" now; then start gonogo, which looks too and resumes, or type gonogo rollback by-hand "+env.Name+" for the steps without gonogo")}
}

// seen is what a platform shows, without a word on how it came about.
func seen(now deploy.Current, err error) string {
	switch {
	case err != nil:
		return "gives no answer"
	case now.Next != nil:
		return "shows " + cmp.Or(now.Live.Version, "nothing") + " live and a deployment of " + cmp.Or(now.Next.Version, "something") + " under way"
	case now.Pinned():
		return "shows " + cmp.Or(now.Live.Version, "something") + " live and pinned"
	}
	return "shows " + cmp.Or(now.Live.Version, "no version") + " live"
}

// at is a time as the project's people read it.
func (x examiner) at(t time.Time) string {
	return phrase.Moment(t, cmp.Or(x.Config.Location, time.UTC))
}

func (x examiner) platform(ctx context.Context, subject string, env deploy.Environment) finding.Finding {
	now, err := env.Strategy.Current(ctx)
	switch {
	case err != nil:
		return finding.Fault(subject, err.Error())
	case now.Live.Version == "":
		return finding.Warn(subject, strings.TrimSuffix("the platform shows no live version; "+now.Unnamed, "; "))
	case now.Pinned():
		return finding.Warn(subject, now.Live.Version+" is live and pinned after a rollback; type /rollback keep "+env.Name+" or /rollback return "+env.Name)
	}
	return finding.OK(subject, now.Live.Version+" is live")
}

func (x examiner) trigger(ctx context.Context, subject string, env deploy.Environment, trigger deploy.Trigger) finding.Finding {
	subject += ", trigger " + trigger.ID
	now := x.Now()
	reading := trigger.Take(ctx, now, gates.Scope{View: readiness.View{Checklist: x.Config.Checklist, State: history.NewState(), Now: now}, Environment: env.Name, TargetURL: env.URL})
	switch {
	case reading.Err != nil:
		return finding.Fault(subject, reading.Err.Error())
	case !reading.Data:
		return finding.Warn(subject, "its query returns no data at the moment")
	case reading.Breach:
		return finding.Warn(subject, "it is over its limit at the moment: "+reading.Text(trigger))
	}
	return finding.OK(subject, reading.Text(trigger))
}
