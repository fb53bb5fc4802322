package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Facts are what matters about a ledger's server.
type Facts struct {
	Exists  bool     // there is a ledger
	Version string   // of the server, such as 15.18
	Size    int64    // of the ledger's tables, in bytes
	Writer  string   // the gonogo that has the ledger; empty: none
	Unsafe  []string // settings with which the server may lose or corrupt what it acknowledged
	Open    bool     // the connection isn't encrypted, and leads to another machine
	At      string   // host and port
}

// Examine looks whether the ledger can be used, or could be created. It changes nothing.
func (p Place) Examine(ctx context.Context) (Facts, error) {
	l, err := p.open(false)
	if err != nil {
		return Facts{}, p.refused(ctx, l, err)
	}
	defer l.Close()
	var f Facts
	err = l.askOnce(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		fault := l.examine(ctx, conn)
		f.Exists = fault == nil
		if fault != nil && !errors.Is(fault, fs.ErrNotExist) {
			return fault
		}
		return l.facts(ctx, conn, &f)
	})
	if err == nil && f.Exists {
		f.Writer, err = l.living(ctx)
	}
	if err != nil {
		return f, p.refused(ctx, nil, err)
	}
	return f, nil
}

// facts asks the server, and whether the login may do what a start does.
func (l *Log) facts(ctx context.Context, conn *pgxpool.Conn, f *Facts) error {
	var version, fsync, pages string
	var may bool
	err := conn.QueryRow(ctx, `SELECT split_part(current_setting('server_version'), ' ', 1), current_setting('fsync'), current_setting('full_page_writes'),
		CASE WHEN to_regnamespace($1) IS NULL THEN has_database_privilege(current_database(), 'CREATE') ELSE has_schema_privilege(to_regnamespace($1)::oid, 'CREATE, USAGE') END,
		coalesce(pg_total_relation_size(to_regclass($2)) + pg_total_relation_size(to_regclass($3)), 0)`,
		binary, l.place.schema(), l.place.table("ledger"), l.place.table("records")).Scan(&version, &fsync, &pages, &may, &f.Size)
	if err != nil {
		return err
	}
	f.Version = version
	for _, setting := range []struct{ name, value string }{{"fsync", fsync}, {"full_page_writes", pages}} {
		if setting.value == "off" {
			f.Unsafe = append(f.Unsafe, setting.name)
		}
	}
	if !f.Exists && !may {
		return &fault{"the login may not create it; grant it CREATE on the database, or create the schema " + l.place.Schema + " with the login as its owner", errRights}
	}
	if f.Exists {
		if err := l.mayWrite(ctx, conn); err != nil {
			return err
		}
	}
	socket := conn.Conn().PgConn().Conn()
	_, encrypted := socket.(*tls.Conn)
	f.At, f.Open = address(conn.Conn().Config()), !encrypted && !here(socket.RemoteAddr())
	return nil
}

var errRights = errors.New("a right is missing")

// mayWrite says which right an append lacks.
func (l *Log) mayWrite(ctx context.Context, conn *pgxpool.Conn) error {
	var may bool
	err := conn.QueryRow(ctx, `SELECT has_table_privilege($1, 'SELECT') AND has_table_privilege($1, 'UPDATE') AND has_table_privilege($2, 'SELECT')
		AND has_table_privilege($2, 'INSERT') AND has_table_privilege($3, 'INSERT') AND has_table_privilege($3, 'TRUNCATE')`,
		binary, l.place.table("ledger"), l.place.table("records"), l.place.table("trial")).Scan(&may)
	if err == nil && !may {
		err = &fault{"the login may not write to it; make it the owner of the tables in the schema " + l.place.Schema, errRights}
	}
	return err
}

// here reports whether an address is this machine's own.
func here(address net.Addr) bool {
	tcp, ok := address.(*net.TCPAddr)
	return !ok || tcp.IP.IsLoopback()
}

// living is the writer that has the ledger and is alive.
func (l *Log) living(ctx context.Context) (string, error) {
	h, err := l.holder(ctx)
	if err != nil || !h.alive(l.place.bounds()) {
		return "", err
	}
	return h.name, nil
}

// SameServer reports whether another database is on the ledger's server: at an address
// and port of it, or in a cluster with the same identifier, as far as both logins may
// read that. The identifier finds a server behind a pooler, and a standby.
func (p Place) SameServer(ctx context.Context, url string) (bool, error) {
	mine, err := pgx.ParseConfig(p.URL)
	if err != nil {
		return false, errAddress
	}
	other, err := pgx.ParseConfig(url)
	if err != nil {
		return false, errAddress
	}
	for _, one := range addresses(ctx, mine) {
		if slices.Contains(addresses(ctx, other), one) {
			return true, nil
		}
	}
	first, err := identifier(ctx, mine)
	if err != nil {
		return false, p.explain(ctx, err)
	}
	second, err := identifier(ctx, other)
	if err != nil {
		return false, Place{URL: url}.explain(ctx, err)
	}
	return first != "" && first == second, nil
}

// addresses are where a URL leads to: each host as it is written and as the name server
// knows it, with its port.
func addresses(ctx context.Context, config *pgx.ConnConfig) []string {
	type place struct {
		host string
		port uint16
	}
	places := []place{{config.Host, config.Port}}
	for _, fallback := range config.Fallbacks {
		places = append(places, place{fallback.Host, fallback.Port})
	}
	var all []string
	for _, at := range places {
		port := strconv.Itoa(int(at.port))
		all = append(all, net.JoinHostPort(at.host, port))
		known, err := net.DefaultResolver.LookupHost(ctx, at.host)
		if err != nil {
			continue // connecting says so
		}
		for _, ip := range known {
			all = append(all, net.JoinHostPort(ip, port))
		}
	}
	return all
}

// identifier is what initdb gave a cluster, and its standbys have too; "" if the login may
// not read it.
func identifier(ctx context.Context, config *pgx.ConnConfig) (string, error) {
	config = config.Copy()
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	config.ConnectTimeout = connectTimeout
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return "", err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var id string
	err = conn.QueryRow(ctx, "SELECT system_identifier::text FROM pg_control_system()").Scan(&id)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == codeNotAllowed {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the server's identifier: %w", err)
	}
	return id, nil
}
