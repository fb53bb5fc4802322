package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonogo/storage/store"
)

// TestLedgerCopies backs a ledger up while its bot runs and when none does.
func TestLedgerCopies(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	do := p.ledgerSays
	ours := []string{"--ledger", p.ledger}
	do(2, "does not exist", append(ours, "backup", in("nothing.db"))...)

	stop := p.start()
	p.openRelease("19.0.1 0a1b2c3d")
	do(0, "is a sound copy of "+p.ledger+": 3 records, the last has hash ", append(ours, "backup", in("live.db"))...)
	do(2, "already exists; name another file, or add --force", append(ours, "backup", in("live.db"))...)
	do(0, "3 records", append(ours, "backup", "--force", in("live.db"))...)
	do(2, "the backup has no name; run gonogo ledger backup FILE", append(ours, "backup", "")...)
	do(2, "is the ledger itself", append(ours, "backup", "--force", p.ledger)...)
	for _, ending := range []string{".snapshot", ".snapshot.new", ".sock", ".output", ".members", ".members.new"} {
		do(2, "is a name that gonogo uses itself; name another file for the backup", append(ours, "backup", "--force", p.ledger+ending)...)
	}
	do(2, "is a name that gonogo uses itself; name another file for the backup", append(ours, "backup", "--force", store.Store{Bolt: p.ledger}.Files().Reserve())...)
	stop()

	do(0, "3 records", append(ours, "backup", p.ledger+".bak")...)
	do(0, "3 records", append(ours, "backup", in("idle.db"))...)
	text := do(0, "", append(ours, "export")...)
	for _, name := range []string{"live.db", "idle.db"} {
		if got := do(0, "", "--ledger", in(name), "export"); got != text {
			t.Errorf("%s holds\n%s\nwant\n%s", name, got, text)
		}
	}

	ended, end := context.WithCancel(p.ctx)
	end()
	var out bytes.Buffer
	before := len(p.logs.String())
	if code := p.command(ended, &out, append([]string{"ledger", "backup", in("late.db")}, ours...)...); code != 1 || p.logs.String()[before:] != "interrupted before it was done\n" {
		t.Errorf("interrupted, a backup ended with %d and said %q", code, p.logs.String()[before:])
	}

	p.tamper()
	do(2, "is damaged: record 3 was altered", append(ours, "backup", in("spoilt.db"))...)
	if _, err := os.Stat(in("spoilt.db")); err == nil {
		t.Error("a damaged ledger was backed up as a sound one")
	}
}

// TestLedgerImports takes a ledger from one place to another as text, and makes
// none out of what is no whole export.
func TestLedgerImports(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	do := p.ledgerSays
	stop := p.start()
	p.openRelease("19.0.1 0a1b2c3d")
	stop()
	text := do(0, "", "--ledger", p.ledger, "export")

	write := func(name, text string) string {
		if err := os.WriteFile(in(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return in(name)
	}
	do(0, in("new.db")+" is made: 3 records", "--ledger", in("new.db"), "import", write("export.jsonl", text))
	if got := do(0, "", "--ledger", in("new.db"), "export"); got != text {
		t.Errorf("the imported ledger holds\n%s\nwant\n%s", got, text)
	}
	do(2, "is there already", "--ledger", in("new.db"), "import", in("export.jsonl"))
	do(2, "torn.jsonl cannot be imported: line 3 is cut short; export the ledger again", "--ledger", in("torn.db"), "import", write("torn.jsonl", text[:len(text)-9]))
	do(2, "record 3 was altered", "--ledger", in("torn.db"), "import", write("altered.jsonl", strings.Replace(text, "0a1b2c3d", "0a1b2c3e", 1)))
	do(1, "cannot be read; name a file that gonogo ledger export wrote: no such file", "--ledger", in("torn.db"), "import", in("nosuch.jsonl"))
	do(1, folder+" cannot be read; name a file that gonogo ledger export wrote: is a directory", "--ledger", in("torn.db"), "import", folder)
	do(2, "empty.jsonl cannot be imported: it holds no records; export the ledger again", "--ledger", in("torn.db"), "import", write("empty.jsonl", ""))
	if _, err := os.Stat(in("torn.db")); err == nil {
		t.Error("a refused import left a ledger behind")
	}
}

// ledgerSays has a subcommand of ledger say something, and returns what it
// wrote.
func (p *practice) ledgerSays(wantCode int, wantText string, args ...string) string {
	p.t.Helper()
	var out bytes.Buffer
	before := len(p.logs.String())
	code := p.command(p.ctx, &out, append([]string{"ledger"}, args...)...)
	said := out.String() + p.logs.String()[before:]
	if code != wantCode || !strings.Contains(said, wantText) {
		p.t.Errorf("ledger %v ended with %d, want %d and %q:\n%s", args, code, wantCode, wantText, said)
	}
	return out.String()
}

// TestLedgerThatIsGone deletes, moves and replaces the ledger's file under a running
// bot: whoever looks at the ledger from a terminal is told, and a backup is made of
// what the bot still holds.
func TestLedgerThatIsGone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lose func(path string) error
		says string
	}{
		"deleted":  {os.Remove, " was deleted or moved while gonogo was using it"},
		"moved":    {func(path string) error { return os.Rename(path, path+".old") }, " was deleted or moved while gonogo was using it"},
		"replaced": {func(path string) error { return replacedByCopy(path) }, " was replaced by another file while gonogo was using it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPractice(t)
			defer p.start()()
			p.openRelease("19.0.1 0a1b2c3d")
			if err := test.lose(p.ledger); err != nil {
				t.Fatal(err)
			}
			copied := filepath.Join(t.TempDir(), "rescued.db")
			p.ledgerSays(0, "Warning: the copy holds what the running gonogo has, but "+p.ledger+test.says, "--ledger", p.ledger, "backup", copied)
			p.ledgerSays(0, "3 records", "--ledger", copied, "verify")
			p.ledgerSays(2, p.ledger+test.says, "--ledger", p.ledger, "verify")
			var out bytes.Buffer
			if code := p.command(p.ctx, &out, "doctor", "-c", p.config); code != 1 || !strings.Contains(strings.Join(strings.Fields(out.String()), " "), p.ledger+test.says) {
				t.Errorf("doctor ended with %d:\n%s", code, out.String())
			}
		})
	}
}

// replacedByCopy puts a copy of a file in its place.
func replacedByCopy(path string) error {
	content, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path+".copy", content, 0o600)
	}
	if err == nil {
		err = os.Rename(path+".copy", path)
	}
	return err
}
