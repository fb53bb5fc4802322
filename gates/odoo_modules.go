package gates

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"gonogo/clients/postgres"
	"gonogo/gates/limit"
	"gonogo/readiness"
)

var odooModulesKind = Kind{
	Name: "odoo_modules", About: "which Odoo modules are installed, in which version, and what they lack", Repeatable: true,
	Verdicts: Verdicts{
		Passed:        "what should be installed is, in its version and with all it needs, and nothing else that is asked is amiss",
		Failed:        "a module is missing, is in another version, lacks what it needs, or is there and should not be",
		Errored:       "the database cannot be reached, does not answer in time, or lets gonogo not read the list",
		NotConfigured: "the database is none of Odoo's",
	},
	Example: `connection: odoo
installed: { sale: 19.0.1.2.0, stock: any }
absent: [website_sale]
in_transition: 0`,
	New: newOdooModules,
}

// odooSettings are the settings of kind odoo_modules.
type odooSettings struct {
	Connection string         `yaml:"connection" required:"true"` // a connection of kind postgres
	Installed  wantedModules  `yaml:"installed"`                  // a list of names, or each name with its version
	Absent     []string       `yaml:"absent"`                     // modules that must not be installed, nor on the way to it
	Transition limit.Count    `yaml:"in_transition"`              // how many modules of the whole database wait to be installed, upgraded or removed
	Schema     string         `yaml:"schema"`                     // the schema of Odoo's tables; the user's own unless said
	Timeout    limit.Duration `yaml:"timeout"`                    // how long each statement may take; 10s unless said
}

// wantedModules are names of modules and the version each must have; "" stands
// for any.
type wantedModules map[string]string

// Decode reads the two forms.
func (w *wantedModules) Decode(decode func(any) error) error {
	*w = wantedModules{}
	var names []string
	if decode(&names) == nil {
		for _, name := range names {
			(*w)[name] = ""
		}
		return nil
	}
	var versions map[string]string
	if err := decode(&versions); err != nil {
		return err
	}
	for name, version := range versions {
		(*w)[name] = strings.TrimPrefix(version, "any")
	}
	return nil
}

// versions counts the modules of which a version is wanted.
func (w wantedModules) versions() int {
	n := 0
	for _, version := range w {
		if version != "" {
			n++
		}
	}
	return n
}

// odooGate looks into ir_module_module, where Odoo keeps what it has installed
// (odoo/addons/base/data/base_data.sql and base/models/ir_module.py).
type odooGate struct {
	database
	settings odooSettings
}

func newOdooModules(decode func(any) error, around Surroundings) (Built, error) {
	s := odooSettings{Timeout: limit.Duration(10 * time.Second)}
	if err := decode(&s); err != nil {
		return Built{}, err
	}
	if err := s.faults().orNil(); err != nil {
		return Built{}, err
	}
	server, err := client[postgres.Server](around, s.Connection, "postgres")
	if err != nil {
		return Built{}, err
	}
	db, secrets, err := newDatabase(server, time.Duration(s.Timeout))
	if err != nil {
		return Built{}, err
	}
	return Built{Gate: &odooGate{db, s}, Settings: settingsHash("odoo_modules", s, withoutUser(server.URL)), Secrets: secrets}, nil
}

func (s *odooSettings) faults() Faults {
	var faults Faults
	if len(s.Installed)+len(s.Absent) == 0 && !s.Transition.Set() {
		faults = append(faults, Fault{"", "this asks nothing; list modules under installed or absent, or give in_transition a limit"})
	}
	for i, name := range s.Absent {
		if _, both := s.Installed[name]; both {
			faults = append(faults, Fault{fmt.Sprintf("absent.[%d]", i), fmt.Sprintf("%s cannot be both installed and absent", name)})
		}
	}
	if s.Timeout <= 0 {
		faults = append(faults, Fault{"timeout", "timeout is a time above zero"})
	}
	return faults
}

// Check implements [Gate].
func (g *odooGate) Check(ctx context.Context, _ Scope) readiness.Evidence {
	modules, err := g.read(ctx)
	var nothing noOdoo
	switch {
	case errors.As(err, &nothing):
		return readiness.Evidence{Verdict: readiness.NotConfigured, Summary: string(nothing)}
	case err != nil:
		return errored("%s", g.explain(ctx, err))
	}
	return modules.judge(g.settings)
}

// noOdoo says why a database is none of Odoo's.
type noOdoo string

// Error implements error.
func (n noOdoo) Error() string { return string(n) }

// read takes the list of modules, at one moment, while Odoo may be changing it.
func (g *odooGate) read(ctx context.Context) (odooModules, error) {
	s, err := g.connect(ctx)
	if err != nil {
		return odooModules{}, err
	}
	defer s.close()
	modules := odooModules{listed: map[string]odooModule{}, unmet: map[string][]odooModule{}}
	err = s.look(ctx, pgx.RepeatableRead, func(ctx context.Context, tx pgx.Tx) error {
		if g.settings.Schema != "" {
			schema := pgx.Identifier{g.settings.Schema}.Sanitize()
			if _, err := tx.Exec(ctx, `select set_config('search_path', $1, true)`, schema); err != nil {
				return err
			}
		}
		column, err := versionColumn(ctx, tx)
		if err != nil {
			return err
		}
		return modules.fill(ctx, tx, column)
	})
	return modules, err
}

// versionColumn finds where this Odoo keeps the version that is installed:
// latest_version in the released ones, db_version in the newest.
func versionColumn(ctx context.Context, tx pgx.Tx) (string, error) {
	rows, err := tx.Query(ctx, `select column_name from information_schema.columns where table_schema = any (current_schemas(false)) and table_name = 'ir_module_module' and column_name in ('latest_version', 'db_version')`)
	if err != nil {
		return "", err
	}
	columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
	switch {
	case err != nil:
		return "", err
	case len(columns) == 0:
		return "", noOdoo("there is no Odoo in this database: no table ir_module_module, or none that this user may read; check the connection's address and the schema")
	}
	return slices.Max(columns), nil // latest_version where there are both
}

// versionQueries are the ways to read the list, by the column of the version.
var versionQueries = map[string]string{
	"latest_version": `select name, state, coalesce(latest_version, '') from ir_module_module order by name`,
	"db_version":     `select name, state, coalesce(db_version, '') from ir_module_module order by name`,
}

func (o *odooModules) fill(ctx context.Context, tx pgx.Tx, column string) error {
	if err := o.fillListed(ctx, tx, column); err != nil {
		return err
	}
	if len(o.listed) == 0 {
		return noOdoo("Odoo's list of modules is empty: this database was never initialised")
	}
	return o.fillUnmet(ctx, tx)
}

func (o *odooModules) fillListed(ctx context.Context, tx pgx.Tx, column string) error {
	var name, version string
	var state *string
	rows, err := tx.Query(ctx, versionQueries[column])
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, []any{&name, &state, &version}, func() error {
		m := odooModule{name: name, version: version}
		if state != nil {
			m.state = *state
		}
		o.listed[name] = m
		return nil
	})
	return err
}

func (o *odooModules) fillUnmet(ctx context.Context, tx pgx.Tx) error {
	var needs, dependency, its string
	rows, err := tx.Query(ctx, `select m.name, d.name, coalesce(t.state, '') from ir_module_module_dependency d join ir_module_module m on m.id = d.module_id left join ir_module_module t on t.name = d.name where t.state is distinct from 'installed' order by m.name, d.name`)
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, []any{&needs, &dependency, &its}, func() error {
		o.unmet[needs] = append(o.unmet[needs], odooModule{name: dependency, state: its})
		return nil
	})
	return err
}
