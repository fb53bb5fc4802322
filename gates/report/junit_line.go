package report

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"gonogo/phrase"
)

const maxFailureText = 4 << 10 // bytes of a failure's text that are searched

// uninformative are messages that say no more than the element itself.
var uninformative = []string{"", "fail", "failed", "failure", "error", "errored", "test failed", "assertion failed"}

func isInformative(text string) bool {
	return !slices.Contains(uninformative, strings.ToLower(strings.TrimRight(text, " .:!")))
}

// line is the most informative line about a failure of a test: its message, or
// its text if the message is just "Failed", or only says where the test is.
func (e junitElement) line(test string) string {
	message := phrase.Excerpt(e.Message)
	if isInformative(message) && !isLocation(message, test) {
		return message
	}
	text := strings.ToValidUTF8(e.Text[:min(len(e.Text), maxFailureText)], "")
	return cmp.Or(phrase.Excerpt(withoutFrame(text)), message)
}

// located is how Playwright's messages begin.
var located = regexp.MustCompile(`^\S+:\d+:\d+ `)

// isLocation reports whether a message is the place and the title of a test.
func isLocation(message, test string) bool {
	titles := strings.Split(test, "›")
	title := titles[len(titles)-1]
	return located.MatchString(message) && strings.HasSuffix(message, " "+phrase.Excerpt(title))
}

// withoutFrame removes the lines that `go test` and Playwright print around a
// test's own output.
func withoutFrame(text string) string {
	var told []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		frame := strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- FAIL: ") || strings.HasSuffix(line, "──")
		if !frame && isInformative(line) {
			told = append(told, line)
		}
	}
	return strings.Join(told, "\n")
}
