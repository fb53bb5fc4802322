package commands

import "strings"

// Request is one thing that a person said, pressed or filled in.
type Request struct {
	Key     string            // the same for each delivery of the same act, and for no other
	Text    string            // what was said, without the slash: "ready run tests"
	User    string            // Slack user ID; empty in a terminal, which may look but not act
	Channel string            // Slack channel ID
	Form    map[string]string // values by Input.Name when a form was submitted; nil otherwise
}

// splitWords splits what was said at white space. Quotes group words: "a b" is
// one.
func splitWords(text string) []string {
	var words []string
	var word strings.Builder
	quoted, open := rune(0), false
	end := func() {
		if open {
			words = append(words, word.String())
			word.Reset()
			open = false
		}
	}
	for _, c := range text {
		switch {
		case quoted != 0 && c == quoted, quoted == 0 && !open && (c == '"' || c == '“' || c == '”'):
			if quoted == 0 {
				quoted, open = closing(c), true
			} else {
				quoted = 0
			}
		case quoted == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\u00a0'):
			end()
		default:
			word.WriteRune(c)
			open = true
		}
	}
	end()
	return words
}

// closing is the quote that ends what open began; phones write curly ones.
func closing(open rune) rune {
	if open == '“' {
		return '”'
	}
	return open
}
