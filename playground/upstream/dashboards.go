package upstream

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"gonogo/playground/upstream/superset"
)

// The practice Superset. Its passwords protect nothing.
const (
	supersetPrefix   = "/superset/"
	supersetUser     = "gonogo"
	supersetAnalyst  = "analyst"
	supersetSeller   = "seller"
	supersetPassword = "practice"
)

// The states of the switches of Superset.
const (
	chartMissing  = "chart-missing"
	filterMissing = "filter-missing"
	refreshHourly = "hourly"
	boardsGone    = "gone"
	rulesGone     = "gone"
	rowsLeak      = "leaks"
	teamsLeak     = "teams-leak"
	nothingOpen   = "none"
	allOpen       = "all"
	chartsBroken  = "broken"
	chartsSlow    = "slow"
	exportsSlow   = "exports-slow"
)

// How long a slow chart and a slow export take: more than the checklist's limits of
// three and ten seconds.
const (
	slowChart  = 4 * time.Second
	slowExport = 11 * time.Second
)

// practiceBoard is a dashboard: its charts, its filters and how often it refreshes.
type practiceBoard struct {
	title   string
	charts  []string
	filters []string
	minutes int
}

// salesBoard is the only dashboard that the seller may open.
const salesBoard = "Sales Performance"

// practiceBoards are the five dashboards of the checklist.
var practiceBoards = []practiceBoard{
	{"Executive Overview", []string{"Revenue", "Orders", "Revenue trend", "Top products", "Revenue by segment"}, []string{"Date range", "Company"}, 5},
	{"Procurement Analytics", []string{"PO funnel", "Vendor scorecard", "Cycle time", "Vendor performance", "Purchases by category"}, []string{"Order date", "Company", "Vendor", "PO status"}, 30},
	{"Finance Performance", []string{"Cash flow", "Profit and loss", "AR aging", "AP aging", "Outstanding invoices", "Aging in detail"}, []string{"Fiscal period", "Company", "Invoice type"}, 15},
	{salesBoard, []string{"Sales funnel", "Revenue by salesperson", "Trend against target", "Top customers", "Lifetime value", "Sales cycle"}, []string{"Date range", "Company", "Sales team", "Salesperson"}, 10},
	{"Operational Efficiency", []string{"Order cycle", "Procurement cycle", "Expense approval", "Compliance trend", "Bottlenecks", "Performance heatmap"}, []string{"Date range", "Company", "Department", "Process type"}, 30},
}

// dashboards is a Superset with the five dashboards.
type dashboards struct {
	answers, boards, rules, charts, roles *Switch
}

func newDashboards(p Place) (*Upstream, error) {
	d := &dashboards{}
	d.addSwitches(p)
	prefix := strings.TrimSuffix(supersetPrefix, "/")
	return &Upstream{
		Title: "Superset", Switches: []*Switch{d.answers, d.boards, d.rules, d.charts, d.roles},
		Variables: []Variable{
			{"SUPERSET_URL", p.URL + prefix, "the practice Superset"},
			{"SUPERSET_PASSWORD", supersetPassword, "the password of its user " + supersetUser + ", an admin"},
			{"ANALYST_PASSWORD", supersetPassword, "the password of its user " + supersetAnalyst + ", who may see one company"},
			{"SELLER_PASSWORD", supersetPassword, "the password of its user " + supersetSeller + ", who may see one sales team"},
		},
		Prefix: supersetPrefix, Handler: http.StripPrefix(prefix, d.switched()),
	}, nil
}

func (d *dashboards) addSwitches(p Place) {
	d.answers = (&Switch{ID: "superset", Title: "Superset", Help: "Down: every request is answered with 503.",
		States: []State{{ID: "up", Title: "Answers", Good: true}, {ID: "down", Title: "Down (503)"}}}).restore(p)
	d.boards = (&Switch{ID: "superset-dashboards", Title: "The five dashboards", Help: "Their charts, their filters and how often they refresh.",
		States: []State{
			{ID: "complete", Title: "As specified", Good: true},
			{ID: chartMissing, Title: "The last chart of each is missing"},
			{ID: filterMissing, Title: "They have no filters"},
			{ID: refreshHourly, Title: "They refresh once an hour"},
			{ID: boardsGone, Title: "There are none"},
		}}).restore(p)
	d.rules = (&Switch{ID: "superset-rules", Title: "Row-level security in Superset", Help: "The rules that leave the user " + supersetAnalyst + " the rows of Acme, and the user " + supersetSeller + " those of the team North.",
		States: []State{
			{ID: "separate", Title: "Each company and each team sees its own rows", Good: true},
			{ID: rulesGone, Title: "The rules are missing, and everybody sees every row"},
			{ID: rowsLeak, Title: "The rules exist, and " + supersetAnalyst + " sees every row"},
			{ID: teamsLeak, Title: "The rules exist, and " + supersetSeller + " sees every row"},
		}}).restore(p)
	d.charts = (&Switch{ID: "superset-charts", Title: "The charts' data", Help: "Whether the charts' queries work, and how long they take.",
		States: []State{
			{ID: "there", Title: "Is there", Good: true},
			{ID: chartsBroken, Title: "The queries fail"},
			{ID: chartsSlow, Title: "The last chart of each dashboard takes 4 seconds"},
			{ID: exportsSlow, Title: "Exporting Aging in detail takes 11 seconds"},
		}}).restore(p)
	d.roles = (&Switch{ID: "superset-roles", Title: "Who may open the dashboards", Help: "The user " + supersetAnalyst + " may open all five, and the user " + supersetSeller + " " + salesBoard + ".",
		States: []State{
			{ID: "own", Title: "Everybody may open their own", Good: true},
			{ID: nothingOpen, Title: "Both may open none"},
			{ID: allOpen, Title: supersetSeller + " may open all five"},
		}}).restore(p)
}

