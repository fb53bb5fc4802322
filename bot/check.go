package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"gonogo/bot/checked"
	"gonogo/bot/config"
	"gonogo/commands"
	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/gates"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/runs"
)

const checkHelp = `Runs the gates of the given items, or all gates, and prints what they measured. Nothing is recorded.
With --env it prints the decision for that environment, from what it measured and from the manual
items and sign-offs in the ledger.

Gates that ask about the release's commit, such as github_checks, need --commit where no ledger knows it:
gonogo check --commit "$GITHUB_SHA".

In GitHub Actions it also annotates the run, and adds a job summary and the outputs decision, passed, failed and errored.

Exit codes: 0 GO; 1 NO-GO, because something failed or couldn't be measured, or, with --fail-on warned, because
a gate has warned; 2 the configuration or the ledger can't be used, or there is no such item or environment; 64
the command line is wrong. With --fail-on never, NO-GO is 0 too.`

func checkCommand(s system) *cobra.Command {
	var file string
	var asJSON bool
	c := &check{now: time.Now, s: s}
	cmd := &cobra.Command{
		Use:   "check [ITEM…]",
		Short: "Runs gates without Slack; exits 0 for GO, 1 for NO-GO",
		Long:  checkHelp,
		Args:  takesAnything,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if asJSON {
				c.format = "json"
			}
			if err := c.prepare(cmd); err != nil {
				return err
			}
			if c.cfg, err = config.Load(file, s.Environ); err != nil {
				return err
			}
			c.file = file
			return c.repeat(cmd.Context(), args)
		},
	}
	configFlag(cmd, &file)
	cmd.Flags().StringVar(&c.env, "env", "", "decide for this environment, including manual items and sign-offs")
	cmd.Flags().StringVar(&c.version, "version", "", "the release to measure (default: the one opened last)")
	cmd.Flags().StringVar(&c.commit, "commit", "", "the release's commit, at least 7 digits, for gates that ask about it")
	cmd.Flags().BoolVar(&asJSON, "json", false, "the same as --format json")
	cmd.Flags().StringVar(&c.format, "format", "", "table, json, junit, sarif, markdown or github (default: table, and in GitHub Actions github)")
	cmd.Flags().StringVar(&c.color, "color", "auto", "auto, always or never; auto is a terminal for which NO_COLOR isn't set")
	cmd.Flags().StringVar(&c.failOn, "fail-on", failOnFailed, "when to exit with 1: failed (NO-GO), warned (also a warning) or never")
	cmd.Flags().DurationVar(&c.watch, "watch", 0, "measure again after so long, until it is GO, such as 1m")
	return cmd
}

// check is one call of gonogo check.
type check struct {
	cfg  *config.Config
	file string // that has the configuration
	env  string
	now  func() time.Time
	s    system

	version, commit string // of the release; empty: the one opened last

	format, color, failOn string
	watch                 time.Duration // between two measurements; 0: it measures once
	print                 func(*checked.Report, io.Writer) error
}

// What makes gonogo check exit with 1.
const (
	failOnFailed = "failed"
	failOnWarned = "warned"
	failOnNever  = "never"
)

// leastWatch is the least time between two measurements.
const leastWatch = time.Second

// prepare sees that the flags can be used.
func (c *check) prepare(cmd *cobra.Command) error {
	if c.format == "" {
		c.format = "table"
		if in, _ := c.s.Environ("GITHUB_ACTIONS"); in == "true" {
			c.format = "github"
		}
	}
	form, err := checked.FormatNamed(c.format)
	switch {
	case err != nil:
		return misused("%s: %s", cmd.CommandPath(), err)
	case !slices.Contains([]string{"auto", "always", "never"}, c.color):
		return misused("%s can't take %q for --color; it is auto, always or never", cmd.CommandPath(), c.color)
	case !slices.Contains([]string{failOnFailed, failOnWarned, failOnNever}, c.failOn):
		return misused("%s can't take %q for --fail-on; it is failed, warned or never", cmd.CommandPath(), c.failOn)
	case cmd.Flags().Changed("version") && c.version == "":
		return emptyVersion(cmd)
	case cmd.Flags().Changed("commit") && !commitName.MatchString(c.commit):
		return badCommit(cmd, c.commit)
	case cmd.Flags().Changed("watch") && c.watch < leastWatch:
		return misused("%s can't take a --watch of %s: the least is %s", cmd.CommandPath(), c.watch, leastWatch)
	}
	c.print = form.Print
	return nil
}

// repeat measures once, or until it is GO.
func (c *check) repeat(ctx context.Context, items []string) error {
	for {
		report, err := c.run(ctx, items)
		if err != nil {
			return exit{2, err}
		}
		if err := c.show(report); err != nil {
			return err
		}
		if c.watch == 0 || report.Go {
			return c.verdict(report)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(c.watch):
		}
	}
}

// verdict is how the command ends.
func (c *check) verdict(r *checked.Report) error {
	if c.failOn == failOnNever || r.Go && (c.failOn == failOnFailed || r.Count(answer.Warned) == 0) {
		return nil
	}
	return exit{code: 1}
}

