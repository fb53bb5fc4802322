package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"gonogo/phrase"
)

// Path is where a number is in a JSON document: keys of objects and positions in
// arrays, counted from 0.
type Path struct {
	text  string
	steps []step
}

// step leads from a value to one within it.
type step struct {
	key   string
	index int // -1: the key of an object
}

// String is the path as it was written.
func (p Path) String() string { return p.text }

var (
	pathKey   = regexp.MustCompile(`^[^.\[\]"\s]+`)
	pathIndex = regexp.MustCompile(`^\[([0-9]{1,7})\]`)
	pathQuote = regexp.MustCompile(`^\["(?:[^"\\]|\\.)*"\]`)
)

// mostSteps is how long a path may be.
const mostSteps = 32

// ParsePath reads a path such as costsheet.p95_ms, runs[0].p95_ms or
// metrics["http_req_duration{scenario:login}"].avg. It may begin with $, the whole
// document.
func ParsePath(text string) (Path, error) {
	p, rest := Path{text: text}, text
	if after, ok := strings.CutPrefix(rest, "$"); ok && (after == "" || after[0] == '.' || after[0] == '[') {
		rest = strings.TrimPrefix(after, ".")
	}
	if strings.HasPrefix(text, "/") { // a JSON pointer, which would be taken for one key
		return Path{}, notPath(text)
	}
	for rest != "" && len(p.steps) < mostSteps {
		var one step
		quoted, index, key := pathQuote.FindString(rest), pathIndex.FindStringSubmatch(rest), pathKey.FindString(rest)
		read := len(key)
		switch {
		case quoted != "" && json.Unmarshal([]byte(quoted[1:len(quoted)-1]), &one.key) == nil:
			one.index, read = -1, len(quoted)
		case index != nil:
			one.index, _ = strconv.Atoi(index[1]) // of at most seven digits
			read = len(index[0])
		case key != "":
			one = step{key, -1}
		default:
			return Path{}, notPath(text)
		}
		p.steps, rest = append(p.steps, one), rest[read:]
		if after, ok := strings.CutPrefix(rest, "."); ok && pathKey.MatchString(after) {
			rest = after
		} else if rest != "" && rest[0] != '[' {
			rest = "."
		}
	}
	if text == "" || rest != "" {
		return Path{}, notPath(text)
	}
	return p, nil
}

func notPath(text string) error {
	return fmt.Errorf("%q isn't a path; write it like costsheet.p95_ms, runs[0].p95_ms or [\"a key\"].p95_ms", text)
}

// Number is a number as it was written, and its value.
type Number struct {
	Text  string
	Value float64
}

// ReadNumbers reads JSON documents, one after another as JSON Lines has them, and calls
// each with the numbers of a document at some paths, in their order, or with why one of
// them isn't there: nothing is at its path, or something other than a number, such as
// null or "12". An error that each returns ends the reading. A text that is no JSON, and
// a key that an object on the way to a number has twice, are errors of ReadNumbers.
func ReadNumbers(text io.Reader, paths []Path, each func(document int, numbers []Number, err error) error) error {
	from := &head{Reader: text}
	return from.explain(wantedNumbers, readNumbers(from, paths, each))
}

func readNumbers(text io.Reader, paths []Path, each func(document int, numbers []Number, err error) error) error {
	body := bufio.NewReader(newLimited(text))
	if start, _ := body.Peek(3); isUTF16(start[:min(2, len(start))]) || bytes.HasPrefix(start, []byte("{\x00")) {
		return refusal("it is written in UTF-16; only UTF-8 is read; have the tool write that")
	} else if bytes.Equal(start, []byte("\ufeff")) {
		_, _ = body.Discard(3) // which were just seen
	}
	r := &numberReader{d: json.NewDecoder(body), paths: paths}
	r.d.UseNumber()
	for n := 1; ; n++ {
		token, err := r.d.Token()
		switch {
		case errors.Is(err, io.EOF) && n == 1:
			return errEmpty
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return r.broken(err)
		}
		if err := r.document(token); err != nil {
			return r.broken(err)
		}
		if err := each(n, r.found, r.missing()); err != nil {
			return err
		}
	}
}

// numberReader looks for numbers in one document after another.
type numberReader struct {
	d     *json.Decoder
	paths []Path
	found []Number
	wrong []error // of each path: why there is no number; nil: there is one
}

