package data

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/gates"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	"gonogo/readiness/answer"
)

// odooTables is the part of Odoo's own layout that matters here, as its
// base_data.sql and its models make it. The column of the version is named.
const odooTables = `
create table ir_module_module (
	id serial primary key, name varchar not null unique, state varchar(16), %s varchar,
	shortdesc jsonb, summary jsonb, author varchar, auto_install boolean, application boolean default false, license varchar);
create table ir_module_module_dependency (
	id serial primary key, name varchar, module_id integer references ir_module_module on delete cascade, auto_install_required boolean default true);
`

// odooRows are the modules of an installation that is not finished: approvals
// wait for a tier add-on, which waits for a server add-on that is not there.
const odooRows = `
insert into ir_module_module (name, state, %[1]s) values
	('base', 'installed', '19.0.1.3'), ('mail', 'installed', '19.0.1.19'),
	('core', 'installed', '19.0.1.0.0'), ('unversioned', 'installed', null), ('odd', null, null), ('broken', 'installed', '19.0.1.0.0'),
	('approvals', 'uninstalled', null), ('tier', 'uninstalled', null), ('expense', 'to install', null),
	('old', 'uninstalled', '18.0.1.0.0'), ('impossible', 'uninstallable', null);
insert into ir_module_module_dependency (name, module_id)
	select d.name, m.id from (values
		('core', 'base'), ('core', 'mail'), ('approvals', 'core'), ('approvals', 'tier'), ('tier', 'server'), ('expense', 'approvals'),
		('broken', 'tier'), ('broken', 'base')
	) as d (module, name) join ir_module_module m on m.name = d.module;
`

func odooIn(t *testing.T, address, database, column string) string {
	t.Helper()
	gatestest.Execute(t, address, "create database "+database)
	within := gatestest.Changed(t, address, func(u *url.URL) { u.Path = "/" + database })
	gatestest.Execute(t, within, fmt.Sprintf(odooTables, column)+fmt.Sprintf(odooRows, column))
	return within
}

func TestOdooModules(t *testing.T) {
	server := gatestest.Postgres(t)
	layouts := map[string]string{}
	for _, column := range []string{"latest_version", "db_version"} {
		direct := odooIn(t, server, "odoo_"+column, column)
		layouts[column] = direct
		layouts[column+" behind a pooler"] = gatestest.PgBouncer(t, direct)
	}
	tests := []struct {
		name, settings string
		verdict        answer.Verdict
		summary        string
		details        []string
	}{
		{"all there", `{installed: [core, mail], in_transition: 1}`, answer.Passed, "both modules are installed",
			[]string{"expense is waiting to install"}},
		{"in their versions", `{installed: {core: 19.0.1.0.0, mail: any, unversioned: any}, absent: [old, nowhere, impossible], in_transition: "<= 1"}`, answer.Passed,
			"all 3 modules are installed, and none of 3 unwanted ones", []string{"expense is waiting to install"}},
		{"one in transition that was not asked about", `{installed: [core]}`, answer.Passed, "the module is installed",
			nil},
		{"one in transition", `{installed: [core], in_transition: 0}`, answer.Failed, "1 in transition: expense is waiting to install",
			[]string{"expense is waiting to install"}},
		{"dependencies, and theirs", `{installed: [core, approvals, expense], in_transition: 1}`, answer.Failed,
			"2 of 3 modules are not installed: approvals, expense; they need server, tier",
			[]string{
				"approvals is uninstalled; it needs tier (uninstalled), server (unknown to Odoo)",
				"expense is left waiting to install; it needs approvals (uninstalled), tier (uninstalled), server (unknown to Odoo)",
				"expense is waiting to install",
			}},
		{"dependencies of one", `{installed: [core, approvals], in_transition: 1}`, answer.Failed, "1 of 2 modules is not installed: approvals; it needs server, tier",
			[]string{"approvals is uninstalled; it needs tier (uninstalled), server (unknown to Odoo)", "expense is waiting to install"}},
		{"another version, and none", `{installed: {core: 19.0.2.0.0, unversioned: 19.0.1.0.0}, in_transition: 1}`, answer.Failed,
			"core is installed in 19.0.1.0.0, not 19.0.2.0.0, unversioned is installed in no version, not 19.0.1.0.0",
			[]string{"core is installed in 19.0.1.0.0, not 19.0.2.0.0", "unversioned is installed in no version, not 19.0.1.0.0", "expense is waiting to install"}},
		{"not wanted", `{absent: [core, expense, old], in_transition: 1}`, answer.Failed,
			"core is installed, and should not be, expense is left waiting to install, and should not be",
			[]string{"core is installed, and should not be", "expense is left waiting to install, and should not be", "expense is waiting to install"}},
		{"unheard of", `{installed: [core, novel], in_transition: 1}`, answer.Failed, "1 of 2 modules is not installed: novel",
			[]string{"novel is unknown to Odoo: its folder is missing from the add-ons path, or the list of modules was not updated", "expense is waiting to install"}},
		{"too few in transition", `{installed: [core], in_transition: ">= 2"}`, answer.Failed, "1 in transition: expense is waiting to install",
			[]string{"expense is waiting to install"}},
		{"installed without its dependency", `{installed: [broken], in_transition: 1}`, answer.Failed, "broken is installed, but its dependency isn't: tier (uninstalled)",
			[]string{"broken is installed, but its dependency isn't: tier (uninstalled)", "expense is waiting to install"}},
		{"without a state", `{installed: [odd], in_transition: 1}`, answer.Failed, "1 of 1 module is not installed: odd",
			[]string{"odd is unknown to Odoo", "expense is waiting to install"}},
	}
	for _, test := range tests {
		for layout, address := range layouts {
			t.Run(test.name+" in "+layout, func(t *testing.T) {
				ev := kindtest.Measured(t, kindtest.Built(t, OdooModules, strings.Replace(test.settings, "{", "{connection: db, ", 1), databases(address)), gates.Scope{})
				if said := kindtest.Odd(ev, test.verdict); said != "" {
					t.Error(said)
				}
				if diff := cmp.Diff(test.summary, ev.Summary); diff != "" {
					t.Error("summary (-want +got):\n", diff)
				}
				if diff := cmp.Diff(test.details, ev.Details); diff != "" {
					t.Error("details (-want +got):\n", diff)
				}
			})
		}
	}
}

