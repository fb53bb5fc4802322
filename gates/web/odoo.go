package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"gonogo/gates"
	"gonogo/gates/limit"
)

// Odoo is the kind odoo.
var Odoo = gates.Kind{
	Name: "odoo", About: "whether a user can log in to Odoo, and how many records of a model there are, over JSON-RPC", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed: "Odoo accepts the login, and the number is within its limit",
		Warned: "the same, but the number is outside its warning limit",
		Failed: "Odoo refuses the login, the number is outside its limit, or a redirect leads from https to http",
		Errored: "Odoo can't be reached or doesn't answer in time; it redirects; it reports an error, such as that the user may not read the model, or that there is no such model; " +
			"the answer isn't one number; or {target.url} is not known",
	},
	Notes: `The gate calls ` + "`authenticate`, and then the method with `execute_kw`, at `/jsonrpc` below `url`" + `. Odoo answers errors with status 200 as well: the gate names the
exception, and not its text, which may contain other people's data. Of the answers only the number is shown, and the password never. Redirects
aren't followed, since they would lead the password away. ` + severalAddresses + `

If the user has two-factor authentication, the password is refused here; use an API key as ` + "`password`" + `. Odoo limits failed logins per IP address and
user, so correct a wrong password before the next runs.

Numbers count what this user may see: record rules and companies hide others' records, and ` + "`search_count`" + ` leaves out archived ones. With another ` + "`method`" + `, the
gate can't tell whether that only looks, so it isn't run again after an interruption. Methods that every model has for writing, such as ` + "`write` and `unlink`" + `, are refused.

Odoo 19 deprecated ` + "`/jsonrpc`" + `, which is to be removed in Odoo 22 (documentation of Odoo 20, External API). Without it the gate is errored.

Not visible to it: whether the pages of Odoo work in a browser, and what its scheduled actions do.`,
	Example: `url: "https://shop.example"
server_name: shop.example
database: shop
login: "${ODOO_LOGIN}"
password: "${ODOO_PASSWORD}"
model: sale.order
domain: '[["state", "=", "sale"]]'
count: "> 0"
warn: ">= 10"
timeout: 10s`,
	New: newOdoo,
}

// odooSettings are the settings of kind odoo.
type odooSettings struct {
	URL        string         `yaml:"url" required:"true" pattern:"^([hH][tT][tT][pP][sS]?://|[{]target[.]url[}])"` // the URL of Odoo, without /jsonrpc, as in "{target.url}"
	ServerName string         `yaml:"server_name" json:",omitempty"`                                                // as in an http gate
	CA         string         `yaml:"ca" json:",omitempty"`                                                         // as in an http gate
	Database   string         `yaml:"database" required:"true"`                                                     // the name of Odoo's database
	Login      string         `yaml:"login" required:"true"`                                                        // the user's login
	Password   string         `yaml:"password" required:"true" json:"-"`                                            // the user's password or API key
	Model      string         `yaml:"model" required:"true"`                                                        // the technical name of the model
	Method     string         `yaml:"method" pattern:"^[a-z][a-z0-9_]*$"`                                           // the method to call, which returns a number; default: search_count
	Domain     string         `yaml:"domain"`                                                                       // which records count, as JSON; default: all that the user may see
	Args       string         `yaml:"args" json:",omitempty"`                                                       // the arguments of another method than search_count, as a JSON list
	Count      limit.Count    `yaml:"count" required:"true"`                                                        // what the number must be
	Warn       limit.Count    `yaml:"warn"`                                                                         // what it should be: outside of it the gate warns
	Timeout    limit.Duration `yaml:"timeout"`                                                                      // the time limit for one request; default: 10s
}

type odooGate struct {
	settings odooSettings
	page     *httpGate // asks; its settings have the address of /jsonrpc
}

