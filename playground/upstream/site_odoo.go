package upstream

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// rpcUser is the ID of the site's only user.
const rpcUser = 2

// The states of the switch of a site's records.
const (
	noSecondFactor = "no-second-factor"
	noCompany      = "no-company"
	auditOff       = "audit-off"
	leftOver       = "left-over"
	coreBroken     = "core-broken"
)

// recordsSwitch controls what Odoo has in its tables, as its API counts it.
func recordsSwitch(p Place, name string) *Switch {
	return (&Switch{
		ID: name + "-records", Title: "Records in Odoo on " + name,
		Help: "Users, audit rules, partners and rate cards, as Odoo's API counts them.",
		States: []State{
			{ID: "good", Title: "As they should be", Good: true},
			{ID: noSecondFactor, Title: "One user has no second factor"},
			{ID: noCompany, Title: "One user belongs to no company"},
			{ID: auditOff, Title: "No audit rule is active"},
			{ID: leftOver, Title: "Test data of an earlier run is left"},
			{ID: coreBroken, Title: "The model of ipai_core isn't loaded"},
		},
	}).restore(p)
}

// counted are the searches that the API answers, by model and domain, with the usual
// count, and the count in a state of the switch.
func (s *site) counted(model, domain string) (int, bool) {
	usually, state, otherwise := 0, "", 0
	switch model + " " + domain {
	case `res.users [["login","=","` + siteLogin + `"]]`:
		usually, otherwise = 1, 1
	case `res.users [["share","=",false],["totp_enabled","=",false]]`:
		state, otherwise = noSecondFactor, 1
	case `res.users [["share","=",false],["company_ids","=",false]]`:
		state, otherwise = noCompany, 1
	case `auditlog.rule [["state","=","subscribed"]]`:
		usually, state = 6, auditOff
	case `res.partner [["ref","=like","TEST-%"]]`:
		state, otherwise = leftOver, 40
	case `ipai.rate.card []`:
		if s.records.is(coreBroken) {
			return 0, false
		}
		usually, otherwise = 12, 12
	default:
		return 0, false
	}
	if s.records.is(state) {
		return otherwise, true
	}
	return usually, true
}

// rpcCall is a request to Odoo's JSON-RPC
// (https://www.odoo.com/documentation/19.0/developer/reference/external_rpc_api.html).
type rpcCall struct {
	Version string          `json:"jsonrpc"`
	Method  string          `json:"method"`
	ID      json.RawMessage `json:"id"`
	Params  struct {
		Service string            `json:"service"`
		Method  string            `json:"method"`
		Args    []json.RawMessage `json:"args"`
	} `json:"params"`
}

// rpc answers the two calls with which records are counted. As in Odoo, an error has
// status 200.
func (s *site) rpc(w http.ResponseWriter, r *http.Request) {
	var call rpcCall
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&call); err != nil || call.Version != "2.0" || call.Method != "call" || r.Header.Get("Content-Type") != "application/json" {
		http.Error(w, "Invalid JSON-RPC data", http.StatusBadRequest)
		return
	}
	answer := map[string]any{"jsonrpc": "2.0", "id": call.ID}
	if result, exception := s.rpcResult(call); exception != "" {
		answer["error"] = map[string]any{"code": 0, "message": "Odoo Server Error", "data": map[string]any{"name": exception, "message": exception, "debug": "", "arguments": []string{}, "context": map[string]any{}}}
	} else {
		answer["result"] = result
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(answer) // the caller may have gone away
}

func (s *site) rpcResult(call rpcCall) (result any, exception string) {
	texts := make([]string, len(call.Params.Args))
	for i, arg := range call.Params.Args {
		texts[i] = strings.Trim(string(arg), `"`)
	}
	switch call.Params.Service + "." + call.Params.Method {
	case "common.authenticate":
		if len(texts) != 4 {
			return nil, "builtins.TypeError"
		}
		if texts[0] != s.database {
			return nil, "psycopg2.OperationalError"
		}
		if !slices.Equal(texts[1:3], []string{siteLogin, sitePassword}) {
			return false, ""
		}
		return rpcUser, ""
	case "object.execute_kw":
		if len(texts) != 7 || texts[0] != s.database || texts[1] != fmt.Sprint(rpcUser) || texts[2] != sitePassword {
			return nil, "odoo.exceptions.AccessDenied"
		}
		return s.rpcCount(texts[3], texts[4], call.Params.Args[5])
	}
	return nil, "builtins.NameError"
}

func (s *site) rpcCount(model, method string, arguments json.RawMessage) (result any, exception string) {
	var domains []any
	if json.Unmarshal(arguments, &domains) != nil || len(domains) != 1 || method != "search_count" {
		return nil, "builtins.TypeError"
	}
	domain, err := json.Marshal(domains[0])
	if err != nil {
		return nil, "builtins.TypeError"
	}
	n, known := s.counted(model, string(domain))
	if !known {
		return nil, "builtins.KeyError" // as for a model that isn't loaded
	}
	return n, ""
}

// modulePages are the paths of the modules' pages below /odoo/.
var modulePages = []string{"approvals", "core", "costsheet", "expense", "knowledge", "procure", "rate-policy", "studio", "subscriptions", "superset"}

// module is the page of a module, for those who are logged in.
func (s *site) module(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("module")
	_, in := s.session(r)
	switch {
	case !slices.Contains(modulePages, name):
		http.NotFound(w, r)
	case !in:
		http.Redirect(w, r, s.prefix+"web/login?redirect="+r.URL.Path, http.StatusSeeOther)
	case name == "procure" && s.answers.is("module-fails"):
		http.Error(w, "500 Internal Server Error", http.StatusInternalServerError)
	default:
		s.page(w, name, `<main data-module="`+name+`"></main>`)
	}
}

// dashboardsOrigin is the only other site whose scripts may read the site's answers.
const dashboardsOrigin = "https://dashboards." + zone
