package github

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Environment is an environment whose deployments people have to approve.
type Environment struct {
	Name         string
	Reviewers    []string // logins; empty: nobody has to approve
	NoSelfReview bool     // whoever started a run can't approve it
	Rule         bool     // the App's protection rule is enabled
}

// Review is an answer to a deployment that waited.
type Review struct {
	Environment string
	State       string // approved, rejected, or pending for a status report
	By          string // login
	Comment     string

	attempt int  // of the run
	rule    bool // it is the App's
}

// SetEnvironments replaces all environments.
func (h *Host) SetEnvironments(environments ...Environment) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.environments = slices.Clone(environments)
}

// Review answers a run's deployment, as a person does on GitHub's pages.
func (h *Host) Review(run int, review Review) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.awaits(run-1, review.Environment) {
		return fmt.Errorf("run %d doesn't wait for %s", run, review.Environment)
	}
	h.settle(run-1, review)
	return nil
}

func (h *Host) environment(name string) (Environment, bool) {
	i := slices.IndexFunc(h.environments, func(e Environment) bool { return e.Name == name })
	if i < 0 {
		return Environment{}, false
	}
	return h.environments[i], true
}

// awaits reports whether a run waits for the reviewers of an environment.
func (h *Host) awaits(i int, environment string) bool {
	w, _ := h.workflow(h.runs[i].Workflow)
	return environment != "" && w.Into == environment && h.runs[i].State == "waiting"
}

// settle lets a run go on once all have approved it, or ends it.
func (h *Host) settle(i int, review Review) {
	run := &h.runs[i]
	review.attempt = run.attempt()
	run.Reviews = append(slices.Clone(run.Reviews), review)
	e, _ := h.environment(review.Environment)
	switch {
	case review.State == "rejected":
		run.State = "failure"
	case (!e.Rule || run.passed(true)) && (len(e.Reviewers) == 0 || run.passed(false)):
		run.State = "queued"
	}
}

// begun records the deployment of a run that goes on, if that wasn't done when a reviewer
// approved it.
func (h *Host) begun(i int) {
	if w, _ := h.workflow(h.runs[i].Workflow); h.runs[i].State == "queued" && !h.runs[i].passed(false) {
		h.deployments = append(h.deployments, Deployment{Environment: w.Into, Ref: h.runs[i].branch(), SHA: h.runs[i].Of, Run: i + 1, State: "queued", At: h.now()})
	}
}

// mayReview reports whether a login may answer a run's deployment. Reviewers are people
// and teams, not Apps.
func (h *Host) mayReview(login string, i int, e Environment) bool {
	return !isBot(login) && slices.ContainsFunc(e.Reviewers, func(name string) bool { return strings.EqualFold(name, login) }) && !(e.NoSelfReview && strings.EqualFold(h.runs[i].By, login))
}

func (h *Host) viewEnvironment(base, name string) object {
	return object{
		"id": id(name), "node_id": nodeID("EN", name), "name": name, "url": h.apiURL(base) + "/environments/" + name, "html_url": h.pageURL(base) + "/deployments/activity_log",
		"created_at": stamp(h.now()), "updated_at": stamp(h.now()),
	}
}

func viewReviewers(base string, e Environment) []object {
	reviewers := []object{}
	for _, login := range e.Reviewers {
		reviewers = append(reviewers, object{"type": "User", "reviewer": viewUser(base, login)})
	}
	return reviewers
}

// getEnvironment is https://docs.github.com/rest/deployments/environments#get-an-environment.
func (h *Host) getEnvironment(r *request) (any, error) {
	e, ok := h.environment(r.PathValue("environment"))
	if !ok {
		return nil, errNotFound
	}
	view, rules := h.viewEnvironment(r.base, e.Name), []object{}
	if len(e.Reviewers) > 0 {
		rules = append(rules, object{"id": id("reviewers of " + e.Name), "node_id": nodeID("GA", e.Name), "type": "required_reviewers", "prevent_self_review": e.NoSelfReview, "reviewers": viewReviewers(r.base, e)})
	}
	view["protection_rules"], view["deployment_branch_policy"] = rules, nil
	return view, nil
}

// listPending is https://docs.github.com/rest/actions/workflow-runs#get-pending-deployments-for-a-workflow-run.
func (h *Host) listPending(r *request) (any, error) {
	i, err := h.run(r)
	if err != nil {
		return nil, err
	}
	w, _ := h.workflow(h.runs[i].Workflow)
	if !h.awaits(i, w.Into) {
		return []object{}, nil
	}
	e, _ := h.environment(w.Into)
	return []object{{
		"environment": h.viewEnvironment(r.base, w.Into), "wait_timer": 0, "wait_timer_started_at": nil,
		"current_user_can_approve": h.mayReview(h.opts.Login, i, e) && !h.runs[i].passed(false), "reviewers": viewReviewers(r.base, e),
	}}, nil
}

// reviewPending is https://docs.github.com/rest/actions/workflow-runs#review-pending-deployments-for-a-workflow-run.
func (h *Host) reviewPending(r *request) (any, error) {
	i, err := h.run(r)
	if err != nil {
		return nil, err
	}
	f, err := r.fields("DeploymentReview")
	if err != nil {
		return nil, err
	}
	var ids []int64
	f.take("environment_ids", &ids)
	state := f.choice("state", "approved", "rejected")
	comment, commented := f.text("comment", mostComment)
	if err := f.err(); err != nil {
		return nil, err
	}
	w, _ := h.workflow(h.runs[i].Workflow)
	e, _ := h.environment(w.Into)
	switch {
	case len(ids) == 0, state == "", !commented:
		return nil, rejected("Invalid request.\n\n\"environment_ids\", \"state\" and \"comment\" weren't all supplied.")
	case !h.awaits(i, w.Into) || h.runs[i].passed(false) || !slices.Equal(ids, []int64{id(w.Into)}):
		return nil, rejected("No pending deployment requests to approve or reject")
	case !h.mayReview(h.opts.Login, i, e):
		return nil, &refusal{status: http.StatusForbidden, message: "You are not allowed to review this deployment"}
	}
	h.settle(i, Review{Environment: w.Into, State: state, By: h.opts.Login, Comment: comment})
	r.write.Number = i + 1
	h.deployments = append(h.deployments, Deployment{Environment: w.Into, Ref: h.runs[i].branch(), SHA: h.runs[i].Of, Run: i + 1, State: "queued", At: h.now()})
	return []object{h.viewDeployment(r.base, len(h.deployments)-1)}, nil
}

// mostComment is how long a comment may be here.
const mostComment = 65536

// listReviews is https://docs.github.com/rest/actions/workflow-runs#get-the-review-history-for-a-workflow-run.
func (h *Host) listReviews(r *request) (any, error) {
	i, err := h.run(r)
	if err != nil {
		return nil, err
	}
	reviews := []object{}
	for _, review := range h.runs[i].Reviews {
		reviews = append(reviews, object{"environments": []object{h.viewEnvironment(r.base, review.Environment)}, "state": review.State, "user": viewUser(r.base, review.By), "comment": review.Comment})
	}
	return reviews, nil
}

// getUser is https://docs.github.com/rest/users/users#get-the-authenticated-user, of which
// only what is public is served. An App's token is nobody's.
func (h *Host) getUser(r *request) (any, error) {
	if isBot(h.opts.Login) {
		return nil, &refusal{status: http.StatusForbidden, message: "Resource not accessible by integration"}
	}
	return viewUser(r.base, h.opts.Login), nil
}
