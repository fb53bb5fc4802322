package web

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"gonogo/gates"
	"gonogo/gates/kindtest"
	"gonogo/readiness/answer"
)

const odooPassword = "c0rrect-h0rse"

// odooStandIn answers as Odoo does (odoo/http.py and addons/rpc): with status 200, also
// where something is wrong, and without a result where a method returns None.
func odooStandIn(t *testing.T) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var call struct {
			Version string `json:"jsonrpc"`
			Method  string
			ID      json.RawMessage
			Params  struct {
				Service, Method string
				Args            []any
			}
		}
		body := json.NewDecoder(r.Body)
		body.DisallowUnknownFields()
		switch err := body.Decode(&call); {
		case r.URL.Path != "/jsonrpc" || r.Method != http.MethodPost:
			http.NotFound(w, r)
			return
		case r.Header.Get("Content-Type") != "application/json" || err != nil || call.Version != "2.0" || call.Method != "call":
			http.Error(w, "Invalid JSON-RPC data", http.StatusBadRequest)
			return
		}
		result, exception := odooAnswers(t, call.Params.Service, call.Params.Method, call.Params.Args)
		answer := map[string]any{"jsonrpc": "2.0", "id": call.ID}
		if exception != "" {
			text := "about " + odooPassword + " of customer Jane Doe"
			answer["error"] = map[string]any{"code": 0, "message": "Odoo Server Error", "data": map[string]any{"name": exception, "debug": text, "message": text, "arguments": []string{text}, "context": map[string]any{}}}
		} else if result != nil {
			answer["result"] = result
		}
		_ = json.NewEncoder(w).Encode(answer)
	}
}

// odooAnswers is what the services say.
func odooAnswers(t *testing.T, service, method string, args []any) (result any, exception string) {
	if service == "common" && method == "authenticate" && len(args) == 4 {
		switch {
		case args[0] != "shop":
			return nil, "psycopg2.OperationalError"
		case args[1] == "blocked":
			return nil, "odoo.exceptions.AccessDenied"
		case args[1] == "unlucky":
			return nil, "builtins.MemoryError"
		case args[1] != "gate" || args[2] != odooPassword:
			return false, ""
		}
		return 7, ""
	}
	if service != "object" || method != "execute_kw" || len(args) != 7 || args[0] != "shop" || args[1] != 7.0 || args[2] != odooPassword {
		t.Errorf("called %s of %s with %v", method, service, args)
		return nil, "builtins.NameError"
	}
	switch call := fmt.Sprint(args[3], ".", args[4], args[5]); call {
	case "sale.order.search_count[[]]":
		return 12, ""
	case "sale.order.search_count[[[state = sale] [active = true]]]":
		if !reflect.DeepEqual(args[5], []any{[]any{[]any{"state", "=", "sale"}, []any{"active", "=", true}}}) {
			t.Errorf("got %v", args[5])
		}
		return 3, ""
	case "sale.order.backlog[2024 7]":
		return 0.5, ""
	case "sale.order.nothing[]":
		return nil, ""
	case "sale.order.words[]":
		return "12", ""
	case "res.users.search_count[[]]":
		return nil, "odoo.exceptions.AccessError"
	case "no.model.search_count[[]]":
		return nil, "odoo.exceptions.UserError"
	case "ir.cron.search_count[[]]":
		return nil, "not a class, but " + odooPassword
	}
	return nil, "builtins.ValueError"
}