// show prints a report, and tells GitHub Actions of it if that runs this.
func (c *check) show(r *checked.Report) error {
	out := c.s.Out
	if c.coloured() {
		out = &checked.Coloured{To: out}
	}
	if err := c.print(r, out); err != nil {
		return err
	}
	if c.format != "github" {
		return nil
	}
	summary, _ := c.s.Environ("GITHUB_STEP_SUMMARY")
	outputs, _ := c.s.Environ("GITHUB_OUTPUT")
	return checked.Step{Summary: summary, Outputs: outputs}.Tell(r)
}

// coloured reports whether people see colours (https://no-color.org, and TERM=dumb).
func (c *check) coloured() bool {
	if c.format != "table" || c.color != "auto" {
		return c.format == "table" && c.color == "always"
	}
	screen, ok := c.s.Out.(reply.Screen)
	without, _ := c.s.Environ("NO_COLOR")
	kind, _ := c.s.Environ("TERM")
	return ok && screen.Columns() > 0 && without == "" && kind != "dumb"
}

// run measures and decides. Its errors are about the configuration or the ledger; a
// gate that can't measure is a result.
func (c *check) run(ctx context.Context, items []string) (*checked.Report, error) {
	if _, known := c.cfg.Checklist.Environment(c.env); c.env != "" && !known {
		return nil, fmt.Errorf("there is no environment %q; the configuration has %s", c.env, strings.Join(environmentsOf(c.cfg), ", "))
	}
	keys, err := c.keys(items)
	if err != nil {
		return nil, err
	}
	state, opened, err := readState(ctx, c.cfg)
	if err != nil {
		return nil, err
	}
	if err := c.choose(state, opened); err != nil {
		return nil, err
	}
	observe(ctx, c.cfg, state, lookingRuns(c.cfg))
	now, waiting := readiness.View{Checklist: c.cfg.Checklist, State: state, Now: c.now().UTC()}, map[answer.Key]string{}
	if opened {
		waiting = c.waiting(now, keys)
	}
	found := c.measure(ctx, state, slices.DeleteFunc(slices.Clone(keys), func(k answer.Key) bool { return waiting[k] != "" }), opened)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("interrupted before every gate had measured; nothing is decided")
	}
	return c.judge(state, keys, found, waiting), nil
}

// choose makes the release that the flags name the one that is measured. One that the
// ledger doesn't know is opened in memory only.
func (c *check) choose(state *history.State, opened bool) error {
	if c.version == "" && c.commit == "" {
		return nil
	}
	version := c.version
	if version == "" {
		version = firstRelease
		if opened {
			i := slices.IndexFunc(state.Opens, func(v string) bool { return c.sameCommit(state.Releases[v].Commit) })
			if i < 0 {
				return fmt.Errorf("no open release has the commit %s; name the release with --version", c.commit)
			}
			version = state.Opens[i]
		}
	}
	if r := state.Releases[version]; r != nil && r.Commit != "" && c.commit != "" && !c.sameCommit(r.Commit) {
		return fmt.Errorf("%s has the commit %s in the ledger, not %s", version, r.Commit, c.commit)
	}
	state.Apply(c.now().UTC(), event.ReleaseOpened{Version: version, Commit: c.commit, Beside: true})
	return nil
}

// sameCommit reports whether a commit is the one that was named, either of which may be
// abbreviated.
func (c *check) sameCommit(commit string) bool {
	return commit != "" && (strings.HasPrefix(commit, strings.ToLower(c.commit)) || strings.HasPrefix(strings.ToLower(c.commit), commit))
}

// waiting says, for answers that can't be measured before the release is live, what
// they wait for. Without a ledger it is not known what is live, and everything is
// measured.
func (c *check) waiting(v readiness.View, keys []answer.Key) map[answer.Key]string {
	waiting := map[answer.Key]string{}
	for _, key := range keys {
		if it, ok := c.cfg.Checklist.Item(key.Item); ok {
			waiting[key] = v.Standing(it, key).Waiting
		}
	}
	return waiting
}

// keys lists the answers to measure: those of the items named, or all gates.
func (c *check) keys(items []string) ([]answer.Key, error) {
	var keys []answer.Key
	for _, name := range items {
		id, env, _ := strings.Cut(name, "@")
		it, ok := c.cfg.Checklist.Item(id)
		switch {
		case !ok:
			return nil, fmt.Errorf("there is no item %q in the checklist; gonogo status SECTION lists the items by name", id)
		case it.Gate == nil:
			return nil, fmt.Errorf("%s is checked by a person, not by a gate; type /ready check %s in Slack", id, id)
		case env != "" && !slices.Contains(environmentsOf(c.cfg), env):
			return nil, fmt.Errorf("there is no environment %q; the configuration has %s", env, strings.Join(environmentsOf(c.cfg), ", "))
		case env != "" && !slices.Contains(it.Environments, env):
			return nil, fmt.Errorf("%s is not asked for %s", id, env)
		case env != "":
			keys = append(keys, answer.Key{Item: id, Environment: env})
		default:
			keys = append(keys, it.Keys()...)
		}
	}
	if len(items) > 0 {
		return keys, nil
	}
	for _, sections := range [][]checklist.Section{c.cfg.Checklist.Sections, c.cfg.Checklist.Afterwards} {
		for _, section := range sections {
			for _, it := range section.Items {
				if it.Gate != nil && !it.Off && (c.env == "" || it.BlocksOn(c.env)) {
					keys = append(keys, it.Keys()...)
				}
			}
		}
	}
	return keys, nil
}

