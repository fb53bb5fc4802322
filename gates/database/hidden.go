package database

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gonogo/phrase"
)

// If a login may not see other sessions' activity, PostgreSQL returns null or [Masked]
// instead of an error, and a query such as coalesce(max(replay_lag), '0') looks good.
// So the plan of a query is searched for hidden columns, unless the login may see
// everything.

// Masked is the value of a hidden text column.
const Masked = "<insufficient privilege>"

// masking is a function of the server that hides columns of its rows.
type masking struct {
	view    string   // that people know it by
	visible []string // columns that everybody sees
	hidden  []string // columns that not everybody sees; none: all but the visible
}

// maskings are the functions beneath the views of the statistics, by their
// names in plans. Source: pgstatfuncs.c, walsender.c, walreceiver.c and
// pg_stat_statements.c of PostgreSQL.
var maskings = map[string]masking{
	"pg_stat_get_activity":      {view: "pg_stat_activity", visible: []string{"datid", "pid", "usesysid", "application_name"}},
	"pg_stat_get_wal_senders":   {view: "pg_stat_replication", visible: []string{"pid"}},
	"pg_stat_get_wal_receiver":  {view: "pg_stat_wal_receiver", visible: []string{"pid"}},
	"pg_stat_get_progress_info": {view: "the progress of other sessions", visible: []string{"pid", "datid"}},
	"pg_stat_statements":        {view: "pg_stat_statements", hidden: []string{"query", "queryid"}},
}

func (m masking) hides(column string) bool {
	if column == "*" {
		return true
	}
	if m.hidden != nil {
		return slices.Contains(m.hidden, column)
	}
	return !slices.Contains(m.visible, column)
}

// maskingCall is a call of such a function that isn't itself the source of rows, or of
// one that returns one session by its number.
var maskingCall = regexp.MustCompile(`\b(pg_stat_get_(?:activity|wal_senders|wal_receiver|progress_info|backend_(?:activity|activity_start|client_addr|client_port|start|wait_event|wait_event_type|xact_start)))\(`)

// showing is how a statement begins that has no plan.
var showing = regexp.MustCompile(`(?is)^(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)*show\b`)

// Hidden says, in one sentence, what a login may not see of a query's sources.
type Hidden string

// Error implements error.
func (h Hidden) Error() string { return string(h) }

// Visible returns [Hidden] if the login may not see all that a query reads, otherwise
// nil.
func (t Tx) Visible(ctx context.Context, query string) error {
	var sees rights
	if err := t.tx.QueryRow(ctx, askRights).Scan(&sees); err != nil || sees&superuser != 0 || showing.MatchString(query) {
		return err
	}
	var text []byte
	if err := t.tx.QueryRow(ctx, "explain (verbose, format json) "+query).Scan(&text); err != nil {
		return err
	}
	plan, err := readPlan(text)
	if err != nil {
		return Hidden("the database gives a plan of the query that cannot be read, so it is not known what the login may see; grant it pg_monitor")
	}
	if hidden := plan.hidden(); len(hidden) > 0 && sees&statistics == 0 {
		return Hidden(fmt.Sprintf("the login may not see %s, and reads null in its place; grant it pg_monitor", phrase.UpTo(3, hidden)))
	}
	v := visibility{tx: t.tx, query: query, plan: plan, sees: sees}
	return v.check(ctx)
}

// planNode is a node of a plan, as explain writes it in JSON.
type planNode map[string]any

// text is the text at a key; "" if there is none.
func (n planNode) text(key string) string {
	text, _ := n[key].(string)
	return text
}

// queryPlan is what matters of a plan: the functions that give rows, by the
// alias that expressions name them by, every expression, and the filters of scans
// of the server's settings.
type queryPlan struct {
	sources     map[string]masking
	expressions []string
	settings    []string
}

func readPlan(text []byte) (queryPlan, error) {
	var statements []struct{ Plan planNode }
	p := queryPlan{sources: map[string]masking{}}
	if err := json.Unmarshal(text, &statements); err != nil {
		return p, err
	}
	for _, s := range statements {
		p.add(s.Plan, nil)
	}
	return p, nil
}

// hidden names what a plan reads that needs the right to see all statistics.
func (p *queryPlan) hidden() []string {
	var hidden []string
	for alias, m := range p.sources {
		for _, column := range p.columns(alias) {
			if m.hides(column) {
				hidden = append(hidden, strings.Replace(column, "*", "whole rows", 1)+" of "+m.view)
			}
		}
	}
	for _, expression := range p.expressions {
		for _, call := range maskingCall.FindAllStringSubmatch(expression, -1) {
			hidden = append(hidden, "what "+call[1]+" gives")
		}
	}
	slices.Sort(hidden)
	return slices.Compact(hidden)
}

// add adds a node. A scan's columns are those that it was asked for only if its parent
// passes them on unchanged. For any other parent a scan may output all columns, and the
// parent's own expressions show which it uses.
func (p *queryPlan) add(node, parent planNode) {
	children, _ := node["Plans"].([]any)
	for _, child := range children {
		if child, ok := child.(map[string]any); ok {
			p.add(child, node)
		}
	}
	source, masks := maskings[node.text("Function Name")]
	if masks {
		p.sources[node.text("Alias")] = source
	}
	if node.text("Function Name") == "pg_show_all_settings" {
		p.settings = append(p.settings, node.text("Filter"))
	}
	relation := node.text("Parent Relationship")
	narrowed := parent != nil && (relation == "Outer" || relation == "Inner") &&
		parent.text("Node Type") != "SetOp" && parent.text("Node Type") != "Recursive Union"
	for key, value := range node {
		switch {
		case key == "Plans", key == "Output" && masks && narrowed, key == "Function Call" && masks:
		default:
			p.gather(value)
		}
	}
}

// gather notes the texts within a value.
func (p *queryPlan) gather(value any) {
	switch value := value.(type) {
	case string:
		p.expressions = append(p.expressions, value)
	case []any:
		for _, element := range value {
			p.gather(element)
		}
	case map[string]any:
		for _, element := range value {
			p.gather(element)
		}
	}
}

// columns are those of an alias that the expressions name; * is a whole row.
func (p *queryPlan) columns(alias string) []string {
	name := regexp.QuoteMeta(alias)
	of := regexp.MustCompile(`(?:^|[^\w".])(?:` + name + `|"` + name + `")\.(?:"([^"]+)"|(\w+|\*))`)
	var columns []string
	for _, expression := range p.expressions {
		for _, m := range of.FindAllStringSubmatch(expression, -1) {
			columns = append(columns, m[1]+m[2])
		}
	}
	return columns
}
