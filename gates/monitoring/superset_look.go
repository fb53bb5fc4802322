package monitoring

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"gonogo/clients/superset"
	"gonogo/gates"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
)

// supersetLook looks through one user's eyes. Its methods give the evidence of one thing.
type supersetLook struct {
	ctx     context.Context
	session *superset.Session
}

func passed(format string, args ...any) answer.Evidence {
	return answer.Evidence{Verdict: answer.Passed, Summary: fmt.Sprintf(format, args...)}
}

// only picks the one element with a name, or says why there isn't one.
func only[T any](what, name string, found []T, err error) (one T, problem *answer.Evidence) {
	ev := answer.Evidence{}
	switch {
	case err != nil:
		ev = gates.Errored("%s", err)
	case len(found) == 0:
		ev = failed("Superset has no %s %q, or its user may not see it", what, name)
	case len(found) > 1:
		ev = gates.Errored("Superset has %d %ss called %q; give them different names", len(found), what, name)
	default:
		return found[0], nil
	}
	return one, &ev
}

func (l supersetLook) dashboard(title string, want boardWant) answer.Evidence {
	found, err := l.session.Dashboards(l.ctx, title)
	board, problem := only("dashboard", title, found, err)
	if problem != nil {
		return *problem
	}
	charts, err := l.session.ChartsOf(l.ctx, board.ID)
	if err != nil {
		return gates.Errored("%s: %s", title, err)
	}
	layout, err := l.session.Layout(l.ctx, board.ID)
	if err != nil {
		return gates.Errored("%s: %s", title, err)
	}
	return want.judge(board, charts, layout)
}

// judge tells whether a dashboard is as it must be.
func (w boardWant) judge(board superset.Dashboard, charts []superset.Chart, layout superset.Layout) answer.Evidence {
	var names, wrong []string
	for _, c := range charts {
		names = append(names, c.Name)
	}
	ev := passed("%s has %s", board.Title, phrase.Count(len(charts), "chart"))
	wrong = append(wrong, lacking("chart", w.Charts, names)...)
	wrong = append(wrong, lacking("filter", w.Filters, layout.Filters)...)
	if w.Count.Set() {
		m := gates.CountMeasure(board.Title+": charts", len(charts), w.Count)
		ev.Measures = append(ev.Measures, m)
		if !m.OK {
			wrong = append(wrong, fmt.Sprintf("has %s, limit %s", phrase.Count(len(charts), "chart"), w.Count.Text))
		}
	}
	switch {
	case !w.Refresh.Set():
	case layout.Refresh <= 0:
		wrong = append(wrong, "doesn't refresh by itself")
	case !w.Refresh.Allows(layout.Refresh.Seconds()):
		wrong = append(wrong, fmt.Sprintf("refreshes every %s, limit %s", readiness.Span(layout.Refresh), w.Refresh.Text))
	}
	if w.Published && !board.Published {
		wrong = append(wrong, "isn't published")
	}
	if len(wrong) > 0 {
		ev.Verdict, ev.Summary = answer.Failed, board.Title+" "+strings.Join(wrong, ", ")
	}
	return ev
}

// lacking says which names are missing.
func lacking(what string, wanted, names []string) []string {
	missing := slices.DeleteFunc(slices.Clone(wanted), func(name string) bool { return slices.Contains(names, name) })
	if len(missing) == 0 {
		return nil
	}
	text := fmt.Sprintf("lacks %s: %s", phrase.Count(len(missing), what), phrase.UpTo(5, missing))
	if near := gates.Nearest(missing[0], names); near != "" {
		text += fmt.Sprintf(" (it has %q)", near)
	}
	return []string{text}
}

// find finds a chart, among those of a dashboard if that is named.
func (l supersetLook) find(name, dashboard string) (superset.Chart, *answer.Evidence) {
	if dashboard == "" {
		found, err := l.session.Charts(l.ctx, name)
		return only("chart", name, found, err)
	}
	boards, err := l.session.Dashboards(l.ctx, dashboard)
	board, problem := only("dashboard", dashboard, boards, err)
	if problem != nil {
		return superset.Chart{}, problem
	}
	found, err := l.session.ChartsOf(l.ctx, board.ID)
	return only("chart", name, slices.DeleteFunc(found, func(c superset.Chart) bool { return c.Name != name }), err)
}

func (l supersetLook) chart(name string, want chartWant) answer.Evidence {
	chart, problem := l.find(name, want.Dashboard)
	if problem != nil {
		return *problem
	}
	var took []time.Duration
	rows := 0
	for range want.runs() {
		data, err := l.session.Data(l.ctx, chart.ID)
		if err != nil {
			return noData(name, err)
		}
		took, rows = append(took, data.Took), len(data.Rows)
		if want.Rows.Set() && !want.Rows.Allows(float64(rows)) {
			break
		}
	}
	ev := want.judge(name, rows, took)
	if want.Export == "" || !ev.Verdict.LetsThrough() {
		return ev
	}
	return gates.Joined([]answer.Evidence{ev, l.export(name, chart, want)})
}

// noData is the evidence of a chart that has no data.
func noData(name string, err error) answer.Evidence {
	var broken *superset.QueryFailed
	if errors.As(err, &broken) {
		return failed("the chart %s has no data: %s", name, err)
	}
	return gates.Errored("the chart %s has no data: %s", name, err)
}

