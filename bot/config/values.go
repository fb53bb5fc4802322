package config

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // for containers without time zone data

	"gonogo/bot/config/strictyaml"
	"gonogo/clients"
	"gonogo/gates/kinds"
	"gonogo/gates/limit"
)

// The file's values, as every struct of the document uses them.
type (
	val[T any]     = strictyaml.Value[T]
	ordered[T any] = strictyaml.Ordered[T]
)

// asText is a value as a string.
func asText[T ~string](v val[T]) val[string] {
	return val[string]{V: string(v.V), Pos: v.Pos, Set: v.Set}
}

// choice names one kind of something, with the settings of that kind:
// `gate: { http: { … } }`.
type choice struct {
	Kind     val[string]
	settings *strictyaml.Node
}

func (c *choice) ReadYAML(d *strictyaml.Decoder, n *strictyaml.Node, what string) {
	switch {
	case n.Shape != strictyaml.Mapping:
		d.Fault(n.Pos, "%s must be a kind with its settings, such as %s, not %s", what, exampleOf(d, n, what), n.Shape)
		return
	case len(n.Entries) == 0:
		d.Fault(n.Pos, "%s has no kind; write one with its settings, such as %s", what, exampleOf(d, n, what))
		return
	case len(n.Entries) > 1 && !isKind(n.Entries[1].Key, what):
		first, second := n.Entries[0].Key, n.Entries[1]
		if near := strictyaml.Nearest(second.Key, []string{"consecutive", "every"}); near != "" && !ofConnection(what) {
			d.Fault(second.KeyPos, "%s isn't a kind of gate; did you mean %s?", second.Key, near)
			break
		}
		d.Fault(second.KeyPos, "%s isn't a kind of %s; if it is a setting of %s, move it into %s: { … }", second.Key, sortOf(what), first, first)
	case len(n.Entries) > 1:
		d.Fault(n.Entries[1].KeyPos, "%s has a second kind, %s; keep one, or split it in two", what, n.Entries[1].Key)
	}
	e := n.Entries[0]
	c.Kind, c.settings = e.Name(), e.Value
}

// ofConnection reports whether a choice is that of a connection; otherwise it is that of
// a gate.
func ofConnection(what string) bool { return strings.HasPrefix(what, "connections.") }

func sortOf(what string) string {
	if ofConnection(what) {
		return "connection"
	}
	return "gate"
}

// isKind reports whether a name is that of a kind in such a place.
func isKind(name, what string) bool {
	if ofConnection(what) {
		_, ok := clients.Lookup(name)
		return ok
	}
	_, ok := kinds.Lookup(name)
	return ok
}

// exampleOf is how a choice is written, with the kind that the file names if it is one.
func exampleOf(d *strictyaml.Decoder, n *strictyaml.Node, what string) string {
	name := ""
	if n.Shape == strictyaml.Scalar {
		name = d.TextOrNothing(n)
	}
	switch known := isKind(name, what); {
	case known && ofConnection(what):
		return "{ " + name + ": {} }"
	case known:
		return "{ " + name + ": { … } }"
	case ofConnection(what):
		return "{ postgres: { url: … } }"
	}
	return "{ http: { url: … } }"
}

// condition is the value of `when`. Only here does an unset variable count as false.
type condition bool

func (c *condition) ReadYAML(d *strictyaml.Decoder, n *strictyaml.Node, what string) {
	if n.Shape != strictyaml.Scalar {
		d.Fault(n.Pos, "%s must be true or false, or a variable with such a value", what)
		return
	}
	switch strings.ToLower(strings.TrimSpace(d.TextOrNothing(n))) {
	case "true", "1", "yes":
		*c = true
	case "", "false", "0", "no":
	default:
		d.Fault(n.Pos, "%s must be true or false (or yes, no, 1, 0) once its variables are filled in", what)
	}
}

// duration is a time span longer than zero; pause may be zero.
type (
	duration time.Duration
	pause    time.Duration
)

const longest = 10 * 365 * 24 * time.Hour

