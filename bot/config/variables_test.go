package config

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gonogo/gates"
	"gonogo/readiness/answer"
)

// TestPlacesByName measures what is at an address of which a variable in a
// connection or an environment is a part: it is called by the variable.
func TestPlacesByName(t *testing.T) {
	environ := func(name string) (string, bool) {
		return map[string]string{"PLACE": "127.83.91.77:1"}[name], name == "PLACE"
	}
	c, err := Parse("x.yml", []byte(replace(`connections: { db: { postgres: { url: "postgres://reader@${PLACE}/odoo" } } }
environments: { staging: { url: "http://${PLACE}/site" } }
checklist: [{ section: a, items: [{ item: database, gate: { postgres: { connection: db, query: select 1, value: 1 } } }, { item: site, environments: [staging], gate: { http: { url: "{target.url}/" } } }] }]`)), environ)
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]gates.Built{"database": c.Gates[answer.Key{Item: "database"}], "site": c.Gates[answer.Key{Item: "site", Environment: "staging"}], "probe": c.Probes[0].Built}
	for name, built := range asked {
		gates.Runner{}.Run(t.Context(), []gates.Job{{Name: name, Gate: built.Gate, Deadline: time.Minute, Scope: gates.Scope{TargetURL: c.Targets["staging"]}}},
			func(gates.Job) error { return nil }, func(_ gates.Job, ev answer.Evidence) {
				if said := fmt.Sprint(ev); strings.Contains(said, "127.83") || !strings.Contains(said, "${PLACE}") {
					t.Errorf("%s: %s", name, said)
				}
			})
	}
}

// TestNamesAreShown refuses a variable that names a secret where everybody reads
// what it holds, in names as in titles.
func TestNamesAreShown(t *testing.T) {
	environ := func(name string) (string, bool) { return "onkel-tante", name == "A_TOKEN" || name == "A_NAME" }
	for _, name := range []string{"A_TOKEN", "A_NAME"} {
		variable := `"${` + name + `}"`
		for _, section := range []string{
			"{ section: a, items: [{ item: " + variable + ", manual: { by: [dev] } }] }",
			"{ section: " + variable + ", items: [{ item: a, manual: { by: [dev] } }] }",
			"{ section: a, items: [{ item: a, title: " + variable + ", manual: { by: [dev] } }] }",
		} {
			_, err := Parse("x.yml", []byte(replace("connections: {}\nchecklist: ["+section+"]")), environ)
			if refused := err != nil && strings.Contains(err.Error(), "this is shown to everybody, but A_TOKEN"); refused != (name == "A_TOKEN") || err != nil != refused {
				t.Errorf("%s: %v", section, err)
			}
		}
	}
}
