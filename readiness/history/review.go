package history

import (
	"maps"
	"slices"
	"time"

	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// Review is a workflow run at GitHub that waits, or waited, for the reviewers of an
// environment:
//
//	waits ── intended ──▶ approved or rejected by gonogo
//	  └── answered by somebody else, superseded, or over
type Review struct {
	event.ReviewFound
	Found time.Time

	Since    string         // ReviewCompared.Since
	Compared *work.Compared // nil: not known yet
	Delayed  string         // why gonogo doesn't answer although it could; empty: nothing

	Report      string    // what GitHub was told last about why it waits; empty: nothing
	ReportAsked time.Time // when that was intended
	Reports     int       // how many were intended
	Reported    bool      // GitHub has it, or doesn't take it

	RejectBy, RejectWhy string    // who wants it rejected, and why; empty: nobody
	Asked               time.Time // when an answer was intended last; zero: never
	Approving           bool      // that answer is an approval
	Comment             string    // that answer's

	Outcome event.ReviewOutcome // empty: it waits
	Ended   time.Time
	EndedBy string // ReviewEnded.By
	Why     string // ReviewEnded.Why
}

// ReviewRequest is a run about which GitHub asked gonogo's protection rule.
type ReviewRequest struct {
	event.ReviewRequested
	At time.Time
}

// Waits reports whether the review has no answer yet.
func (r Review) Waits() bool { return r.Outcome == "" }

// Before reports whether the attempt of a run began before that of another.
func (r Review) Before(other Review) bool {
	if c := r.Began.Compare(other.Began); c != 0 {
		return c < 0
	}
	return r.Run < other.Run
}

// keptReviews is how many reviews the state remembers; the ledger remembers all.
const keptReviews = 100

// WaitingReviews lists the reviews of an environment that wait, the oldest first.
func (s *State) WaitingReviews(environment string) []Review {
	var all []Review
	for _, r := range s.Reviews {
		if r.Environment == environment && r.Waits() {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b Review) int {
		if a.Before(b) {
			return -1
		}
		return 1
	})
	return all
}

// Reviewed reports whether a review of a release waits.
func (s *State) Reviewed(release string) bool {
	for _, r := range s.Reviews {
		if r.Release == release && r.Waits() {
			return true
		}
	}
	return false
}

// applyReview folds the events about reviews.
func (s *State) applyReview(at time.Time, happened event.Event) {
	switch e := happened.(type) {
	case event.ReviewRequested:
		s.requestReview(at, e)
	case event.ReviewFound:
		s.forgetRequests(e.Environment, e.Run)
		s.findReview(at, e)
	case event.ReviewReportIntended:
		s.changeReview(e.Review, func(r *Review) { r.Report, r.ReportAsked, r.Reported, r.Reports = e.Comment, at, false, r.Reports+1 })
	case event.ReviewReported:
		s.changeReview(e.Review, func(r *Review) { r.Reported = true })
	case event.ReviewCompared:
		s.changeReview(e.Review, func(r *Review) { r.Since, r.Compared = e.Since, &e.Compared })
	case event.ReviewDelayed:
		s.changeReview(e.Review, func(r *Review) { r.Delayed = e.Why })
	case event.ReviewIntended:
		s.changeReview(e.Review, func(r *Review) { r.Asked, r.Approving, r.Comment = at, e.Approve, e.Comment })
		s.approveByOverride(at, s.Reviews[e.Review])
	case event.ReviewRejectionAsked:
		s.changeReview(e.Review, func(r *Review) { r.RejectBy, r.RejectWhy, r.Delayed = e.By, e.Reason, "" })
	case event.ReviewEnded:
		s.changeReview(e.Review, func(r *Review) {
			r.Outcome, r.Ended, r.EndedBy, r.Why, r.Delayed = e.Outcome, at, e.By, e.Why, ""
		})
	}
}

// keptRequests is how many requests the state remembers.
const keptRequests = 20

func (s *State) requestReview(at time.Time, e event.ReviewRequested) {
	s.forgetRequests(e.Environment, e.Run)
	s.Requested = append(s.Requested, ReviewRequest{e, at})
	s.Requested = s.Requested[max(0, len(s.Requested)-keptRequests):]
}

// forgetRequests drops the requests about a run. An earlier state may have the same ones.
func (s *State) forgetRequests(environment string, run int64) {
	s.Requested = slices.DeleteFunc(slices.Clone(s.Requested), func(q ReviewRequest) bool { return q.Environment == environment && q.Run == run })
}

func (s *State) findReview(at time.Time, e event.ReviewFound) {
	ownMap(&s.Reviews, &s.own.reviews)
	s.Reviews[e.Review] = Review{ReviewFound: e, Found: at}
	for len(s.Reviews) > keptReviews {
		over := slices.DeleteFunc(slices.Collect(maps.Values(s.Reviews)), Review.Waits)
		if len(over) == 0 {
			return
		}
		oldest := slices.MinFunc(over, func(a, b Review) int { return a.Ended.Compare(b.Ended) })
		delete(s.Reviews, oldest.Review)
	}
}

// changeReview changes a review that waits. What comes after its end changes nothing.
func (s *State) changeReview(id string, change func(*Review)) {
	r, known := s.Reviews[id]
	if !known || !r.Waits() {
		return
	}
	change(&r)
	ownMap(&s.Reviews, &s.own.reviews)
	s.Reviews[id] = r
}
