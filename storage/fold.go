package storage

import (
	"context"
	"gonogo/readiness/event"
	"iter"
	"runtime"
	"sync"
)

// pageSize is how many records are checked and decoded at a time.
const pageSize = 512

// page is consecutive records of a log, with the events of those that aren't folded
// yet. Pages are checked and decoded in parallel while the log is being read, and
// folded in order: most of the work of opening a ledger is reading JSON and computing
// hashes.
type page struct {
	before  Record // the last record of the page before; zero for the first
	records []Record
	folded  uint64        // records up to this one are in the state already and aren't decoded
	events  []event.Event // of the records that are valid; nil: folded already
	err     error         // what is wrong with the next record, or with reading on
	ready   chan struct{} // closed when the page is complete
}

// fold builds the state from the log, or from a snapshot and what came after it. It
// checks the whole chain and the index of keys either way. When it returns, its
// goroutines have ended.
func (l *Ledger) fold(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	now := l.resume(ctx)
	l.resumed = now.seq
	pages := make(chan *page, runtime.GOMAXPROCS(0))
	var workers sync.WaitGroup
	defer workers.Wait()
	defer stop()
	workers.Go(func() {
		defer close(pages)
		for p := range pagesOf(ctx, l.log, l.resumed) {
			workers.Go(func() { p.check(ctx, l.log) })
			select {
			case pages <- p:
			case <-ctx.Done():
				return
			}
		}
	})
	for p := range pages {
		<-p.ready
		l.apply(now, p)
		if p.err != nil {
			return p.err
		}
	}
	now.at = l.at
	l.current.Store(now)
	l.logger.Info("the ledger is read", "records", now.seq, "from_snapshot", l.resumed)
	return context.Cause(ctx)
}

// apply folds a page.
func (l *Ledger) apply(now *moment, p *page) {
	for i, event := range p.events {
		r := p.records[i]
		if event != nil {
			now.state.Apply(r.At, event)
			now.seq = r.Seq
		}
		l.at = r.At
	}
}

// pagesOf splits a log into pages; records up to folded are only checked. An error is
// in the last page.
func pagesOf(ctx context.Context, log Log, folded uint64) iter.Seq[*page] {
	return func(yield func(*page) bool) {
		p := newPage(Record{}, folded)
		for r, err := range log.Read(ctx, 0) {
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
			p = newPage(r, folded)
		}
		yield(p)
	}
}

func newPage(before Record, folded uint64) *page {
	return &page{before: before, folded: folded, records: make([]Record, 0, pageSize), ready: make(chan struct{})}
}

// check verifies the records' places in the chain and in the index of keys, and reads
// their events, up to the first invalid one.
func (p *page) check(ctx context.Context, log Log) {
	defer close(p.ready)
	p.events = make([]event.Event, 0, len(p.records))
	last := p.before
	for _, r := range p.records {
		event, err := p.take(last, r)
		if err != nil {
			p.err = err
			return
		}
		p.events, last = append(p.events, event), r
	}
	if err := listed(ctx, log, p.records); err != nil {
		p.events, p.err = nil, err
	}
}

func (p *page) take(last, r Record) (event.Event, error) {
	if err := follows(last, r); err != nil || r.Seq <= p.folded {
		return nil, err
	}
	return r.Event()
}
