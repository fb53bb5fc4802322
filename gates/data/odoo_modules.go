package data

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gonogo/gates"
	"gonogo/gates/database"
	"gonogo/gates/limit"
	"gonogo/gates/odoo"
	"gonogo/readiness/answer"
)

// OdooModules is the kind odoo_modules.
var OdooModules = gates.Kind{
	Name: "odoo_modules", About: "which Odoo modules are installed, in which version, and which dependencies are missing", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed:        "every module that should be installed is, in the right version and with its dependencies, and the other settings are met",
		Failed:        "a module is missing, has another version, lacks a dependency, or is present and shouldn't be; or in_transition is outside its limit",
		Errored:       "the database can't be reached, doesn't respond in time, or doesn't let gonogo read the list of modules",
		NotConfigured: "the database isn't an Odoo database",
	},
	Notes: `The gate reads what Odoo has recorded in this database. Not visible to it: whether a module works, whether the running servers have loaded the code of that
version, and what the installation logged.`,
	Example: `connection: odoo
installed: { sale: 19.0.1.2.0, stock: any }
absent: [website_sale]
in_transition: 0`,
	New: newOdooModules,
}

// odooSettings are the settings of kind odoo_modules.
type odooSettings struct {
	Connection string         `yaml:"connection" required:"true"` // a connection of kind postgres
	Installed  wantedModules  `yaml:"installed"`                  // modules that must be installed: a list of names, or names with versions
	Absent     []string       `yaml:"absent"`                     // modules that must not be installed, nor be about to be
	Transition limit.Count    `yaml:"in_transition"`              // how many modules of the whole database are waiting to be installed, upgraded or removed
	Schema     string         `yaml:"schema"`                     // the schema of Odoo's tables; default: the user's own
	Timeout    limit.Duration `yaml:"timeout"`                    // the time limit for each statement; default: 10s
}

// wantedModules are names of modules and the version each must have; "" means any.
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

// versions counts the modules that must have a certain version.
func (w wantedModules) versions() int {
	n := 0
	for _, version := range w {
		if version != "" {
			n++
		}
	}
	return n
}

// odooGate looks into Odoo's list of modules.
type odooGate struct {
	database.Reader
	settings odooSettings
}

var _ gates.WithGracePeriod = (*odooGate)(nil)

func newOdooModules(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	s := odooSettings{Timeout: limit.Duration(10 * time.Second)}
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	if err := s.faults().OrNil(); err != nil {
		return gates.Built{}, err
	}
	db, address, err := databaseOf(deps, s.Connection, s.Timeout)
	if err != nil {
		return gates.Built{}, err
	}
	return gates.Built{Gate: &odooGate{db, s}, Settings: gates.SettingsHash("odoo_modules", s, address), Secrets: db.Secrets()}, nil
}

func (s *odooSettings) faults() gates.Faults {
	var faults gates.Faults
	if len(s.Installed)+len(s.Absent) == 0 && !s.Transition.Set() {
		faults = append(faults, gates.Fault{Field: "", Problem: "this checks nothing; list modules under installed or absent, or set a limit for in_transition"})
	}
	for i, name := range s.Absent {
		if _, both := s.Installed[name]; both {
			faults = append(faults, gates.Fault{Field: fmt.Sprintf("absent.[%d]", i), Problem: fmt.Sprintf("%s cannot be both installed and absent", name)})
		}
	}
	if s.Timeout <= 0 {
		faults = append(faults, gates.Fault{Field: "timeout", Problem: "timeout is a time above zero"})
	}
	return faults
}

// Check implements [gates.Gate].
func (g *odooGate) Check(ctx context.Context, _ gates.Scope) answer.Evidence {
	modules, err := g.read(ctx)
	var nothing odoo.None
	switch {
	case errors.As(err, &nothing):
		return answer.Evidence{Verdict: answer.NotConfigured, Summary: string(nothing)}
	case err != nil:
		return gates.Errored("%s", g.Explain(ctx, err))
	}
	return odooList{modules}.judge(g.settings)
}

// read reads the list of modules at one moment, while Odoo may be changing it.
func (g *odooGate) read(ctx context.Context) (modules odoo.Modules, err error) {
	s, err := g.Connect(ctx)
	if err != nil {
		return odoo.Modules{}, err
	}
	defer s.Close()
	err = s.Snapshot(ctx, func(ctx context.Context, tx database.Tx) error {
		modules, err = odoo.Read(ctx, tx, g.settings.Schema)
		return err
	})
	return modules, err
}
