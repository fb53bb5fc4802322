package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// follower is somebody who follows a page in a shell, from a folder that holds
// what the repository does. Nothing is set but where Slack, DigitalOcean and
// GitHub are.
type follower struct {
	*practice
	blocks []block
	dir    string
	lines  <-chan string // that the shell prints
	stdin  io.Writer     // of the shell
	group  int           // the shell's processes
}

// newFollower starts a practice world and a shell for pages that have commands.
// With -short only as much of such a page is followed as it takes to compare what
// it shows, and what make builds is taken for built.
func newFollower(t *testing.T, page string) *follower {
	t.Helper()
	f := &follower{practice: &practice{t: t}, blocks: blocksOf(t, page), dir: t.TempDir()}
	shell := func(b block) bool { return b.language == "sh" }
	if testing.Short() && slices.ContainsFunc(f.blocks, shell) {
		f.blocks = untilShown(f.blocks)
	}
	if slices.ContainsFunc(f.blocks, shell) {
		bin := f.checkOut() // before the world, whose time is limited
		f.practice = startPractice(t)
		f.variables = map[string]string{"PATH": bin + ":" + os.Getenv("PATH")}
		f.shell()
	}
	return f
}

// untilShown are a page's blocks up to the last one that shows what is printed.
func untilShown(blocks []block) []block {
	n := len(blocks)
	for n > 0 && blocks[n-1].language != "text" {
		n--
	}
	return blocks[:n]
}

// checkOut fills the folder, and returns one in which go run ./bot is this
// program, as is what make build builds with -short: to build it in another way
// would only take longer.
func (f *follower) checkOut() (bin string) {
	f.t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		f.t.Fatal(err)
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, entry := range entries {
		if name := entry.Name(); !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "gonogo") {
			if err := os.Symlink(filepath.Join(root, name), filepath.Join(f.dir, name)); err != nil {
				f.t.Fatal(err)
			}
		}
	}
	compiler, err := exec.LookPath("go")
	if err != nil {
		f.t.Fatal(err)
	}
	own, err := os.Executable()
	if err != nil {
		f.t.Fatal(err)
	}
	bin = f.t.TempDir()
	f.script(bin, "gonogo", fmt.Sprintf("%s=1 exec '%s' \"$@\"", asProgram, own))
	f.script(bin, "go", fmt.Sprintf("[ \"$1 $2\" = 'run ./bot' ] || exec '%s' \"$@\"\nshift 2\nexec '%s/gonogo' \"$@\"", compiler, bin))
	if testing.Short() {
		f.script(bin, "make", fmt.Sprintf("[ \"$*\" = build ] && exec cp '%s/gonogo' .", bin))
	}
	return bin
}

func (f *follower) script(dir, name, text string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		f.t.Fatal(err)
	}
}

// shell starts the shell. It goes on when somebody presses Ctrl-C to end what
// runs in it, and ends at the first command that fails.
func (f *follower) shell() {
	f.t.Helper()
	out, printed, err := os.Pipe()
	if err != nil {
		f.t.Fatal(err)
	}
	sh := exec.CommandContext(f.ctx, "sh", "-eu")
	sh.Dir, sh.Env, sh.Stdout, sh.Stderr = f.dir, f.environ(), printed, printed
	sh.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	sh.Cancel = func() error { return syscall.Kill(-sh.Process.Pid, syscall.SIGKILL) }
	stdin, err := sh.StdinPipe()
	if err != nil {
		f.t.Fatal(err)
	}
	if err := sh.Start(); err != nil {
		f.t.Fatal(err)
	}
	_ = printed.Close() // so that what is printed ends with the shell
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scan := bufio.NewScanner(out); scan.Scan(); {
			lines <- scan.Text()
		}
	}()
	f.stdin, f.lines, f.group = stdin, lines, sh.Process.Pid
	f.t.Cleanup(func() {
		_ = stdin.Close()
		for range lines { // what comes after the page's end is nobody's
		}
		if err := sh.Wait(); err != nil {
			f.t.Errorf("the shell ended with %v", err)
		}
		_ = out.Close()
	})
	fmt.Fprintln(stdin, "trap : INT")
}

