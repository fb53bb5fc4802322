package commands

import "strings"

// Request is one thing that a person said, pressed or filled in.
type Request struct {
	Key     string            // the same for each delivery of the same act, and for no other
	Text    string            // what was said, without the slash: "ready run tests"; empty where something was pressed
	Pressed string            // what a button or a form carries: an Act as it was encoded
	User    string            // Slack user ID; empty in a terminal, which may look but not act, and for Host
	Host    string            // user of the bot's host who acts through the local socket, as its system names them; empty for people in Slack
	Channel string            // Slack channel ID
	Form    map[string]string // values by Input.Name when a form was submitted; nil otherwise
}

// word is one word of what was said.
type word struct {
	text   string
	at     int  // where it begins in what was said
	quoted bool // it stood in quotes
}

// scan splits what was said at white space. Quotes group words: "a b" is one.
func scan(text string) []word {
	var words []word
	var w word
	var written strings.Builder
	closer, open := rune(0), false
	end := func() {
		if open {
			w.text = written.String()
			words = append(words, w)
			written.Reset()
			w, open = word{}, false
		}
	}
	for at, c := range text {
		switch {
		case closer != 0 && c == closer:
			closer = 0
		case closer == 0 && !open && (c == '"' || c == '“' || c == '”'):
			w, closer, open = word{at: at, quoted: true}, closing(c), true
		case closer == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\u00a0'):
			end()
		default:
			if !open {
				w, open = word{at: at}, true
			}
			written.WriteRune(c)
		}
	}
	end()
	return words
}

// splitWords are the words of what was said.
func splitWords(text string) []string {
	var words []string
	for _, w := range scan(text) {
		words = append(words, w.text)
	}
	return words
}

// closing is the quote that ends what open began; phones write curly ones.
func closing(open rune) rune {
	if open == '“' {
		return '”'
	}
	return open
}
