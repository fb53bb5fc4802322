package config

import "gonogo/bot/config/strictyaml"

// format is what package strictyaml needs to know about the file.
var format = strictyaml.Format{
	Sent:      []string{"run", "send", "body", "headers", "cookies", "query", "match"},
	Shown:     []string{"title", "project", "labels", "figures", "item", "section", "milestone", "trigger", "claimed"},
	Addresses: []string{"{target.url}"},
	Advice: strictyaml.Advice{
		Empty:        "begin with project: and checklist:",
		TooLarge:     "remove what isn't part of the configuration",
		TooManyLines: "remove what no gate or person checks",
		Unset:        "set it in gonogo's environment",
		Comment:      ", or write the channel's ID where a channel is meant",
	},
}