func TestOdoo(t *testing.T) {
	site := httptest.NewServer(odooStandIn(t))
	defer site.Close()
	for _, tt := range []struct {
		settings string
		verdict  answer.Verdict
		words    string
	}{
		{`model: sale.order, count: ">= 1"`, answer.Passed, "logged in; number of sale.order records is 12"},
		{`model: sale.order, count: "< 10"`, answer.Failed, "number of sale.order records is 12, limit < 10"},
		{`model: sale.order, count: ">= 1", warn: ">= 20"`, answer.Warned, "number of sale.order records is 12, warning limit >= 20"},
		{`model: sale.order, domain: '[["state", "=", "sale"], ["active", "=", true]]', count: 3`, answer.Passed, "is 3"},
		{`model: sale.order, method: backlog, args: '["2024", 7]', count: "< 1"`, answer.Passed, "logged in; backlog of sale.order is 0.5"},
		{`model: sale.order, method: nothing, count: 0`, answer.Errored, "Odoo's answer to execute_kw has no result"},
		{`model: sale.order, method: words, count: 12`, answer.Errored, "words of sale.order doesn't return a number"},
		{`model: res.users, count: 0`, answer.Errored, "the user may not call search_count of res.users"},
		{`model: no.model, count: 0`, answer.Errored, "check that its module is installed"},
		{`model: sale.order, domain: '[["sttae", "=", 1]]', count: 0`, answer.Errored, "Odoo reports builtins.ValueError for search_count of sale.order"},
		{`model: ir.cron, count: 0`, answer.Errored, "Odoo reports an error; its log has the details"},
		{`model: sale.order, count: 12, password: wrong-one`, answer.Failed, "Odoo refuses the login; check login, password and database"},
		{`model: sale.order, count: 12, login: blocked`, answer.Failed, "Odoo refuses the login, perhaps because of too many failed ones"},
		{`model: sale.order, count: 12, login: unlucky`, answer.Errored, "Odoo reports builtins.MemoryError at the login"},
		{`model: sale.order, count: 12, database: other`, answer.Errored, "Odoo can't open the database other"},
		{`model: sale.order, count: 12, url: "{target.url}/nowhere"`, answer.Errored, "has no /jsonrpc"},
		{`model: sale.order, count: 12, url: "http://127.0.0.1:1"`, answer.Errored, "refuses connections"},
	} {
		ev := kindtest.Measured(t, odooBuilt(t, tt.settings), gates.Scope{TargetURL: site.URL + "/"})
		if wrong := kindtest.Odd(ev, tt.verdict, tt.words); wrong != "" {
			t.Errorf("%s: %s", tt.settings, wrong)
		}
		if text := fmt.Sprint(ev); strings.Contains(text, odooPassword) || strings.Contains(text, "wrong-one") || strings.Contains(text, "Jane Doe") {
			t.Errorf("%s: what isn't to be shown is in %s", tt.settings, text)
		}
	}
	ev := kindtest.Measured(t, odooBuilt(t, "model: sale.order, count: 12"), gates.Scope{})
	if wrong := kindtest.Odd(ev, answer.Errored, "{target.url} is not known here"); wrong != "" {
		t.Error(wrong)
	}
	b := kindtest.Built(t, Odoo, "{url: '{target.url}', database: shop, login: gate, password: "+odooPassword+", model: sale.order, count: 12}", abroad(t))
	if wrong := kindtest.Odd(kindtest.Measured(t, b, gates.Scope{TargetURL: site.URL}), answer.Errored, "outgoing.private_addresses"); wrong != "" {
		t.Error(wrong)
	}
}

// odooBuilt is a gate with settings, and a login unless they have their own.
func odooBuilt(t *testing.T, settings string) gates.Built {
	t.Helper()
	for _, usual := range []string{`url: "{target.url}"`, "database: shop", "login: gate", "password: " + odooPassword} {
		if name, _, _ := strings.Cut(usual, ":"); !strings.Contains(settings, name+":") {
			settings += ", " + usual
		}
	}
	return kindtest.Built(t, Odoo, "{"+settings+"}", gates.Deps{})
}

// What isn't an answer of Odoo's to this request never counts.
func TestOdooThatIsNone(t *testing.T) {
	for text, want := range map[string]string{
		"":         "doesn't answer as Odoo does: its JSON is truncated",
		"<html>Hi": "doesn't answer as Odoo does",
		`{"jsonrpc": "2.0", "id": 2, "result": 7}`:                          "answers another request than the gate's",
		`{"jsonrpc": "2.0", "id": 1, "result": true}`:                       "is no user ID",
		`{"jsonrpc": "2.0", "id": 1, "result": 0}`:                          "is no user ID",
		`{"jsonrpc": "2.0", "id": 1, "result": "7"}`:                        "is no user ID",
		`{"jsonrpc": "2.0", "id": 1, "result": null}`:                       "is no user ID",
		`{"jsonrpc": "2.0", "id": 1, "result": 7, "error": {}}`:             "Odoo reports an error",
		`{"jsonrpc": "2.0", "id": 1, "error": {"code": 404}}`:               "Odoo has no /jsonrpc; since Odoo 19 it comes with the module rpc",
		`{"jsonrpc": "2.0", "id": 1, "result": 7, "result": 7}`:             "has the name /result twice",
		`{"jsonrpc": "2.0", "id": 1, "x": "` + strings.Repeat("x", 300<<10): "answers with more than was read, 256 KiB",
	} {
		site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }))
		ev := kindtest.Measured(t, odooBuilt(t, "model: sale.order, count: '!= 1'"), gates.Scope{TargetURL: site.URL})
		site.Close()
		if wrong := kindtest.Odd(ev, answer.Errored, want); wrong != "" {
			t.Errorf("%.60s: %s", text, wrong)
		}
	}
}