func newOdoo(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	s := odooSettings{Method: countMethod, Timeout: limit.Duration(10 * time.Second)}
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	address := ""
	if s.URL != "" {
		address = strings.TrimSuffix(s.URL, "/") + "/jsonrpc"
	}
	page := httpSettings{URL: address, Method: http.MethodPost, Headers: map[string]string{"Content-Type": "application/json"},
		ServerName: s.ServerName, CA: s.CA, Timeout: s.Timeout, Requests: calls, Consecutive: 1}
	asks, faults := page.gate(deps)
	if faults = append(faults, s.faults()...); len(faults) > 0 {
		return gates.Built{}, faults
	}
	open := s
	open.URL = gates.WithoutUser(s.URL)
	b := gates.Built{Gate: &odooGate{s, asks}, Settings: gates.SettingsHash("odoo", open), Secrets: append(page.secrets(), s.Password)}
	if u, err := url.Parse(s.URL); err == nil && u.User != nil {
		b.Secrets = append(b.Secrets, s.URL)
	}
	if s.Method != countMethod {
		b.Acts = true
		b.Warning = fmt.Sprintf("calls %s of %s, and can't tell whether that changes anything; search_count only looks", s.Method, s.Model)
	}
	return b, nil
}

const (
	countMethod = "search_count"
	calls       = 2 // to log in, and to count
)

// writing are methods of every model that change something.
var writing = []string{"action_archive", "action_unarchive", "copy", "create", "load", "name_create", "toggle_active", "unlink", "update", "web_save", "write"}

var (
	modelName  = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)*$`)
	methodName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`) // Odoo refuses those that begin with _
)

func (s *odooSettings) faults() (faults gates.Faults) {
	note := func(bad bool, field, problem string) {
		if bad {
			faults = append(faults, gates.Fault{Field: field, Problem: problem})
		}
	}
	note(strings.ContainsAny(s.URL, "?#"), "url", "url ends before ? and #; write the URL of Odoo alone, as in https://shop.example")
	note(s.Database == "", "database", "database is missing; write the name of Odoo's database")
	note(s.Login == "", "login", "login is missing; write the login of a user who may read the model")
	note(s.Password == "", "password", "password is missing or its variable is empty; put the user's password or API key into a variable, and write ${NAME}")
	for _, field := range [][2]string{{"database", s.Database}, {"login", s.Login}, {"domain", s.Domain}, {"args", s.Args}} {
		for _, name := range gates.Placeholders {
			note(strings.Contains(field[1], name), field[0], fmt.Sprintf("%s isn't replaced in %s, only in url and server_name", name, field[0]))
		}
	}
	note(!s.Count.Set(), "count", `count is missing; write what the number must be, as in ">= 1"`)
	faults = append(faults, gates.NeverWarns("warn", s.Warn.Limit, s.Count.Limit)...)
	return append(faults, s.callFaults()...)
}

// callFaults is what is wrong with the model, the method and its arguments.
func (s *odooSettings) callFaults() (faults gates.Faults) {
	note := func(bad bool, field, problem string) {
		if bad {
			faults = append(faults, gates.Fault{Field: field, Problem: problem})
		}
	}
	note(!modelName.MatchString(s.Model), "model", "model is the technical name of a model, as in sale.order")
	note(!methodName.MatchString(s.Method), "method", "method is the name of a public method, as in search_count")
	note(slices.Contains(writing, s.Method), "method", fmt.Sprintf("%s changes records, and gates only look; use search_count", s.Method))
	note(s.Method == countMethod && s.Args != "", "args", "args are for another method; write which records search_count counts as domain")
	note(s.Method != countMethod && s.Domain != "", "domain", fmt.Sprintf("domain is for search_count; write the arguments of %s as args", s.Method))
	note(s.Domain != "" && !isDomain(s.Domain), "domain", `domain isn't a list of conditions in JSON; write it as in '[["state", "=", "sale"], ["active", "=", true]]'`)
	note(s.Args != "" && !isList(s.Args), "args", `args isn't a list in JSON; write it as in '["2024-01-01", 7]'`)
	return faults
}

func isList(text string) bool {
	return json.Unmarshal([]byte(text), new([]any)) == nil && strings.TrimSpace(text) != "null"
}

// isDomain reports whether a text is a domain in JSON: conditions of three parts, and
// operators between them.
func isDomain(text string) bool {
	var terms []json.RawMessage
	if err := json.Unmarshal([]byte(text), &terms); err != nil || terms == nil {
		return false
	}
	return !slices.ContainsFunc(terms, func(term json.RawMessage) bool {
		var condition []any
		var operator string
		if json.Unmarshal(term, &condition) == nil {
			return len(condition) != 3
		}
		return json.Unmarshal(term, &operator) != nil || !slices.Contains([]string{"&", "|", "!"}, operator)
	})
}
