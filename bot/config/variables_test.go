package config

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gonogo/gates"
	"gonogo/readiness"
)

// TestOneSecretWithinAnother has faults quote values of which one begins as, or
// holds, another: what is left of the longer one would tell most of it. The
// order of a map must not decide.
func TestOneSecretWithinAnother(t *testing.T) {
	environ := func(name string) (string, bool) {
		value, set := map[string]string{
			"SHORT_TOKEN": "onkel", "LONG_TOKEN": "onkel-und-tante", "LONGER_TOKEN": "bei-onkel-und-tante-vetter", "PLAIN": "onkel-und-tante-neffe",
			"DB": "postgres://r@h/d", "ADDRESS": "http://base:nichte@enkel.example/muhme?key=ahne", "BRIEF": "muhm3",
		}[name]
		return value, set
	}
	file := replace(`permissions: { deploy: ["${SHORT_TOKEN}", "${LONG_TOKEN}", "${LONGER_TOKEN}", "${PLAIN}", "${ADDRESS}", "${BRIEF}"] }`)
	for range 20 {
		_, err := Parse("x.yml", []byte(file), environ)
		if err == nil {
			t.Fatal("nobody noticed")
		}
		for _, word := range []string{"onkel", "tante", "vetter", "neffe", "base", "nichte", "enkel", "muhm", "ahne"} {
			if strings.Contains(err.Error(), word) {
				t.Fatalf("%s stands in: %v", word, err)
			}
		}
		if want := `there is no role "${PLAIN}"`; !strings.Contains(err.Error(), want) {
			t.Fatalf("%s is not said in: %v", want, err)
		}
	}
}

// TestPasswordsInPlainText stand in the file itself and yet not in its faults.
func TestPasswordsInPlainText(t *testing.T) {
	for _, line := range []string{
		`listen: "http://u:onkel-tante@h"`,
		`slack: { releases: "https://u:onkel-tante@h/x" }`,
		`connections: { repo: { github: { repository: "https://u:onkel-tante@h/a/b" } } }`,
		`checklist: [{ section: a, items: [{ item: a, needs: ["http://u:onkel-tante@h"], gate: { http: { url: "http://h", p95: "http://u:onkel-tante@h" } } }] }]`,
	} {
		_, err := Parse("x.yml", []byte(replace(line)), func(string) (string, bool) { return "", false })
		if err == nil || !strings.Contains(err.Error(), "there is a password in this address") {
			t.Errorf("%s: %v, want the fault that a password stands there", line, err)
		} else if strings.Contains(err.Error(), "onkel-tante") {
			t.Errorf("the password stands in: %v", err)
		}
	}
}

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
	asked := map[string]gates.Built{"database": c.Gates[readiness.Key{Item: "database"}], "site": c.Gates[readiness.Key{Item: "site", Environment: "staging"}], "probe": c.Probes[0].Built}
	for name, built := range asked {
		gates.Runner{}.Run(t.Context(), []gates.Job{{Name: name, Gate: built.Gate, Deadline: 5 * time.Second, Scope: gates.Scope{TargetURL: c.Targets["staging"]}}},
			func(gates.Job) error { return nil }, func(_ gates.Job, ev readiness.Evidence) {
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
			if refused := err != nil && strings.Contains(err.Error(), "everybody sees this, and A_TOKEN"); refused != (name == "A_TOKEN") || err != nil != refused {
				t.Errorf("%s: %v", section, err)
			}
		}
	}
}
