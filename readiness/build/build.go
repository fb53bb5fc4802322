package build

import (
	"strings"
)

// Build is a release as it stands on a platform.
type Build struct {
	Version    string `json:"version"`
	Commit     string `json:"commit,omitempty"`     // empty: unknown
	Deployment string `json:"deployment,omitempty"` // the platform's own ID of it; empty: unknown
}

// SameCommit reports whether two names of at least seven hex digits mean one
// commit, in full or abbreviated.
func SameCommit(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	if len(a) > len(b) {
		a, b = b, a
	}
	return len(a) >= 7 && strings.HasPrefix(b, a) || a == b && a != ""
}

// MayBeSameCommit reports whether two commits may be one: an unknown one is that of any.
func MayBeSameCommit(a, b string) bool { return a == "" || b == "" || SameCommit(a, b) }

// OtherCommit reports whether what was taken from one commit says nothing of
// another. A commit that was unknown and became known is the same one.
func OtherCommit(was, is string) bool { return was != "" && !SameCommit(was, is) }
