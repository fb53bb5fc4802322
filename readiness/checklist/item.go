package checklist

import (
	"slices"
	"time"

	"gonogo/readiness/answer"
)

// Item is one line of the checklist. Exactly one of Gate and Manual is set.
type Item struct {
	ID, Title    string
	Section      string       // the section's ID
	Gate         *Gate        // it is measured
	Manual       *Manual      // a person answers it
	Needs        []string     // items that come before it on the timeline
	Blocks       []string     // environments whose deployment it blocks, resolved from item, section and default
	Environments []string     // asked separately for each of these environments; empty: once for the release
	Scope        answer.Scope // what an answer counts for; empty: ReleaseScope

	// BlocksAfter is set if each answer blocks other environments: by the environment
	// that it is asked for, the ones after it. Blocks has all of them.
	BlocksAfter map[string][]string
	// BlockedBefore is what the item blocked before there were scopes, if that is more
	// than Blocks; nil: the same.
	BlockedBefore []string
	// Definition identifies the question that the item asks. Index sets it. If
	// environments have settings of their own, Asks returns the one for each of them.
	Definition answer.Definition
	Off        bool   // its `when` is false: it applies to no release
	Owner      string // role that is responsible for it
	Estimate   time.Duration
	Every      time.Duration // scheduled check; 0: only when asked
	MaxAge     time.Duration // how long evidence counts; 0: the release's life
	Fix        string        // runbook that fixes it
	FixFor     []string      // environments that the runbook is run for, one at a time; empty: none in particular
	Claimed    string        // where its source says that it is done, which passes nothing; empty: nowhere
	Figures    []Figure      // contradictory figures in the source

	// Set by Index.
	keys     []answer.Key // what Keys lists
	position int          // of the first of them among all answers of the checklist
}

// Gate identifies what measures an item. Package gates knows how to measure it;
// readiness only knows whether evidence was measured under other settings, and which
// part of gonogo's own state a gate reads.
type Gate struct {
	Kind      string
	Settings  string            // hash of the settings; evidence under another hash is stale
	Own       map[string]string // by environment: the hash of the settings, if its connections make them differ
	Condition *Condition        // set for gates that read gonogo's own state; they are always current
}

// SettingsFor is the hash of the settings under which an environment is measured; ""
// means the release.
func (g *Gate) SettingsFor(environment string) string {
	if own, ok := g.Own[environment]; ok {
		return own
	}
	return g.Settings
}

// Condition is something true or false in gonogo's own state. Exactly one of
// Deployed, SignedOff and Section is set.
type Condition struct {
	Deployed  string // environment on which this release is live and verified
	Baked     bool   // with Deployed: the release must also have baked there
	SignedOff string // environment for which every role has approved, or the one in Role
	Role      string // with SignedOff: the only role that counts; empty: every role
	Section   string // section that is complete

	Rehearsed string        // environment on which a rollback was rehearsed, with success
	Within    time.Duration // with Rehearsed: how long ago at most; 0: any time
}

// ReadsAnswers reports whether the condition is about sign-offs or other items, and not
// about what happened on an environment.
func (c Condition) ReadsAnswers() bool { return c.SignedOff != "" || c.Section != "" }

// Manual says who may answer an item and which evidence they must give.
type Manual struct {
	By       []string // roles; empty: those with the permission "check"
	Evidence EvidenceForm
}

// EvidenceForm is the evidence that a person must give to check a manual item.
type EvidenceForm string

// The forms of evidence that a manual item can require.
const (
	NeedsNothing EvidenceForm = "none"
	NeedsNote    EvidenceForm = "note"
	NeedsLink    EvidenceForm = "link"
	NeedsFile    EvidenceForm = "file"
)

// Figure is one statement of a number. An item or a section whose figures
// differ is shown with that mismatch; gonogo does not choose between them.
type Figure struct{ Label, Value string }

// Mismatch reports whether figures about the same thing differ.
func Mismatch(figures []Figure) bool {
	for _, f := range figures {
		if f.Value != figures[0].Value {
			return true
		}
	}
	return false
}

// Keys lists the answers that an item asks for. The list is shared and must not be
// changed.
func (it *Item) Keys() []answer.Key {
	if it.keys != nil {
		return it.keys
	}
	return it.listKeys()
}

func (it *Item) listKeys() []answer.Key {
	if len(it.Environments) == 0 {
		return []answer.Key{{Item: it.ID}}
	}
	keys := make([]answer.Key, len(it.Environments))
	for i, env := range it.Environments {
		keys[i] = answer.Key{Item: it.ID, Environment: env}
	}
	return keys
}

// Position is the index of an answer among all answers of the checklist; -1 if the item
// doesn't ask for it.
func (it *Item) Position(key answer.Key) int {
	i := slices.Index(it.keys, key)
	if i < 0 {
		return -1
	}
	return it.position + i
}

// KeysFor lists the answers that matter to an environment: if each answer blocks other
// environments, those that block this one; otherwise the one that is asked for it, if
// there is one, or else all.
func (it *Item) KeysFor(environment string) []answer.Key {
	if it.BlocksAfter != nil {
		return slices.DeleteFunc(slices.Clone(it.Keys()), func(k answer.Key) bool { return !slices.Contains(it.BlocksAfter[k.Environment], environment) })
	}
	keys := it.Keys()
	for i, key := range keys {
		if key.Environment == environment && environment != "" {
			return keys[i : i+1 : i+1]
		}
	}
	return keys
}

// HeldBack lists the environments that an answer blocks while it is not met.
func (it *Item) HeldBack(key answer.Key) []string {
	return slices.DeleteFunc(slices.Clone(it.Blocks), func(env string) bool { return !slices.Contains(it.KeysFor(env), key) })
}

// BlocksOn reports whether the item blocks deployments to environment.
func (it *Item) BlocksOn(environment string) bool {
	return slices.Contains(it.Blocks, environment)
}
