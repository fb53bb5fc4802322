package workspace_test

import (
	"context"
	"io"
	"log"
	"testing"

	"github.com/slack-go/slack/socketmode"

	"gonogo/playground/workspace"
)

// slack-go's own Socket Mode client works as it is: it is greeted, gets commands and presses, answers, and comes back after a
// cut and after a refresh.
func TestSlackGoSocketMode(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	client := socketmode.New(w.api, socketmode.OptionLog(log.New(io.Discard, "", 0)))
	ctx, cancel := context.WithCancel(w.ctx)
	ended := make(chan error, 1)
	go func() { ended <- client.RunContext(ctx) }()
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		for {
			select {
			case e := <-client.Events:
				if e.Type == socketmode.EventTypeSlashCommand || e.Type == socketmode.EventTypeInteractive {
					if err := client.Ack(*e.Request, map[string]any{"text": "taken"}); err != nil {
						t.Errorf("ack: %v", err)
					}
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	for i, step := range []struct {
		name    string
		disturb func()
	}{
		{"at first", func() {}},
		{"after a cut", w.Cut},
		{"after a refresh", func() { w.Disconnect("refresh_requested") }},
	} {
		step.disturb()
		w.await(step.name+": connected", func() bool { return w.Sockets() == 1 && w.Calls("apps.connections.open") == i+1 })
		if o := w.outcome(w.slash("U0TL", "C0RELEASES", "/ready", step.name)); !o.Acked {
			t.Errorf("%s: outcome = %+v, want acknowledged", step.name, o)
		}
		if o := w.outcome(press(w, w.post(buttons("go")), "go")); !o.Acked || o.Payload != nil {
			t.Errorf("%s: outcome of a press = %+v, want acknowledged, the payload ignored", step.name, o)
		}
	}
	cancel()
	<-ended
	<-answered
}
