package report

import (
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/suite"
)

// TestTests puts two shards together, of which the second repeats a test of the
// first and claims a failure that it does not show.
func TestTests(t *testing.T) {
	var all Tests
	for name, text := range map[string]string{
		"a.xml": `<testsuite name="shop"><testcase classname="cart" name="pays" time="1.5"/><testcase classname="cart" name="refunds" file="cart.py"><failure message="total is wrong"/></testcase></testsuite>`,
		"b.xml": `<testsuites><testsuite name="shop" failures="1"><testcase classname="cart" name="pays" time="2"/></testsuite><testsuite name="mail"/></testsuites>`,
	} {
		if err := all.Read(name, strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	got := all.All()
	slices.SortFunc(got, func(a, b Test) int { return strings.Compare(a.Label, b.Label) })
	want := []Test{
		{Label: "cart pays", Class: "cart", Took: 2 * time.Second, Timing: Timed},
		{Label: "cart refunds", Class: "cart", File: "cart.py", Outcome: Failed, Messages: []string{"total is wrong"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tests (-want +got):\n%s", diff)
	}
	if all.Repeated != 1 || all.Took() != 2*time.Second || len(all.Doubts) != 1 || !slices.Equal(all.Empty, []string{"mail"}) {
		t.Errorf("repeated %d, took %s, doubts %q, empty %q", all.Repeated, all.Took(), all.Doubts, all.Empty)
	}
}

// TestTestsOfOneName tells tests apart that several suites have.
func TestTestsOfOneName(t *testing.T) {
	text, err := os.ReadFile("testdata/junit/playwright.xml")
	if err != nil {
		t.Fatal(err)
	}
	var all Tests
	if err := all.Read("r.xml", strings.NewReader(string(text))); err != nil {
		t.Fatal(err)
	}
	labels := map[string]bool{}
	for _, test := range all.All() {
		labels[test.Label] = true
	}
	if len(labels) != 6 {
		t.Errorf("six tests are called %v", labels)
	}
}

// TestTestsOfNoXML reads what was written in another format.
func TestTestsOfNoXML(t *testing.T) {
	for text, want := range map[string]string{
		"": "it is empty; check what writes it", " \n": "it is empty; check what writes it", `{"tests": 3}`: "it isn't XML; write the report in JUnit's format", "ok\n": "it isn't XML; write the report in JUnit's format",
		"<!-- soon -->": "it is empty; check what writes it",
	} {
		var all Tests
		if err := all.Read("r.xml", strings.NewReader(text)); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestTestsOfALargeReport(t *testing.T) {
	suite.LeftToFull(t)
	var all Tests
	err := all.Read("r.xml", io.MultiReader(strings.NewReader("<testsuite>"), strings.NewReader(strings.Repeat(" ", MaxJUnit)), strings.NewReader("</testsuite>")))
	if err == nil || err.Error() != "it is larger than 256 MiB; write it in several files" {
		t.Errorf("got %v", err)
	}
}
