package data

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/gates"
	"gonogo/gates/database"
	"gonogo/gates/schema"
	"gonogo/phrase"
	"gonogo/readiness/answer"
)

// mostNamed is how many names a sentence has.
const mostNamed = 5

// mostAhead is how far a newest row may be ahead of the database's clock, since the
// row may be stamped by another machine.
const mostAhead = time.Minute

// judge judges what is in the catalog alone.
func (g *schemaGate) judge(c schemaCatalog) (parts []answer.Evidence) {
	s := g.settings
	for _, list := range []struct {
		noun, plural string
		names        []string
		problem      func(name string) string
	}{
		{"table", "tables", s.Tables, g.problemOf(c, "table")},
		{"view", "views", s.Views, g.problemOf(c, "view")},
		{"valid index", "valid indexes", s.Indexes, g.problemOf(c, "index")},
		{"materialized view", "materialized views", slices.Sorted(maps.Keys(s.Materialized)), g.problemOf(c, "materialized view")},
		{"table with row-level security", "tables with row-level security", slices.Sorted(maps.Keys(s.RowSecurity)), func(name string) string {
			return cmp.Or(c.problem("table", g.names[name]), c.unsecured(g.names[name], s.RowSecurity[name]))
		}},
	} {
		if len(list.names) > 0 {
			parts = append(parts, judgeEach(list.noun, list.plural, list.names, list.problem))
		}
	}
	return parts
}

func (g *schemaGate) problemOf(c schemaCatalog, kind string) func(name string) string {
	return func(name string) string { return c.problem(kind, g.names[name]) }
}

// judgeEach asks each of some names for its problem, and fails if there is one.
func judgeEach(noun, plural string, names []string, problem func(name string) string) answer.Evidence {
	var problems []string
	for _, name := range names {
		if p := problem(name); p != "" {
			problems = append(problems, p)
		}
	}
	ev := answer.Evidence{Verdict: answer.Passed, Summary: phrase.Count(len(names), noun, plural), Measures: []answer.Measure{partOfAll(plural, len(names)-len(problems), len(names))}}
	if len(problems) > 0 {
		ev.Verdict, ev.Summary = answer.Failed, someOf(problems)
	}
	return ev
}

