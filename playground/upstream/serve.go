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

// drainTimeout is how long open requests may take when the world stops.
const drainTimeout = 5 * time.Second

// Serve serves HTTP on a listener until ctx ends, over TLS unless secure is nil, and
// returns when every request is over. The contexts of requests end with ctx.
func Serve(ctx context.Context, l net.Listener, pages http.Handler, secure *tls.Config, log *slog.Logger) error {
	server := &http.Server{
		Handler: pages, TLSConfig: secure, ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog:    slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	drained := make(chan error, 1)
	defer context.AfterFunc(ctx, func() {
		late, end := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
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
