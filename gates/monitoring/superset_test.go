package monitoring

import (
	"net/http/httptest"
	"strings"
	"testing"

	"gonogo/clients/connection"
	"gonogo/gates"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	stand "gonogo/playground/upstream/superset"
	"gonogo/readiness/answer"
)

// somewhere is a Superset in which foreign rows are seen where leaks says so.
func somewhere(t *testing.T, async bool, leaks *bool) gates.Deps {
	acme := func(row map[string]any) bool { return *leaks || row["company"] == "Acme" }
	server := httptest.NewServer(stand.New(stand.Options{Async: async,
		Users: []stand.User{
			{Name: "gonogo", Password: "one", Admin: true}, {Name: "boss", Password: "two", Admin: true},
			{Name: "analyst", Password: "three", Rows: acme, Sees: func(title string) bool { return *leaks || title != "Salaries" }},
		},
		Dashboards: []stand.Dashboard{
			{Title: "Sales", Charts: []string{"Revenue", "Orders"}, Metadata: `{"refresh_frequency":600,"native_filter_configuration":[{"name":"Company"},{"name":"Date range"}]}`},
			{Title: "Draft", Draft: true, Charts: []string{"Twice"}}, {Title: "Salaries"}, {Title: "Same"}, {Title: "Same"},
		},
		Charts: []stand.Chart{
			{Name: "Revenue", Rows: []map[string]any{{"company": "Acme", "sum": 1}, {"company": "Globex-secret", "sum": 2}}},
			{Name: "Orders"}, {Name: "Imported", NoContext: true}, {Name: "Broken", Broken: true}, {Name: "Globex", Rows: []map[string]any{{"company": "Globex-secret"}}},
		},
		Rules: []stand.Rule{{Name: "Company", Type: "Regular", Clause: "company_id = 1", Tables: []string{"sales"}, Roles: []string{"Analyst"}}},
	}).Handler())
	t.Cleanup(server.Close)
	return gates.Deps{Connections: map[string]connection.Connection{
		"boards": gatestest.SupersetAt(t, server.URL, "gonogo", "one"), "boss": gatestest.SupersetAt(t, server.URL, "boss", "two"),
		"analyst": gatestest.SupersetAt(t, server.URL, "analyst", "three"), "stranger": gatestest.SupersetAt(t, server.URL, "stranger", "four"),
		"elsewhere": gatestest.SupersetAt(t, "http://localhost:1", "analyst", "three"), "again": gatestest.SupersetAt(t, server.URL, "gonogo", "one"),
	}}
}