// judge tells whether a chart shows what it must, in time.
func (w chartWant) judge(name string, rows int, took []time.Duration) answer.Evidence {
	var measures []answer.Measure
	if w.Rows.Set() {
		measures = append(measures, gates.CountMeasure(name+": rows", rows, w.Rows))
	}
	if w.Time.Set() {
		measures = append(measures, gates.TimeMeasure(name+": time", took, w.Time))
	}
	ev := gates.Judged(measures, fmt.Sprintf("%s shows %s", name, phrase.Count(rows, "row")))
	if !w.Warn.Set() {
		return ev
	}
	m := gates.TimeMeasure(name+": time", took, w.Warn)
	return gates.Warned(ev, m.OK, fmt.Sprintf("%s is %s, warning limit %s", m.Name, m.Value, m.Limit))
}

func (l supersetLook) export(name string, chart superset.Chart, want chartWant) answer.Evidence {
	took, err := l.session.Export(l.ctx, chart.ID, want.Export)
	if err != nil {
		return noData(name, err)
	}
	if !want.ExportTime.Set() {
		return passed("%s is exported", name)
	}
	return gates.Judged([]answer.Measure{gates.TimeMeasure(name+": export", []time.Duration{took}, want.ExportTime)}, name+" is exported")
}

func (l supersetLook) rules(wanted map[string]ruleWant) (parts []answer.Evidence) {
	if len(wanted) == 0 {
		return nil
	}
	all, err := l.session.Rules(l.ctx)
	if err != nil {
		return []answer.Evidence{gates.Errored("the rules of row-level security can't be read: %s", err)}
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		found := slices.DeleteFunc(slices.Clone(all), func(r superset.Rule) bool { return r.Name != name })
		rule, problem := only("rule", name, found, nil)
		if problem != nil {
			parts = append(parts, *problem)
			continue
		}
		parts = append(parts, wanted[name].judge(rule))
	}
	return parts
}

// judge tells whether a rule is as it must be. Its clause isn't shown.
func (w ruleWant) judge(rule superset.Rule) answer.Evidence {
	var tables, roles, wrong []string
	for _, t := range rule.Tables {
		tables = append(tables, t.Name)
	}
	for _, r := range rule.Roles {
		roles = append(roles, r.Name)
	}
	if w.Type != "" && w.Type != rule.Type {
		wrong = append(wrong, "isn't of type "+w.Type)
	}
	wrong = append(wrong, lacking("table", w.Tables, tables)...)
	wrong = append(wrong, lacking("role", w.Roles, roles)...)
	if !strings.Contains(rule.Clause, w.Clause) {
		wrong = append(wrong, fmt.Sprintf("doesn't have %q in its clause", w.Clause))
	}
	if len(wrong) > 0 {
		return failed("the rule %s %s", rule.Name, strings.Join(wrong, ", "))
	}
	return passed("the rule %s exists", rule.Name)
}

// login looks through the eyes of another user, whose rights must be those of ordinary
// people.
func (l supersetLook) login(name string, client *superset.Client, want loginWant) (parts []answer.Evidence) {
	session, err := client.LogIn(l.ctx)
	if err != nil {
		return []answer.Evidence{gates.Errored("%s: %s", name, err)}
	}
	other := supersetLook{l.ctx, session}
	var refused *superset.Unavailable
	switch _, err := session.Rules(l.ctx); {
	case err == nil:
		return []answer.Evidence{gates.Errored("the user of %s may read the rules of row-level security, so what they see proves nothing; use a user with the rights of ordinary people", name)}
	case !errors.As(err, &refused) || refused.Status != http.StatusForbidden && refused.Status != http.StatusUnauthorized && refused.Status != http.StatusNotFound:
		return []answer.Evidence{gates.Errored("%s: %s", name, err)}
	}
	for _, chart := range slices.Sorted(maps.Keys(want.Charts)) {
		parts = append(parts, other.ownRows(name, chart, want.Charts[chart]))
	}
	for _, title := range want.Hidden {
		parts = append(parts, l.hidden(name, title, other))
	}
	return parts
}

// ownRows tells whether a user sees rows of their own, and no others.
func (l supersetLook) ownRows(login, name string, want ownRows) answer.Evidence {
	chart, problem := l.find(name, "")
	if problem != nil {
		return gates.Errored("for %s, %s", login, problem.Summary)
	}
	data, err := l.session.Data(l.ctx, chart.ID)
	if err != nil {
		return gates.Errored("for %s, the chart %s has no data: %s", login, name, err)
	}
	foreign := 0
	for _, row := range data.Rows {
		value, ok := row[want.Column]
		if !ok {
			return gates.Errored("the chart %s has no column %q; add it to the chart", name, want.Column)
		}
		if !slices.Contains(want.Values, value) {
			foreign++
		}
	}
	switch {
	case foreign > 0:
		return failed("%s sees %d foreign of %s in %s", login, foreign, phrase.Count(len(data.Rows), "row"), name)
	case len(data.Rows) == 0:
		return gates.Errored("%s sees no row in %s, which proves nothing; use a user who has some", login, name)
	}
	return passed("%s sees only own rows in %s (%d)", login, name, len(data.Rows))
}

// hidden tells whether what the first user sees is hidden from another one.
func (l supersetLook) hidden(login, title string, from supersetLook) answer.Evidence {
	here, err := l.sees(title)
	if err != nil {
		return gates.Errored("%s", err)
	}
	if !here {
		return gates.Errored("Superset has no dashboard or chart %q that its first user sees, so whether it is hidden can't be told", title)
	}
	there, err := from.sees(title)
	switch {
	case err != nil:
		return gates.Errored("%s: %s", login, err)
	case there:
		return failed("%s sees %s", login, title)
	}
	return passed("%s doesn't see %s", login, title)
}

// sees reports whether there is a dashboard or chart of a name.
func (l supersetLook) sees(title string) (bool, error) {
	boards, err := l.session.Dashboards(l.ctx, title)
	if err != nil || len(boards) > 0 {
		return len(boards) > 0, err
	}
	charts, err := l.session.Charts(l.ctx, title)
	return len(charts) > 0, err
}
