package main

import (
	"slices"
	"strings"

	"gonogo/bot/config"
	"gonogo/readiness/checklist"
	"gonogo/redact"
)

// cleaner takes all secrets out of a text of any origin, which may have been cut: what a
// service says of one may be the secret of another. A secret that is part of a name in the configuration,
// such as the password odoo of a team with an item odoo-modules, is left to whoever
// knows where the text came from: everything would be blanked otherwise, commands and
// labels of alerts included.
func cleaner(cfg *config.Config, secrets []string) func(text string) string {
	names := openNames(cfg)
	return redact.New(slices.DeleteFunc(slices.Clone(secrets), func(secret string) bool { return strings.Contains(names, secret) })).CutText
}

// openNames are the names and titles in a configuration, which everybody sees.
func openNames(cfg *config.Config) string {
	list := cfg.Checklist
	names := []string{cfg.Project, cfg.Slack.Releases, cfg.Slack.OnCall}
	for _, sections := range [][]checklist.Section{list.Sections, list.Afterwards} {
		for _, section := range sections {
			names = append(names, section.ID, section.Title)
			for _, it := range section.Items {
				names = append(names, it.ID, it.Title)
			}
		}
	}
	for _, env := range list.Environments {
		names = append(names, env.Name)
		for _, trigger := range cfg.Environments[env.Name].Triggers {
			names = append(names, trigger.ID, trigger.Title)
			for label, value := range trigger.Labels {
				names = append(names, label, value)
			}
		}
	}
	for _, role := range list.Roles {
		names = append(names, role.ID, role.Title)
	}
	for _, book := range cfg.Runbooks {
		names = append(names, book.ID, book.Title)
	}
	return strings.Join(names, "\n")
}