func (t *duration) UnmarshalText(text []byte) error {
	d, err := limit.ParseDuration(string(text))
	switch {
	case err != nil:
		return err
	case d == 0:
		return fmt.Errorf("%q must be longer than zero; write a duration such as 45m", text)
	case d > longest:
		return fmt.Errorf("%q is longer than ten years; for no limit, remove the line", text)
	}
	*t = duration(d)
	return nil
}

func (t *pause) UnmarshalText(text []byte) error {
	d, err := limit.ParseDuration(string(text))
	if err == nil && d > time.Hour {
		err = fmt.Errorf("%q is longer than an hour", text)
	}
	*t = pause(d)
	return err
}

// identifier names an item, a section, a role and so on: people type it.
type identifier string

var identifierShape = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,79}$`)

func (id *identifier) UnmarshalText(text []byte) error {
	*id = identifier(text)
	return checkIdentifier(string(text))
}

func checkIdentifier(id string) error {
	if !identifierShape.MatchString(id) {
		return fmt.Errorf("%q isn't a valid name; use lower-case letters, digits, - and _", id)
	}
	return nil
}

// schemaName is a schema in a PostgreSQL database, as it is written without quotes.
type schemaName string

// schemaShape leaves room for a suffix in PostgreSQL's 63 bytes.
var schemaShape = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,49}$`)

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *schemaName) UnmarshalText(text []byte) error {
	*s = schemaName(text)
	switch {
	case !schemaShape.Match(text):
		return errors.New("this isn't a schema name that gonogo can use; use up to 50 lower-case letters, digits and _, beginning with a letter")
	case bytes.HasPrefix(text, []byte("pg_")):
		return errors.New("schema names that begin with pg_ are PostgreSQL's own; use another one")
	}
	return nil
}

// Slack's IDs begin with a letter that says their type.
// https://docs.slack.dev/reference/objects/conversation-object and user-object.
type (
	channelID string
	userID    string
	groupID   string
)

var slackID = regexp.MustCompile(`^[A-Z][A-Z0-9]{2,}$`)

func checkSlackID(text, initials, kind, where string) error {
	if slackID.MatchString(text) && strings.Contains(initials, text[:1]) {
		return nil
	}
	return fmt.Errorf("%q isn't a %s ID, which begins with %s; names don't work, so copy the ID from %s in Slack",
		text, kind, strings.Join(strings.Split(initials, ""), " or "), where)
}

func (id *channelID) UnmarshalText(text []byte) error {
	*id = channelID(text)
	return checkSlackID(string(text), "CG", "channel", "the bottom of the channel's details")
}

func (id *userID) UnmarshalText(text []byte) error {
	*id = userID(text)
	return checkSlackID(string(text), "UW", "member", "the person's profile")
}

func (id *groupID) UnmarshalText(text []byte) error {
	*id = groupID(text)
	return checkSlackID(string(text), "S", "user group", "the URL of the user group's page")
}

// hostPort is the address to listen on.
type hostPort string

func (h *hostPort) UnmarshalText(text []byte) error {
	*h = hostPort(text)
	_, port, err := net.SplitHostPort(string(text))
	if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n > 65535 {
		return fmt.Errorf("%q isn't a host and port; write one such as 127.0.0.1:8080", text)
	}
	return nil
}

// zone is a time zone by its name in the IANA database.
type zone struct{ *time.Location }

func (z *zone) UnmarshalText(text []byte) error {
	location, err := time.LoadLocation(string(text))
	if err != nil || len(text) == 0 || string(text) == "Local" {
		return fmt.Errorf("%q isn't a time zone; write one such as Asia/Manila or UTC", text)
	}
	z.Location = location
	return nil
}

// oneOf checks that a word is one of several.
func (b *builder) oneOf(v val[string], what string, words ...string) {
	for _, word := range words {
		if v.V == word {
			return
		}
	}
	if v.Set {
		b.Fault(v.Pos, "%s can't be %q; write one of %s", what, v.V, strictyaml.Enumerate(words))
	}
}
