package storage

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"sync"

	"gonogo/readiness"
)

// pageSize is how many records are decoded at a time.
const pageSize = 512

// page is consecutive records of a log, with their events. Pages are decoded
// side by side while the log is being read, and folded in order: reading JSON
// is most of the work of opening a ledger.
type page struct {
	records []Record
	events  []readiness.Event
	err     error         // after the records that have events
	decoded chan struct{} // closed when events and err are there
}

// fold builds the state and the index of keys from the log. Every goroutine
// that it starts is over when it returns.
func (l *Ledger) fold(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	pages := make(chan *page, runtime.GOMAXPROCS(0))
	var workers sync.WaitGroup
	defer workers.Wait()
	defer stop()
	workers.Go(func() {
		defer close(pages)
		for p := range pagesOf(ctx, l.log) {
			workers.Go(p.decode)
			select {
			case pages <- p:
			case <-ctx.Done():
				return
			}
		}
	})
	now := &moment{state: readiness.NewState()}
	for p := range pages {
		<-p.decoded
		l.apply(now, p)
		if p.err != nil {
			return p.err
		}
	}
	l.current.Store(now)
	return context.Cause(ctx)
}

// apply folds a page.
func (l *Ledger) apply(now *moment, p *page) {
	for i, event := range p.events {
		r := p.records[i]
		now.state.Apply(r.At, event)
		now.seq, l.at = r.Seq, r.At
		if _, stands := l.keys[r.Key]; r.Key != "" && !stands {
			l.keys[r.Key] = r.Seq
		}
	}
}

// pagesOf cuts a log into pages, checking the chain. An error is in the last.
func pagesOf(ctx context.Context, log Log) iter.Seq[*page] {
	return func(yield func(*page) bool) {
		p := newPage()
		for r, err := range chained(ctx, log) {
			if err != nil {
				p.err = err
				break
			}
			if p.records = append(p.records, r); len(p.records) < pageSize {
				continue
			}
			if !yield(p) {
				return
			}
			p = newPage()
		}
		yield(p)
	}
}

func newPage() *page {
	return &page{records: make([]Record, 0, pageSize), decoded: make(chan struct{})}
}

// decode reads the events, up to the first that it cannot.
func (p *page) decode() {
	defer close(p.decoded)
	p.events = make([]readiness.Event, 0, len(p.records))
	for _, r := range p.records {
		event, err := decode(r)
		if err != nil {
			p.err = err
			return
		}
		p.events = append(p.events, event)
	}
}

// decode reads the event of a record. One that should be readable and is not
// was written by something else than gonogo.
func decode(r Record) (readiness.Event, error) {
	event, err := readiness.DecodeEvent(r.Kind, r.Data)
	if err != nil {
		return nil, &Damage{r.Seq, fmt.Sprintf("cannot be read: %v", err)}
	}
	return event, nil
}
