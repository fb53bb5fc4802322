package kinds

import (
	"fmt"
	"strings"
	"testing"

	"gonogo/gates"
	"gonogo/gates/kindtest"
	"gonogo/readiness/answer"
)

// TestHTTPLogin logs in to the practice site, as its own form does.
func TestHTTPLogin(t *testing.T) {
	p := newPractice(t)
	const (
		open   = `{ url: "{target.url}/web/login", take: { csrf: 'name="csrf_token" value="([^"]+)"' } }`
		submit = `{ url: "{target.url}/web/login", form: { login: admin, password: practice, csrf_token: "{take.csrf}" }, status: 303 }`
		look   = `url: "{target.url}/web", body: Logged in as admin`
	)
	for _, tt := range []struct {
		name, turn, settings string
		verdict              answer.Verdict
		words                string
	}{
		{"without logging in", "", look, answer.Failed, "status is 303, limit 200 to 299"},
		{"logged in", "", look + `, requests: 2, steps: [` + open + `, ` + submit + `]`, answer.Passed, "answered 200, 2 times"},
		{"led on to the page", "", look + `, follow_redirects: true, steps: [` + open + `, ` + strings.Replace(submit, ", status: 303", "", 1) + `]`, answer.Passed, "answered 200"},
		{"a wrong password", "", look + `, steps: [` + open + `, ` + strings.Replace(submit, "practice", "hunter2", 1) + `]`, answer.Failed, "step 2 of 2: status is 200, limit 303"},
		{"a wrong password, unnoticed by the step", "", look + `, steps: [` + open + `, ` + strings.NewReplacer("practice", "hunter2", ", status: 303", "").Replace(submit) + `]`, answer.Failed, "status is 303, limit 200 to 299"},
		{"without the token", "", look + `, steps: [` + open + `, ` + strings.Replace(submit, "{take.csrf}", "wrong", 1) + `]`, answer.Failed, "step 2 of 2: status is 200, limit 303"},
		{"without the visit before", "", look + `, steps: [` + strings.Replace(submit, "{take.csrf}", "wrong", 1) + `]`, answer.Failed, "step 1 of 1: status is 200, limit 303"},
		{"a pattern that matches nothing", "", look + `, steps: [` + strings.Replace(open, "csrf_token", "xsrf_token", 1) + `, ` + submit + `]`, answer.Failed, "step 1 of 2: csrf can't be taken out of the answer: its pattern matches nothing"},
		{"another text", "", look + `, steps: [{ url: "{target.url}/web/login", body: Sign in }]`, answer.Failed, `step 1 of 1: the page doesn't contain "Sign in"`},
		{"the token is refused", "staging-site token-refused", look + `, steps: [` + open + `, ` + submit + `]`, answer.Failed, "step 2 of 2: status is 200, limit 303"},
		{"the site is down", "staging-site down", look + `, steps: [` + open + `, ` + submit + `]`, answer.Failed, "step 1 of 2: status is 503, limit 200 to 399"},
	} {
		p.turn("staging-site answering")
		p.turn(tt.turn)
		ev := kindtest.Measured(t, built(t, "http", "{"+tt.settings+"}", gates.Deps{}), gates.Scope{TargetURL: p.address + "/sites/staging"})
		if wrong := kindtest.Odd(ev, tt.verdict, tt.words); wrong != "" {
			t.Errorf("%s: %s", tt.name, wrong)
		}
		if strings.Contains(fmt.Sprint(ev), "practice") {
			t.Errorf("%s: the password is in %v", tt.name, ev)
		}
	}
}
