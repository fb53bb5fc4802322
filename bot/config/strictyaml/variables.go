package strictyaml

import (
	"net/url"
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
func (d *Decoder) expand(n *Node, lenient bool) string {
	text := n.text
	if strings.Contains(text, "${") {
		text = d.substituted(n, lenient)
	}
	if n.secret {
		d.Hide(text)
	}
	for _, password := range passwordOf(text) {
		d.Hide(password)
	}
	return text
}

// substituted is the text of a scalar with the values of its variables.
func (d *Decoder) substituted(n *Node, lenient bool) string {
	return variable.ReplaceAllStringFunc(n.text, func(found string) string {
		if strings.HasPrefix(found, "$$") {
			return found[1:]
		}
		name, closed := strings.CutSuffix(found[2:], "}")
		if !closed || !variableName.MatchString(name) {
			d.Fault(n.Pos, "%q isn't a variable; write ${NAME}, or $${ for a literal ${", found)
			return ""
		}
		value, set := d.environ(name)
		if !set && !lenient {
			d.Fault(n.Pos, "the variable %s is not set; %s", name, d.format.Advice.Unset)
		}
		switch named := secretName.MatchString(name); {
		case named && n.shown:
			d.Fault(n.Pos, "this is shown to everybody, but %s is named like a secret; write the text itself", name)
		case named || (n.sent || afterHost(n.text, found, d.format.Addresses)) && !plainWord.MatchString(value):
			d.Hide(value)
		case !plainWord.MatchString(value) && !onlyNumber.MatchString(value):
			d.nameValue(value, name)
		}
		return value
	})
}

// plainWord matches words such as production, which occur in many sentences: redacting
// them would hide what isn't secret.
var plainWord = regexp.MustCompile(`^[a-z]{1,10}$`)

// distinctive reports whether a value can be replaced by its variable's name wherever
// it occurs: it is no plain word and no number.
func distinctive(value string) bool {
	return len(value) >= 8 && !plainWord.MatchString(value) && !onlyNumber.MatchString(value)
}

var onlyNumber = regexp.MustCompile(`^[0-9.]+$`)

// pathName are the names of variables whose values are places on gonogo's own machine.
var pathName = regexp.MustCompile(`_(DIR|FILE|FOLDER|PATH)$`)

// shownAsIs reports whether people are better served by a variable's value than by its
// name: a scalar begins with it, and it is a place where they have to put something.
func shownAsIs(text, name, value string) bool {
	return strings.HasPrefix(text, "${"+name+"}") && pathName.MatchString(name) && !secretName.MatchString(name) && strings.HasPrefix(value, "/")
}

// VariablesIn are the names of the variables in a piece of the file by their
// values, as far as a value is distinctive and no secret, and isn't shown as it is.
func (d *Decoder) VariablesIn(n *Node) map[string]string {
	found := map[string]string{}
	var walk func(n *Node)
	walk = func(n *Node) {
		for _, match := range variable.FindAllStringSubmatch(n.text, -1) {
			if value, set := d.environ(match[1]); set && distinctive(value) && d.names[value] == match[1] && !d.secrets[value] && !shownAsIs(n.text, match[1], value) {
				found[value] = match[1]
			}
		}
		for _, e := range n.Entries {
			walk(e.Value)
		}
		for _, child := range n.List {
			walk(child)
		}
	}
	walk(n)
	return found
}

// afterHost reports whether a variable is in a URL after the host, in the path or the
// query, where keys are put.
func afterHost(text, variable string, addresses []string) bool {
	before, _, _ := strings.Cut(text, variable)
	scheme, rest, written := strings.Cut(before, "://")
	switch {
	case written && !strings.ContainsAny(scheme, "/ "):
		return strings.ContainsAny(rest, "/?")
	case strings.HasPrefix(before, "${"), slices.ContainsFunc(addresses, func(a string) bool { return strings.HasPrefix(before, a) }):
		return strings.ContainsAny(before, "/?")
	}
	return false
}

// Hide remembers a value that must never be shown.
func (d *Decoder) Hide(secret string) {
	if secret != "" && !d.secrets[secret] {
		d.secrets[secret] = true
		d.redactor.add(secret, redact.Mark)
	}
}

// HideVariable redacts the value of a variable that a program may see, and so print. If
// it isn't named like a secret, it is left alone where redacting it would hide what is
// no secret: a plain word, a number, a site's address, or text that the file shows openly.
func (d *Decoder) HideVariable(name, value string, openly bool) {
	if secretName.MatchString(name) || distinctive(value) && !siteOnly(value) && !openly && d.names[value] == "" {
		d.Hide(value)
	}
}

// siteOnly reports whether a value is the address of a site and no more, such as
// https://github.com. Redacting it would break every link to the site.
func siteOnly(value string) bool {
	u, err := url.Parse(value)
	return err == nil && u.Host != "" && strings.TrimSuffix(value, "/") == u.Scheme+"://"+u.Host
}

// nameValue remembers the name of the variable that a value came from, by which
// sentences call it.
func (d *Decoder) nameValue(value, name string) {
	if d.names[value] == "" && !d.secrets[value] {
		d.redactor.add(value, "${"+name+"}")
	}
	d.names[value] = name
}

// withVariables replaces the values of a scalar's variables in a sentence with the
// variables' names, for people and logs.
func (d *Decoder) withVariables(n *Node, sentence string) string {
	values := &redactor{}
	for _, found := range variable.FindAllString(n.text, -1) {
		value, _ := d.environ(strings.Trim(found, "${}"))
		values.add(value, found)
	}
	return values.redact(sentence)
}
