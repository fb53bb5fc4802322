package history

import (
	"testing"
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/event"
)

// Changes within ten minutes of the first are one message; an answer that
// changes again leaves its old message only when that is shown no longer, and
// the last to leave takes the memory of the message along.
func TestBatches(t *testing.T) {
	const version = "19.0.1"
	login, backups := answer.Key{Item: "login", Environment: "staging"}, answer.Key{Item: "backups"}
	start := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	s := NewState()
	apply := func(after time.Duration, e event.Event) { s.Apply(start.Add(after), e) }
	changes := func(after time.Duration, key answer.Key, to answer.Verdict) {
		apply(after, event.ItemFlipped{Release: version, Item: key.Item, Environment: key.Environment, Verdict: to})
	}
	apply(0, event.ReleaseOpened{Version: version})
	changes(0, login, answer.Failed)
	changes(9*time.Minute, backups, answer.Errored)
	first := FlipSubject(version, start)
	apply(9*time.Minute, event.AnchorPosted{Subject: first, Channel: "C1", TS: "1.0"})

	told := func(b Batch) bool { return s.Anchors[FlipSubject(version, b.Began)].TS != "" }
	batches := s.Releases[version].Batches(start.Add(59*time.Minute), told)
	if len(batches) != 1 || len(batches[0].Keys) != 2 || batches[0].Keys[0] != login || !batches[0].Began.Equal(start) {
		t.Fatalf("the batches are %+v, want one of login and then backups", batches)
	}
	if batches[0].Over(start.Add(9*time.Minute)) || !batches[0].Over(start.Add(10*time.Minute)) {
		t.Error("a batch is over ten minutes after its first change")
	}
	if batches := s.Releases[version].Batches(start.Add(time.Hour), told); len(batches) != 0 {
		t.Errorf("an hour later %+v is shown, want nothing", batches)
	}
	changes(70*time.Minute, login, answer.Passed)
	if _, known := s.Anchors[first]; !known {
		t.Error("the first message is forgotten while it tells of the backups")
	}
	changes(81*time.Minute, backups, answer.Passed)
	if _, known := s.Anchors[first]; known {
		t.Error("the first message is kept, and tells of nothing any more")
	}
	if batches := s.Releases[version].Batches(start.Add(82*time.Minute), told); len(batches) != 2 {
		t.Errorf("the batches are %+v, want two, eleven minutes apart", batches)
	}
	for hours, want := range map[time.Duration]int{24: 2, 26: 0} {
		if batches := s.Releases[version].Batches(start.Add(hours*time.Hour), told); len(batches) != want {
			t.Errorf("%d hours later, told of none, %d are news, want %d", hours, len(batches), want)
		}
	}
}
