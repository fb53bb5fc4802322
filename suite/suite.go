// Package suite tells tests how much is asked of them. There are three sizes, each
// with all that the one before it has: go test at a desk, make test with the build tag
// full, and make test-long with the build tag long. What stays for a larger size
// repeats something once more, such as a kill at each call after the first; each thing
// that gonogo does is tried at a desk too.
package suite

import (
	"os"
	"testing"
)

// Sample gives what a desk tries of a row whose entries are much alike: its first
// entry and each Nth after it. The larger sizes try all.
func Sample[T any](every int, all []T) []T {
	if Full {
		return all
	}
	var some []T
	for i := 0; i < len(all); i += every {
		some = append(some, all[i])
	}
	return some
}

// LeftToFull skips a test at a desk. Where CI runs the desk's size, the test fails, so
// that nothing is left out unseen.
func LeftToFull(t testing.TB) {
	t.Helper()
	switch {
	case Full:
	case os.Getenv("CI") == "true":
		t.Fatal("CI leaves this out; run the tests with -tags full, as make test does")
	default:
		t.Skip("make test runs it")
	}
}
