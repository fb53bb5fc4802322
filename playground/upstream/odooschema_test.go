package upstream

import (
	"context"
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
