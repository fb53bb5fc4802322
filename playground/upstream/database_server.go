package upstream

import (
	"strconv"

	"gonogo/playground/upstream/pgwire"
)

// The states of the switches of a database's server.
const (
	elsewhere       = "elsewhere"
	extensionGone   = "extension-missing"
	archivingFailed = "failing"
)

// projectTables are tables that Supabase creates in each of its projects.
var projectTables = []relation{
	{schema: "auth", name: "users", kind: "r"},
	{schema: "storage", name: "objects", kind: "r"},
}

// addProjectSwitches adds what isn't about Odoo's database, but about the server that
// has it.
func (d *database) addProjectSwitches(p Place) {
	d.project = d.restore(p, &Switch{
		Former: "server", Title: "The server of " + d.environment + "'s database",
		Help: "Whether it is a project at Supabase, and set up as Odoo needs it.",
		States: []State{
			{ID: "set-up", Title: "A project at Supabase, set up", Good: true},
			{ID: elsewhere, Title: "A server of our own"},
			{ID: extensionGone, Title: "The extension vector is missing"},
		},
	})
	d.backups = d.restore(p, &Switch{
		Former: "backups", Title: "Backups of " + d.environment + "'s database",
		Help: "The log of changes, which the server archives every two minutes.",
		States: []State{
			{ID: "archived", Title: "Archived", Good: true},
			{ID: archivingFailed, Title: "The last attempt failed"},
		},
	})
}

// projectStatements ask how the server is set up, and whether it archives its changes.
func (d *database) projectStatements() []pgwire.Statement {
	number := func(text, column string, of pgwire.Type, s *Switch, state string, then, otherwise int) pgwire.Statement {
		return pgwire.Statement{Text: text, Columns: []pgwire.Column{{Name: column, Type: of}}, Rows: func() [][]string {
			n := otherwise
			if s.is(state) {
				n = then
			}
			return [][]string{{strconv.Itoa(n)}}
		}}
	}
	return []pgwire.Statement{
		number(`select current_setting('server_version_num')::int`, "current_setting", pgwire.Int4, d.project, "", 0, 150008),
		number(`select count(*) from pg_database where datname = current_database() and pg_encoding_to_char(encoding) = 'UTF8'`, "count", pgwire.Int8, d.project, "", 0, 1),
		number(`select count(*) from pg_extension where extname in ('pg_trgm', 'unaccent', 'vector')`, "count", pgwire.Int8, d.project, extensionGone, 2, 3),
		number(`select count(*) from pg_stat_archiver where last_archived_time > now() - interval '1 hour' and coalesce(last_failed_time < last_archived_time, true)`,
			"count", pgwire.Int8, d.backups, archivingFailed, 0, 1),
	}
}
