package deploy

import (
	"context"
	"regexp"
	"strings"

	"gonogo/clients/connection"
)

// This file is what strategies in packages of their own use of this one, besides its
// nouns: the steps that strategies share, and how they read and wait.

// Register adds a kind of strategy that has a package of its own. It is called before
// anything is built, by whoever lists those packages.
func Register(k Kind) { kinds = append(kinds, k) }

// ClientOf finds the client of a connection of a kind. If the environment lacks
// something, the error is an [Obstacle].
func ClientOf[T any](deps Deps, c connection.Kind, name string) (T, error) {
	return client[T](deps, name, c.Name)
}

// safeVersion matches versions that no program takes for an option, and that a shell
// leaves whole.
var safeVersion = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._+/@:-]{0,127}$`)

// SafeVersion reports whether a version is safe as an argument of any program and in any
// shell.
func SafeVersion(version string) bool { return safeVersion.MatchString(version) }

// RefusesRef says why a version can't be a Git ref, or "".
func RefusesRef(version string) string { return refusesRef(version) }

// Placeholder matches what stands for something in a setting, such as {release.version}.
var Placeholder = regexp.MustCompile(`\{[a-z]+(\.[a-z]+)?\}`)

// bare matches words that a POSIX shell leaves as they are.
var bare = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,-]+$`)

// Quoted writes words for a POSIX shell.
func Quoted(words ...string) string {
	text := make([]string, len(words))
	for i, word := range words {
		if text[i] = word; !bare.MatchString(word) {
			text[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(text, " ")
}

// Poll calls look until done is true or there is an error, more slowly each time.
func Poll(ctx context.Context, w Work, look func() (done bool, err error)) error {
	return poll(ctx, w, look)
}

// UnlessPassing makes a poll continue after an error that may pass: it returns nil for
// those, and the error if asking again would not help.
func UnlessPassing(err error, w Work) error { return unlessPassing(err, w) }

// OrTooLong says what was being waited for when it timed out.
func OrTooLong(ctx context.Context, err error, still string) error {
	return orTooLong(ctx, err, still)
}
