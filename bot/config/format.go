package config

import "gonogo/bot/config/strictyaml"

// format is what package strictyaml has to know of the file.
var format = strictyaml.Format{
	Sent:      []string{"run", "send", "body", "headers", "cookies", "query", "match"},
	Shown:     []string{"title", "project", "labels", "figures", "item", "section", "milestone", "trigger"},
	Addresses: []string{"{target.url}"},
	Advice: strictyaml.Advice{
		Empty:        "begin with project: and checklist:",
		TooLarge:     "a configuration is a checklist, not an archive",
		TooManyLines: "leave out what no gate or person checks",
		Unset:        "set it in the environment gonogo starts in",
	},
}
