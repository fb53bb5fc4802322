package storage_test

import (
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/storage"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// What an alert, a schedule or a run asks for waits only for what was asked before it,
// however often people ask.
func TestDecisionsAreTakenInTheOrderOfArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const people = 1200 // more than fit into one write
		log := newBrake()
		ledger, _ := run(t, log)
		decided, before, stopped := 0, 0, false
		counted := func(then func()) storage.Decide {
			return func(*history.State, time.Time) ([]event.Event, error) {
				then()
				decided++
				return []event.Event{opened("1")}, nil
			}
		}
		var asking sync.WaitGroup
		for range people {
			asking.Go(func() {
				for over := false; !over; {
					mustUpdate(t, ledger, counted(func() { over = stopped }))
				}
			})
		}
		synctest.Wait()
		log.let(nil)
		before = decided
		if before >= people {
			t.Fatalf("%d decisions are in hand, want some people to wait", before)
		}
		asking.Go(func() {
			mustUpdate(t, ledger, counted(func() {
				stopped = true
				if overtook := decided - before; overtook > people {
					t.Errorf("%d decisions went before it, want at most one of each of the %d people", overtook, people)
				}
			}))
		})
		all := make(chan struct{})
		go func() { asking.Wait(); close(all) }()
		synctest.Wait()
		for writes := 0; ; writes++ {
			select {
			case <-all:
				return
			default:
				log.let(nil)
			}
			if writes > people {
				t.Fatal("it was never decided")
			}
		}
	})
}
