package incidents_test

import (
	"net/http"
	"testing"
	"time"

	"gonogo/clients/alertmanager"
	"gonogo/gates/gatestest"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/storage/storagetest"
	"gonogo/suite"
)

// A real Alertmanager is silenced while a cutover lasts, by one silence with the
// environment's labels.
func TestCutoverAtRealAlertmanager(t *testing.T) {
	suite.LeftToFull(t)
	address, _ := gatestest.Alertmanager(t, "route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n")
	am, err := alertmanager.New(alertmanager.Options{URL: address, Transport: &http.Transport{DisableKeepAlives: true}})
	if err != nil {
		t.Fatal(err)
	}
	q := keepQuiet(t, storagetest.NewMemory(), am)
	defer q.stop()
	q.until(func(s history.Silence) bool { return s.InForce(time.Now()) }, beginsOn("production"))
	all, err := am.Silences(t.Context())
	if err != nil || len(all) != 1 || !all[0].InForce() || all[0].ID != q.cutover().Sources[am.Host()].ID || all[0].By != "gonogo" {
		t.Errorf("at the cutover Alertmanager has %+v, %v", all, err)
	}
	q.until(func(s history.Silence) bool { return !s.InForce(time.Now()) }, ends())
	if all, err = am.Silences(t.Context()); err != nil || len(all) != 1 || all[0].InForce() {
		t.Errorf("after it Alertmanager has %+v, %v", all, err)
	}
}

// until records events and waits until the silence of the cutover is as it should be.
func (q *quieted) until(is func(history.Silence) bool, events []event.Event) {
	q.t.Helper()
	changes, stop := q.ledger.Watch()
	defer stop()
	if _, err := q.ledger.Update(q.t.Context(), func(*history.State, time.Time) ([]event.Event, error) { return events, nil }); err != nil {
		q.t.Fatal(err)
	}
	for !is(q.cutover()) {
		select {
		case <-changes:
		case <-time.After(time.Minute):
			q.t.Fatalf("the silence stays %+v", q.cutover())
		}
	}
}
