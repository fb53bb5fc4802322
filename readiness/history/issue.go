package history

import (
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/event"
)

// Issue is the GitHub issue of an item, as gonogo last wrote it.
type Issue struct {
	Number  int // 0: none, or it is away
	URL     string
	Open    bool
	Said    string         // digest of its text
	At      time.Time      // of the last write that is known to have succeeded
	Opened  time.Time      // when it was last opened or reopened
	Pending event.IssueAct // the write that was intended and may have happened; empty: none
	Asked   time.Time      // when that was intended
	Delayed string         // why the write has to wait, in a sentence; empty: it doesn't
	Until   time.Time      // when it is tried again, if known
	Lead    string         // the answer whose issue lists this one, since both fail for one cause; empty: its own issue

	Away     event.IssueAway // why the issue at URL is no longer maintained; empty: it is
	Replaced time.Time       // when one was last opened because the previous one was away
}

// SteadyErrors is how many times in a row an answer can't be measured before an issue
// is opened and people are told. Fewer may be chance.
const SteadyErrors = 3

// Streak is how many times in a row gate runs couldn't measure an answer.
func (r *Release) Streak(key answer.Key) int { return r.Streaks[key] }

func (s *State) intendIssue(at time.Time, e event.IssueIntended) {
	key := answer.Key{Item: e.Item, Environment: e.Environment}
	issue := s.Issues[key]
	issue.Pending, issue.Asked = e.Act, at
	s.setIssue(key, issue)
}

func (s *State) writeIssue(at time.Time, e event.IssueWritten) {
	key := answer.Key{Item: e.Item, Environment: e.Environment}
	issue := s.Issues[key]
	if e.Open && !issue.Open {
		issue.Opened = at
		if issue.Away != "" {
			issue.Replaced = at
		}
	}
	issue.Number, issue.URL, issue.Open, issue.Said, issue.At = e.Number, e.URL, e.Open, e.Said, at
	issue.Pending, issue.Asked, issue.Delayed, issue.Until = "", time.Time{}, "", time.Time{}
	issue.Lead, issue.Away = e.Lead, e.Away
	if e.Away != "" {
		issue.Number, issue.Open = 0, false
	}
	s.setIssue(key, issue)
	s.followIssue(key.String(), issue, e.Act)
}

// followIssue tells the answers that an issue lists what became of it. Once it
// is closed because they all let through, or is away, each is on its own again.
func (s *State) followIssue(lead string, issue Issue, act event.IssueAct) {
	for key, listed := range s.Issues {
		if listed.Lead != lead {
			continue
		}
		listed.Number, listed.URL, listed.Open = issue.Number, issue.URL, issue.Open
		if act == event.CloseIssue && !issue.Open || issue.Away != "" {
			listed = Issue{Opened: listed.Opened, URL: issue.URL, Away: issue.Away, Replaced: listed.Replaced}
		}
		s.setIssue(key, listed)
	}
}

func (s *State) delayIssue(e event.IssueDelayed) {
	key := answer.Key{Item: e.Item, Environment: e.Environment}
	issue := s.Issues[key]
	issue.Delayed, issue.Until = e.Why, e.Until
	s.setIssue(key, issue)
}

func (s *State) setIssue(key answer.Key, issue Issue) {
	ownMap(&s.Issues, &s.own.issues)
	s.Issues[key] = issue
}

// applyIssue folds the events about issues.
func (s *State) applyIssue(at time.Time, happened event.Event) {
	switch e := happened.(type) {
	case event.IssueIntended:
		s.intendIssue(at, e)
	case event.IssueWritten:
		s.writeIssue(at, e)
	case event.IssueDelayed:
		s.delayIssue(e)
	}
}
