// Package scopes lists the OAuth scopes that gonogo's Slack app asks for, and reads
// which of them a token has. The app's manifest asks for the same, which a test checks.
package scopes

import (
	"slices"
	"strings"
)

// Needed are what the calls of package chat need.
var Needed = []string{"app_mentions:read", "channels:read", "chat:write", "commands", "files:write", "groups:read", "im:write", "usergroups:read", "users:read"}

// History is for searching for a message before it is posted again. Apps that were
// installed before gonogo asked for these work without them.
var History = []string{"channels:history", "groups:history"}

// Header is the header of every response that lists the token's scopes.
const Header = "X-OAuth-Scopes"

// Granted reads the scopes of a Header. It is nil where Slack sent none.
func Granted(header string) (granted []string) {
	if header == "" {
		return nil
	}
	for scope := range strings.SplitSeq(header, ",") {
		granted = append(granted, strings.TrimSpace(scope))
	}
	return granted
}

// Without are the scopes that are not among others.
func Without(all, others []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(others, s) })
}
