package gates

import (
	"cmp"
	"slices"
	"strings"
)

const maxFailureText = 4 << 10 // bytes of a failure's text that are searched

// uninformative are messages that say no more than the element itself.
var uninformative = []string{"", "fail", "failed", "failure", "error", "errored", "test failed", "assertion failed"}

func isInformative(text string) bool {
	return !slices.Contains(uninformative, strings.ToLower(strings.TrimRight(text, " .:!")))
}

// line is the most informative line about a failure: its message, or its text if
// the message is just "Failed".
func (e junitElement) line() string {
	message := short(e.Message)
	if isInformative(message) {
		return message
	}
	text := strings.ToValidUTF8(e.Text[:min(len(e.Text), maxFailureText)], "")
	return cmp.Or(short(withoutFrame(text)), message)
}

// withoutFrame removes the lines that `go test` prints around a test's own output.
func withoutFrame(text string) string {
	var told []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		frame := strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- FAIL: ")
		if !frame && isInformative(line) {
			told = append(told, line)
		}
	}
	return strings.Join(told, "\n")
}