func TestOdooMeasures(t *testing.T) {
	address := odooIn(t, gatestest.Postgres(t), "odoo", "latest_version")
	settings := `{connection: db, installed: {core: 19.0.2.0.0, mail: any, tier: any}, absent: [base, old], in_transition: "<= 2"}`
	got := kindtest.Measured(t, kindtest.Built(t, OdooModules, settings, databases(address)), gates.Scope{}).Measures
	want := []answer.Measure{
		{Name: "modules installed", Value: "2", Limit: "3"},
		{Name: "unmet dependencies of installed ones", Value: "0", Limit: "0", OK: true},
		{Name: "in another version", Value: "1", Limit: "0"},
		{Name: "installed but not wanted", Value: "1", Limit: "0"},
		{Name: "in transition", Value: "1", Limit: "<= 2", OK: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("(-want +got):\n", diff)
	}
}

func TestOdooElsewhere(t *testing.T) {
	address := gatestest.Postgres(t)
	gatestest.Execute(t, address, `
		create schema "the Odoo"; set search_path = "the Odoo";`+fmt.Sprintf(odooTables, "latest_version")+fmt.Sprintf(odooRows, "latest_version")+`;
		create schema blank; set search_path = blank;`+fmt.Sprintf(odooTables, "latest_version"))
	tests := []struct {
		name, settings, want string
		verdict              answer.Verdict
	}{
		{"no Odoo", `{connection: db, installed: [core]}`, "there is no Odoo in this database", answer.NotConfigured},
		{"in another schema", `{connection: db, installed: [core], schema: the Odoo, in_transition: 1}`, "the module is installed", answer.Passed},
		{"never initialised", `{connection: db, installed: [core], schema: blank}`, "never initialised", answer.NotConfigured},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ev := kindtest.Measured(t, kindtest.Built(t, OdooModules, test.settings, databases(address)), gates.Scope{})
			if said := kindtest.Odd(ev, test.verdict, test.want); said != "" {
				t.Error(said)
			}
		})
	}
}

func TestOdooFaults(t *testing.T) {
	tests := []struct{ name, settings, want string }{
		{"nothing asked", `connection: db`, "this checks nothing; list modules under installed or absent, or set a limit for in_transition"},
		{"both", `{connection: db, installed: [sale], absent: [stock, sale]}`, "sale cannot be both installed and absent"},
		{"no connection", `installed: [sale]`, "connection is missing; name one of kind postgres"},
		{"no time", `{connection: db, installed: [sale], timeout: 0s}`, "timeout is a time above zero"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := kindtest.Faulty(t, OdooModules, test.settings, databases("postgres://localhost")); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
