package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gonogo/gates"
	"gonogo/gates/fetch"
	"gonogo/gates/report"
	"gonogo/readiness/answer"
)

// Deadline implements [gates.WithDeadline].
func (g *odooGate) Deadline() time.Duration { return g.page.Deadline() }

// Check implements [gates.Gate].
func (g *odooGate) Check(ctx context.Context, s gates.Scope) answer.Evidence {
	ask, err := g.page.settings.expanded(s)
	if err != nil {
		return gates.Errored("%v; %s", err, howKnown(err))
	}
	return g.page.everywhere(ctx, ask, func(_ *fetch.Target, place string) atPlace {
		at := odooAt{odooGate: g, ask: ask, place: place}
		return atPlace{evidence: at.count(ctx)}
	})
}

// odooAt is an Odoo at one address.
type odooAt struct {
	*odooGate
	ask   httpSettings
	place string
}

// count logs in, and counts as that user.
func (o odooAt) count(ctx context.Context) answer.Evidence {
	s := o.settings
	got, bad := o.call(ctx, 1, "common", "authenticate", s.Database, s.Login, s.Password, struct{}{})
	if bad.Verdict != "" {
		return bad
	}
	uid, err := strconv.ParseInt(got, 10, 64)
	switch {
	case got == "false":
		return answer.Evidence{Verdict: answer.Failed, Summary: "Odoo refuses the login; check login, password and database, and use an API key if the user has two-factor authentication"}
	case err != nil || uid <= 0:
		return gates.Errored("Odoo's answer to the login is no user ID")
	}
	got, bad = o.call(ctx, 2, "object", "execute_kw", s.Database, uid, s.Password, s.Model, s.Method, s.arguments(), struct{}{})
	if bad.Verdict != "" {
		return bad
	}
	return s.judge(got)
}

// arguments are those of the method.
func (s *odooSettings) arguments() json.RawMessage {
	switch {
	case s.Method != countMethod && s.Args == "":
		return json.RawMessage("[]")
	case s.Method != countMethod:
		return json.RawMessage(s.Args)
	case s.Domain == "":
		return json.RawMessage("[[]]")
	}
	return json.RawMessage("[" + s.Domain + "]")
}

// judge compares what the method returned.
func (s *odooSettings) judge(got string) answer.Evidence {
	n, err := strconv.ParseFloat(got, 64)
	if err != nil {
		return gates.Errored("%s of %s doesn't return a number", s.Method, s.Model)
	}
	name := "number of " + s.Model + " records"
	if s.Method != countMethod {
		name = s.Method + " of " + s.Model
	}
	m := answer.Measure{Name: name, Value: got, Limit: s.Count.Text, OK: s.Count.Allows(n)}
	ev := gates.Judged([]answer.Measure{m}, fmt.Sprintf("logged in; %s is %s", name, got))
	return gates.Warned(ev, !s.Warn.Set() || s.Warn.Allows(n), fmt.Sprintf("%s is %s, warning limit %s", name, got, s.Warn.Text))
}

// call calls a method of one of Odoo's services, and gives its result as JSON. Evidence
// says why there is none.
func (o odooAt) call(ctx context.Context, id int, service, method string, args ...any) (result string, bad answer.Evidence) {
	type params struct {
		Service string `json:"service"`
		Method  string `json:"method"`
		Args    []any  `json:"args"`
	}
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "method": "call", "id": id, "params": params{service, method, args}})
	if err != nil {
		return "", gates.Errored("the request can't be written as JSON")
	}
	request := o.page.request(o.ask)
	request.Send, request.Text = string(body), true
	target, err := fetch.New(request)
	if err != nil {
		return "", gates.Errored("%v once {target.url} and other names are filled in", err)
	}
	got, err := target.At(o.place).Ask(ctx)
	switch {
	case err != nil:
		return "", unanswered(ctx, target, err)
	case got.Status != http.StatusOK:
		return "", o.otherStatus(target, got)
	case got.Cut():
		return "", gates.Errored("%s answers with more than was read, %d KiB", target.Host(), len(got.Text)>>10)
	}
	reply, err := report.ReadReply(strings.NewReader(got.Text))
	switch {
	case err != nil:
		return "", gates.Errored("%s doesn't answer as Odoo does: %v", target.Host(), err)
	case reply.Error != nil:
		return "", o.refusal(service, reply.Error)
	case reply.ID != strconv.Itoa(id):
		return "", gates.Errored("%s answers another request than the gate's; is there a cache before Odoo?", target.Host())
	case reply.Result == "":
		return "", gates.Errored("Odoo's answer to %s has no result", method)
	}
	return reply.Result, answer.Evidence{}
}

// otherStatus is the evidence of a status that Odoo's answers don't have.
func (o odooAt) otherStatus(target *fetch.Target, got fetch.Answer) answer.Evidence {
	host := target.Host()
	switch {
	case got.Status >= 300 && got.Status <= 399 && downgrades(o.ask.URL, got.Header.Get("Location")):
		return answer.Evidence{Verdict: answer.Failed, Summary: host + " " + fetch.ErrDowngrade.Error()}
	case got.Status >= 300 && got.Status <= 399:
		return gates.Errored("%s redirects with status %d, and the password isn't sent on; write the URL that it leads to as url", host, got.Status)
	case got.Status == http.StatusNotFound:
		return gates.Errored("%s has no /jsonrpc; check url, and whether a proxy blocks it", host)
	}
	return gates.Errored("%s answers with status %d, and Odoo with 200; is Odoo running there?", host, got.Status)
}

// downgrades reports whether a redirect leads from https to http.
func downgrades(from, to string) bool {
	scheme := func(address, of string) bool {
		return len(address) > len(of) && strings.EqualFold(address[:len(of)], of)
	}
	return scheme(from, "https://") && scheme(to, "http://")
}

// className is how Python names a class with its module.
var className = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`)

// refusal is the evidence of an error that Odoo reports. Its text isn't shown: it may
// have data of others.
func (o odooAt) refusal(service string, e *report.ReplyError) answer.Evidence {
	s := o.settings
	class := e.Name[strings.LastIndex(e.Name, ".")+1:]
	switch {
	case e.Code == http.StatusNotFound:
		return gates.Errored("Odoo has no /jsonrpc; since Odoo 19 it comes with the module rpc, and later versions may have dropped it")
	case class == "AccessDenied":
		return answer.Evidence{Verdict: answer.Failed, Summary: "Odoo refuses the login, perhaps because of too many failed ones; check login and password, and use an API key if the user has two-factor authentication"}
	case class == "AccessError":
		return gates.Errored("the user may not call %s of %s; give the user the right to read it", s.Method, s.Model)
	case service == "common" && (class == "OperationalError" || class == "KeyError"):
		return gates.Errored("Odoo can't open the database %s; check database, and whether PostgreSQL runs", s.Database)
	case len(e.Name) > 100 || !className.MatchString(e.Name):
		return gates.Errored("Odoo reports an error; its log has the details")
	case service == "object" && class == "UserError":
		return gates.Errored("Odoo refuses %s of %s (%s); check that its module is installed, and method and domain", s.Method, s.Model, e.Name)
	case service == "common":
		return gates.Errored("Odoo reports %s at the login; its log has the details", e.Name)
	}
	return gates.Errored("Odoo reports %s for %s of %s; check model, method and domain, or see Odoo's log", e.Name, s.Method, s.Model)
}
