package history

import (
	"fmt"
	"testing"
	"time"

	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// A review is changed until it has ended, and a state that was handed out isn't.
func TestReviewUntilItsEnd(t *testing.T) {
	at := time.Date(2025, time.November, 3, 9, 0, 0, 0, time.UTC)
	s := NewState()
	s.Apply(at, event.ReviewDelayed{Review: "production/1/1", Why: "nobody knows it"})
	s.Apply(at, event.ReviewFound{Review: "production/1/1", Environment: "production", Run: 1, Attempt: 1, Began: at})
	s.Apply(at, event.ReviewFound{Review: "production/2/1", Environment: "production", Run: 2, Attempt: 1, Began: at})
	if all := s.WaitingReviews("production"); len(all) != 2 || all[0].Run != 1 || len(s.WaitingReviews("staging")) > 0 {
		t.Fatalf("waiting: %+v", all)
	}
	next := s.Next()
	next.Apply(at, event.ReviewDelayed{Review: "production/1/1", Why: "1 check is still running"})
	next.Apply(at, event.ReviewCompared{Review: "production/1/1", Since: "beef", Compared: work.Compared{Ahead: 2}})
	next.Apply(at, event.ReviewIntended{Review: "production/1/1", Approve: true, Comment: "GO"})
	next.Apply(at.Add(time.Minute), event.ReviewEnded{Review: "production/1/1", Outcome: event.ReviewApproved})
	next.Apply(at, event.ReviewEnded{Review: "production/1/1", Outcome: event.ReviewRejected, By: "ann"})
	r := next.Reviews["production/1/1"]
	if r.Waits() || r.Outcome != event.ReviewApproved || r.EndedBy != "" || !r.Approving || r.Since != "beef" || r.Compared.Ahead != 2 || r.Delayed != "" || !r.Ended.Equal(at.Add(time.Minute)) {
		t.Errorf("ended: %+v", r)
	}
	if was := s.Reviews["production/1/1"]; !was.Waits() || was.Comment != "" {
		t.Errorf("the earlier state has changed: %+v", was)
	}
}

// Only so many reviews are kept, and none that waits is forgotten.
func TestReviewsAreForgotten(t *testing.T) {
	at := time.Date(2025, time.November, 3, 9, 0, 0, 0, time.UTC)
	s := NewState()
	for i := range 3 * keptReviews {
		id := fmt.Sprintf("production/%d/1", i)
		s.Apply(at, event.ReviewFound{Review: id, Environment: "production", Run: int64(i), Attempt: 1, Began: at})
		if i > 0 {
			s.Apply(at.Add(time.Duration(i)), event.ReviewEnded{Review: id, Outcome: event.ReviewOver})
		}
	}
	_, first := s.Reviews["production/0/1"]
	_, last := s.Reviews[fmt.Sprintf("production/%d/1", 3*keptReviews-1)]
	if len(s.Reviews) != keptReviews || !first || !last {
		t.Errorf("%d are kept; the one that waits: %t, the newest: %t", len(s.Reviews), first, last)
	}
}

// A request is kept until its run is found, and only so many are.
func TestReviewRequests(t *testing.T) {
	at := time.Date(2025, time.November, 3, 9, 0, 0, 0, time.UTC)
	s := NewState()
	for i := range 2 * keptRequests {
		s.Apply(at, event.ReviewRequested{Delivery: fmt.Sprint("d", i), Environment: "production", Run: int64(i)})
	}
	s.Apply(at.Add(time.Minute), event.ReviewRequested{Delivery: "again", Environment: "production", Run: keptRequests})
	last := s.Requested[len(s.Requested)-1]
	if len(s.Requested) != keptRequests || s.Requested[0].Run != keptRequests+1 || last.Delivery != "again" || !last.At.Equal(at.Add(time.Minute)) {
		t.Errorf("kept: %+v", s.Requested)
	}
	next := s.Next()
	next.Apply(at, event.ReviewFound{Review: "production/21/1", Environment: "production", Run: keptRequests + 1, Attempt: 1})
	if len(next.Requested) != keptRequests-1 || next.Requested[0].Run != keptRequests+2 || s.Requested[0].Run != keptRequests+1 {
		t.Errorf("after the run was found: %+v, before: %+v", next.Requested, s.Requested)
	}
}

// Reports are counted, and GitHub has only the last one if it says so.
func TestReviewReports(t *testing.T) {
	at := time.Date(2025, time.November, 3, 9, 0, 0, 0, time.UTC)
	s := NewState()
	s.Apply(at, event.ReviewFound{Review: "production/1/1", Environment: "production", Run: 1, Attempt: 1})
	s.Apply(at, event.ReviewReportIntended{Review: "production/1/1", Comment: "NO-GO, 2 blockers"})
	s.Apply(at, event.ReviewReported{Review: "production/1/1"})
	if r := s.Reviews["production/1/1"]; !r.Reported || r.Report != "NO-GO, 2 blockers" || r.Reports != 1 {
		t.Errorf("reported: %+v", r)
	}
	s.Apply(at.Add(time.Minute), event.ReviewReportIntended{Review: "production/1/1", Comment: "NO-GO, 1 blocker"})
	if r := s.Reviews["production/1/1"]; r.Reported || r.Reports != 2 || !r.ReportAsked.Equal(at.Add(time.Minute)) {
		t.Errorf("intended: %+v", r)
	}
}
