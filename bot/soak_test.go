//go:build soak

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gonogo/playground/upstream/github"
)

var (
	soakFor  = flag.Duration("soak", 30*time.Minute, "how long people work and things break in TestSoak")
	soakLogs = flag.String("soak.log", "", "the file to which TestSoak writes what gonogo logs")
)

// TestSoak runs gonogo as a process, as make build makes it, while people work,
// alerts come and go, and everything around it breaks now and then. It has three
// parts. In the first gonogo is killed too. A process of the second and third part
// is measured twice, each time at rest: after people have worked in good weather,
// and at the end. scripts/soak.sh runs it.
func TestSoak(t *testing.T) {
	s := newSoak(t)
	s.startBot()
	s.part("storm with kills", *soakFor/2, s.storm(true))
	s.kill()
	s.startBot()
	s.part("warm-up", *soakFor/10, nil)
	s.atStart = s.measure()
	s.part("storm", *soakFor*4/10, s.storm(false))
	s.atEnd = s.measure()
	s.stopBot()
	s.judge()
}

// soak is a practice world with the process in it.
type soak struct {
	*practice
	cloud *cloudWeather
	host  *github.Host

	program string // gonogo
	small   string // the folder of the ledger, on a disk of its own; empty: it is on the usual disk
	address string // where the bot listens
	log     *os.File

	bot     *exec.Cmd
	number  atomic.Int64 // of what people do, so that each can be found
	firing  sync.Map     // severities of the alerts that fire, by name
	open    string       // the newest version; only who deploys touches it
	mu      sync.Mutex   // guards what follows
	told    []act
	answers []time.Duration
	counts  map[string]int
	lost    []string // what should have come to an end and did not

	began          time.Time
	atStart, atEnd figures
}

// act is something that a person or a sender of alerts was told is done: an event
// of the kind that holds the text must be in the ledger.
type act struct{ kind, text string }

// smallDisk is the size of the disk that is filled now and then.
const smallDisk = "96m"

func newSoak(t *testing.T) *soak {
	p := strictPractice(t)
	ctx, cancel := context.WithTimeout(context.Background(), 3**soakFor+30*time.Minute)
	t.Cleanup(cancel)
	p.ctx = ctx
	s := &soak{practice: p, counts: map[string]int{}, program: buildProgram(t), began: time.Now()}
	s.cloud = &cloudWeather{platform: p.newCloud()}
	s.cloud.platform.OnCall(s.cloud.fault)
	var err error
	if s.host, err = github.New(github.Options{Token: "code-token", Repository: "acme/shop", RetryAfter: 5 * time.Second}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.host.Handler())
	t.Cleanup(server.Close)
	s.mountDisk()
	s.address = freeAddress(t)
	p.config = "testdata/soak.yml"
	p.variables["GITHUB_API_URL"], p.variables["GITHUB_TOKEN"] = server.URL+"/api/v3/", "code-token"
	p.variables["LISTEN"] = s.address
	s.openLog()
	return s
}

// mountDisk gives the ledger a disk that can be filled, where this user may mount one.
func (s *soak) mountDisk() {
	dir := s.t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+smallDisk); err == nil {
		s.small = dir
		s.t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	} else if !errors.Is(err, syscall.EPERM) {
		s.t.Fatal(err)
	}
	s.ledger = filepath.Join(dir, "gonogo.db")
}

func (s *soak) openLog() {
	name := *soakLogs
	if name == "" {
		name = filepath.Join(s.t.TempDir(), "gonogo.log")
	}
	var err error
	if s.log, err = os.Create(name); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { s.log.Close() })
}

// startBot starts the process and waits until it serves.
func (s *soak) startBot() {
	s.bot = s.startProgram(s.program, s.log)
	s.untilIn(time.Minute, "ready after a start", func() bool { _, err := s.metrics(); return err == nil })
}

// kill ends the process with -9.
func (s *soak) kill() {
	_ = s.bot.Process.Signal(syscall.SIGKILL)
	_ = s.bot.Wait()
	s.untilIn(time.Minute, "the end of the sockets", func() bool { return s.slack.Sockets() == 0 })
}

// stopBot ends the process as a service manager does.
func (s *soak) stopBot() {
	_ = s.bot.Process.Signal(syscall.SIGTERM)
	if err := s.bot.Wait(); err != nil {
		s.t.Errorf("after SIGTERM it ended with %v", err)
	}
}

// part has people work for a time, beside what else happens, and then lets
// everything come to rest.
func (s *soak) part(name string, lasts time.Duration, weather func(context.Context)) {
	s.t.Logf("%s: %s", s.clock(), name)
	ctx, stop := context.WithTimeout(s.ctx, lasts)
	defer stop()
	var all sync.WaitGroup
	for _, work := range s.people() {
		all.Go(func() { work(ctx) })
	}
	if weather != nil {
		all.Go(func() { weather(ctx) })
	}
	all.Wait()
	s.rest()
}

// rest waits until no run is open and every alert is over.
func (s *soak) rest() {
	s.t.Logf("%s: rest", s.clock())
	s.resolveAll()
	s.untilIn(5*time.Minute, "every run's end", func() bool { return len(s.openRuns()) == 0 })
	s.untilIn(5*time.Minute, "readiness", s.ready)
}

func (s *soak) clock() string { return fmt.Sprint(time.Since(s.began).Round(time.Second)) }

// untilIn waits for something at most so long, and goes on without it then, which
// the end of the test tells.
func (s *soak) untilIn(most time.Duration, what string, holds func() bool) bool {
	end := time.Now().Add(most)
	for !holds() {
		if time.Now().After(end) || s.ctx.Err() != nil {
			s.miss(what)
			return false
		}
		time.Sleep(50 * time.Millisecond)
	}
	return true
}

func (s *soak) miss(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost = append(s.lost, s.clock()+": "+what+" never came")
	s.t.Log(s.lost[len(s.lost)-1])
}

func (s *soak) add(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[what]++
}
