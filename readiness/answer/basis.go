package answer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
)

// Basis is what a sign-off was based on: the commit, and for each blocking item the
// question it asks and whether it passed. What was measured is left out on purpose, so
// that measuring again with the same result doesn't affect a sign-off.
type Basis struct {
	Commit string          `json:"commit,omitempty"`
	Kind   string          `json:"kind,omitempty"`  // of the release; empty: the whole checklist
	Gates  string          `json:"gates,omitempty"` // hash over the blocking items' IDs and settings, in ledgers from before Definitions
	Items  map[string]bool `json:"items,omitempty"` // by Key.String(): whether it passes
	// Definitions are the questions, by Key.String(). A basis from before they were
	// recorded has none, until the ledger is bound to a configuration.
	Definitions map[string]Definition `json:"definitions,omitempty"`
	// Waivers identifies, by Key.String(), the waiver because of which an item passes.
	Waivers map[string]string `json:"waivers,omitempty"`
}

// Digest identifies a basis; equal bases have equal digests.
func (b Basis) Digest() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n", b.Commit, b.Gates)
	if b.Kind != "" {
		fmt.Fprintf(h, "as %s\n", b.Kind)
	}
	for _, key := range slices.Sorted(maps.Keys(b.Items)) {
		fmt.Fprintf(h, "%s %t %s\n", key, b.Items[key], b.Definitions[key])
	}
	for _, key := range slices.Sorted(maps.Keys(b.Waivers)) {
		fmt.Fprintf(h, "%s waived %s\n", key, b.Waivers[key])
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}
