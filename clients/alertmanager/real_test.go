package alertmanager_test

import (
	"net/http"
	"testing"
	"time"

	"gonogo/clients/alertmanager"
	"gonogo/gates/gatestest"
	"gonogo/suite"
)

// A real Alertmanager creates, prolongs and expires silences as this package says it does.
func TestRealSilences(t *testing.T) {
	suite.LeftToFull(t)
	c, err := alertmanager.New(alertmanager.Options{URL: nobody(t), Transport: &http.Transport{DisableKeepAlives: true}})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Second)
	wanted := alertmanager.NewSilence{Labels: map[string]string{"environment": "production", "absent": ""}, Starts: now.Add(-time.Hour), Ends: now.Add(time.Hour), By: "gonogo", Comment: "mark 1"}
	first := create(t, c, wanted)
	if second := create(t, c, wanted); second == first {
		t.Error("creating one twice made one; gonogo needn't look for it then")
	}
	known := find(t, c, first)
	if !known.InForce() || known.By != "gonogo" || known.Comment != "mark 1" || !known.Ends.Equal(wanted.Ends) || known.Starts.Before(now.Add(-time.Minute)) {
		t.Errorf("created %+v", known)
	}
	if all, err := c.Silences(t.Context()); err != nil || len(all) != 2 {
		t.Fatalf("got %+v, error %v, want 2", all, err)
	}
	wanted.ID, wanted.Ends = first, now.Add(2*time.Hour)
	longer := create(t, c, wanted)
	if known := find(t, c, longer); !known.Ends.Equal(wanted.Ends) || !known.InForce() {
		t.Errorf("prolonged it is %+v", known)
	}
	if before := find(t, c, first); longer != first && before.InForce() {
		t.Errorf("prolonging made a second: %+v", before)
	}
	first = longer
	for range 2 {
		if err := c.Expire(t.Context(), first); err != nil {
			t.Error(err)
		}
	}
	if over := find(t, c, first); over.InForce() {
		t.Errorf("expired it is %+v", over)
	}
	if err := c.Expire(t.Context(), "00000000-0000-4000-8000-000000000000"); err == nil {
		t.Error("one that doesn't exist was expired")
	}
	wanted.ID, wanted.Ends = "", now.Add(-time.Minute)
	if id, err := c.Create(t.Context(), wanted); err == nil {
		t.Errorf("%s ends before it begins", id)
	}
}

func create(t *testing.T, c *alertmanager.Client, s alertmanager.NewSilence) string {
	t.Helper()
	id, err := c.Create(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func find(t *testing.T, c *alertmanager.Client, id string) alertmanager.Silence {
	t.Helper()
	all, err := c.Silences(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.ID == id {
			return s
		}
	}
	t.Fatalf("there is no silence %s among %+v", id, all)
	return alertmanager.Silence{}
}

// nobody starts an Alertmanager that tells nobody.
func nobody(t *testing.T) string {
	t.Helper()
	address, _ := gatestest.Alertmanager(t, "route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n")
	return address
}