// search is one path as far as it is still to go.
type search struct {
	path  int
	steps []step
}

// document reads one document, of which the first token is given.
func (r *numberReader) document(first json.Token) error {
	r.found, r.wrong = make([]Number, len(r.paths)), make([]error, len(r.paths))
	all := make([]search, len(r.paths))
	for i, p := range r.paths {
		all[i] = search{i, p.steps}
		r.wrong[i] = refusal("it has nothing at " + phrase.Excerpt(p.text) + "; check the path")
	}
	return r.value(first, all)
}

// missing is why a document lacks a number, if it does.
func (r *numberReader) missing() error {
	for _, err := range r.wrong {
		if err != nil {
			return err
		}
	}
	return nil
}

// value reads a value, of which the first token is given, for the searches that have
// come to it.
func (r *numberReader) value(token json.Token, here []search) error {
	var further []search
	for _, s := range here {
		if len(s.steps) == 0 {
			r.take(s.path, token)
		} else {
			further = append(further, s)
		}
	}
	switch token {
	case json.Delim('{'):
		return r.object(further)
	case json.Delim('['):
		return r.array(further)
	}
	return nil
}

// take takes the value at the end of a path.
func (r *numberReader) take(path int, token json.Token) {
	at := "its " + phrase.Excerpt(r.paths[path].text)
	switch v := token.(type) {
	case json.Number:
		value, err := strconv.ParseFloat(v.String(), 64)
		if err != nil || math.IsInf(value, 0) {
			r.wrong[path] = refusal(at + " is too large for a number; check what writes it")
			return
		}
		r.found[path], r.wrong[path] = Number{phrase.Excerpt(v.String()), value}, nil
	case nil:
		r.wrong[path] = refusal(at + " is null, which measures nothing; check what writes it")
	case string:
		r.wrong[path] = refusal(at + " is a string and not a number; write it without quotes")
	case bool:
		r.wrong[path] = refusal(at + " is true or false and not a number; write a number there, or the path to one")
	default:
		r.wrong[path] = refusal(at + " is an object or an array and not a number; write the path to a number in it")
	}
}

// object reads what is left of an object.
func (r *numberReader) object(here []search) error {
	seen := map[string]bool{}
	for r.d.More() {
		token, err := r.d.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string) // json gives no other keys
		var further []search
		for _, s := range here {
			if s.steps[0] == (step{key, -1}) {
				further = append(further, search{s.path, s.steps[1:]})
			}
		}
		if len(further) > 0 && seen[key] {
			return refusal(fmt.Sprintf("an object in it has the key %s twice; which of them counts is not known; check what writes it", phrase.Excerpt(key)))
		}
		if len(further) > 0 {
			seen[key] = true
		}
		if err := r.within(further); err != nil {
			return err
		}
	}
	_, err := r.d.Token()
	return err
}

// array reads what is left of an array.
func (r *numberReader) array(here []search) error {
	for i := 0; r.d.More(); i++ {
		var further []search
		for _, s := range here {
			if s.steps[0] == (step{"", i}) {
				further = append(further, search{s.path, s.steps[1:]})
			}
		}
		if err := r.within(further); err != nil {
			return err
		}
	}
	_, err := r.d.Token()
	return err
}

// within reads the next value. One that no search leads to is passed over, however deep
// it is.
func (r *numberReader) within(here []search) error {
	token, err := r.d.Token()
	if err != nil {
		return err
	}
	if len(here) > 0 {
		return r.value(token, here)
	}
	depth := 0
	for {
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
		if token, err = r.d.Token(); err != nil {
			return err
		}
	}
}

// bareWord is a value that some programs write although JSON has none.
var bareWord = regexp.MustCompile(`invalid character '[NI]' looking for beginning of value`)

// broken is an error about the whole text, in words.
func (r *numberReader) broken(err error) error {
	var own refusal
	switch {
	case errors.As(err, &own):
		return own
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return refusal(fmt.Sprintf("its JSON is truncated, at byte %d; run what writes it again", r.d.InputOffset()))
	case bareWord.MatchString(err.Error()):
		return refusal(fmt.Sprintf("it isn't JSON at byte %d, where it has NaN or Infinity, perhaps; write null, or no value", r.d.InputOffset()))
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return refusal(fmt.Sprintf("it isn't JSON at byte %d; check what writes it", r.d.InputOffset()))
	}
	return err
}
