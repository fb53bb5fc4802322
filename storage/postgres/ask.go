package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"gonogo/storage"
)

// The wait between two attempts to connect grows from the first to the last.
const (
	firstWait = 50 * time.Millisecond
	lastWait  = time.Second
)

// usable says why nothing can be written.
func (l *Log) usable(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case l.closed.Load():
		return storage.ErrClosed
	case l.readOnly:
		return &storage.Unusable{Path: l.String(), Problem: "is open for reading only", NextStep: "open it for writing"}
	}
	return nil
}

// ask does something on a connection, and once more on a new one if the connection was
// at fault. So it may happen twice.
func (l *Log) ask(ctx context.Context, do func(context.Context, *pgxpool.Conn) error) error {
	for sent := 1; ; sent++ {
		err := l.askOnce(ctx, do)
		if err == nil || sent == sends || !passing(err) || ctx.Err() != nil {
			return err
		}
	}
}

func (l *Log) askOnce(ctx context.Context, do func(context.Context, *pgxpool.Conn) error) error {
	conn, release, err := l.connect(ctx)
	if err != nil {
		return err
	}
	defer release()
	ctx, cancel := context.WithTimeout(ctx, l.place.bounds().statement)
	defer cancel()
	return l.failed(ctx, do(ctx, conn))
}

// failed looks at the error of a statement. A connection that failed takes the others of
// the pool with it: they lead to the same server, which was restarted, has become a
// standby or can't be reached.
func (l *Log) failed(ctx context.Context, err error) error {
	if err == nil || errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == codeDiskFull {
		l.full.Store(true)
	}
	if passing(err) || errors.Is(err, context.DeadlineExceeded) {
		l.pool.Reset()
	}
	return l.place.explain(ctx, err)
}

// connect waits for a connection. The server may be restarting, or a standby may be about
// to take over.
func (l *Log) connect(ctx context.Context) (conn *pgxpool.Conn, release func(), err error) {
	until := time.Now().Add(l.place.bounds().reach)
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		switch {
		case ctx.Err() != nil:
			return nil, nil, ctx.Err()
		case l.closed.Load():
			return nil, nil, storage.ErrClosed
		}
		if conn, err = l.acquire(ctx); err == nil {
			return conn, conn.Release, nil
		}
		if !passing(err) || time.Now().Add(wait).After(until) {
			return nil, nil, l.place.explain(ctx, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

func (l *Log) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	return l.pool.Acquire(ctx)
}
