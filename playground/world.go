package playground

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gonogo/playground/guide"
	"gonogo/playground/page"
	"gonogo/playground/upstream"
	"gonogo/playground/workspace"
)

// Options say where a world lives.
type Options struct {
	Dir    string // the state folder, created if it is missing
	Listen string // the address for the browser; empty: 127.0.0.1:4600. Port 0 is any free port
	// AlertReceiver is where the world's Alertmanager posts; empty:
	// http://127.0.0.1:8080/alerts/alertmanager.
	AlertReceiver string
	Haste         int          // how many times faster than usual deployments and alerts run; 0: once
	Log           *slog.Logger // nil: nothing is logged
}

// Variable is a setting that a client needs to find the world.
type Variable = upstream.Variable

// World is one practice world. It owns its folder from New until Run or Close
// returns.
type World struct {
	log       *slog.Logger
	lock      *os.File
	file      string // of state
	listener  net.Listener
	others    []io.Closer // the upstreams' own ports
	workspace *workspace.Workspace
	upstreams []*upstream.Upstream
	guide     *guide.Guide // nil: none
	url       string
	notices   []string
	close     sync.Once
	receiver  atomic.Pointer[string] // where alerts are posted

	turning sync.Mutex // protects state, and lets only one switch be turned at a time
	state   state
}

// New locks the folder and opens the ports, and starts nothing. The error is a sentence
// for people.
func New(opts Options) (*World, error) {
	w := &World{log: opts.Log}
	if w.log == nil {
		w.log = slog.New(slog.DiscardHandler)
	}
	if err := w.build(opts); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// usualReceiver is where a gonogo with the shipped configuration listens.
const usualReceiver = "http://127.0.0.1:8080/alerts/alertmanager"

// SendAlertsTo has the world's Alertmanager post to another address, from its
// next notification on.
func (w *World) SendAlertsTo(url string) { w.receiver.Store(&url) }

func (w *World) build(opts Options) error {
	w.SendAlertsTo(cmp.Or(opts.AlertReceiver, usualReceiver))
	if opts.Dir == "" {
		return errors.New("the practice world needs a folder to keep its state in")
	}
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return fmt.Errorf("find the folder of the practice world: %w", err)
	}
	if w.lock, err = own(dir); err != nil {
		return err
	}
	w.file = filepath.Join(dir, "world.json")
	if w.state, err = readState(w.file); err != nil {
		return err
	}
	if err := w.listen(opts.Listen); err != nil {
		return err
	}
	w.workspace = workspace.New(workspace.Options{
		StateFile: filepath.Join(dir, "workspace.json"), BaseURL: w.URL, Log: w.log,
	})
	if err := w.workspace.Load(); err != nil {
		return err
	}
	if w.upstreams, err = upstream.All(w.place(dir, opts.Haste)); err != nil {
		return err
	}
	return w.state.save(w.file)
}

func (w *World) place(dir string, haste int) upstream.Place {
	before := maps.Clone(w.state.Switches)
	return upstream.Place{
		Dir: dir, URL: w.url, Log: w.log, Now: time.Now, Haste: haste,
		Listen:     w.listenFor,
		ListenBoth: w.listenForBoth,
		Position:   func(id string) string { return before[id] },
		Receiver:   func() string { return *w.receiver.Load() },
		SetGroup:   w.workspace.Admin().SetGroup,
	}
}

// Close releases the folder and the ports. It is for a world that is not run; Run does
// it itself.
func (w *World) Close() error {
	var err error
	w.close.Do(func() {
		if w.listener != nil {
			w.listener.Close() // closed already if it was served
		}
		for _, l := range w.others {
			l.Close()
		}
		if w.lock != nil {
			err = w.lock.Close()
		}
	})
	return err
}

// URL is the one address for the browser, without a slash at its end.
func (w *World) URL() string { return w.url }

// Notice is something that a person should know about this start, such as a port that
// was taken; empty: nothing.
func (w *World) Notice() string { return strings.Join(w.notices, " ") }

// Workspace is the world's Slack.
func (w *World) Workspace() *workspace.Workspace { return w.workspace }

// Writes are the write requests that the upstreams have had since this start, accepted
// or not, as "METHOD /path": one upstream after the other in the order of the panel,
// the requests to each in order.
func (w *World) Writes() []string {
	var all []string
	for _, u := range w.upstreams {
		if u.Writes != nil {
			all = append(all, u.Writes()...)
		}
	}
	return all
}

// Variables are the settings with which a client finds everything here.
func (w *World) Variables() []Variable {
	all := []Variable{
		{Name: "SLACK_BOT_TOKEN", Value: w.workspace.BotToken(), About: "the practice app's bot token"},
		{Name: "SLACK_APP_TOKEN", Value: w.workspace.AppToken(), About: "the practice app's token for Socket Mode"},
		{Name: "SLACK_API_URL", Value: w.url + "/api/", About: "the practice workspace's Web API"},
		{Name: "PLAYGROUND_URL", Value: w.url, About: "the world itself, whose switches can be turned there"},
	}
	for _, u := range w.upstreams {
		all = append(all, u.Variables...)
	}
	return all
}

// Run serves the world until ctx ends, or until a part of it fails. When it returns,
// everything it started has ended, the state is saved and the folder released.
func (w *World) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var parts sync.WaitGroup
	start := func(part func(context.Context) error) {
		parts.Go(func() {
			if err := part(ctx); err != nil {
				stop(err)
			}
		})
	}
	start(func(ctx context.Context) error { return upstream.Serve(ctx, w.listener, w.routes(), nil, w.log) })
	start(w.workspace.Run)
	if w.guide != nil {
		start(w.follow)
	}
	for _, u := range w.upstreams {
		if u.Run != nil {
			start(u.Run)
		}
	}
	<-ctx.Done()
	parts.Wait()
	err := context.Cause(ctx)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		err = nil
	}
	return errors.Join(err, w.Close())
}

func (w *World) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", page.Handler())
	slack := w.workspace.Handler()
	for _, prefix := range []string{"/api/", "/link/", "/hooks/", "/archives/", "/_/"} {
		mux.Handle(prefix, slack)
	}
	mux.HandleFunc("GET /_/panel", w.showPanel)
	mux.HandleFunc("POST /_/panel", w.turnSwitch)
	mux.HandleFunc("GET /_/guide", w.showGuide)
	mux.HandleFunc("POST /_/guide", w.skipStep)
	for _, u := range w.upstreams {
		if u.Prefix != "" {
			mux.Handle(u.Prefix, u.Handler)
		}
	}
	return mux
}
