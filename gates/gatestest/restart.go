package gatestest

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// Database is a PostgreSQL that a test stops and starts again, on the same port and with
// the same data.
type Database struct {
	URL string // of its database postgres

	server   *server
	bin      string
	data     string
	port     int
	settings []string
	running  process
}

// StartDatabase starts a PostgreSQL with settings of its own, such as fsync=on.
func StartDatabase(t testing.TB, settings ...string) *Database {
	t.Helper()
	initdb := find(t, "postgresql", "/usr/lib/postgresql/*/bin/initdb")
	d := &Database{server: newServer(t), bin: filepath.Dir(initdb), settings: settings}
	d.data = filepath.Join(d.server.dir, "data")
	password := d.server.file("password", Password)
	d.server.run(initdb, "-D", d.data, "-U", User, "--pwfile", password, "--auth=scram-sha-256", "--locale=C", "--encoding=UTF8", "--no-sync")
	d.begin("database system is ready to accept")
	return d
}

// Standby starts a standby of the server, which has replayed what was there before.
func (d *Database) Standby(t testing.TB, settings ...string) *Database {
	t.Helper()
	s := &Database{server: newServer(t), bin: d.bin, settings: append([]string{"max_connections=100"}, settings...)}
	s.data = filepath.Join(s.server.dir, "data")
	s.server.run(filepath.Join(d.bin, "pg_basebackup"), "-d", d.URL, "-D", s.data, "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
	s.begin("started streaming WAL from primary")
	return s
}

// begin starts the server on a free port.
func (d *Database) begin(ready string) {
	d.server.t.Helper()
	for try := 1; ; try++ {
		d.port = freePort(d.server.t)
		why := d.launch(ready)
		if why == "" {
			break
		}
		if try == tries {
			d.server.t.Fatalf("PostgreSQL did not start:\n%s", why)
		}
	}
	d.URL = Address(User, Password, d.port, "postgres")
}

func (d *Database) launch(ready string) (why string) {
	d.server.t.Helper()
	words := []string{"-D", d.data, "-p", strconv.Itoa(d.port), "-h", "127.0.0.1", "-k", ""}
	for _, setting := range append([]string{"fsync=off", "logging_collector=off"}, d.settings...) {
		words = append(words, "-c", setting)
	}
	d.running, why = d.server.launch(ready, syscall.SIGINT, filepath.Join(d.bin, "postgres"), words...)
	return why
}

// Stop ends the server with a signal, such as SIGINT for a fast shutdown or SIGQUIT for
// one without a checkpoint, and returns once it has ended.
func (d *Database) Stop(signal syscall.Signal) {
	d.server.t.Helper()
	if err := d.running.Signal(signal); err != nil {
		d.server.t.Fatal(err)
	}
	<-d.running.over
}

// Start starts a server that was stopped, with more settings than before.
func (d *Database) Start(settings ...string) {
	d.server.t.Helper()
	d.settings = append(d.settings, settings...)
	if why := d.launch("database system is ready to accept"); why != "" {
		d.server.t.Fatalf("PostgreSQL did not start again:\n%s", why)
	}
}

// Promote makes a standby that was stopped a primary, and starts it.
func (d *Database) Promote() {
	d.server.t.Helper()
	if err := os.Remove(filepath.Join(d.data, "standby.signal")); err != nil {
		d.server.t.Fatal(err)
	}
	d.Start()
}
