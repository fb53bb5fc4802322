// Package gatestest starts the real servers that tests measure: PostgreSQL, PgBouncer,
// OpenSSH, Prometheus and Alertmanager from Debian's packages, each on a free loopback port
// in a folder of its own that is deleted when the test ends; and name servers and TLS
// servers within the test's process.
//
// If such a server isn't installed, the test is skipped with a message that names
// the package; with CI=true it fails. No server starts with -short.
package gatestest

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// server is a program that runs for as long as a test.
type server struct {
	t   testing.TB
	dir string              // its own folder
	as  *syscall.Credential // whom it runs as; nil: as we do
}

// newServer makes a folder for a server. These servers refuse to run as root,
// so root lends the folder to the user postgres.
func newServer(t testing.TB) *server {
	t.Helper()
	if testing.Short() {
		t.Skip("a server takes its time to start")
	}
	dir, err := os.MkdirTemp("", "gonogo-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &server{t: t, dir: dir}
	if os.Getuid() != 0 {
		return s
	}
	other, err := user.Lookup("postgres")
	if err != nil {
		other, err = user.Lookup("nobody")
	}
	if err != nil {
		t.Fatalf("root cannot run this server, and there is neither a user postgres nor nobody: %v", err)
	}
	uid, _ := strconv.Atoi(other.Uid)
	gid, _ := strconv.Atoi(other.Gid)
	s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	return s
}

// user is the name of the server's user.
func (s *server) user() string {
	s.t.Helper()
	uid := os.Getuid()
	if s.as != nil {
		uid = int(s.as.Uid)
	}
	u, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		s.t.Fatal(err)
	}
	return u.Username
}

// file writes a file that the server may read, and gives its path.
func (s *server) file(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// command is a program that will run as the server's user.
func (s *server) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.SysProcAttr = s.dir, &syscall.SysProcAttr{Credential: s.as}
	return cmd
}

// run runs a program to its end.
func (s *server) run(program string, args ...string) {
	s.t.Helper()
	if out, err := s.command(program, args...).CombinedOutput(); err != nil {
		s.t.Fatalf("%s: %v\n%s", filepath.Base(program), err, out)
	}
}

// tries is how many ports a server is started on: another program may take the
// one that was free a moment ago.
const tries = 5

// listen starts the server on a free port and gives that. It returns once the
// server has written ready, which says that it takes connections. The server is
// stopped with the signal when the test ends.
func (s *server) listen(ready string, stop os.Signal, command func(port int) []string) (port int) {
	s.t.Helper()
	for try := 1; ; try++ {
		port := freePort(s.t)
		words := command(port)
		why := s.start(ready, stop, words[0], words[1:]...)
		if why == "" {
			return port
		}
		if try == tries || !strings.Contains(why, "already in use") {
			s.t.Fatalf("%s did not start:\n%s", filepath.Base(words[0]), why)
		}
	}
}

// start starts the server. What it wrote is returned if it ended before it was
// ready.
func (s *server) start(ready string, stop os.Signal, program string, args ...string) (why string) {
	s.t.Helper()
	_, why = s.launch(ready, stop, program, args...)
	return why
}

// process is a server that runs, or has run.
type process struct {
	*os.Process
	over <-chan struct{} // closed when it has ended
}

// launch is start for a test that ends the server itself.
func (s *server) launch(ready string, stop os.Signal, program string, args ...string) (p process, why string) {
	s.t.Helper()
	cmd := s.command(program, args...)
	endWithUs(cmd.SysProcAttr)
	log := &watchedLog{awaited: []byte(ready), seen: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = log, log
	started, over := make(chan error), make(chan struct{})
	go func() {
		defer close(over)
		runtime.LockOSThread() // whose death is what endWithUs goes by
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is of no interest
		}
	}()
	if err := <-started; err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = cmd.Process.Signal(stop)
		<-over
	})
	select {
	case <-log.seen:
	case <-over:
		why = "it ended: " + log.String()
	}
	return process{cmd.Process, over}, why
}

// watchedLog is a server's output, watched for a text.
type watchedLog struct {
	mu      sync.Mutex
	text    bytes.Buffer
	awaited []byte
	seen    chan struct{}
	closed  bool
}

// Write implements io.Writer.
func (l *watchedLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(b)
	if !l.closed && bytes.Contains(l.text.Bytes(), l.awaited) {
		l.closed = true
		close(l.seen)
	}
	return len(b), nil
}

// String is what the server wrote so far.
func (l *watchedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// find looks for a program among places, the last match first.
func find(t testing.TB, pkg string, places ...string) string {
	t.Helper()
	for _, place := range places {
		found, _ := filepath.Glob(place)
		slices.Sort(found)
		if len(found) > 0 {
			return found[len(found)-1]
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("a test needs %s; install it: apt-get install %s", pkg, pkg)
	}
	t.Skipf("install %s to run this test: apt-get install %s", pkg, pkg)
	return ""
}

// freePort is a port that nothing listens on just now.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
