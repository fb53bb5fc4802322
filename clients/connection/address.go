package connection

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"gonogo/gates/form"
)

// WebURL is an http or https address.
type WebURL string

// UnmarshalText implements encoding.TextUnmarshaler.
func (w *WebURL) UnmarshalText(text []byte) error {
	*w = WebURL(text)
	return w.check()
}

func (w WebURL) check() error {
	return checkURL(string(w), "https://app.example.com", "http", "https")
}

// Valid reports whether this is an address.
func (w WebURL) Valid() bool { return w.check() == nil }

// Form implements [form.Formed].
func (WebURL) Form() form.Form {
	return form.Form{Name: "URL", Pattern: `^[hH][tT][tT][pP][sS]?://[^/?#]`}
}

// Below is the address of a path at this one.
func (w WebURL) Below(path string) string { return strings.TrimRight(string(w), "/") + path }

// DatabaseURL is the address of a PostgreSQL database.
type DatabaseURL string

// UnmarshalText implements encoding.TextUnmarshaler.
func (u *DatabaseURL) UnmarshalText(text []byte) error {
	*u = DatabaseURL(text)
	return checkURL(string(text), "postgres://user:password@host:5432/database", "postgres", "postgresql")
}

// Form implements [form.Formed].
func (DatabaseURL) Form() form.Form {
	return form.Form{Name: "URL", Pattern: `^[pP][oO][sS][tT][gG][rR][eE][sS]([qQ][lL])?://[^/?#]`}
}

// checkURL never repeats the address, which may hold a password.
func checkURL(text, example string, schemes ...string) error {
	u, err := url.Parse(text)
	if err == nil && u.Host != "" && slices.Contains(schemes, u.Scheme) {
		return nil
	}
	return fmt.Errorf("this isn't a URL that begins with %s://; write it like %s", strings.Join(schemes, ":// or "), example)
}
