package program

import (
	"os/exec"
	"testing"
)

// TestDeadSinceTheList has a look not be sure where a process has ended of which
// it does not know that it had before: that may have started another.
func TestDeadSinceTheList(t *testing.T) {
	ended := exec.Command("true")
	if err := ended.Start(); err != nil {
		t.Fatal(err)
	}
	for status(ended.Process.Pid)(statState) != "Z" { // the test's own time-out ends a wait in vain
	}
	s := newSearch(func(string) bool { return false })
	if _, sure := s.look(); sure {
		t.Error("the first look was sure")
	}
	for sure := false; !sure; { // others may come and go meanwhile
		_, sure = s.look()
	}
	if err := ended.Wait(); err != nil {
		t.Fatal(err)
	}
}
