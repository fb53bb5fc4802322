package workflow

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"gonogo/clients/github"
	"gonogo/deploy"
	"gonogo/phrase"
	"gonogo/readiness/work"
)

// followStep is the name of the step that follows the workflow.
func (e workflowStart) followStep() string { return "follow" + e.suffix }

// follow waits until the workflow has succeeded. Somebody may run it again meanwhile:
// then the newest attempt counts.
func (e workflowStart) follow(ctx context.Context, w deploy.Work) (deploy.Result, error) {
	f := &workflowFollower{workflowStart: e, said: "GitHub shows no run of it yet"}
	f.id, _ = strconv.ParseInt(w.Fact(e.runFact()), 10, 64) // 0: not known yet
	if f.id == 0 && !e.call.marked() {
		return deploy.Result{Summary: "it was found by what is live", Details: []string{"Which workflow run it was isn't known."}}, nil
	}
	err := deploy.Poll(ctx, w, func() (bool, error) { return f.once(ctx, w) })
	r := deploy.Result{Summary: fmt.Sprintf("workflow run %d succeeded", f.id), Details: f.details(w.Run, err)}
	if f.id != 0 {
		r.Facts = map[string]string{e.runFact(): strconv.FormatInt(f.id, 10)}
	}
	return r, deploy.OrTooLong(ctx, err, f.said)
}

// mostAbsent is how many times in a row GitHub may not know a run whose ID it has just
// returned.
const mostAbsent = 9

// workflowFollower follows a workflow run.
type workflowFollower struct {
	workflowStart
	id     int64              // 0: not found yet
	seen   github.WorkflowRun // as last seen
	said   string             // how it is
	absent int                // how many times in a row GitHub did not know it
}

func (f *workflowFollower) once(ctx context.Context, w deploy.Work) (done bool, err error) {
	if f.id == 0 {
		run, err := f.find(ctx, f.mark(w.Run))
		if err != nil || run == nil {
			w.Tell(f.said)
			return false, deploy.UnlessPassing(err, w)
		}
		f.id = run.ID
	}
	f.remember(f.id, begunRun{w.Run, f.to.Version})
	run, err := f.client.WorkflowRun(ctx, f.id)
	err = classifyGitHubRead(err)
	if f.absent++; isGone(err) && f.absent <= mostAbsent {
		return false, nil
	}
	if isGone(err) {
		return false, fmt.Errorf("GitHub has no workflow run %d any more: it was deleted, so it isn't known how it ended", f.id)
	}
	if err != nil {
		return false, deploy.UnlessPassing(err, w)
	}
	f.seen, f.absent = run, 0
	return f.judge(ctx, w)
}

// judge tells how the run is, and whether it has ended well.
func (f *workflowFollower) judge(ctx context.Context, w deploy.Work) (done bool, err error) {
	var jobs []github.Job
	switch f.seen.Status {
	case "queued", "requested":
		f.said = "it waits for a runner since " + f.seen.Created.Format("15:04 UTC")
	case "pending":
		f.said = "it waits for another run of its concurrency group"
	default:
		if jobs, err = f.client.Jobs(ctx, f.id); err != nil {
			return false, deploy.UnlessPassing(classifyGitHubRead(err), w)
		}
		f.said = progressOf(jobs)
	}
	if f.seen.Status == "waiting" {
		f.said = f.awaited(ctx)
	}
	w.Tell(f.said+f.attempt(), partsOf(jobs)...)
	if !f.seen.Over() {
		return false, nil
	}
	f.forget(f.id)
	return f.seen.Conclusion == "success", f.failure(jobs)
}

// awaited says whose review the run waits for.
func (f *workflowFollower) awaited(ctx context.Context) string {
	names, err := f.client.AwaitedReviews(ctx, f.id)
	if err != nil || len(names) == 0 {
		return "it waits for the protection rules of an environment"
	}
	return "it waits for the protection rules of the environment " + strings.Join(names, ", ") + ", such as a review at GitHub"
}

// attempt says that somebody ran it again.
func (f *workflowFollower) attempt() string {
	if f.seen.Attempt < 2 {
		return ""
	}
	return fmt.Sprintf("; it is attempt %d, run again by %s", f.seen.Attempt, f.seen.By)
}

func (f *workflowFollower) details(run string, failed error) (details []string) {
	if f.seen.URL != "" && failed == nil { // a failure names it
		details = append(details, f.seen.URL)
	}
	if again := f.attempt(); again != "" && failed == nil {
		details = append(details, strings.TrimPrefix(again, "; "))
	}
	if mark := f.mark(run); f.seen.ID != 0 && mark != "" && !shows(f.seen.Title, mark) {
		details = append(details, fmt.Sprintf("The name of the workflow run doesn't show %s; add the input with {run} to run-name in %s, so that gonogo finds the run again after a crash.", mark, f.call.file))
	}
	return details
}

// failure is why a run that has ended did not succeed, or nil.
func (f *workflowFollower) failure(jobs []github.Job) error {
	see := "; see " + f.seen.URL + f.attempt()
	switch f.seen.Conclusion {
	case "success":
		return nil
	case "cancelled":
		return fmt.Errorf("workflow run %d was cancelled at GitHub%s", f.id, see)
	case "timed_out":
		return fmt.Errorf("GitHub ended workflow run %d, since it ran too long%s", f.id, see)
	case "startup_failure":
		return fmt.Errorf("GitHub can't run the workflow %s: its file is invalid, or it uses what isn't allowed%s", f.call.file, see)
	case "action_required":
		return fmt.Errorf("workflow run %d needs somebody's approval before it starts%s", f.id, see)
	case "skipped":
		return fmt.Errorf("workflow run %d skipped all of its jobs%s", f.id, see)
	case "failure":
		return fmt.Errorf("workflow run %d failed%s%s", f.id, failedIn(jobs), see)
	}
	return fmt.Errorf("workflow run %d ended as %q%s", f.id, phrase.Excerpt(f.seen.Conclusion), see)
}

// failedIn names the first job that failed, with its step.
func failedIn(jobs []github.Job) string {
	for _, job := range jobs {
		switch {
		case job.Conclusion == "failure" && job.Failed != "":
			return fmt.Sprintf(" in the job “%s”, at the step “%s”", phrase.Excerpt(job.Name), phrase.Excerpt(job.Failed))
		case job.Conclusion == "failure" || job.Conclusion == "timed_out":
			return fmt.Sprintf(" in the job “%s”", phrase.Excerpt(job.Name))
		}
	}
	return ""
}

func progressOf(jobs []github.Job) string {
	done := 0
	for _, job := range jobs {
		if job.Status == "completed" {
			done++
		}
	}
	return fmt.Sprintf("%d of %s done", done, phrase.Count(len(jobs), "job"))
}

// mostParts is how many jobs are shown: a matrix has up to 256.
const mostParts = 20

// partsOf are the jobs as parts of the step.
func partsOf(jobs []github.Job) (parts []work.StepPart) {
	for _, job := range jobs[:min(len(jobs), mostParts)] {
		part := work.StepPart{Name: phrase.Excerpt(job.Name), Status: "waiting", Detail: job.Failed}
		switch {
		case job.Status == "in_progress":
			part.Status = "running"
		case job.Status == "completed" && (job.Conclusion == "success" || job.Conclusion == "neutral"):
			part.Status = "good"
		case job.Status == "completed" && job.Conclusion == "skipped":
			part.Status, part.Detail = "good", "skipped"
		case job.Status == "completed":
			part.Status = "bad"
		}
		parts = append(parts, part)
	}
	return parts
}
