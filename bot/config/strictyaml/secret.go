package strictyaml

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"gonogo/redact"
)

var secretKey = regexp.MustCompile(`(?i)^(password|passphrase|secret|token|authorization|(api|access|private|secret)[-_]?key|(client|app|signing)[-_]secret|(access|api|auth|bearer)[-_]token|x-api-key|cookie)$`)

// namesSecret reports whether a key names a secret.
func namesSecret(key string) bool { return secretKey.MatchString(key) }

var userinfo = regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#@\s]*:([^/?#\s]+)@`)

// passwordInURL reports whether an address in the text holds a password that
// is not wholly a variable.
func passwordInURL(text string) bool {
	found := userinfo.FindStringSubmatch(text)
	return found != nil && !onlyVariable.MatchString(found[1])
}

// passwordOf is the password in an address, as written and decoded.
func passwordOf(text string) []string {
	found := userinfo.FindStringSubmatch(text)
	if found == nil {
		return nil
	}
	plain, err := url.PathUnescape(found[1])
	if err != nil || plain == found[1] {
		return found[1:2]
	}
	return []string{found[1], plain}
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

// redact removes the values from a sentence. The longest is replaced first, since one
// may contain another.
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
