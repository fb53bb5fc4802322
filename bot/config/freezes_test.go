package config

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gonogo/readiness/checklist"
)

// frozenFile is a sound file with freezes of each sort.
const frozenFile = `project: P
timezone: Europe/Berlin
slack: { releases: C0RELEASES }
roles: { lead: { users: [U0TL] }, ops: { users: [U0OPS, U0TL] } }
permissions: { lock: [lead], alerts: [ops], release: [ops], rollback: [lead, ops] }
environments: { staging: {}, production: { after: [staging] } }
freezes:
  - { freeze: weekend, title: No deployments at weekends, environments: [production], from: Fri 16:00, to: monday 8:00, zone: Asia/Manila }
  - { freeze: day, environments: [staging, production], from: 2026-12-24, to: 2026-12-24 }
  - { freeze: year-end, environments: [production], from: 2026-12-18 16:00, to: 2027-01-04 08:30 }
checklist: [{ section: a, items: [{ item: x, manual: { by: [lead] } }] }]
`

func TestFreezes(t *testing.T) {
	c, err := Parse("x.yml", []byte(frozenFile), variables)
	if err != nil {
		t.Fatal(err)
	}
	day := func(text string) time.Time {
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	berlin, manila := c.Location, c.Checklist.Freezes[0].Zone
	if berlin.String() != "Europe/Berlin" || manila.String() != "Asia/Manila" {
		t.Errorf("zones are %s and %s", berlin, manila)
	}
	want := []checklist.Freeze{
		{ID: "weekend", Title: "No deployments at weekends", Environments: []string{"production"}, Zone: manila, Weekly: true,
			From: checklist.Clock{Weekday: time.Friday, Hour: 16}, To: checklist.Clock{Weekday: time.Monday, Hour: 8}},
		{ID: "day", Title: "day", Environments: []string{"staging", "production"}, Zone: berlin,
			From: checklist.Clock{Date: day("2026-12-24")}, To: checklist.Clock{Date: day("2026-12-25")}},
		{ID: "year-end", Title: "year-end", Environments: []string{"production"}, Zone: berlin,
			From: checklist.Clock{Date: day("2026-12-18"), Hour: 16}, To: checklist.Clock{Date: day("2027-01-04"), Hour: 8, Minute: 30}},
	}
	if diff := cmp.Diff(want, c.Checklist.Freezes, cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if c.Checklist.HoldingSeverities != nil {
		t.Errorf("severities %q hold, want those that hold unless said", c.Checklist.HoldingSeverities)
	}
}

func TestHoldingSeverities(t *testing.T) {
	for written, want := range map[string][]string{"[Page, error]": {"page", "error"}, "[]": {}} {
		c, err := Parse("x.yml", []byte(frozenFile+`alerts: { token: "${MY_TOKEN}", holds: `+written+" }\n"), variables)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, c.Checklist.HoldingSeverities); diff != "" {
			t.Errorf("holds: %s (want -, got +):\n%s", written, diff)
		}
	}
}

// What one person alone may lift lasts while that person sleeps.
func TestWarningOfOneLifter(t *testing.T) {
	alone := func(permissions string) (got []string) {
		c, err := Parse("x.yml", []byte(strings.Replace(frozenFile, "alerts: [ops], release: [ops], rollback: [lead, ops]", permissions, 1)), variables)
		if err != nil {
			t.Fatal(err)
		}
		return slices.DeleteFunc(c.Warnings, func(w string) bool { return !strings.Contains(w, "only U0TL may lift") })
	}
	for permissions, want := range map[string][]string{
		"alerts: [ops], release: [ops], rollback: [lead, ops]": {"only U0TL may lift locks and freezes (permissions.lock); add another person"},
		"alerts: [lead], release: [lead], rollback: [lead]": {"only U0TL may lift locks and freezes (permissions.lock), the holds of alerts (permissions.alerts), " +
			"the hold on a version that was rolled back (permissions.release) and pins and interrupted runs (permissions.rollback); add another person"},
	} {
		if diff := cmp.Diff(want, alone(permissions)); diff != "" {
			t.Errorf("%s want -, got +:\n%s", permissions, diff)
		}
	}
}