// switched answers as the switches say.
func (d *dashboards) switched() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.answers.is("down") {
			http.Error(w, "Service Unavailable", http.StatusServiceUnavailable)
			return
		}
		if r.Method == http.MethodGet && r.URL.Path == "/health" {
			_, _ = io.WriteString(w, "OK") // the reader may have gone away
			return
		}
		superset.New(d.options()).Handler().ServeHTTP(w, r)
	})
}

// options are what Superset has in the present state of the switches.
func (d *dashboards) options() superset.Options {
	opts := superset.Options{Users: []superset.User{
		{Name: supersetUser, Password: supersetPassword, Admin: true},
		{Name: supersetAnalyst, Password: supersetPassword, Sees: d.toAnalyst, Rows: d.ofCompany},
		{Name: supersetSeller, Password: supersetPassword, Sees: d.toSeller, Rows: d.ofTeam},
	}}
	if !d.rules.is(rulesGone) {
		opts.Rules = []superset.Rule{
			{Name: "Company", Type: "Regular", Clause: "company_id = {{ current_user_company() }}", Tables: []string{"ipai_approval_request", "ipai_cost_sheet", "ipai_expense", "ipai_rfq", "ipai_subscription"}, Roles: []string{"Analyst"}},
			{Name: "Team", Type: "Regular", Clause: "team_id = {{ current_user_team() }}", Tables: []string{"ipai_subscription"}, Roles: []string{"Sales"}},
		}
	}
	for _, b := range practiceBoards {
		for i, name := range b.charts {
			opts.Charts = append(opts.Charts, d.chart(name, i == len(b.charts)-1))
		}
		if !d.boards.is(boardsGone) {
			opts.Dashboards = append(opts.Dashboards, d.board(b))
		}
	}
	return opts
}

// chart is a chart, which may be the last of its dashboard.
func (d *dashboards) chart(name string, last bool) superset.Chart {
	c := superset.Chart{Name: name, Rows: chartRows}
	switch state := d.charts.Position(); {
	case state == chartsBroken:
		c.Broken = true
	case state == chartsSlow && last:
		c.Takes = slowChart
	case state == exportsSlow && name == "Aging in detail":
		c.ExportTakes = slowExport
	}
	return c
}

// board is a dashboard as Superset has it.
func (d *dashboards) board(b practiceBoard) superset.Dashboard {
	switch d.boards.Position() {
	case chartMissing:
		b.charts = b.charts[:len(b.charts)-1]
	case filterMissing:
		b.filters = nil
	case refreshHourly:
		b.minutes = 60
	}
	filters := []map[string]any{}
	for _, name := range b.filters {
		filters = append(filters, map[string]any{"name": name, "type": "NATIVE_FILTER"})
	}
	metadata, err := json.Marshal(map[string]any{"refresh_frequency": 60 * b.minutes, "native_filter_configuration": filters})
	if err != nil {
		panic(err) // strings and numbers can be encoded
	}
	return superset.Dashboard{Title: b.title, Charts: slices.Clone(b.charts), Metadata: string(metadata)}
}

// chartRows are the rows of each chart, which nothing changes: 60 of Acme, and 60 of
// another company, each half of them of the team North.
var chartRows = func() (rows []map[string]any) {
	for i := range 120 {
		rows = append(rows, map[string]any{"company": []string{"Acme", "Globex"}[i%2], "team": []string{"North", "South"}[i/2%2], "amount": 100 * (i + 1)})
	}
	return rows
}()

// ofCompany says whether the analyst sees a row.
func (d *dashboards) ofCompany(row map[string]any) bool {
	return row["company"] == "Acme" || d.rules.is(rowsLeak) || d.rules.is(rulesGone)
}

// ofTeam says whether the seller sees a row.
func (d *dashboards) ofTeam(row map[string]any) bool {
	return row["team"] == "North" || d.rules.is(teamsLeak) || d.rules.is(rulesGone)
}

// toAnalyst says whether the analyst may open a dashboard or a chart.
func (d *dashboards) toAnalyst(string) bool { return !d.roles.is(nothingOpen) }

// toSeller says whether the seller may open a dashboard or a chart.
func (d *dashboards) toSeller(title string) bool {
	of := practiceBoards[slices.IndexFunc(practiceBoards, func(b practiceBoard) bool { return b.title == salesBoard })]
	return d.roles.is(allOpen) || !d.roles.is(nothingOpen) && (title == salesBoard || slices.Contains(of.charts, title))
}
