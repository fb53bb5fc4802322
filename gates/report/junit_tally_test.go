package report

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTally(t *testing.T) {
	var all Tests
	err := all.Read("report.xml", strings.NewReader(`<testsuite>
		<testcase classname="shop.sale" name="good" time="1.5"/>
		<testcase classname="shop.sale" name="bad" time="0.5"><failure message="no"/><failure message="not so"/><failure message="nor so"/></testcase>
		<testcase classname="shop.stock" name="torn" time="1"><error message="lost"/></testcase>
		<testcase classname="shop.stock" name="left"><skipped/></testcase>
		<testcase classname="shop.stock" name="untimed"/>
		<testcase classname="shop.stock" name="unreadable" time="soon"/>
		<testcase classname="shop.stock" name="both" time="1"><failure message="no"/><error message="lost"/></testcase>
	</testsuite>`))
	if err != nil {
		t.Fatal(err)
	}
	got := all.Tally()
	if len(got.Tests) != got.Total {
		t.Errorf("%d tests, and counted %d", len(got.Tests), got.Total)
	}
	if diff := cmp.Diff(map[string]int{"sale": 2, "stock": 5, "shop": 7}, got.OfModules([]string{"sale", "stock", "shop", "none"})); diff != "" {
		t.Errorf("of modules (-want +got):\n%s", diff)
	}
	got.Tests = nil
	want := Tally{Total: 7, Passed: 3, Failed: 2, Errors: 2, Skipped: 1, Took: 4 * time.Second, Timed: true,
		Complaints: []string{"shop.sale bad: no; not so; and 1 more", "shop.stock both: no; lost", "shop.stock torn: lost"},
		Untimed:    []string{"shop.stock untimed"}, Unreadable: []string{`"soon" of shop.stock unreadable`}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
