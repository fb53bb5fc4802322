package github

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"
)

// GitHub takes ten status reports for a deployment, of 1024 characters each ("Creating
// custom deployment protection rules" of its documentation).
const (
	mostReports   = 10
	longestReport = 1024
)

// Delivery is what GitHub sends to the webhook of an App.
type Delivery struct {
	Header http.Header
	Body   []byte
}

// Requested is the delivery that asks the App's protection rule about a run. base is the
// host's address, without a slash at its end.
func (h *Host) Requested(base string, run int, id string) (Delivery, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w, _ := h.workflow(h.runs[run-1].Workflow)
	if !h.ruled(run-1, w.Into) {
		return Delivery{}, fmt.Errorf("run %d doesn't wait for the App's protection rule", run)
	}
	one := h.runs[run-1]
	body, err := json.Marshal(object{
		"action": "requested", "environment": w.Into, "event": one.event(), "sha": one.Of, "ref": "refs/heads/" + one.branch(),
		"deployment_callback_url": fmt.Sprintf("%s/actions/runs/%d/deployment_protection_rule", h.apiURL(base), run), "pull_requests": []object{},
		"repository": h.viewMinimal(base), "installation": object{"id": h.opts.App.Installation, "node_id": nodeID("MDIzOkludGVncmF0aW9u", id)}, "sender": viewUser(base, one.By),
	})
	if err != nil {
		return Delivery{}, err
	}
	return h.opts.App.Sign("deployment_protection_rule", id, body), nil
}

// Sign is a delivery of a body, with the headers that GitHub gives it.
func (a App) Sign(event, id string, body []byte) Delivery {
	mac := hmac.New(sha256.New, []byte(a.Secret))
	mac.Write(body)
	header := http.Header{}
	for name, value := range map[string]string{
		"User-Agent": "GitHub-Hookshot/0000000", "Content-Type": "application/json", "X-GitHub-Event": event, "X-GitHub-Delivery": id,
		"X-GitHub-Hook-ID": "1", "X-GitHub-Hook-Installation-Target-Type": "integration", "X-GitHub-Hook-Installation-Target-ID": fmt.Sprint(a.ID),
		"X-Hub-Signature-256": "sha256=" + hex.EncodeToString(mac.Sum(nil)),
	} {
		header.Set(name, value)
	}
	return Delivery{header, body}
}

// ruled reports whether a run waits for the App's protection rule.
func (h *Host) ruled(i int, environment string) bool {
	e, _ := h.environment(environment)
	return h.awaits(i, environment) && e.Rule && !h.runs[i].passed(true)
}

// passed reports whether the attempt of a run was approved by the App's protection rule,
// or by a reviewer.
func (r WorkflowRun) passed(rule bool) bool {
	for _, review := range r.Reviews {
		if review.attempt == r.attempt() && review.rule == rule && review.State == "approved" {
			return true
		}
	}
	return false
}

// answerRule is https://docs.github.com/rest/actions/workflow-runs#review-custom-deployment-protection-rules-for-a-workflow-run.
// What it refuses with 422 isn't documented.
func (h *Host) answerRule(r *request) (any, error) {
	i, err := h.run(r)
	if err != nil {
		return nil, err
	}
	f, err := r.fields("DeploymentProtectionRule")
	if err != nil {
		return nil, err
	}
	environment, _ := f.text("environment_name", mostComment)
	state := f.choice("state", "approved", "rejected")
	comment, commented := f.text("comment", mostComment)
	if err := f.err(); err != nil {
		return nil, err
	}
	switch {
	case !h.asApp(r):
		return nil, &refusal{status: http.StatusForbidden, message: "Resource not accessible by personal access token"}
	case environment == "", state == "" && !commented:
		return nil, rejected("Invalid request.\n\n\"environment_name\" and either \"state\" or \"comment\" weren't supplied.")
	case !h.ruled(i, environment):
		return nil, rejected("No pending custom deployment protection rule to review")
	}
	return nil, h.settleRule(r, i, Review{Environment: environment, State: state, By: h.opts.Login, Comment: comment, rule: true})
}

// settleRule takes an answer of the App, or its status report.
func (h *Host) settleRule(r *request, i int, review Review) error {
	r.write.Number = i + 1
	if review.State != "" {
		h.settle(i, review)
		h.begun(i)
		return nil
	}
	reports := 0
	for _, one := range h.runs[i].Reviews {
		if one.State == "pending" && one.attempt == h.runs[i].attempt() {
			reports++
		}
	}
	switch {
	case utf8.RuneCountInString(review.Comment) > longestReport:
		return rejected("Comment is too long (maximum is %d characters)", longestReport)
	case reports == mostReports:
		return rejected("A deployment takes %d status reports", mostReports)
	}
	review.State, review.attempt = "pending", h.runs[i].attempt()
	h.runs[i].Reviews = append(h.runs[i].Reviews[:len(h.runs[i].Reviews):len(h.runs[i].Reviews)], review)
	return nil
}

// asApp reports whether a request has a token of the App.
func (h *Host) asApp(r *request) bool {
	_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return h.tokens[token].After(h.now())
}

// listRules is https://docs.github.com/rest/deployments/protection-rules#get-all-deployment-protection-rules-for-an-environment.
func (h *Host) listRules(r *request) (any, error) {
	e, ok := h.environment(r.PathValue("environment"))
	if !ok {
		return nil, errNotFound
	}
	rules := []object{}
	if e.Rule {
		slug := strings.TrimSuffix(h.opts.Login, bot)
		rules = append(rules, object{"id": id("rule of " + e.Name), "node_id": nodeID("GA", "rule of "+e.Name), "enabled": true,
			"app": object{"id": h.opts.App.ID, "slug": slug, "integration_url": r.base + apiPath + "/apps/" + slug, "node_id": nodeID("A", slug)}})
	}
	return object{"total_count": len(rules), "custom_deployment_protection_rules": rules}, nil
}