// someOf joins the first of several sentences.
func someOf(sentences []string) string {
	text := strings.Join(sentences[:min(mostNamed, len(sentences))], "; ")
	if more := len(sentences) - mostNamed; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

// partOfAll measures how many there are of those that there must be.
func partOfAll(name string, got, all int) answer.Measure {
	return answer.Measure{Name: name, Value: fmt.Sprintf("%d of %d", got, all), Limit: "all", OK: got == all}
}

// problem says what is wrong with a relation, or "".
func (c schemaCatalog) problem(kind string, n schema.Name) string {
	r, there := c.found[n]
	switch {
	case !there && c.near[n] != "":
		return fmt.Sprintf("there is no %s %s; did you mean %s?", kind, n, phrase.Excerpt(c.near[n]))
	case !there:
		return fmt.Sprintf("there is no %s %s", kind, n)
	case r.Kind != kind:
		return fmt.Sprintf("%s is %s, not %s", n, withArticle(r.Kind), withArticle(kind))
	case kind == "index" && !r.Valid:
		return fmt.Sprintf("the index %s isn't valid: it is still being built, or its build failed; wait, or rebuild it", n)
	case kind == "materialized view" && !r.Populated:
		return fmt.Sprintf("the materialized view %s was never refreshed", n)
	}
	return ""
}

func withArticle(kind string) string {
	if kind == "index" {
		return "an index"
	}
	return "a " + kind
}

// unsecured says what is wrong with a table's row-level security, or "".
func (c schemaCatalog) unsecured(n schema.Name, want rowSecurityWant) string {
	r := c.found[n]
	missing, others := apart(want.Policies, r.Policies)
	exemption := c.login.Exemption(r)
	switch {
	case !r.Secured:
		return fmt.Sprintf("row-level security of %s is off", n)
	case want.Forced && !r.Forced:
		return fmt.Sprintf("row-level security of %s isn't forced, so it doesn't apply to the table's owner", n)
	case len(missing) > 0:
		return fmt.Sprintf("%s lacks %s: %s", n, phrase.Count(len(missing), "policy", "policies"), phrase.UpTo(mostNamed, missing))
	case want.Others.Set() && !want.Others.Allows(float64(len(others))):
		return fmt.Sprintf("%s has %s, limit %s: %s", n, phrase.Count(len(others), "other policy", "other policies"), want.Others.Text, phrase.Excerpt(strings.Join(others, ", ")))
	case exemption != "" && !want.Exempt:
		return fmt.Sprintf("row-level security of %s doesn't apply to this login: it %s", n, exemption)
	}
	return ""
}

// apart are the names that are wanted and not there, and those that are there and not
// wanted.
func apart(want, got []string) (missing, others []string) {
	for _, name := range want {
		if !slices.Contains(got, name) && !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
	}
	for _, name := range got {
		if !slices.Contains(want, name) {
			others = append(others, name)
		}
	}
	return missing, others
}

// newestRows judges how old the newest rows of the materialized views are.
func (g *schemaGate) newestRows(ctx context.Context, s *database.Session, c schemaCatalog) (parts []answer.Evidence) {
	for _, name := range slices.Sorted(maps.Keys(g.settings.Materialized)) {
		want, n := g.settings.Materialized[name], g.names[name]
		if want.Column == "" || c.problem("materialized view", n) != "" {
			continue
		}
		var age time.Duration
		err := s.Read(ctx, func(ctx context.Context, tx database.Tx) (err error) {
			age, err = schema.Age(ctx, tx, n, want.Column)
			return err
		})
		switch {
		case errors.Is(err, schema.ErrEmpty):
			parts = append(parts, answer.Evidence{Verdict: answer.Failed, Summary: fmt.Sprintf("%s has no row with a time in %s", n, want.Column)})
		case err != nil:
			parts = append(parts, gates.Errored("%s: %s", n, g.Explain(ctx, err)))
		default:
			parts = append(parts, want.judge(n, age))
		}
	}
	return parts
}

func (w newestWant) judge(n schema.Name, age time.Duration) answer.Evidence {
	if age < -mostAhead {
		return gates.Errored("the newest row of %s is %s ahead of the database's clock; is %s a time in UTC, and of the past?", n, gates.Precisely(-age), w.Column)
	}
	age = max(age, 0)
	name := "age of the newest row of " + n.String()
	ev := gates.Judged([]answer.Measure{gates.TimeMeasure(name, []time.Duration{age}, w.Age)}, fmt.Sprintf("newest row of %s %s old", n, gates.Precisely(age)))
	return gates.Warned(ev, !w.Warn.Set() || w.Warn.Allows(age.Seconds()), fmt.Sprintf("%s is %s, warning limit %s", name, gates.Precisely(age), w.Warn.Text))
}

// migrations judges which migrations ran.
func (g *schemaGate) migrations(ctx context.Context, s *database.Session, c schemaCatalog) answer.Evidence {
	want := g.settings.Migrations
	n := g.names[want.Table]
	if _, there := c.found[n]; !there {
		return answer.Evidence{Verdict: answer.Failed, Summary: c.problem("table", n)}
	}
	var names []string
	err := s.Read(ctx, func(ctx context.Context, tx database.Tx) (err error) {
		names, err = schema.Applied(ctx, tx, schema.Migrations{Table: n, Column: want.Column, Where: want.Where})
		return err
	})
	switch {
	case errors.Is(err, schema.ErrMany):
		return gates.Errored("%s: %s", n, err)
	case err != nil:
		return gates.Errored("%s: %s", n, g.Explain(ctx, err))
	}
	return want.judge(names)
}

func (w migrationsWant) judge(got []string) answer.Evidence {
	missing, others := apart(w.Names, got)
	all := len(w.Names)
	ev := answer.Evidence{Verdict: answer.Passed, Summary: phrase.Count(all, "migration") + " ran", Measures: []answer.Measure{partOfAll("migrations", all-len(missing), all)}}
	if w.Others.Set() {
		ev.Measures = append(ev.Measures, gates.CountMeasure("other migrations", len(others), w.Others))
	}
	var problems []string
	if len(missing) > 0 {
		problems = append(problems, fmt.Sprintf("%s didn't run: %s", phrase.Count(len(missing), "migration"), phrase.UpTo(mostNamed, missing)))
	}
	if w.Others.Set() && !w.Others.Allows(float64(len(others))) {
		problems = append(problems, fmt.Sprintf("%s ran, limit %s: %s", phrase.Count(len(others), "other migration"), w.Others.Text, phrase.Excerpt(strings.Join(others, ", "))))
	}
	if len(problems) > 0 {
		ev.Verdict, ev.Summary = answer.Failed, strings.Join(problems, "; ")
	}
	return ev
}
