//go:build readonly

package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestFileSystemTurnsReadOnly has the file system of a ledger turn read-only under the
// running gonogo, as Linux does with an ext4 that has met an error. gonogo finds that out
// although nobody speaks to it, says so to those who do, and has all that was told once
// the file system is repaired and gonogo restarted: the kernel allows no other way.
func TestFileSystemTurnsReadOnly(t *testing.T) {
	defer http.DefaultClient.CloseIdleConnections()
	p := newPractice(t)
	disk := newDisk(t)
	p.ledger = filepath.Join(disk.folder, "gonogo.db")
	stop := p.start()
	p.ready(200, `"reasons":[]`)
	p.openRelease("19.0.1")

	disk.breaks()
	p.ready(503, "the ledger could not be written")
	p.say("U0DEV", "/ready release 19.0.2")
	wantShown(t, lastOf(p.slack.Ephemerals("U0DEV")), "The ledger could not be written", "Nothing was done")
	stop()

	disk.repair()
	p.start()
	p.ready(200, `"reasons":[]`)
	if export := p.export(); !strings.Contains(export, "19.0.1") || strings.Contains(export, "19.0.2") {
		t.Errorf("the ledger has\n%s", export)
	}
	p.openRelease("19.0.2")
}

// disk is a small ext4 in a file, which turns read-only at its first error.
type disk struct {
	t             *testing.T
	image, folder string
	device        string // such as loop0
}

func newDisk(t *testing.T) *disk {
	t.Helper()
	d := &disk{t: t, image: filepath.Join(t.TempDir(), "image"), folder: t.TempDir()}
	if err := os.WriteFile(d.image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(d.image, 256<<20); err != nil {
		t.Fatal(err)
	}
	d.run("mkfs.ext4", "-q", "-F", d.image)
	d.mount()
	t.Cleanup(func() { d.run("umount", d.folder) })
	return d
}

func (d *disk) mount() {
	d.t.Helper()
	d.run("mount", "-o", "loop,errors=remount-ro", d.image, d.folder)
	d.device, _, _ = strings.Cut(strings.TrimPrefix(d.run("losetup", "-j", d.image), "/dev/"), ":")
}

// breaks has the kernel meet an error.
func (d *disk) breaks() {
	d.t.Helper()
	if err := os.WriteFile("/sys/fs/ext4/"+d.device+"/trigger_fs_error", []byte("1"), 0o200); err != nil {
		d.t.Fatal(err)
	}
}

func (d *disk) repair() {
	d.t.Helper()
	d.run("umount", d.folder)
	repair := exec.Command("e2fsck", "-fy", d.image)
	out, err := repair.CombinedOutput()
	if repair.ProcessState == nil || repair.ProcessState.ExitCode() > 1 { // 1: it repaired something
		d.t.Fatalf("e2fsck: %v\n%s", err, out)
	}
	d.mount()
}

func (d *disk) run(command ...string) string {
	d.t.Helper()
	out, err := exec.Command(command[0], command[1:]...).CombinedOutput()
	if err != nil {
		d.t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, out)
	}
	return string(out)
}
