// Package odoo reads which modules are installed in an Odoo, and what they lack, from
// the table ir_module_module in its database, where Odoo records them
// (odoo/addons/base/data/base_data.sql and base/models/ir_module.py).
//
// [Read] returns the list as [Modules], or [None] if the database isn't Odoo's. Errors
// of the database are returned unchanged; the caller decides what the list means.
package odoo

import (
	"context"
	"slices"

	"gonogo/gates/database"
)

// Module is a row of Odoo's list.
type Module struct{ Name, State, Version string }

// Standing puts a module's state into words.
func (m Module) Standing() string {
	switch m.State {
	case "":
		return "unknown to Odoo"
	case "to install", "to upgrade", "to remove":
		return "left waiting " + m.State
	}
	return m.State
}

// Modules is Odoo's list, and which dependencies are not installed.
type Modules struct {
	Listed map[string]Module
	Unmet  map[string][]Module // by the module that needs them
}

// Needs lists every unmet dependency of a module, direct ones first.
func (o Modules) Needs(name string) []Module {
	var found []Module
	seen := map[string]bool{name: true}
	for queue := []string{name}; len(queue) > 0; queue = queue[1:] {
		for _, d := range o.Unmet[queue[0]] {
			if !seen[d.Name] {
				seen[d.Name] = true
				found, queue = append(found, d), append(queue, d.Name)
			}
		}
	}
	return found
}

// None says why a database isn't one of Odoo's.
type None string

// Error implements error.
func (n None) Error() string { return string(n) }

// Read takes Odoo's list of modules. schema is that of Odoo's tables, "" for the
// login's own. In a snapshot the list is of one moment.
func Read(ctx context.Context, tx database.Tx, schema string) (Modules, error) {
	modules := Modules{Listed: map[string]Module{}, Unmet: map[string][]Module{}}
	if schema != "" {
		if err := tx.SearchPath(ctx, schema); err != nil {
			return modules, err
		}
	}
	column, err := versionColumn(ctx, tx)
	if err != nil {
		return modules, err
	}
	return modules, modules.fill(ctx, tx, column)
}

// versionColumn is the column with the installed version: latest_version in released
// Odoos, db_version in the newest.
func versionColumn(ctx context.Context, tx database.Tx) (string, error) {
	var column string
	var columns []string
	err := tx.Each(ctx, `select column_name from information_schema.columns where table_schema = any (current_schemas(false)) and table_name = 'ir_module_module' and column_name in ('latest_version', 'db_version')`, nil, []any{&column}, func() error {
		columns = append(columns, column)
		return nil
	})
	switch {
	case err != nil:
		return "", err
	case len(columns) == 0:
		return "", None("there is no Odoo in this database: no table ir_module_module, or none that this user may read; check the connection's address and the schema")
	}
	return slices.Max(columns), nil // latest_version if there are both
}

// versionQueries are the ways to read the list, by the column of the version.
var versionQueries = map[string]string{
	"latest_version": `select name, state, coalesce(latest_version, '') from ir_module_module order by name`,
	"db_version":     `select name, state, coalesce(db_version, '') from ir_module_module order by name`,
}

func (o *Modules) fill(ctx context.Context, tx database.Tx, column string) error {
	if err := o.fillListed(ctx, tx, column); err != nil {
		return err
	}
	if len(o.Listed) == 0 {
		return None("Odoo's list of modules is empty: this database was never initialised")
	}
	return o.fillUnmet(ctx, tx)
}

func (o *Modules) fillListed(ctx context.Context, tx database.Tx, column string) error {
	var name, version string
	var state *string
	return tx.Each(ctx, versionQueries[column], nil, []any{&name, &state, &version}, func() error {
		m := Module{Name: name, Version: version}
		if state != nil {
			m.State = *state
		}
		o.Listed[name] = m
		return nil
	})
}

func (o *Modules) fillUnmet(ctx context.Context, tx database.Tx) error {
	var needs, dependency, its string
	return tx.Each(ctx, `select m.name, d.name, coalesce(t.state, '') from ir_module_module_dependency d join ir_module_module m on m.id = d.module_id left join ir_module_module t on t.name = d.name where t.state is distinct from 'installed' order by m.name, d.name`, nil, []any{&needs, &dependency, &its}, func() error {
		o.Unmet[needs] = append(o.Unmet[needs], Module{Name: dependency, State: its})
		return nil
	})
}
