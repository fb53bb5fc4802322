package artifacts

import (
	"fmt"
	"testing"

	"gonogo/readiness/answer"
)

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
		{"a decimal comma", "duration: <= 160ms", suite("0,160"), answer.Passed, "1 of 1", nil},
		{"a decimal comma and thousands", limit, suite("1.200,058"), answer.Failed, "duration is 20m, limit < 2m", nil},
		{"an ISO duration", limit, suite("PT5M3S", "0.1"), answer.Errored, `the time "PT5M3S" of t0 cannot be read, so duration cannot be compared`, nil},
		{"an ISO duration that nobody asks about", "", suite("PT5M3S", "0.1"), answer.Passed, "2 of 2", nil},
		{"a thousand or one", limit, suite("1,234"), answer.Errored, `the time "1,234" of t0 cannot be read`, nil},
		{"a time that is missing", limit, `<testsuite><testcase name="a" time="1"/><testcase name="b"/></testsuite>`, answer.Errored, "the reports do not say how long 1 test took, so duration cannot be compared: b", nil},
		{"a time that is missing of a skip", limit, `<testsuite><testcase name="a" time="1"/><testcase name="b"><skipped/></testcase></testsuite>`, answer.Passed, "1 of 2", nil},
		{"a failure beside", limit, `<testsuite><testcase name="a" time="1"><failure/></testcase><testcase name="b" time="?"/></testsuite>`, answer.Failed, "failed is 1", []string{`Unclear: the time "?" of b cannot be read`}},
		{"longer than there is time", limit, suite("9000000", "9000000", "9000000"), answer.Failed, "duration is", nil},
	})
}
