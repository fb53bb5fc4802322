package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// judge has a program of somebody else's read a file that a page shows. It must
// find nothing: not every such program fails where it warns.
func judge(t testing.TB, b block, name, text, program string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(program)
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatal(err)
	case err != nil:
		t.Logf("%s: install %s to have it judged: make tools", b, program)
		return
	}
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), path, append(args, file)...).CombinedOutput()
	if said := string(out); err != nil || program == "systemd-analyze" && said != "" {
		t.Errorf("%s: %s says %v:\n%s", b, program, err, said)
	}
}

// alertmanager has Alertmanager's own tool read a receiver, to which a route
// leads, as readers have one.
func (f *follower) alertmanager(b block) {
	f.t.Helper()
	if !strings.Contains(b.text, "/alerts/alertmanager\n") {
		f.t.Errorf("%s: it does not post to where gonogo takes alerts", b)
	}
	judge(f.t, b, "alertmanager.yml", "route: { receiver: gonogo }\n"+b.text, "amtool", "check-config")
}

// unit has systemd read a unit, with the program where it was built.
func (f *follower) unit(b block) {
	f.t.Helper()
	const installed = "ExecStart=/usr/local/bin/gonogo serve "
	if strings.Count(b.text, installed) != 1 {
		f.t.Errorf("%s: it does not serve", b)
	}
	bin, _, _ := strings.Cut(f.variables["PATH"], ":")
	text := strings.Replace(b.text, installed, "ExecStart="+filepath.Join(bin, "gonogo")+" serve ", 1)
	judge(f.t, b, "gonogo.service", text, "systemd-analyze", "verify")
}
