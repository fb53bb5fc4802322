package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// drain is how long requests that are under way may take when the world ends.
const drain = 5 * time.Second

// Serve answers HTTP on a listener until ctx ends, over TLS where secure says
// how, and returns when every request is over. Requests are told by their
// context that the end has come.
func Serve(ctx context.Context, l net.Listener, pages http.Handler, secure *tls.Config, log *slog.Logger) error {
	server := &http.Server{
		Handler: pages, TLSConfig: secure, ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog:    slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	drained := make(chan error, 1)
	defer context.AfterFunc(ctx, func() {
		late, end := context.WithTimeout(context.WithoutCancel(ctx), drain)
		defer end()
		drained <- errors.Join(server.Shutdown(late), server.Close())
	})()
	serve := server.Serve
	if secure != nil {
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	if err := serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the practice world: %w", err)
	}
	if err := <-drained; err != nil {
		log.Warn("a request was interrupted when the practice world stopped", "error", err)
	}
	return nil
}
