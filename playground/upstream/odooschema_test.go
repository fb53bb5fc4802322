package upstream

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
)

// odooSchema is the part of Odoo's tables that the statements look at, with
// the columns as Odoo's released versions create them.
const odooSchema = `
create table ir_module_module (
	id serial primary key,
	create_date timestamp without time zone,
	write_date timestamp without time zone,
	website character varying,
	summary jsonb,
	name character varying not null unique,
	author character varying,
	icon character varying,
	state character varying(16),
	latest_version character varying,
	shortdesc jsonb,
	description jsonb,
	application boolean default false,
	demo boolean default false,
	web boolean default false,
	license character varying(32),
	sequence integer default 100,
	auto_install boolean default false,
	to_buy boolean default false
);
create table ir_module_module_dependency (
	id serial primary key,
	name character varying,
	module_id integer references ir_module_module on delete cascade,
	auto_install_required boolean default true
);`

// releaseSchema is the release's own schema, with a login that isn't a superuser.
const releaseSchema = `
drop schema if exists reporting, supabase_migrations cascade;
drop table if exists ir_config_parameter, ir_logging, ipai_approval_request, ipai_cost_sheet, ipai_document, ipai_expense, ipai_rate_card, ipai_rfq, ipai_subscription;
create schema reporting;
create schema supabase_migrations;
create table ir_config_parameter (id serial, key varchar not null, value text not null);
create table ir_logging (id serial, name varchar not null, level varchar);
create table ipai_approval_request (id serial primary key, name varchar, state varchar(16), company_id integer);
create table ipai_cost_sheet (id integer, project_id integer, company_id integer);
create table ipai_document (id integer, embedding integer);
create table ipai_expense (id integer, company_id integer);
create table ipai_rate_card (id integer);
create table ipai_rfq (id integer, company_id integer);
create table ipai_subscription (id integer, company_id integer);
create index ipai_approval_request_company_id_index on ipai_approval_request (company_id);
create index ipai_cost_sheet_project_id_index on ipai_cost_sheet (project_id);
create index ipai_document_embedding_index on ipai_document (embedding);
create view reporting.open_approvals as select id, name, state from ipai_approval_request where state = 'pending' order by id;
create view reporting.purchase_cycle as select id from ipai_rfq;
create materialized view reporting.revenue_daily as select now() - interval '9 hours' as day;
create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
insert into ipai_approval_request (id, name, state) values (17, 'Laptop for the new designer', 'pending'), (18, 'Chairs', 'approved'), (21, 'Trade fair in Cebu', 'pending');
insert into ir_config_parameter (key, value) values ('ipai.salt', 'f2b1e07c9d3a4586f2b1e07c9d3a4586');
insert into ir_logging (name, level) select 'odoo.modules.loading', 'INFO' from generate_series(1, 412);
do $$ begin create role superset login password 'practice'; exception when duplicate_object then null; end $$;
`

// fillRelease makes the release's schema anew, with its migrations and policies.
func fillRelease(t *testing.T, address string) {
	t.Helper()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	text := releaseSchema
	for _, r := range schemaOf {
		for _, policy := range r.policies {
			text += fmt.Sprintf("alter table %s enable row level security; create policy %s on %s using (company_id = 1);\n", r.name, policy, r.name)
		}
	}
	for i, name := range migrationScripts {
		text += fmt.Sprintf("insert into supabase_migrations.schema_migrations values ('%d', null, '%s');\n", i, name)
	}
	if _, err := conn.Exec(ctx, text); err != nil {
		t.Fatal(err)
	}
}

// fillReal makes the real database's tables anew with these modules.
func fillReal(t *testing.T, address string, modules []module) {
	t.Helper()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, "drop table if exists ir_module_module_dependency, ir_module_module;"+odooSchema)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range modules {
		var version any
		if m.version != "" {
			version = m.version
		}
		var id int
		err := conn.QueryRow(ctx, "insert into ir_module_module (name, state, latest_version) values ($1, $2, $3) returning id",
			m.name, m.state, version).Scan(&id)
		if err != nil {
			t.Fatal(err)
		}
		for _, needed := range m.needs {
			if _, err := conn.Exec(ctx, "insert into ir_module_module_dependency (name, module_id) values ($1, $2)", needed, id); err != nil {
				t.Fatal(err)
			}
		}
	}
}
