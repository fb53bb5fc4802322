package workspace

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// call is one call of a Web API method by the app.
type call struct {
	args
	method string
	host   string
}

// apiError is a refusal: Slack's error name, and other fields of the response.
type apiError struct {
	code     string
	messages []string      // response_metadata.messages
	extra    object        // other fields of the response
	retry    time.Duration // for ratelimited
}

func (e apiError) Error() string { return e.code }

// serveAPI answers one Web API call. It takes the lock.
func (w *Workspace) serveAPI(rw http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	a, err := readArgs(r)
	if err != nil {
		writeRefusal(rw, err)
		return
	}
	if !w.wait(r) {
		return
	}
	rw.Header().Set("X-OAuth-Scopes", strings.Join(w.opts.Scopes, ","))
	header, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	answer, lost, err := w.answer(&call{args: a, method: name, host: r.Host}, strings.TrimSpace(header))
	if lost != nil && !lost.lose(rw, r) {
		return
	}
	if err != nil {
		writeRefusal(rw, err)
		return
	}
	answer["ok"] = true
	writeJSON(rw, http.StatusOK, answer)
}

// answer finds the method, checks that the caller may call it, and calls it. A planned
// fault may withhold the result from the caller: then the lostAnswer isn't nil.
func (w *Workspace) answer(c *call, header string) (object, *lostAnswer, error) {
	m, ok := methods[c.method]
	if !ok {
		return nil, nil, apiError{code: "unknown_method", extra: object{"req_method": c.method}}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.host = c.host
	w.calls[c.method]++
	w.wakeWatchers()
	if err := w.authorise(m, c, header); err != nil {
		return nil, nil, err
	}
	if err := w.planned(c.method); err != nil {
		return nil, nil, err
	}
	if err := w.throttle(m, c); err != nil {
		return nil, nil, err
	}
	lost := w.plannedLoss(c.method)
	answer, err := m.do(w, c)
	if answer == nil {
		answer = object{}
	}
	return answer, lost, err
}

// authorise checks the token and its scopes. An app-level token is taken from the Authorization header only
// (docs.slack.dev/reference/methods/apps.connections.open).
func (w *Workspace) authorise(m method, c *call, header string) error {
	token := header
	if token == "" && !m.app {
		token = c.text("token")
	}
	want, other := botToken, appToken
	if m.app {
		want, other = appToken, botToken
	}
	switch {
	case m.open:
		return nil
	case token == "":
		return apiError{code: "not_authed"}
	case token == other:
		return apiError{code: "not_allowed_token_type"}
	case token != want:
		return apiError{code: "invalid_auth"}
	case m.scope != "" && !slices.Contains(w.opts.Scopes, m.scope):
		return apiError{code: "missing_scope", extra: object{
			"needed": m.scope, "provided": strings.Join(w.opts.Scopes, ","),
		}}
	}
	return nil
}

// writeRefusal writes an error the way Slack does: status 200, but 429 with Retry-After for a rate limit.
func writeRefusal(rw http.ResponseWriter, err error) {
	var refusal apiError
	if !errors.As(err, &refusal) {
		refusal = apiError{code: "internal_error"}
	}
	answer := object{"ok": false, "error": refusal.code}
	for name, value := range refusal.extra {
		answer[name] = value
	}
	if len(refusal.messages) > 0 {
		answer["response_metadata"] = object{"messages": refusal.messages}
	}
	status := http.StatusOK
	if refusal.retry > 0 {
		status = http.StatusTooManyRequests
		rw.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(refusal.retry.Seconds()))))
	}
	writeJSON(rw, status, answer)
}

func writeJSON(rw http.ResponseWriter, status int, answer any) {
	data, err := json.Marshal(answer)
	if err != nil {
		http.Error(rw, `{"ok":false,"error":"internal_error"}`, http.StatusInternalServerError)
		return
	}
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.WriteHeader(status)
	rw.Write(data) // the client may have gone away
}
