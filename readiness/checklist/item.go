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
	Gate         *Gate        // measured
	Manual       *Manual      // answered by a person
	Needs        []string     // items that come before it on the timeline
	Blocks       []string     // environments whose deployment it holds back, resolved from item, section and default
	Environments []string     // asked once per environment named; empty: once for the release
	Scope        answer.Scope // for what an answer counts; empty: ReleaseScope

	// BlocksAfter is set where each answer holds back other environments: by the
	// environment it is asked for, those that come after it. Blocks has them all.
	BlocksAfter map[string][]string
	// BlockedBefore is what the item held back before scopes were known, where
	// that is more than Blocks; nil: the same.
	BlockedBefore []string
	// Definition names the question that the item asks. Index sets it. Where
	// environments have settings of their own, Asks tells each one's.
	Definition answer.Definition
	Off        bool   // its `when` does not hold: not applicable to any release
	Owner      string // role that looks after it
	Estimate   time.Duration
	Every      time.Duration // scheduled check; 0: only when asked
	MaxAge     time.Duration // how long evidence counts; 0: the release's life
	Fix        string        // runbook that mends it
	FixFor     []string      // environments that the runbook is run for, one at a time; empty: for none in particular
	Figures    []Figure      // what the source says about one thing, when it says more than one thing

	// Index sets what follows.
	keys     []answer.Key // what Keys lists
	position int          // of the first of them among all answers of the checklist
}

// Gate names what measures an item. How it measures is the business of
// package gates; readiness knows only when evidence was taken under other
// settings, and what of gonogo's own state a gate reads.
type Gate struct {
	Kind      string
	Settings  string            // hash of the settings; evidence under another hash is stale
	Own       map[string]string // by environment whose connections make its settings others: their hash
	Condition *Condition        // set for gates that read gonogo's own state; they are always current
}

// SettingsFor is the hash of the settings under which an environment is
// measured; "" is the release.
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
	SignedOff string // environment for which every role has approved, or the one in Role
	Role      string // with SignedOff: the only role that is asked about; empty: every role
	Section   string // section that is complete
}

// Manual says who may answer an item and what they must bring.
type Manual struct {
	By       []string // roles; empty: whoever holds the permission "check"
	Evidence EvidenceForm
}

// EvidenceForm is what a person must bring to check a manual item.
type EvidenceForm string

// The forms of evidence a manual item can demand.
const (
	NeedsNothing EvidenceForm = "none"
	NeedsNote    EvidenceForm = "note"
	NeedsLink    EvidenceForm = "link"
	NeedsFile    EvidenceForm = "file"
)

// Figure is one statement of a number. An item or a section whose figures
// differ is shown with that mismatch; gonogo does not choose between them.
type Figure struct{ Label, Value string }

// Mismatch reports whether figures that speak of the same thing differ.
func Mismatch(figures []Figure) bool {
	for _, f := range figures {
		if f.Value != figures[0].Value {
			return true
		}
	}
	return false
}

// Keys lists the answers an item asks for. The list is shared: nobody may
// change it.
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

// Position is where an answer comes among all answers of the checklist, from 0;
// -1 where the item does not ask for it.
func (it *Item) Position(key answer.Key) int {
	i := slices.Index(it.keys, key)
	if i < 0 {
		return -1
	}
	return it.position + i
}

// KeysFor lists the answers that matter to an environment: where each answer
// holds back other environments, those that hold back this one; else the one
// asked for it where there is one, and otherwise all.
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

// HeldBack lists the environments that an answer holds back while it is not met.
func (it *Item) HeldBack(key answer.Key) []string {
	return slices.DeleteFunc(slices.Clone(it.Blocks), func(env string) bool { return !slices.Contains(it.KeysFor(env), key) })
}

// BlocksOn reports whether the item holds back deployments to environment.
func (it *Item) BlocksOn(environment string) bool {
	return slices.Contains(it.Blocks, environment)
}
