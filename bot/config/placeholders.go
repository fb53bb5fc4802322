package config

import (
	"regexp"
	"slices"

	"gonogo/bot/config/strictyaml"
	"gonogo/gates"
	"gonogo/spelling"
)

// inBraces is what looks like a placeholder. One in two pairs of braces is of a template
// language, and ${…} is a variable.
var inBraces = regexp.MustCompile(`(?:^|[^{$])(\{([a-z]+)\.[A-Za-z_]+\})`)

var (
	// filledIn are fields whose texts are sent, so that a placeholder which is not known
	// would be sent as it is.
	filledIn = []string{"url", "headers", "send", "body", "form", "server_name"}
	// kept are fields in which nothing is filled in.
	kept = []string{"file", "files", "body_matches", "cookies", "response_headers"}
)

// placeholders reports names in braces that nothing replaces. Elsewhere than in requests,
// braces may mean something else, so only what resembles a placeholder counts there. It
// returns where it reported one.
func (b *builder) placeholders(settings *strictyaml.Node) map[strictyaml.Pos]bool {
	faulty := map[strictyaml.Pos]bool{}
	settings.EachText(func(keys []string, at strictyaml.Pos, text string) {
		within := func(fields []string) int {
			return slices.IndexFunc(keys, func(key string) bool { return slices.Contains(fields, key) })
		}
		for _, found := range inBraces.FindAllStringSubmatch(text, -1) {
			name, known := found[1], slices.Contains(gates.Placeholders, found[1])
			switch ours := found[2] == "release" || found[2] == "target" || nearestPlaceholder(name) != ""; {
			case ours && within(kept) >= 0:
				faulty[at] = true
				b.Fault(at, "%s isn't replaced in %s; write a text that fits every release, such as a pattern", name, keys[within(kept)])
			case known, found[2] == "take":
			case ours, within(filledIn) >= 0:
				faulty[at] = true
				b.Fault(at, "there is no placeholder %s; %s", name, suggestPlaceholder(name))
			}
		}
	})
	return faulty
}

// nearestPlaceholder finds the placeholder that differs in at most three letters.
func nearestPlaceholder(name string) string { return spelling.Nearest(name, gates.Placeholders, 3) }

func suggestPlaceholder(name string) string {
	if best := nearestPlaceholder(name); best != "" {
		return "did you mean " + best + "?"
	}
	return "use one of " + strictyaml.Enumerate(gates.Placeholders)
}
