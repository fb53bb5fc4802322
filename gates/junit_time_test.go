package gates

import (
	"fmt"
	"testing"
	"time"

	"gonogo/readiness"
)

// TestJUnitTimes has times as tools and languages write them, each beside
// others of the same report.
func TestJUnitTimes(t *testing.T) {
	tests := []struct {
		written, beside string
		took            time.Duration
		timing          timing
	}{
		{"0.16", "", 160 * time.Millisecond, timed},
		{"12", "", 12 * time.Second, timed},
		{" 1.5 ", "", 1500 * time.Millisecond, timed},
		{".5", "", 500 * time.Millisecond, timed},
		{"5.", "", 5 * time.Second, timed},
		{"8.7e-05", "", 87 * time.Microsecond, timed},
		{"-0.000000", "", 0, timed},
		{"0,160", "", 160 * time.Millisecond, timed},
		{"12,5", "", 12500 * time.Millisecond, timed},
		{"1.200,058", "", 20*time.Minute + 58*time.Millisecond, timed},
		{"1,200.058", "", 20*time.Minute + 58*time.Millisecond, timed},
		{"1,234,567", "", 1234567 * time.Second, timed},
		{"1.234", "", 1234 * time.Millisecond, timed},
		{"1.234", "0.5", 1234 * time.Millisecond, timed},
		{"1.234", "0,5", 0, unreadable},
		{"1,234", "", 0, unreadable},
		{"1,234", "7,891", 0, unreadable},
		{"1,234", "0,160", 1234 * time.Millisecond, timed},
		{"1,234", "1.200,058", 1234 * time.Millisecond, timed},
		{"1,234", "0.5", 1234 * time.Second, timed},
		{"1,234", "1,200.058", 1234 * time.Second, timed},
		{"", "1", 0, untimed},
		{"PT5M3S", "0.1", 0, unreadable},
		{"5.3s", "", 0, unreadable},
		{"160ms", "", 0, unreadable},
		{"00:01:02", "", 0, unreadable},
		{"1.2.3", "", 0, unreadable},
		{"-3", "", 0, unreadable},
		{"NaN", "", 0, unreadable},
		{"Inf", "", 0, unreadable},
		{"0x10", "", 0, unreadable},
		{"1e300", "", 0, unreadable},
		{"1 234,5", "", 0, unreadable},
	}
	for _, test := range tests {
		cases := []junitCase{{time: test.beside}, {time: test.written}}
		settleTimes(cases)
		if got := cases[1]; got.took != test.took || got.timing != test.timing {
			t.Errorf("%q beside %q: got %s, %d, want %s, %d", test.written, test.beside, got.took, got.timing, test.took, test.timing)
		}
	}
}

func TestJUnitDuration(t *testing.T) {
	suite := func(times ...string) string {
		var cases string
		for i, written := range times {
			cases += fmt.Sprintf(`<testcase name="t%d" time="%s"/>`, i, written)
		}
		return "<testsuite>" + cases + "</testsuite>"
	}
	const limit = "duration: < 2m"
	checkJUnitRows(t, []junitRow{
		{"a decimal comma", "duration: <= 160ms", suite("0,160"), readiness.Passed, "1 of 1", nil},
		{"a decimal comma and thousands", limit, suite("1.200,058"), readiness.Failed, "duration is 20m, limit < 2m", nil},
		{"an ISO duration", limit, suite("PT5M3S", "0.1"), readiness.Errored, `the time "PT5M3S" of t0 cannot be read, so duration cannot be compared`, nil},
		{"an ISO duration that nobody asks about", "", suite("PT5M3S", "0.1"), readiness.Passed, "2 of 2", nil},
		{"a thousand or one", limit, suite("1,234"), readiness.Errored, `the time "1,234" of t0 cannot be read`, nil},
		{"a time that is missing", limit, `<testsuite><testcase name="a" time="1"/><testcase name="b"/></testsuite>`, readiness.Errored, "the reports do not say how long 1 test took, so duration cannot be compared: b", nil},
		{"a time that is missing of a skip", limit, `<testsuite><testcase name="a" time="1"/><testcase name="b"><skipped/></testcase></testsuite>`, readiness.Passed, "1 of 2", nil},
		{"a failure beside", limit, `<testsuite><testcase name="a" time="1"><failure/></testcase><testcase name="b" time="?"/></testsuite>`, readiness.Failed, "failed is 1", []string{`Unclear: the time "?" of b cannot be read`}},
		{"longer than there is time", limit, suite("9000000", "9000000", "9000000"), readiness.Failed, "duration is", nil},
	})
}

func TestPlusStaysAtTheLongest(t *testing.T) {
	const longest = time.Duration(1<<63 - 1)
	if got := plus(longest-1, 2); got != longest {
		t.Errorf("got %s, want %s", got, longest)
	}
}
