package grammar

import "strings"

// Word is one word of what was typed.
type Word struct {
	Text   string
	At     int  // where it begins in what was typed
	Quoted bool // it was in quotes
}

// Scan splits what was typed into words.
func Scan(text string) Line { return Line{text, scan(text)} }

// scan splits what was typed at white space. Quotes group words: "a b" is one.
func scan(text string) []Word {
	var words []Word
	var w Word
	var written strings.Builder
	closer, open := rune(0), false
	end := func() {
		if open {
			w.Text = written.String()
			words = append(words, w)
			written.Reset()
			w, open = Word{}, false
		}
	}
	for at, c := range text {
		switch {
		case closer != 0 && c == closer:
			closer = 0
		case closer == 0 && !open && (c == '"' || c == '“' || c == '”'):
			w, closer, open = Word{At: at, Quoted: true}, closing(c), true
		case closer == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\u00a0'):
			end()
		default:
			if !open {
				w, open = Word{At: at}, true
			}
			written.WriteRune(c)
		}
	}
	end()
	return words
}

// Split are the words of what was typed.
func Split(text string) []string {
	var words []string
	for _, w := range scan(text) {
		words = append(words, w.Text)
	}
	return words
}

// closing is the quotation mark that matches an opening one; phones write curly ones.
func closing(open rune) rune {
	if open == '“' {
		return '”'
	}
	return open
}

// Line is a request split into words, and where each begins in the text.
type Line struct {
	Text  string
	Words []Word
}

// rest is the text from a word on, as it was written. Quotes around all of it are
// removed, and so is "--" before it, which says that the rest is literal.
func (s Line) rest(i int) string {
	if i >= len(s.Words) {
		return ""
	}
	text := strings.TrimSpace(s.Text[s.Words[i].At:])
	if literal, ok := cutDashes(text); ok {
		return literal
	}
	if i == len(s.Words)-1 {
		return strings.TrimSpace(s.Words[i].Text)
	}
	return text
}

// cutDashes removes "--" from the beginning of a text.
func cutDashes(text string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(text, "--")
	return strings.TrimSpace(rest), ok && (rest == "" || strings.TrimLeft(rest, " \t\n") != rest)
}

// Join writes words behind each other.
func Join(words []string) string { return strings.Join(words, " ") }

// quoteAll quotes words so that Split returns them unchanged.
func quoteAll(words []string) []string {
	quoted := make([]string, len(words))
	for i, w := range words {
		if strings.ContainsAny(w, " \t\n") || w == "" {
			w = `"` + strings.ReplaceAll(w, `"`, "'") + `"`
		}
		quoted[i] = w
	}
	return quoted
}
