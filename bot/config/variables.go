package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gonogo/redact"
)

var (
	variable     = regexp.MustCompile(`\$?\$\{([^}]*)\}?`)
	variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	onlyVariable = regexp.MustCompile(`^\$\{[A-Za-z_][A-Za-z0-9_]*\}$`)
	secretName   = regexp.MustCompile(`(?i)PASS|TOKEN|SECRET|CRED|PRIVATE|API_?KEY|_PWD|(^|_)(PW|KEY|KEYS|AUTH|DSN)(_|$)`)
)

// expand puts the variables into a scalar. A variable that is not set is a
// fault and reads as nothing; unless lenient, which `when` is.
func (d *decoder) expand(n *node, lenient bool) string {
	text := n.text
	if strings.Contains(text, "${") {
		text = d.substituted(n, lenient)
	}
	if n.secret {
		d.hide(text)
	}
	for _, password := range passwordOf(text) {
		d.hide(password)
	}
	return text
}

// substituted is the text of a scalar with the values of its variables.
func (d *decoder) substituted(n *node, lenient bool) string {
	return variable.ReplaceAllStringFunc(n.text, func(found string) string {
		if strings.HasPrefix(found, "$$") {
			return found[1:]
		}
		name, closed := strings.CutSuffix(found[2:], "}")
		if !closed || !variableName.MatchString(name) {
			d.fault(n.pos, "%q is no variable; write ${NAME}, or $${ for the characters themselves", found)
			return ""
		}
		value, set := d.environ(name)
		if !set && !lenient {
			d.fault(n.pos, "the variable %s is not set; set it in the environment gonogo starts in", name)
		}
		switch named := secretName.MatchString(name); {
		case named && n.shown:
			d.fault(n.pos, "everybody sees this, and %s holds a secret by its name; write the text itself", name)
		case named || (n.sent || afterHost(n.text, found)) && !plainWord.MatchString(value):
			d.hide(value)
		case !plainWord.MatchString(value) && !onlyNumber.MatchString(value):
			d.nameValue(value, name)
		}
		return value
	})
}

// plainWord are words such as production, which stand in many sentences: blanking
// them would hide what nobody keeps secret.
var plainWord = regexp.MustCompile(`^[a-z]{1,10}$`)

// distinctive reports whether a value is so much its own that it can be replaced by
// its variable's name wherever it stands: no plain word, and no mere number.
func distinctive(value string) bool {
	return len(value) >= 8 && !plainWord.MatchString(value) && !onlyNumber.MatchString(value)
}

var onlyNumber = regexp.MustCompile(`^[0-9.]+$`)

// variablesIn are the variables in a piece of the file, as far as their values
// are telling and no secrets, by these values.
func (d *decoder) variablesIn(n *node) map[string]string {
	found := map[string]string{}
	var walk func(n *node)
	walk = func(n *node) {
		for _, match := range variable.FindAllStringSubmatch(n.text, -1) {
			if value, set := d.environ(match[1]); set && distinctive(value) && d.names[value] == match[1] && !d.secrets[value] {
				found[value] = match[1]
			}
		}
		for _, e := range n.entries {
			walk(e.value)
		}
		for _, child := range n.list {
			walk(child)
		}
	}
	walk(n)
	return found
}

// afterHost reports whether a variable stands in an address behind its host, in
// the path or the query, where keys are put.
func afterHost(text, variable string) bool {
	before, _, _ := strings.Cut(text, variable)
	scheme, rest, written := strings.Cut(before, "://")
	switch {
	case written && !strings.ContainsAny(scheme, "/ "):
		return strings.ContainsAny(rest, "/?")
	case strings.HasPrefix(before, "${") || strings.HasPrefix(before, "{target.url}"):
		return strings.ContainsAny(before, "/?")
	}
	return false
}

// hide remembers a value that must never be shown.
func (d *decoder) hide(secret string) {
	if secret != "" && !d.secrets[secret] {
		d.secrets[secret] = true
		d.redactor.add(secret, redact.Mark)
	}
}

// nameValue remembers the name of the variable that a value came from, by which
// sentences call it.
func (d *decoder) nameValue(value, name string) {
	if d.names[value] == "" && !d.secrets[value] {
		d.redactor.add(value, "${"+name+"}")
	}
	d.names[value] = name
}

// withVariables takes the values of a scalar's variables out of a sentence: the person
// sees the variable instead, and no log sees its value.
func (d *decoder) withVariables(n *node, sentence string) string {
	values := &redactor{}
	for _, found := range variable.FindAllString(n.text, -1) {
		value, _ := d.environ(strings.Trim(found, "${}"))
		values.add(value, found)
	}
	return values.redact(sentence)
}

// fault notes a fault in whose sentence no secret stands. What has no place was
// never read, because a fault was noted there already.
func (d *decoder) fault(at pos, format string, args ...any) {
	if at.line > 0 {
		d.diagnostics.add(at, "%s", d.redactor.redact(fmt.Sprintf(format, args...)))
	}
}

// redactor replaces values that must not be shown.
type redactor struct {
	replacements map[string]string // by the value, in each form in which it may be written
	replacer     *strings.Replacer // nil: values were added since
}

// add adds a value. It takes precedence over those that were added before.
func (s *redactor) add(value, instead string) {
	if s.replacements == nil {
		s.replacements = map[string]string{}
	}
	for _, form := range redact.Forms([]string{value}) {
		s.replacements[form] = instead
	}
	s.replacer = nil
}

// redact is a sentence without the values. The longest is replaced first, for one
// may stand within another.
func (s *redactor) redact(sentence string) string {
	if s.replacer == nil {
		var pairs []string
		for _, form := range slices.SortedFunc(maps.Keys(s.replacements), func(a, b string) int { return len(b) - len(a) }) {
			pairs = append(pairs, form, s.replacements[form])
		}
		s.replacer = strings.NewReplacer(pairs...)
	}
	return s.replacer.Replace(sentence)
}