// measure runs the gates side by side. Without an open release, as in CI without a
// ledger, no report counts as older than the release.
func (c *check) measure(ctx context.Context, state *history.State, keys []answer.Key, opened bool) map[string]answer.Evidence {
	view := readiness.View{Checklist: c.cfg.Checklist, State: state, Now: c.now().UTC()}
	var jobs []gates.Job
	for _, key := range keys {
		built, scope := c.cfg.Gates[key], runs.ScopeFor(view, key, c.cfg.Targets)
		if !opened {
			scope.Opened = time.Time{}
		}
		jobs = append(jobs, gates.Job{Name: key.String(), Gate: built.Gate, Secrets: slices.Concat(built.Secrets, c.cfg.Secrets), Deadline: 30 * time.Second,
			Scope: scope})
	}
	progress := checked.NewProgress(c.s.Err, len(jobs), c.now)
	defer progress.Clear()
	defer ticking(progress.Tick)()
	var mu sync.Mutex
	found := map[string]answer.Evidence{}
	gates.Runner{Parallel: 16}.Run(ctx, jobs,
		func(j gates.Job) error { progress.Begin(j.Name, c.title(j.Name)); return nil },
		func(j gates.Job, ev answer.Evidence) {
			progress.End(j.Name, ev.Verdict)
			mu.Lock()
			defer mu.Unlock()
			found[j.Name] = ev
		})
	return found
}

// ticking calls a function each second until the returned one is called.
func ticking(tick func()) (stop func()) {
	seconds, done := time.NewTicker(time.Second), make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() {
		for {
			select {
			case <-seconds.C:
				tick()
			case <-done:
				return
			}
		}
	})
	return func() { seconds.Stop(); close(done); ended.Wait() }
}

// title is what a gate is about, by its name.
func (c *check) title(name string) string {
	id, env, _ := strings.Cut(name, "@")
	it, ok := c.cfg.Checklist.Item(id)
	switch {
	case !ok:
		return name
	case env != "":
		return it.Title + " (" + env + ")"
	}
	return it.Title
}

// judge applies the measurements to the state, in memory only, and decides.
func (c *check) judge(state *history.State, keys []answer.Key, found map[string]answer.Evidence, waiting map[answer.Key]string) *checked.Report {
	now := c.now().UTC()
	measured := state.Next()
	for _, key := range keys {
		if waiting[key] != "" {
			continue
		}
		it, _ := c.cfg.Checklist.Item(key.Item)
		ev := found[key.String()]
		ev.Settings = c.cfg.Gates[key].Settings
		ev = readiness.View{Checklist: c.cfg.Checklist, State: state, Now: now}.Stamp(it, key, ev)
		measured.Apply(now, event.EvidenceRecorded{Release: measured.Open, Item: key.Item, Environment: key.Environment, Evidence: ev})
	}
	view := readiness.View{Checklist: c.cfg.Checklist, State: measured, Now: now}
	r := &checked.Report{Project: c.cfg.Project, Release: measured.Open, Environment: c.env, Go: true, Configuration: c.file}
	sections := c.sections()
	for _, key := range keys {
		it, _ := c.cfg.Checklist.Item(key.Item)
		ev := found[key.String()]
		item := checked.Item{Item: key.Item, Title: it.Title, Section: sections[key.Item], Environment: key.Environment, Verdict: checked.Waiting, Summary: waiting[key]}
		if waiting[key] == "" {
			r.Go = r.Go && ev.Verdict.LetsThrough()
			item.Verdict, item.Summary, item.Measures, item.Details, item.Seconds = ev.Verdict, ev.Summary, ev.Measures, ev.Details, ev.Took.Seconds()
		}
		r.Items = append(r.Items, item)
	}
	n := r.Count(checked.Waiting)
	r.Go = r.Go && (n == 0 || n < len(r.Items)) // without any measurement there is no GO
	if c.env != "" {
		decision := view.Decide(c.env)
		r.Go = decision.Go
		r.Blockers = commands.BlockedBy(cards.Builder{Deploys: lookingRuns(c.cfg).Deployable()}, view, decision)
		r.Overridden = commands.OverriddenIn(decision)
	}
	return r
}

// sections are the titles of the sections by item.
func (c *check) sections() map[string]string {
	titles := map[string]string{}
	for _, sections := range [][]checklist.Section{c.cfg.Checklist.Sections, c.cfg.Checklist.Afterwards} {
		for _, section := range sections {
			for _, it := range section.Items {
				titles[it.ID] = section.Title
			}
		}
	}
	return titles
}
