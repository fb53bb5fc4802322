package postgres

import (
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Place is where a ledger is.
type Place struct {
	URL    string // of the database; a secret, since it may hold a password
	Schema string // of the ledger in it

	limits limits // zero: usual
}

// limits are how long things may take.
type limits struct {
	reach     time.Duration // to get a connection while the server restarts or fails over
	statement time.Duration // one statement
	settle    time.Duration // to find out whether an append was committed
	alive     time.Duration // since a writer last wrote, until it counts as gone
	patience  time.Duration // to wait for a writer that is alive to leave
}

var usual = limits{reach: 5 * time.Second, statement: 15 * time.Second, settle: 10 * time.Second, alive: 15 * time.Second, patience: 20 * time.Second}

// connectTimeout is how long one attempt to connect may take.
const connectTimeout = 5 * time.Second

func (p Place) bounds() limits {
	if p.limits == (limits{}) {
		return usual
	}
	return p.limits
}

// String names the ledger for people, without the login.
func (p Place) String() string {
	config, err := pgx.ParseConfig(p.URL)
	if err != nil || p.URL == "" {
		return "the ledger in PostgreSQL"
	}
	return fmt.Sprintf("the ledger in PostgreSQL (%s/%s, schema %s)", address(config), config.Database, p.Schema)
}

// address is the host and port of a server, the first if the URL names several.
func address(config *pgx.ConnConfig) string {
	return net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
}

// table is the name of one of the ledger's tables within a statement.
func (p Place) table(name string) string { return pgx.Identifier{p.Schema, name}.Sanitize() }

// newPool prepares connections; none is made yet.
func (p Place) newPool(sockets *sockets, write bool) (*pgxpool.Pool, error) {
	if p.URL == "" { // which pgx takes for a server on this machine
		return nil, errNoURL
	}
	config, err := pgxpool.ParseConfig(p.URL)
	if err != nil {
		return nil, errAddress // pgx's own text may quote the URL
	}
	conn := config.ConnConfig
	conn.DefaultQueryExecMode = pgx.QueryExecModeExec // the others keep something in the session
	conn.StatementCacheCapacity, conn.DescriptionCacheCapacity = 0, 0
	if conn.ConnectTimeout == 0 || conn.ConnectTimeout > connectTimeout {
		conn.ConnectTimeout = connectTimeout
	}
	if conn.RuntimeParams["application_name"] == "" {
		conn.RuntimeParams["application_name"] = "gonogo"
	}
	if write && conn.ValidateConnect == nil {
		conn.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	conn.DialFunc = sockets.watch(conn.DialFunc)
	return pgxpool.NewWithConfig(noContext, config)
}
