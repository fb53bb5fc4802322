package config

import (
	"regexp"
	"strings"
)

var (
	variable     = regexp.MustCompile(`\$?\$\{([^}]*)\}?`)
	variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	onlyVariable = regexp.MustCompile(`^\$\{[A-Za-z_][A-Za-z0-9_]*\}$`)
	secretName   = regexp.MustCompile(`(?i)PASSWORD|PASSWD|TOKEN|SECRET|CREDENTIAL|PRIVATE|API_?KEY`)
)

// expand puts the variables into a scalar. A variable that is not set is a
// fault and reads as nothing; unless lenient, which `when` is.
func (d *decoder) expand(n *node, lenient bool) string {
	if !strings.Contains(n.text, "${") {
		return n.text
	}
	text := variable.ReplaceAllStringFunc(n.text, func(found string) string {
		if strings.HasPrefix(found, "$$") {
			return found[1:]
		}
		name, closed := strings.CutSuffix(found[2:], "}")
		if !closed || !variableName.MatchString(name) {
			d.fault(n.mark, "%q is no variable; write ${NAME}, or $${ for the characters themselves", found)
			return ""
		}
		value, set := d.environ(name)
		if !set && !lenient {
			d.fault(n.mark, "the variable %s is not set; set it in the environment gonogo starts in", name)
		}
		if secretName.MatchString(name) {
			d.keep(value)
		}
		return value
	})
	if n.secret {
		d.keep(text)
	}
	for _, password := range passwordOf(text) {
		d.keep(password)
	}
	return text
}

// keep remembers a value that must never be shown.
func (d *decoder) keep(secret string) {
	if secret != "" {
		d.secrets[secret] = true
	}
}

// hush takes the secrets that are known so far out of a sentence.
func (d *decoder) hush(sentence string) string {
	for secret := range d.secrets {
		sentence = strings.ReplaceAll(sentence, secret, "[redacted]")
	}
	return sentence
}
