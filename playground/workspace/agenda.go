package workspace

import (
	"container/heap"
	"time"
)

// agenda is what has to happen later, soonest first. It is guarded by Workspace.mu.
type agenda struct {
	entries appointments
	wake    chan struct{} // one slot: something sooner than everything else was entered
}

func newAgenda() *agenda { return &agenda{wake: make(chan struct{}, 1)} }

// appointment is one entry. A cancelled one keeps its place with nothing to do, until its time comes.
type appointment struct {
	at time.Time
	do func()
}

func (a *appointment) cancel() {
	if a != nil {
		a.do = nil
	}
}

// at enters something to do once the clock has reached t.
func (a *agenda) at(t time.Time, do func()) *appointment {
	entry := &appointment{at: t, do: do}
	heap.Push(&a.entries, entry)
	if a.entries[0] == entry {
		select {
		case a.wake <- struct{}{}:
		default:
		}
	}
	return entry
}

// due takes out the first entry whose time has come.
func (a *agenda) due(now time.Time) (*appointment, bool) {
	if len(a.entries) == 0 || a.entries[0].at.After(now) {
		return nil, false
	}
	return heap.Pop(&a.entries).(*appointment), true
}

// next is the time until the first entry, or an hour when there is none.
func (a *agenda) next(now time.Time) time.Duration {
	if len(a.entries) == 0 {
		return time.Hour
	}
	return max(a.entries[0].at.Sub(now), 0)
}

// appointments is a heap by time.
type appointments []*appointment

func (a appointments) Len() int           { return len(a) }
func (a appointments) Less(i, j int) bool { return a[i].at.Before(a[j].at) }
func (a appointments) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *appointments) Push(x any)        { *a = append(*a, x.(*appointment)) }

func (a *appointments) Pop() any {
	last := len(*a) - 1
	entry := (*a)[last]
	(*a)[last] = nil
	*a = (*a)[:last]
	return entry
}

// Tick does everything whose time has come. Run calls it by itself; only a test with its own clock calls it.
func (w *Workspace) Tick() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	for {
		entry, ok := w.agenda.due(now)
		if !ok {
			return
		}
		if entry.do != nil {
			entry.do()
		}
	}
}

// later enters something to do in the agenda, d from now.
func (w *Workspace) later(d time.Duration, do func()) *appointment {
	return w.agenda.at(w.now().Add(d), do)
}

// keepTime calls Tick whenever something is due, until stop is closed. It takes the lock.
func (w *Workspace) keepTime(stop <-chan struct{}) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-stop:
			return
		case <-timer.C:
			w.Tick()
		case <-w.agenda.wake:
		}
		w.mu.Lock()
		wait := w.agenda.next(w.now())
		w.mu.Unlock()
		// With a clock that stands still an entry can stay due in the future of that clock; a floor keeps this loop cool.
		timer.Reset(max(wait, time.Millisecond))
	}
}
