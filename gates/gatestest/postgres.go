package gatestest

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// The superuser of every server started here.
const (
	User     = "gonogo"
	Password = "s3cret/of:the@server"
)

// Postgres starts a PostgreSQL and gives the address of its database postgres.
func Postgres(t testing.TB) string {
	t.Helper()
	return postgres(t, func(string) {}, "max_connections=30")
}

// PostgresWithStatements starts a PostgreSQL that counts statements, for the
// extension pg_stat_statements.
func PostgresWithStatements(t testing.TB) string {
	t.Helper()
	return postgres(t, func(string) {}, "shared_preload_libraries=pg_stat_statements")
}

// Standby starts a PostgreSQL that is a standby, with no primary to follow: it
// answers reads, and refuses writes.
func Standby(t testing.TB) string {
	t.Helper()
	return postgres(t, func(data string) { touch(t, filepath.Join(data, "standby.signal")) }, "max_connections=100") // no fewer than initdb notes
}

// postgres starts a PostgreSQL on a folder of data that was prepared, with a
// setting of its own.
func postgres(t testing.TB, prepare func(data string), setting string) string {
	t.Helper()
	initdb := find(t, "postgresql", "/usr/lib/postgresql/*/bin/initdb")
	bin := filepath.Dir(initdb)
	s := newServer(t)
	data := filepath.Join(s.dir, "data")
	password := s.file("password", Password)
	s.run(initdb, "-D", data, "-U", User, "--pwfile", password, "--auth=scram-sha-256", "--locale=C", "--encoding=UTF8", "--no-sync")
	prepare(data)
	return s.serve(bin, data, "database system is ready to accept", setting)
}

// Primary starts a PostgreSQL that logical replication can subscribe to.
func Primary(t testing.TB) string {
	t.Helper()
	return postgres(t, func(string) {}, "wal_level=logical")
}

// ReceiveWAL starts a receiver of a PostgreSQL's write-ahead log, which is no standby.
func ReceiveWAL(t testing.TB, primary string) {
	t.Helper()
	receive := find(t, "postgresql", "/usr/lib/postgresql/*/bin/pg_receivewal")
	s := newServer(t)
	if why := s.start("starting log streaming", syscall.SIGINT, receive, "-v", "-d", primary, "-D", s.dir); why != "" {
		t.Fatal(why)
	}
}

// Follower starts a standby of a PostgreSQL, which has replayed what was there before.
func Follower(t testing.TB, primary, name string) string {
	t.Helper()
	backup := find(t, "postgresql", "/usr/lib/postgresql/*/bin/pg_basebackup")
	s := newServer(t)
	data := filepath.Join(s.dir, "data")
	s.run(backup, "-d", primary+"&application_name="+name, "-D", data, "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
	return s.serve(filepath.Dir(backup), data, "started streaming WAL from primary",
		"max_connections=100", "wal_receiver_status_interval=1") // no fewer than the primary's, and reports every second
}

// serve starts a PostgreSQL on a folder of data, and gives the address of its database
// postgres once it has logged ready.
func (s *server) serve(bin, data, ready string, settings ...string) string {
	s.t.Helper()
	port := s.listen(ready, syscall.SIGINT, func(port int) []string { // SIGINT is its fast shutdown
		words := []string{filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(port), "-h", "127.0.0.1", "-k", ""}
		for _, setting := range append([]string{"fsync=off", "logging_collector=off"}, settings...) {
			words = append(words, "-c", setting)
		}
		return words
	})
	return Address(User, Password, port, "postgres")
}

func touch(t testing.TB, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
}

// PgBouncer starts a PgBouncer in transaction mode, with two connections to
// the PostgreSQL behind it that its clients share, and gives the address of
// the same database through it.
func PgBouncer(t testing.TB, database string) string {
	t.Helper()
	program := find(t, "pgbouncer", "/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer")
	behind, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := behind.User.Password()
	s := newServer(t)
	users := s.file("users", fmt.Sprintf("%q %q\n", behind.User.Username(), password))
	port := s.listen("process up", syscall.SIGINT, func(port int) []string {
		return []string{program, s.file("pgbouncer.ini", fmt.Sprintf(`[databases]
* = host=%s port=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = scram-sha-256
auth_file = %s
pool_mode = transaction
default_pool_size = 2
`, behind.Hostname(), behind.Port(), port, users))}
	})
	return Address(behind.User.Username(), password, port, behind.Path[1:])
}

// Address writes the address of a database on this machine.
func Address(user, password string, port int, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Host: fmt.Sprintf("127.0.0.1:%d", port), Path: "/" + database, RawQuery: "sslmode=disable"}
	return u.String()
}
