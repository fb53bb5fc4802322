package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
	"gonogo/gates/alertpath"
	"gonogo/readiness"
)

// Options says where to listen and whom to ask. Health and Log are required.
type Options struct {
	Listen string        // TCP address of the public listener; empty: closed
	Socket string        // path of the local listener; empty: closed
	Health func() Health // asked at each look; must not block
	Reader Reader        // answers at the local listener; needed when Socket is set
	Log    *slog.Logger

	Alive   func(context.Context) error // asks the ledger for an answer; nil: /healthz answers for the process alone
	View    func() readiness.View       // what the metrics judge at each scrape; nil: nothing
	Metrics *Metrics                    // other metrics; nil: none
	Now     func() time.Time            // nil: time.Now

	AlertToken string           // what senders of alerts must know; empty: none are taken
	Alerts     Alerts           // takes them in; needed when AlertToken is set
	WaitToken  string           // what pipelines on other hosts must know to wait for a decision of Reader; empty: none can
	Reviews    Reviews          // takes in what GitHub sends; nil: nothing is taken
	Probes     *alertpath.Watch // told of synthetic alerts, which Alerts never sees; nil: nobody is
}

func (o Options) now() time.Time {
	if o.Now == nil {
		return time.Now()
	}
	return o.Now()
}

// Server is both listeners.
type Server struct {
	options Options
	limits  limits
	bound   chan struct{}   // closed once address is known
	address string          // of the public listener; set before bound is closed
	over    context.Context // ends when the server is stopped; set before anything is served

	turnedAway turnedAway // of alerts
}

// New makes a server and starts nothing.
func New(o Options) *Server {
	return &Server{options: o, limits: usualLimits, bound: make(chan struct{})}
}

// Addr waits until Run listens and returns the public listener's address, with the
// actual port if the options ask for port 0; "" when it is closed.
func (s *Server) Addr(ctx context.Context) (string, error) {
	select {
	case <-s.bound:
		return s.address, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// whyTaken says why an address cannot be listened on.
func whyTaken(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "another program listens there"
	case errors.Is(err, syscall.EACCES):
		return "this user may not listen on that port"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "this machine does not have that address"
	}
	return "there is no such address or port"
}

// Run serves until ctx ends, then drains and returns nil. It is called once. An
// address that cannot be had is an error at once; a local listener that cannot be
// opened is logged, since the bot is of use without it.
func (s *Server) Run(ctx context.Context) error {
	var public, local net.Listener
	if s.options.Listen != "" {
		var err error
		if public, err = net.Listen("tcp", s.options.Listen); err != nil {
			return fmt.Errorf("cannot listen on %s, since %s; set listen to a free address of this machine", s.options.Listen, whyTaken(err))
		}
		s.address = public.Addr().String()
		s.options.Log.Info("listening for HTTP", "address", s.address)
	}
	close(s.bound)
	if s.options.Socket != "" {
		var err error
		if local, err = listenLocal(s.options.Socket); err != nil {
			s.options.Log.Warn("can't open the local socket; the command line can't reach this bot", "socket", s.options.Socket, "error", err)
		}
	}
	return s.serve(ctx, public, local)
}

// serve serves each listener that is open.
func (s *Server) serve(ctx context.Context, public, local net.Listener) error {
	group, ctx := errgroup.WithContext(ctx)
	s.over = ctx
	if public != nil {
		if s.options.Probes != nil && s.options.AlertToken != "" {
			defer s.options.Probes.Open()()
		}
		server := s.server(s.publicHandler(), s.limits.alertBytes)
		server.ReadTimeout, server.WriteTimeout = s.limits.request, s.limits.write
		server.ConnContext = withPlace
		group.Go(func() error { return s.run(ctx, server, newPlaces(public, s.limits, false, s.options.Log)) })
	}
	if local != nil {
		// Walking a large ledger takes its time; export sets deadlines as it goes.
		server := s.server(s.localHandler(), s.limits.bodyBytes)
		server.ConnContext = func(ctx context.Context, conn net.Conn) context.Context { return withPeer(withPlace(ctx, conn), conn) }
		group.Go(func() error { return s.run(ctx, server, newPlaces(local, s.limits, true, s.options.Log)) })
	}
	if public == nil && local == nil {
		<-ctx.Done()
	}
	return group.Wait()
}

func (s *Server) server(handler http.Handler, most int64) *http.Server {
	return &http.Server{
		Handler:           admitted(drained(http.MaxBytesHandler(handler, most), 2*most)),
		ReadHeaderTimeout: s.limits.headers,
		IdleTimeout:       s.limits.idle,
		MaxHeaderBytes:    s.limits.headerBytes,
		ErrorLog:          slog.NewLogLogger(s.options.Log.Handler(), slog.LevelWarn),
	}
}

// run serves until ctx ends, then drains: requests under way have a while to
// finish and are cut off after it.
func (s *Server) run(ctx context.Context, server *http.Server, l *places) error {
	server.ConnState = l.follow
	drained := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(drained)
		limit, cancel := context.WithTimeout(context.Background(), s.limits.drain)
		defer cancel()
		if server.Shutdown(limit) != nil {
			server.Close()
		}
	})
	err := server.Serve(l)
	if stop() { // it wasn't stopped: it failed by itself
		server.Close()
		return fmt.Errorf("serve HTTP on %s: %w", l.Addr(), err)
	}
	<-drained
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
