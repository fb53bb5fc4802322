package config

import (
	"strings"
	"testing"
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
		if err == nil || !strings.Contains(err.Error(), "a password stands in this address") {
			t.Errorf("%s: %v, want the fault that a password stands there", line, err)
		} else if strings.Contains(err.Error(), "onkel-tante") {
			t.Errorf("the password stands in: %v", err)
		}
	}
}
