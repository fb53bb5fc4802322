package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// zonedConfig freezes production on a day to come long after today, on the clocks
// of Tokyo.
const zonedConfig = outputConfig + `
timezone: Asia/Tokyo
freezes:
  - { freeze: long, title: No deployments, environments: [production], from: 2020-01-01, to: 2099-12-30 12:00 }
`

// inUTC finds a time that isn't on the project's clocks.
var inUTC = regexp.MustCompile(`UTC([^+]|$)`)

// TestTimesInTheProjectsZone has what a terminal prints show times on the
// project's clocks, and say how far these are from UTC. The ledger is of the year 1, when Tokyo had
// its local mean time.
func TestTimesInTheProjectsZone(t *testing.T) {
	dir := t.TempDir()
	config, ledger := filepath.Join(dir, "gonogo.yml"), filepath.Join(dir, "ledger.db")
	if err := os.WriteFile(config, []byte(strings.Replace(zonedConfig, "ledger.db", ledger, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	openedLedger(t, ledger)
	for _, tt := range []struct{ args, want string }{
		{"check --env production", "blocks: production is frozen: No deployments, until 2099-12-30 12:00 UTC+9. /deploy lift freeze:long@production 1.0.0 until TIME REASON\n"},
		{"status", "until 2099-12-30 12:00 UTC+9"},
		{"history", "0001-01-01 09:18 UTC+9:18"},
		{"report", "UTC+9\n"},
		{"check --env production", "until 2099-12-30 12:00 UTC+9"},
		{"rollback by-hand production", "Roll production back by hand"},
	} {
		var out bytes.Buffer
		run(t.Context(), append(strings.Fields(tt.args), "-c", config), system{Out: &out, Err: &out, Environ: func(string) (string, bool) { return "", false }})
		if said := out.String(); !strings.Contains(said, tt.want) || inUTC.MatchString(said) {
			t.Errorf("%s says %q; want %q, and no time in UTC", tt.args, said, tt.want)
		}
	}
}
