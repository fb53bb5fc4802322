package redact

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const minLine = 8 // bytes of one line of a longer secret; a single brace occurs in many texts

// Forms are all the ways in which secrets may be written, the longest first: a replacer
// that goes in this order leaves no rest of a secret that begins like another one.
func Forms(secrets []string) []string {
	var forms []string
	for _, secret := range secrets {
		if len(secret) >= MinLength {
			forms = append(forms, secretForms(secret)...)
		}
	}
	forms = slices.DeleteFunc(forms, func(form string) bool { return len(form) < MinLength })
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(forms)
}

// secretForms are the ways in which a secret may be written: completely, line by line,
// and the user and password of an address.
func secretForms(secret string) []string {
	forms := writings(secret)
	if lines := strings.Split(strings.TrimSpace(secret), "\n"); len(lines) > 1 {
		for _, line := range lines {
			if line = strings.TrimSpace(line); len(line) >= minLine {
				forms = append(forms, writings(line)...)
			}
		}
	}
	u, err := url.Parse(secret)
	if err != nil || u.User == nil {
		return forms
	}
	forms = append(forms, u.User.String())
	if password, ok := u.User.Password(); ok {
		basic := base64.StdEncoding.EncodeToString([]byte(u.User.Username() + ":" + password)) // as RFC 7617 sends it
		forms = append(append(forms, basic), secretForms(password)...)
	}
	return forms
}

// writings are a text as it is, on one line, and as programs and services quote it: in
// Go, JSON, Python, shells, URLs, HTML and base64.
func writings(text string) []string {
	query, quoted, plain := url.QueryEscape(text), strconv.Quote(text), strconv.QuoteToASCII(text)
	forms := []string{
		text, strings.TrimSpace(text), strings.Join(strings.Fields(text), " "), strings.ToValidUTF8(text, "?"),
		quoted[1 : len(quoted)-1], plain[1 : len(plain)-1], strings.ReplaceAll(text, `\`, `\\`), strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text),
		strings.ReplaceAll(text, "'", `'\''`), strings.ReplaceAll(text, "'", `'"'"'`),
		query, strings.ReplaceAll(query, "+", "%20"), url.PathEscape(text),
		html.EscapeString(text),
	}
	if quoted, err := json.Marshal(text); err == nil { // which writes < as \u003c
		forms = append(forms, string(quoted[1:len(quoted)-1]))
	}
	return append(forms, encoded(text)...)
}

// encoded is a text in base64, by itself and within something longer, which gives three
// results depending on its position. The letters at both ends that also encode its
// neighbors are left out.
func encoded(text string) []string {
	forms := []string{base64.StdEncoding.EncodeToString([]byte(text))}
	for before := range 3 {
		letters := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), text...))
		forms = append(forms, letters[(before*8+5)/6:(before+len(text))*8/6])
	}
	forms = slices.DeleteFunc(forms, func(form string) bool { return len(form) < minLine })
	for _, form := range forms {
		forms = append(forms, strings.NewReplacer("+", "-", "/", "_").Replace(form))
	}
	return forms
}
