package workspace

import (
	"container/heap"
	"time"
)

// schedule is a queue of tasks, the earliest first. It is guarded by Workspace.mu.
type schedule struct {
	entries taskHeap
	wake    chan struct{} // one slot: there is a new first task
}

func newSchedule() *schedule { return &schedule{wake: make(chan struct{}, 1)} }

// task is a function to be called at a time. A cancelled task stays in the queue but does nothing.
type task struct {
	at time.Time
	do func()
}

func (a *task) cancel() {
	if a != nil {
		a.do = nil
	}
}

// at schedules a function for a time.
func (a *schedule) at(t time.Time, do func()) *task {
	entry := &task{at: t, do: do}
	heap.Push(&a.entries, entry)
	if a.entries[0] == entry {
		select {
		case a.wake <- struct{}{}:
		default:
		}
	}
	return entry
}

// due removes and returns the first task if its time has come.
func (a *schedule) due(now time.Time) (*task, bool) {
	if len(a.entries) == 0 || a.entries[0].at.After(now) {
		return nil, false
	}
	return heap.Pop(&a.entries).(*task), true
}

// next is the time until the first task, or an hour if there is none.
func (a *schedule) next(now time.Time) time.Duration {
	if len(a.entries) == 0 {
		return time.Hour
	}
	return max(a.entries[0].at.Sub(now), 0)
}

// taskHeap is a heap by time.
type taskHeap []*task

func (a taskHeap) Len() int           { return len(a) }
func (a taskHeap) Less(i, j int) bool { return a[i].at.Before(a[j].at) }
func (a taskHeap) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *taskHeap) Push(x any)        { *a = append(*a, x.(*task)) }

func (a *taskHeap) Pop() any {
	last := len(*a) - 1
	entry := (*a)[last]
	(*a)[last] = nil
	*a = (*a)[:last]
	return entry
}

// Tick runs all tasks that are due. Run calls it; a test with its own clock calls it itself.
func (w *Workspace) Tick() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	for {
		entry, ok := w.schedule.due(now)
		if !ok {
			return
		}
		if entry.do != nil {
			entry.do()
		}
	}
}

// later schedules a function for a time d from now.
func (w *Workspace) later(d time.Duration, do func()) *task {
	return w.schedule.at(w.now().Add(d), do)
}

// runSchedule calls Tick whenever something is due, until stop is closed. It takes the lock.
func (w *Workspace) runSchedule(stop <-chan struct{}) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-stop:
			return
		case <-timer.C:
			w.Tick()
		case <-w.schedule.wake:
		}
		w.mu.Lock()
		wait := w.schedule.next(w.now())
		w.mu.Unlock()
		// A test's clock may stand still; the minimum keeps this loop from spinning.
		timer.Reset(max(wait, time.Millisecond))
	}
}
