package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gonogo/bot/config"
	"gonogo/commands"
	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/gates"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/runs"
)

func checkCommand(s system) *cobra.Command {
	var file, env string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check [ITEM…]",
		Short: "Runs gates without Slack; exits 0 for GO, 1 for NO-GO",
		Long: "Runs the gates of the given items, or all gates, and prints what they measured. Nothing is recorded.\n" +
			"With --env it prints the decision for that environment, from what it measured and from the manual\n" +
			"items and sign-offs in the ledger.\n\n" +
			"Exit codes: 0 GO; 1 NO-GO, because something failed or couldn't be measured; 2 the configuration or\n" +
			"the ledger can't be used, or there is no such item or environment; 64 the command line is wrong.",
		Args: takesAnything,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := config.Load(file, s.Environ)
			if err != nil {
				return err
			}
			c := &check{cfg: cfg, env: env, now: time.Now}
			report, err := c.run(cmd.Context(), args)
			if err != nil {
				return exit{2, err}
			}
			if err := report.print(s.Out, asJSON); err != nil {
				return err
			}
			if !report.Go {
				return exit{code: 1}
			}
			return nil
		},
	}
	configFlag(cmd, &file)
	cmd.Flags().StringVar(&env, "env", "", "decide for this environment, including manual items and sign-offs")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON instead of a table")
	return cmd
}

// check is one run of gonogo check.
type check struct {
	cfg *config.Config
	env string
	now func() time.Time
}

// report is what a check found, in the form that --json prints.
type report struct {
	Project     string             `json:"project"`
	Release     string             `json:"release"`
	Environment string             `json:"environment,omitempty"`
	Go          bool               `json:"go"`
	Items       []itemResult       `json:"items"`
	Blockers    []commands.Blocked `json:"blockers,omitempty"` // with --env
}

// itemResult is what one gate measured.
type itemResult struct {
	Item        string           `json:"item"`
	Title       string           `json:"title"`
	Environment string           `json:"environment,omitempty"`
	Verdict     answer.Verdict   `json:"verdict"` // "waiting" if the release has to be live first
	Summary     string           `json:"summary"`
	Measures    []answer.Measure `json:"measures,omitempty"`
	Details     []string         `json:"details,omitempty"`
	Seconds     float64          `json:"seconds"`
}

// run measures and decides. Its errors are about the configuration or the ledger; a
// gate that can't measure is a result.
func (c *check) run(ctx context.Context, items []string) (*report, error) {
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

// waits is the verdict shown for a gate that waits until the release is live.
const waits answer.Verdict = "waiting"

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
	type result struct {
		name string
		ev   answer.Evidence
	}
	results := make(chan result, len(jobs))
	gates.Runner{Parallel: 16}.Run(ctx, jobs,
		func(gates.Job) error { return nil },
		func(j gates.Job, ev answer.Evidence) { results <- result{j.Name, ev} })
	close(results)
	found := map[string]answer.Evidence{}
	for r := range results {
		found[r.name] = r.ev
	}
	return found
}

// judge applies the measurements to the state, in memory only, and decides.
func (c *check) judge(state *history.State, keys []answer.Key, found map[string]answer.Evidence, waiting map[answer.Key]string) *report {
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
	r := &report{Project: c.cfg.Project, Release: measured.Open, Environment: c.env, Go: true}
	for _, key := range keys {
		it, _ := c.cfg.Checklist.Item(key.Item)
		ev := found[key.String()]
		if waiting[key] != "" {
			r.Items = append(r.Items, itemResult{Item: key.Item, Title: it.Title, Environment: key.Environment, Verdict: waits, Summary: waiting[key]})
			continue
		}
		r.Go = r.Go && ev.Verdict.LetsThrough()
		r.Items = append(r.Items, itemResult{key.Item, it.Title, key.Environment, ev.Verdict, ev.Summary, ev.Measures, ev.Details, ev.Took.Seconds()})
	}
	r.Go = r.Go && (r.waiting() == 0 || r.waiting() < len(r.Items)) // without any measurement there is no GO
	if c.env != "" {
		decision := view.Decide(c.env)
		r.Go = decision.Go
		r.Blockers = commands.BlockedBy(cards.Builder{Deploys: lookingRuns(c.cfg).Deployable()}, view, decision)
	}
	return r
}

// waiting counts the gates that wait for the release to be live.
func (r *report) waiting() int {
	n := 0
	for _, f := range r.Items {
		if f.Verdict == waits {
			n++
		}
	}
	return n
}

// print writes the report as a table or as JSON.
func (r *report) print(out io.Writer, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	rows := [][]string{{"RESULT", "ITEM", "FOUND", "TIME"}}
	for _, f := range r.Items {
		rows = append(rows, []string{string(f.Verdict), reply.Printable(answer.Key{Item: f.Item, Environment: f.Environment}.String()), reply.Printable(f.Summary), readiness.Span(time.Duration(f.Seconds * float64(time.Second)))})
		if !f.Verdict.LetsThrough() && f.Verdict != waits {
			for _, detail := range f.Details[:min(5, len(f.Details))] {
				rows = append(rows, []string{"", "", "  " + reply.Printable(detail), ""})
			}
		}
	}
	if err := reply.PrintColumns(out, rows); err != nil {
		return err
	}
	r.printDecision(out)
	return nil
}

func (r *report) printDecision(out io.Writer) {
	fmt.Fprintln(out)
	for _, b := range r.Blockers {
		fmt.Fprintf(out, "blocks: %s\n", reply.Printable(b.Line()))
	}
	word, scope := "NO-GO", r.Release
	if r.Go {
		word = "GO"
	}
	if r.Environment != "" {
		scope += " for " + r.Environment
	} else {
		scope += ", by these gates alone"
	}
	if n := r.waiting(); n > 0 {
		scope += fmt.Sprintf("; not measured before the release is live: %s", phrase.Count(n, "gate"))
	}
	fmt.Fprintf(out, "%s: %s %s\n", word, r.Project, scope)
}
