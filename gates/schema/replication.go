package schema

import (
	"context"
	"time"

	"gonogo/gates/database"
)

// Server is what a server says of its own part in replication. Every login may see that.
type Server struct {
	Standby  bool           // it replays what another server sends
	Replayed bool           // a standby that has replayed everything that it has received
	Age      *time.Duration // of the newest transaction that a standby has replayed; nil: it doesn't know
}

const askServer = `select pg_is_in_recovery(), coalesce(pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn(), false),
	extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())::float8`

// Replicating asks a server for its part in replication. Source: PostgreSQL's manual,
// "Recovery Control Functions".
func Replicating(ctx context.Context, tx database.Tx) (s Server, err error) {
	if err := tx.SearchPath(ctx, "pg_catalog"); err != nil {
		return s, err
	}
	var seconds *float64
	err = tx.Each(ctx, askServer, nil, []any{&s.Standby, &s.Replayed, &seconds}, func() error { return nil })
	if seconds != nil {
		age := max(0, inRange(*seconds)) // the other server's clock may be ahead
		s.Age = &age
	}
	return s, err
}

// Standby is one that streams from a server.
type Standby struct {
	Name string         // its application_name, which need not be its own alone
	Lag  *time.Duration // how far its replay is behind; nil: not known
}

// askStandbys asks for the servers that stream and replay. A subscription of logical
// replication, a base backup and pg_receivewal are no standbys.
const askStandbys = `select r.application_name, r.state, extract(epoch from r.replay_lag)::float8,
	r.replay_lsn >= case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end
	from pg_catalog.pg_stat_replication r where not exists (select from pg_catalog.pg_replication_slots s where s.active_pid = r.pid and s.slot_type = 'logical')`

// Standbys lists the standbys that stream from a server. A login that may not see them
// is [database.Hidden]: PostgreSQL shows it rows of nulls. After a standby has caught up,
// its lag is null too, and counts as none. Source: PostgreSQL's manual, "Monitoring
// Statistics" (pg_stat_replication).
func Standbys(ctx context.Context, tx database.Tx) (standbys []Standby, err error) {
	if err := seen(ctx, tx, askStandbys); err != nil {
		return nil, err
	}
	var name, state *string
	var seconds *float64
	var level *bool
	err = tx.Each(ctx, askStandbys, nil, []any{&name, &state, &seconds, &level}, func() error {
		switch {
		case name == nil || state == nil:
			return database.Hidden("the login may not see the state of standbys; grant it pg_monitor")
		case *state != "streaming" || level == nil:
			return nil
		}
		standby := Standby{Name: *name}
		var lag time.Duration
		switch {
		case *level:
			standby.Lag = &lag
		case seconds != nil:
			lag = inRange(*seconds)
			standby.Lag = &lag
		}
		standbys = append(standbys, standby)
		return nil
	})
	return standbys, err
}

// Receiving reports whether a standby is connected to the server that it follows. A login
// that may not see that is [database.Hidden].
func Receiving(ctx context.Context, tx database.Tx) (receiving bool, err error) {
	const ask = `select status from pg_catalog.pg_stat_wal_receiver`
	if err := seen(ctx, tx, ask); err != nil {
		return false, err
	}
	var status *string
	err = tx.Each(ctx, ask, nil, []any{&status}, func() error {
		if status == nil {
			return database.Hidden("the login may not see what the standby receives; grant it pg_monitor")
		}
		receiving = *status == "streaming"
		return nil
	})
	return receiving, err
}

// seen makes sure that a login may see what a query of the catalog reads.
func seen(ctx context.Context, tx database.Tx, query string) error {
	if err := tx.SearchPath(ctx, "pg_catalog"); err != nil {
		return err
	}
	return tx.Visible(ctx, query)
}
