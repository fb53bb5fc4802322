package config

import (
	"path/filepath"
	"strings"
	"time"

	"gonogo/deploy"
	"gonogo/readiness/checklist"
	"gonogo/runs/runbook"
)

func (b *builder) environments() {
	all := b.doc.Environments.Names()
	for _, e := range b.doc.Environments {
		b.typed(e.Name)
		b.reserved(e.Name.Pos, e.Name.V, "an environment")
		env := checklist.Environment{Name: e.Name.V, URL: string(e.Value.URL.V), After: b.list(e.Value.After, "environment", all)}
		for _, v := range e.Value.Variables {
			b.variableName(v.Name)
		}
		if env.URL != "" {
			b.config.Targets[env.Name] = env.URL
		}
		b.withEnvironment(e.Name.V, func() {
			if app := b.deployment(e.Name, &e.Value); app != (deploy.App{}) {
				env.App = app.String()
			}
			b.reviews(e.Name, e.Value.Reviews, e.Value.Deploy != nil)
			env.Site = env.App == "" && e.Value.Reviews != nil && e.Value.Reviews.Live.URL.Set
		})
		b.config.Checklist.Environments = append(b.config.Checklist.Environments, env)
	}
}

// stepTimeout is how long a step of a runbook may take that has no timeout of its own.
const stepTimeout = 10 * time.Minute

func (b *builder) runbooks() {
	for _, r := range b.doc.Runbooks {
		b.typed(r.Name)
		b.reserved(r.Name.Pos, r.Name.V, "a runbook")
		if len(r.Value.Steps) == 0 {
			b.Fault(r.Value.Pos, "a runbook needs at least one step; add - { run: [program, argument, …] }")
		}
		book := runbook.Runbook{ID: r.Name.V, Title: title(r.Value.Title, r.Name.V)}
		book.Environments = b.some(r.Value.Environments, "environment", b.doc.Environments.Names())
		book.Variables = b.variablesOf(book.Environments)
		env := b.variableNames(r.Value.Env)
		for _, step := range r.Value.Steps {
			made := b.runbookStep(step, b.folder(r.Value.Dir), env)
			made.NewPrivileges = r.Value.NewPrivileges
			if !r.Value.Environments.Set && made.NamesEnvironment() {
				b.Fault(step.Pos, "{environment} needs environments to run for; add environments: [ … ] to the runbook")
			}
			book.Steps = append(book.Steps, made)
		}
		b.config.Runbooks = append(b.config.Runbooks, book)
	}
}

// hideProgramVariables redacts the values that runbooks and programs that deploy get in
// their variables, everywhere, since a gate or a service may show them too. The output of
// a runbook shows none of them, whatever they are.
func (b *builder) hideProgramVariables(file string) {
	hide := func(name, value string) { b.HideVariable(name, value, strings.Contains(file, value)) }
	for _, name := range b.printed {
		if value, ok := b.config.Environ(name); ok {
			hide(name, value)
		}
	}
	for _, book := range b.config.Runbooks {
		for _, step := range book.Steps {
			for _, name := range step.Env {
				value, _ := b.config.Environ(name)
				hide(name, value)
				for _, own := range book.Variables {
					hide(name, own[name])
				}
			}
		}
	}
}

// variablesOf are the environments' own variables, which runbooks get in place of
// gonogo's.
func (b *builder) variablesOf(environments []string) map[string]map[string]string {
	own := map[string]map[string]string{}
	for _, name := range environments {
		if env, ok := b.doc.Environments.Get(name); ok && len(env.Variables) > 0 {
			own[name] = map[string]string{}
			for _, v := range env.Variables {
				own[name][v.Name.V] = v.Value
			}
		}
	}
	return own
}

func (b *builder) runbookStep(step runbookStep, dir string, env []string) runbook.Step {
	if len(step.Run) == 0 || step.Run[0] == "" {
		b.Fault(step.Pos, "run has no program; write it with its arguments as a list")
	}
	timeout := stepTimeout
	if step.Timeout.Set {
		timeout = span(step.Timeout)
	}
	return runbook.Step{Title: step.Title.V, Run: step.Run, Dir: dir, Env: env, Timeout: timeout}
}

// variableNames are the names of variables that a program may see.
func (b *builder) variableNames(list []val[string]) []string {
	var names []string
	for _, name := range list {
		b.variableName(name)
		names = append(names, name.V)
	}
	return names
}

// variableName notes an invalid name of a variable.
func (b *builder) variableName(name val[string]) {
	if name.V == "" || strings.ContainsAny(name.V, "= ${}") {
		b.Fault(name.Pos, "this must be the name of a variable, such as ODOO_URL; its value comes from gonogo's environment, or from variables: of an environment")
	}
}

// folder is a folder that the file names, relative to the file's own unless it is
// absolute.
func (b *builder) folder(dir val[string]) string {
	if filepath.IsAbs(dir.V) {
		return dir.V
	}
	return filepath.Join(b.deps.Dir, dir.V)
}

// span is a duration as the other rooms use it.
func span(v val[duration]) time.Duration { return time.Duration(v.V) }
