package upstream

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// realPostgres starts a PostgreSQL 15 of this test's own, which is gone when
// the test ends, and gives the address of its superuser's database.
func realPostgres(t *testing.T) string {
	t.Helper()
	bin := "/usr/lib/postgresql/15/bin"
	if _, err := os.Stat(filepath.Join(bin, "initdb")); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("PostgreSQL 15 is not in %s, and a test needs it", bin)
		}
		t.Skip("install PostgreSQL 15 to run this test: apt-get install postgresql-15")
	}
	dir, as := serverFolder(t)
	run := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Credential: as}
		return cmd
	}
	data := filepath.Join(dir, "data")
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte(databasePassword), 0o644); err != nil {
		t.Fatal(err)
	}
	initdb := run("initdb", "-D", data, "-U", databaseUser, "--pwfile", password, "--auth=scram-sha-256", "--locale=C", "--encoding=UTF8", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	port := freePort(t)
	server := run("postgres", "-D", data, "-p", strconv.Itoa(port), "-h", "127.0.0.1", "-k", "",
		"-c", "fsync=off", "-c", "logging_collector=off", "-c", "max_connections=20")
	startServer(t, server)
	return fmt.Sprintf("postgres://%s:%s@127.0.0.1:%d/postgres?sslmode=disable", databaseUser, databasePassword, port)
}

// serverFolder is a folder of the user that the server runs as. PostgreSQL
// refuses to run as root, so root lends it to the user postgres.
func serverFolder(t *testing.T) (dir string, as *syscall.Credential) {
	t.Helper()
	dir, err := os.MkdirTemp("", "gonogo-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if os.Getuid() != 0 {
		return dir, nil
	}
	postgres, err := user.Lookup("postgres")
	if err != nil {
		t.Fatalf("root cannot run PostgreSQL, and there is no user postgres: %v", err)
	}
	uid, _ := strconv.Atoi(postgres.Uid)
	gid, _ := strconv.Atoi(postgres.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	return dir, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// startServer starts PostgreSQL, waits until its log says that it takes
// connections, and stops it when the test ends.
func startServer(t *testing.T, server *exec.Cmd) {
	t.Helper()
	log := &serverLog{ready: make(chan struct{})}
	server.Stderr = log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() {
		server.Wait()
		close(over)
	}()
	t.Cleanup(func() {
		server.Process.Signal(syscall.SIGINT) // its fast shutdown
		<-over
	})
	select {
	case <-log.ready:
	case <-over:
		t.Fatalf("PostgreSQL did not start:\n%s", log)
	}
}

type serverLog struct {
	mu    sync.Mutex
	text  strings.Builder
	ready chan struct{}
	seen  bool
}

func (r *serverLog) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text.Write(b)
	if !r.seen && strings.Contains(r.text.String(), "ready to accept connections") {
		r.seen = true
		close(r.ready)
	}
	return len(b), nil
}

func (r *serverLog) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// odooSchema is the part of Odoo's tables that the statements look at, with
// the columns as Odoo's released versions create them.
const odooSchema = `
create table ir_module_module (
	id serial primary key,
	create_date timestamp without time zone,
	write_date timestamp without time zone,
	website character varying,
	summary jsonb,
	name character varying not null unique,
	author character varying,
	icon character varying,
	state character varying(16),
	latest_version character varying,
	shortdesc jsonb,
	description jsonb,
	application boolean default false,
	demo boolean default false,
	web boolean default false,
	license character varying(32),
	sequence integer default 100,
	auto_install boolean default false,
	to_buy boolean default false
);
create table ir_module_module_dependency (
	id serial primary key,
	name character varying,
	module_id integer references ir_module_module on delete cascade,
	auto_install_required boolean default true
);`

// fillReal makes the real database's tables anew with these modules.
func fillReal(t *testing.T, address string, modules []module) {
	t.Helper()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, "drop table if exists ir_module_module_dependency, ir_module_module;"+odooSchema)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range modules {
		var version any
		if m.version != "" {
			version = m.version
		}
		var id int
		err := conn.QueryRow(ctx, "insert into ir_module_module (name, state, latest_version) values ($1, $2, $3) returning id",
			m.name, m.state, version).Scan(&id)
		if err != nil {
			t.Fatal(err)
		}
		for _, needed := range m.needs {
			if _, err := conn.Exec(ctx, "insert into ir_module_module_dependency (name, module_id) values ($1, $2)", needed, id); err != nil {
				t.Fatal(err)
			}
		}
	}
}