func TestSuperset(t *testing.T) {
	for _, tt := range []struct {
		settings string
		verdict  answer.Verdict
		words    string
	}{
		{`dashboards: {Sales: {charts: [Revenue, Orders], count: 2, filters: [Company], refresh: "<= 15m", published: true}}`, answer.Passed, "Sales has 2 charts"},
		{`dashboards: {Sales: {charts: [Revenu, Costs]}}`, answer.Failed, `Sales lacks 2 charts: Revenu, Costs (it has "Revenue")`},
		{`dashboards: {Sales: {count: ">= 6", filters: [Team], refresh: "<= 5m"}}`, answer.Failed, "Sales lacks 1 filter: Team, has 2 charts, limit >= 6, refreshes every 10m, limit <= 5m"},
		{`dashboards: {Draft: {refresh: "<= 1h", published: true}}`, answer.Failed, "Draft doesn't refresh by itself, isn't published"},
		{`dashboards: {Same: {}}`, answer.Errored, `2 dashboards called "Same"`},
		{`dashboards: {Nothing: {}}`, answer.Failed, `no dashboard "Nothing"`},
		{`charts: {Revenue: {rows: ">= 2", runs: 3, time: "P95 < 30s", warn: "P95 < 20s", export: csv, export_time: "< 30s"}}`, answer.Passed, "Revenue shows 2 rows; Revenue is exported"},
		{`charts: {Revenue: {rows: "> 5", export: csv}}`, answer.Failed, "Revenue: rows is 2, limit > 5"},
		{`charts: {Revenue: {time: "< 1ns"}}`, answer.Failed, "Revenue: time is"},
		{`charts: {Revenue: {time: "< 30s", warn: "< 1ns"}}`, answer.Warned, "warning limit < 1ns"},
		{`charts: {Revenue: {export: csv, export_time: "< 1ns"}}`, answer.Failed, "Revenue: export is"},
		{`charts: {Revenue: {export: xlsx}}`, answer.Errored, "the chart Revenue has no data"},
		{`charts: {Revenue: {dashboard: Sales}}`, answer.Passed, "Revenue shows 2 rows"},
		{`charts: {Revenue: {dashboard: Draft}}`, answer.Failed, `no chart "Revenue"`},
		{`charts: {Imported: {}}`, answer.Errored, "it has no query saved, as after an import; open it in Superset and save it"},
		{`charts: {Broken: {}}`, answer.Failed, "its query fails; open it in Superset to see why"},
		{`rules: {Company: {type: Regular, tables: [sales], roles: [Analyst], clause: company_id}}`, answer.Passed, "the rule Company exists"},
		{`rules: {Company: {type: Base, tables: [orders], roles: [Gamma], clause: tenant}}`, answer.Failed, `the rule Company isn't of type Base, lacks 1 table: orders, lacks 1 role: Gamma, doesn't have "tenant" in its clause`},
		{`rules: {Team: {}}`, answer.Failed, `no rule "Team"`},
		{`logins: {analyst: {charts: {Revenue: {column: company, values: [Acme]}}, hidden: [Salaries]}}`, answer.Passed, "analyst sees only own rows in Revenue (1); analyst doesn't see Salaries"},
		{`logins: {analyst: {charts: {Revenue: {column: sum, values: ["2"]}}}}`, answer.Failed, "analyst sees 1 foreign of 1 row in Revenue"},
		{`logins: {analyst: {charts: {Globex: {column: company, values: [Acme]}}}}`, answer.Errored, "sees no row in Globex, which proves nothing"},
		{`logins: {analyst: {charts: {Revenue: {column: team, values: [Acme]}}}}`, answer.Errored, `the chart Revenue has no column "team"; add it`},
		{`logins: {analyst: {charts: {Nothing: {column: company, values: [Acme]}}}}`, answer.Errored, `for analyst, Superset has no chart "Nothing"`},
		{`logins: {analyst: {hidden: [Sales]}}`, answer.Failed, "analyst sees Sales"},
		{`logins: {analyst: {hidden: [Salary]}}`, answer.Errored, `no dashboard or chart "Salary" that its first user sees`},
		{`logins: {boss: {hidden: [Salaries]}}`, answer.Errored, "the user of boss may read the rules of row-level security, so what they see proves nothing"},
		{`logins: {stranger: {hidden: [Salaries]}}`, answer.Errored, "stranger: Superset rejected the login (401)"},
	} {
		ev := kindtest.Measured(t, kindtest.Built(t, Superset, "connection: boards\n"+tt.settings, somewhere(t, false, new(bool))), gates.Scope{})
		if said := kindtest.Odd(ev, tt.verdict, tt.words); said != "" {
			t.Errorf("%s: %s", tt.settings, said)
		}
	}
}

// What leaks is found, and its values aren't repeated.
func TestSupersetLeak(t *testing.T) {
	leaks := true
	ev := kindtest.Measured(t, kindtest.Built(t, Superset, `{connection: boards, logins: {analyst: {charts: {Revenue: {column: company, values: [Acme]}}, hidden: [Salaries]}}}`, somewhere(t, false, &leaks)), gates.Scope{})
	if said := kindtest.Odd(ev, answer.Failed, "analyst sees 1 foreign of 2 rows in Revenue; analyst sees Salaries"); said != "" || strings.Contains(strings.Join(ev.Details, ""), "Globex") {
		t.Errorf("%s %v", said, ev.Details)
	}
	ev = kindtest.Measured(t, kindtest.Built(t, Superset, `{connection: boards, charts: {Revenue: {}}}`, somewhere(t, true, new(bool))), gates.Scope{})
	if said := kindtest.Odd(ev, answer.Errored, "its query is answered later (202)"); said != "" {
		t.Error(said)
	}
}

func TestSupersetFaults(t *testing.T) {
	deps := somewhere(t, false, new(bool))
	for settings, want := range map[string]string{
		``: "there is nothing to look for; name dashboards, charts, rules or logins",
		`charts: {A: {time: "< 1s", warn: "< 2s"}}`:     `"< 2s" never warns, because whatever is outside of it is outside of the limit "< 1s" as well; make it stricter than that`,
		`charts: {A: {export: pdf}}`:                    "export is csv or xlsx",
		`charts: {A: {export_time: "< 1s"}}`:            "export_time is of an export; write export: csv, or remove it",
		`rules: {A: {type: Other}}`:                     "type is Regular or Base",
		`logins: {analyst: {}}`:                         "there is nothing to look for; name charts or hidden",
		`logins: {analyst: {charts: {A: {column: x}}}}`: "write the column that tells whose a row is, and its values, as in { column: company, values: [Acme] }",
		`logins: {again: {hidden: [A]}}`:                `connection "again" has the same user; name one with another user, who sees less`,
		`logins: {elsewhere: {hidden: [A]}}`:            `connection "elsewhere" is to another Superset; it must have the same url`,
	} {
		if got := kindtest.Faulty(t, Superset, "connection: boards\n"+settings, deps); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", settings, got, want)
		}
	}
}
