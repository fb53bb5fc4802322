package config

import (
	"strings"

	"gonogo/bot/config/strictyaml"
)

// notablePart is which commits people should see first.
type notablePart struct {
	strictyaml.Pos
	Paths  []val[string] `yaml:"paths"`  // files or folders in the repository, such as db/migrations; commits that change something there are notable; default: none
	Titles []val[string] `yaml:"titles"` // words in the title of notable commits, whatever their case; default: security, CVE- and GHSA-
}

// notable takes over which commits people should see first.
func (b *builder) notable() {
	part := b.doc.Notable
	if part == nil {
		return
	}
	if _, err := b.find(b.aRepository(), "github"); err != nil {
		b.Fault(part.Pos, "notable_commits needs a connection of kind github, where the commits are looked up")
	}
	for _, path := range part.Paths {
		switch at := strings.Trim(path.V, "/"); {
		case at == "" || strings.ContainsAny(at, "*?[") || strings.HasPrefix(at, ".."):
			b.Fault(path.Pos, "%q must be the path of a file or folder in the repository, such as db/migrations, without wildcards", path.V)
		default:
			b.config.Notable.Paths = append(b.config.Notable.Paths, at)
		}
	}
	for _, title := range part.Titles {
		if word := strings.TrimSpace(title.V); word != "" {
			b.config.Notable.Titles = append(b.config.Notable.Titles, word)
		} else {
			b.Fault(title.Pos, "titles has an empty word; write one that stands in titles, such as security")
		}
	}
}
