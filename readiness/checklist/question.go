package checklist

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gonogo/readiness/answer"
)

// Asks identifies the question of one answer of the item. It is the item's Definition,
// unless environments have settings of their own.
func (it *Item) Asks(key answer.Key) answer.Definition {
	if it.Gate == nil || len(it.Gate.Own) == 0 {
		return it.Definition
	}
	return answer.Definition(shortHash("gate", it.Gate.Kind, it.Gate.SettingsFor(key.Environment)))
}

// define makes the definition of an item, from the settings of all environments. The
// title of a gate doesn't count.
func (it *Item) define() answer.Definition {
	if it.Gate != nil {
		words := []string{"gate", it.Gate.Kind, it.Gate.Settings}
		for _, env := range slices.Sorted(maps.Keys(it.Gate.Own)) {
			words = append(words, env, it.Gate.Own[env])
		}
		return answer.Definition(shortHash(words...))
	}
	if it.Manual == nil {
		return ""
	}
	by := slices.Sorted(slices.Values(it.Manual.By))
	rules := shortHash("manual", strings.Join(by, ","), string(cmp.Or(it.Manual.Evidence, NeedsNothing)))
	return answer.Definition(rules + "." + shortHash("title", it.Title))
}

// shortHash is a hash of some words, 8 hex digits.
func shortHash(words ...string) string {
	h := sha256.New()
	for _, word := range words {
		fmt.Fprintf(h, "%d %s\n", len(word), word)
	}
	return hex.EncodeToString(h.Sum(nil))[:8]
}