// environ is this process's variables without those of the world, but for
// where it is.
func (f *follower) environ() []string {
	own := map[string]string{"PATH": f.variables["PATH"]}
	for _, v := range f.world.Variables() {
		own[v.Name] = ""
		if strings.HasSuffix(v.Name, "_API_URL") {
			own[v.Name] = v.Value
		}
	}
	all := slices.DeleteFunc(os.Environ(), func(set string) bool {
		name, _, _ := strings.Cut(set, "=")
		_, ours := own[name]
		return ours
	})
	for name, value := range own {
		if value != "" {
			all = append(all, name+"="+value)
		}
	}
	return all
}

// running finds the commands that run until they are stopped, and works what
// they print or log once they work.
var (
	running = regexp.MustCompile(`(?m)^(?:\./gonogo|go run \./bot) (?:serve|demo|playground)\b`)
	works   = regexp.MustCompile(`"msg":"connected to Slack","sockets":2|The practice Slack is at|^export SLACK_BOT_TOKEN=`)
)

// done is what the shell prints at the end of a block.
const done = "· the block is done ·"

// building is held by a page that builds: two that compile the same side by side take
// twice the time, and one after the other hardly more than one.
var building sync.Mutex

// run has the shell do what a block says, and returns what it printed.
func (f *follower) run(b block) string {
	f.t.Helper()
	if strings.Contains(b.text, "make build") {
		building.Lock()
		defer building.Unlock()
	}
	if _, err := fmt.Fprintf(f.stdin, "{\n%s\n} </dev/null\necho '%s'\n", f.filled(b.text), done); err != nil {
		f.t.Fatal(err)
	}
	var printed strings.Builder
	started := 0
	for line := range f.lines {
		if line == done {
			if want := len(running.FindAllString(b.text, -1)); started != want {
				f.t.Errorf("%s: of %d commands that run until they are stopped %d worked:\n%s", b, want, started, printed.String())
			}
			return printed.String()
		}
		printed.WriteString(line + "\n")
		if works.MatchString(line) {
			started++
			if f.slack.Sockets() > 0 { // those of the page's own bot, and not of a demo
				f.chat(b)
			}
			f.interrupt()
		}
	}
	f.t.Fatalf("%s: a command failed:\n%s\n%s", b, b.text, printed.String())
	return ""
}

// interrupt presses Ctrl-C.
func (f *follower) interrupt() {
	f.t.Helper()
	if err := syscall.Kill(-f.group, syscall.SIGINT); err != nil {
		f.t.Error(err)
	}
}

// blank is a value that readers put in themselves.
var blank = regexp.MustCompile(`([A-Z][A-Z0-9_]*)=\S*…`)

// filled puts the practice world's values where readers put their own.
func (f *follower) filled(script string) string {
	return blank.ReplaceAllStringFunc(script, func(found string) string {
		name, _, _ := strings.Cut(found, "=")
		for _, v := range f.world.Variables() {
			if v.Name == name {
				return name + "='" + v.Value + "'"
			}
		}
		f.t.Errorf("the practice world has no %s", name)
		return found
	})
}

// said finds what the page tells people to say in Slack.
var said = regexp.MustCompile("`(/(?:ready|deploy|rollback)[^`]*)`")

// chat says in the practice Slack what the page says after a block that starts
// the bot. Each has an answer, and none is a refusal.
func (f *follower) chat(b block) {
	f.t.Helper()
	for _, found := range said.FindAllStringSubmatch(b.after, -1) {
		command := strings.ReplaceAll(found[1], "\n", " ")
		release, opens := strings.CutPrefix(command, "/ready release ")
		if opens {
			f.openRelease(release)
			continue
		}
		answer := f.say("U0DEV", command)
		for _, title := range refusals(f.t) {
			if strings.Contains(answer, title) {
				f.t.Errorf("%s: to %s the bot answers:\n%s", b, found[1], answer)
			}
		}
	}
}

// refused finds the titles of replies that say that nothing was done.
var refused = regexp.MustCompile(`[Rr]efuse(?:ForNow)?\([^"\n]*"([^"]{8,})"|Title: [^"\n]*"([^"]{8,})", Refused: true`)

func refusals(t testing.TB) (titles []string) {
	t.Helper()
	verbs, fault := filepath.Glob("../commands/*.go")
	shown, err := filepath.Glob("../commands/*/*.go")
	if err := errors.Join(fault, err); err != nil {
		t.Fatal(err)
	}
	for _, file := range slices.Concat(verbs, shown) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range refused.FindAllStringSubmatch(string(text), -1) {
			titles = append(titles, found[1]+found[2])
		}
	}
	if len(titles) < 40 {
		t.Errorf("only %d refusals were found in the sources", len(titles))
	}
	return titles
}
