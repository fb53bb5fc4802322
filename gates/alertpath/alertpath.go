// Package alertpath connects what a gate sends to Alertmanager with what comes back to
// gonogo's webhook.
//
// A synthetic alert carries a mark in its labels ([Labels]). The webhook takes marked
// alerts out of what it receives ([Marked]), whoever sent them, so none of them is
// recorded, opens an incident or notifies anybody, and passes their IDs to a [Watch].
// The gate waits at the same Watch.
//
//	gate ── Expect ──▶ Watch ◀── Arrived ── webhook
//
// Each configuration has one Watch, which its gates are built with. The webhook opens it
// while it listens, so a gate that runs where nothing listens, such as in `gonogo check`,
// can say so ([Watch.Problem]). Nothing is stored: after a restart nobody waits any more,
// and what comes back late is still recognized by its mark.
package alertpath

import (
	"errors"
	"strings"
	"sync"
)

const (
	// Name is what the names of synthetic alerts begin with.
	Name = "GonogoAlertPath"
	// Label is the label that holds a synthetic alert's ID.
	Label = "gonogo_probe"
)

// Labels are the labels that mark a synthetic alert. Its name is its own, so that
// Alertmanager, which usually groups alerts by their names, doesn't hold it back for
// group_interval because of the one before.
func Labels(id string) map[string]string {
	return map[string]string{"alertname": Name + "-" + id, Label: id}
}

// Marked is the ID of a synthetic alert; ok is false for any other alert.
func Marked(labels map[string]string) (id string, ok bool) {
	id = labels[Label]
	return id, id != "" && labels["alertname"] == Name+"-"+id
}

// Reserved reports whether a label is one that marks synthetic alerts.
func Reserved(label string) bool { return label == Label || strings.EqualFold(label, "alertname") }

// Why nothing can come back.
var (
	ErrNotConfigured = errors.New("gonogo takes no alerts; set alerts.token and listen in its configuration")
	ErrNotServing    = errors.New("no alert can come back, because this gonogo isn't serving; run the gate from Slack, where gonogo serve is running")
)

// Watch passes on which synthetic alerts have come back. Its methods may be called from
// any goroutine.
type Watch struct {
	mu                  sync.Mutex
	configured, serving bool
	waiting             map[string]chan struct{} // by ID
}

// Configure notes that the configuration has gonogo take alerts.
func (w *Watch) Configure() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.configured = true
}

// Open notes that the webhook listens, until shut is called.
func (w *Watch) Open() (shut func()) {
	w.set(true)
	return func() { w.set(false) }
}

func (w *Watch) set(serving bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.serving = serving
}

// Problem is why nothing can come back; nil: it can.
func (w *Watch) Problem() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !w.configured:
		return ErrNotConfigured
	case !w.serving:
		return ErrNotServing
	}
	return nil
}

// Expect begins to wait for an ID. arrived is closed when it has come back; forget ends
// the wait.
func (w *Watch) Expect(id string) (arrived <-chan struct{}, forget func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting == nil {
		w.waiting = map[string]chan struct{}{}
	}
	came := make(chan struct{})
	w.waiting[id] = came
	return came, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.waiting, id)
	}
}

// Arrived notes that an ID has come back. One that nobody waits for is ignored, as is
// one that comes again.
func (w *Watch) Arrived(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if came, ok := w.waiting[id]; ok {
		close(came)
		delete(w.waiting, id)
	}
}
