package program_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"gonogo/gates/program"
)

// end is a writer that ends a context at the first word.
type end func()

func (e end) Write(p []byte) (int, error) {
	e()
	return len(p), nil
}

// A program whose context is over before it begins does not begin.
func TestNotStarted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	trace := filepath.Join(t.TempDir(), "trace")
	p := program.New(program.Command{Args: []string{"touch", trace}, Mark: t.Name()}, end(func() {}))
	if err := p.Run(ctx); err == nil || !p.Stopped() {
		t.Errorf("it ran: %v, stopped %t", err, p.Stopped())
	}
	if _, err := os.Stat(trace); err == nil {
		t.Error("it has left its trace")
	}
}

// A program that has ended was not stopped, though its context ends while the
// last of its output is awaited: here a child speaks that outlives it.
func TestEndedAtTheLastMoment(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	child := `while kill -0 "$1" 2>/dev/null; do :; done; sleep 0.1; echo late`
	p := program.New(program.Command{Args: []string{"sh", "-c", `env -i PATH="$PATH" setsid sh -c "$0" - $$ & sleep 0.1`, child},
		Env: program.Environ(nil, os.LookupEnv), Mark: t.Name()}, end(cancel))
	if err := p.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if ctx.Err() == nil {
		t.Fatal("the child said nothing; the test sees less than it thinks")
	}
	if p.Stopped() || p.State().ExitCode() != 0 {
		t.Errorf("stopped %t, ended with %s", p.Stopped(), program.Ending(p.State()))
	}
}
