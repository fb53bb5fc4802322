package container

import (
	"regexp"
	"slices"
	"strings"
)

// words are what the last letters of a word in the name of a secret are. Short ones
// count only as whole words, or COMPASS would be a password.
var (
	endings    = []string{"PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "KEY", "CREDENTIAL"}
	wholeWords = []string{"PASS", "PWD", "CREDS"}
	places     = []string{"FILE", "PATH", "DIR"}
)

// loginInURL is a URL with a password in it.
var loginInURL = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^/\s:@"']*:[^/\s@"']+@`)

// Variable reports whether a variable with this value is probably a secret: its name
// ends in a word such as PASSWORD, TOKEN or KEY, or its value is a URL with a password.
// One that says where a secret is, such as PASSWORD_FILE=/run/secrets/db, is none, nor is
// a public key.
func Variable(name, value string) bool {
	value = strings.Trim(strings.TrimSpace(value), `"'`)
	return value != "" && (secretName(name, value) || loginInURL.MatchString(value))
}

func secretName(name, value string) bool {
	words := strings.FieldsFunc(strings.ToUpper(name), func(r rune) bool { return r < '0' || r > '9' && r < 'A' || r > 'Z' })
	if len(words) == 0 || words[len(words)-1] == "PWD" && len(words) == 1 {
		return false
	}
	if slices.Contains(places, words[len(words)-1]) && strings.HasPrefix(value, "/") || slices.Contains(words, "PUBLIC") {
		return false
	}
	return slices.ContainsFunc(words, func(word string) bool {
		return slices.Contains(wholeWords, word) ||
			slices.ContainsFunc(endings, func(end string) bool { return strings.HasSuffix(strings.TrimSuffix(word, "S"), end) })
	})
}

// assignment is NAME=value within a command, also --name=value.
var assignment = regexp.MustCompile(`(?:^|[\s;|&({,'"])-{0,2}([A-Za-z_][A-Za-z0-9_.-]*)=("[^"]*"|'[^']*'|[^\s;|&)]*)`)

// Command lists the names of the variables and options in a command, or in an entry of
// an image's history, that are probably secrets and have a value. A value that the
// command gets elsewhere, such as $(cat /run/secrets/token) or $TOKEN, is none. A URL
// with a password is listed as such.
func Command(text string) (names []string) {
	for _, found := range assignment.FindAllStringSubmatch(text, -1) {
		name, value := found[1], strings.Trim(found[2], `"'`)
		if !strings.HasPrefix(value, "$") && !strings.HasPrefix(value, "`") && Variable(name, value) {
			names = append(names, name)
		}
	}
	if len(names) == 0 && loginInURL.MatchString(text) && !strings.Contains(loginInURL.FindString(text), "$") {
		names = append(names, "a URL with a password")
	}
	slices.Sort(names)
	return slices.Compact(names)
}