// A password isn't sent on to where a redirect leads, and one to http fails.
func TestOdooThatRedirects(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	defer other.Close()
	moved := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	plain := httptest.NewServer(moved)
	defer plain.Close()
	ev := kindtest.Measured(t, odooBuilt(t, "model: sale.order, count: 12"), gates.Scope{TargetURL: plain.URL})
	if wrong := kindtest.Odd(ev, answer.Errored, "redirects with status 307, and the password isn't sent on"); wrong != "" {
		t.Error(wrong)
	}
	secure := httptest.NewTLSServer(moved)
	defer secure.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	b := odooBuilt(t, fmt.Sprintf("model: sale.order, count: 12, server_name: example.com, ca: %q", ca))
	ev = kindtest.Measured(t, b, gates.Scope{TargetURL: secure.URL})
	if wrong := kindtest.Odd(ev, answer.Failed, "redirects from https to http"); wrong != "" {
		t.Error(wrong)
	}
}

func TestOdooFaults(t *testing.T) {
	const rest = `url: "{target.url}", database: shop, login: gate, password: abcdef, model: sale.order, count: 1`
	for settings, want := range map[string]string{
		`url: "https://a.example/?db=x", database: shop, login: gate, password: abcdef, model: sale.order, count: 1`: "url ends before ? and #",
		`url: "ftp://a.example", database: shop, login: gate, password: abcdef, model: sale.order, count: 1`:         "url isn't a URL",
		`login: gate, password: abcdef, model: sale.order, count: 1`:                                                 "database is missing",
		`database: shop, password: abcdef, model: sale.order, count: 1`:                                              "login is missing",
		`database: shop, login: gate, model: sale.order, count: 1`:                                                   "password is missing or its variable is empty",
		`database: shop, login: gate, password: abcdef, model: Sale Order, count: 1`:                                 "model is the technical name of a model",
		`database: shop, login: gate, password: abcdef, model: sale.order`:                                           "count is missing",
		`method: unlink, ` + rest:                                                    "unlink changes records, and gates only look",
		`method: _search, ` + rest:                                                   "method is the name of a public method",
		`args: "[1]", ` + rest:                                                       "args are for another method",
		`method: backlog, domain: "[]", ` + rest:                                     "domain is for search_count",
		`method: backlog, args: "{}", ` + rest:                                       "args isn't a list in JSON",
		`domain: "[('state', '=', 'sale')]", ` + rest:                                "domain isn't a list of conditions in JSON",
		`domain: '["state", "=", "sale"]', ` + rest:                                  "domain isn't a list of conditions in JSON",
		`domain: '[["state", "="]]', ` + rest:                                        "domain isn't a list of conditions in JSON",
		`domain: "null", ` + rest:                                                    "domain isn't a list of conditions in JSON",
		`domain: '[["version", "=", "{release.version}"]]', ` + rest:                 "{release.version} isn't replaced in domain, only in url and server_name",
		`timeout: 0s, ` + rest:                                                       "timeout is a time above zero",
		`database: shop, login: gate, password: abcdef, model: sale.order, count: 1`: "url is missing; write the URL to request",
	} {
		if got := kindtest.Faulty(t, Odoo, "{"+settings+"}", gates.Deps{}); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", settings, got, want)
		}
	}
}

// A method that may write isn't called again after an interruption, and people are told.
func TestOdooThatMayAct(t *testing.T) {
	if b := odooBuilt(t, "model: sale.order, count: 1"); b.Acts || b.Warning != "" {
		t.Errorf("search_count only looks: %+v", b)
	}
	if b := odooBuilt(t, "model: sale.order, method: backlog, count: 1"); !b.Acts || !strings.Contains(b.Warning, "calls backlog of sale.order") {
		t.Errorf("backlog may do anything: %+v", b)
	}
}
