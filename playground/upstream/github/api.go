package github

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"strings"
	"time"
)

// apiPath is where the API begins.
const apiPath = "/api/v3"

// request is a request on its way through the API.
type request struct {
	*http.Request
	base  string // the host's address
	body  []byte
	out   http.Header // the answer's
	write Write       // completed by what has an effect

	status int // of a good answer, if it isn't the route's
}

// route is one of the API's operations. Its effect happens under the host's
// lock.
type route struct {
	pattern string // without apiPath
	status  int    // of a good answer
	write   bool
	do      func(h *Host, r *request) (answer any, err error)
}

const repository = "/repos/{owner}/{repo}"

var routes = []route{
	{"GET " + repository, 200, false, (*Host).getRepository},
	{"GET " + repository + "/issues", 200, false, (*Host).listIssues},
	{"POST " + repository + "/issues", 201, true, (*Host).createIssue},
	{"GET " + repository + "/issues/{number}", 200, false, (*Host).getIssue},
	{"PATCH " + repository + "/issues/{number}", 200, true, (*Host).editIssue},
	{"GET " + repository + "/issues/{number}/events", 200, false, (*Host).listEvents},
	{"GET " + repository + "/issues/{number}/comments", 200, false, (*Host).listComments},
	{"POST " + repository + "/issues/{number}/comments", 201, true, (*Host).createComment},
	{"GET " + repository + "/labels", 200, false, (*Host).listLabels},
	{"POST " + repository + "/labels", 201, true, (*Host).createLabel},
	{"GET " + repository + "/labels/{name}", 200, false, (*Host).getLabel},
	{"GET " + repository + "/commits", 200, false, (*Host).listCommits},
	{"GET " + repository + "/commits/{ref...}", 200, false, (*Host).getCommit},
	{"GET " + repository + "/commits/{ref}/check-runs", 200, false, (*Host).listCheckRuns},
	{"GET " + repository + "/commits/{ref}/status", 200, false, (*Host).getStatus},
	{"GET " + repository + "/code-scanning/alerts", 200, false, (*Host).listCodeAlerts},
	{"GET " + repository + "/code-scanning/analyses", 200, false, (*Host).listAnalyses},
	{"GET " + repository + "/secret-scanning/alerts", 200, false, (*Host).listSecretAlerts},
	{"GET " + repository + "/dependabot/alerts", 200, false, (*Host).listDependabotAlerts},
	{"GET " + repository + "/actions/runs", 200, false, (*Host).listRuns},
	{"GET " + repository + "/actions/runs/{run}/artifacts", 200, false, (*Host).listArtifacts},
	{"GET " + repository + "/actions/runs/{run}", 200, false, (*Host).getRun},
	{"GET " + repository + "/actions/runs/{run}/jobs", 200, false, (*Host).listJobs},
	{"GET " + repository + "/actions/runs/{run}/pending_deployments", 200, false, (*Host).listPending},
	{"POST " + repository + "/actions/runs/{run}/pending_deployments", 200, true, (*Host).reviewPending},
	{"GET " + repository + "/actions/runs/{run}/approvals", 200, false, (*Host).listReviews},
	{"POST " + repository + "/actions/runs/{run}/deployment_protection_rule", 204, true, (*Host).answerRule},
	{"GET " + repository + "/environments/{environment}/deployment_protection_rules", 200, false, (*Host).listRules},
	{"GET " + repository + "/environments/{environment}", 200, false, (*Host).getEnvironment},
	{"POST " + repository + "/actions/runs/{run}/cancel", 202, true, (*Host).cancelRun},
	{"GET " + repository + "/actions/workflows/{workflow}", 200, false, (*Host).getWorkflow},
	{"GET " + repository + "/actions/workflows/{workflow}/runs", 200, false, (*Host).listWorkflowRuns},
	{"POST " + repository + "/actions/workflows/{workflow}/dispatches", 200, true, (*Host).dispatchWorkflow},
	{"GET " + repository + "/contents/{path...}", 200, false, (*Host).getContents},
	{"GET " + repository + "/deployments", 200, false, (*Host).listDeployments},
	{"GET " + repository + "/deployments/{deployment}/statuses", 200, false, (*Host).listDeploymentStatuses},
	{"GET " + repository + "/actions/artifacts/{artifact}/zip", 302, false, (*Host).downloadArtifact},
	{"GET " + repository + "/compare/{basehead...}", 200, false, (*Host).compareCommits},
	{"GET " + repository + "/git/ref/tags/{tag...}", 200, false, (*Host).getTag},
	{"GET " + repository + "/git/tags/{sha}", 200, false, (*Host).getTagObject},
	{"GET /user", 200, false, (*Host).getUser},
	{"POST /app/installations/{installation}/access_tokens", 201, false, (*Host).createToken},
}

// api serves every route. What GitHub does not know it does not find, whatever
// the method.
func (h *Host) api() http.Handler {
	mux := http.NewServeMux()
	for _, one := range routes {
		method, path, _ := strings.Cut(one.pattern, " ")
		mux.HandleFunc(method+" "+apiPath+path, func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, one) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, apiPath)
		h.serve(w, r, route{pattern: r.Method + " " + path, do: func(*Host, *request) (any, error) { return nil, errNotFound }})
	})
	return mux
}

// serve takes one request through what stands in its way, and then through the
// operation.
func (h *Host) serve(w http.ResponseWriter, r *http.Request, one route) {
	h.meter.tick(h.now(), w.Header())
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		h.answer(w, 0, nil, badRequest("Problems reading the request's body"))
		return
	}
	f := h.hear(Call{Method: r.Method, Route: one.pattern, Path: strings.TrimPrefix(r.URL.Path, apiPath), Write: one.write, At: h.now()})
	if !f.hold(r.Context()) {
		panic(http.ErrAbortHandler) // the client has gone
	}
	if f.Mode == Down && f.Status == 0 {
		f.Status = http.StatusServiceUnavailable
	}
	if f.instead() {
		f.fail(w)
		return
	}
	if no := h.limited(f.Mode, w.Header()); no != nil {
		h.answer(w, 0, nil, no)
		return
	}
	asked := &request{Request: r, base: h.base(r), body: body, out: w.Header()}
	answer, err := h.operate(asked, one)
	if f.After != nil {
		f.After()
	}
	if f.Status != 0 || f.Drop {
		f.fail(w)
		return
	}
	h.answer(w, cmp.Or(asked.status, one.status), answer, err)
}

// fail gives the fault for an answer.
func (f Fault) fail(w http.ResponseWriter) {
	if f.Drop {
		panic(http.ErrAbortHandler) // net/http ends the connection
	}
	maps.Copy(w.Header(), f.Header)
	http.Error(w, http.StatusText(f.Status), f.Status)
}

// operate does what was asked, and notes it if it was done.
func (h *Host) operate(r *request, one route) (any, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	// Asking for a token has credentials of its own: the app's.
	if r.PathValue("installation") == "" {
		if err := h.admit(r); err != nil {
			return nil, err
		}
	}
	r.write = Write{Route: one.pattern, Body: r.body, At: h.now()}
	answer, err := one.do(h, r)
	if err != nil || !one.write {
		return answer, err
	}
	h.writes = append(h.writes, r.write)
	return answer, h.save()
}

// check looks at the headers that every request has.
func (r *request) check() error {
	if r.UserAgent() == "" {
		return errAgent
	}
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		kind, _, _ := mime.ParseMediaType(part)
		if part != "" && kind != "application/json" && kind != "application/vnd.github+json" {
			return errAccept
		}
	}
	if version := r.Header.Get("X-GitHub-Api-Version"); version != "" && version != "2022-11-28" {
		return badRequest("The version %q of the API does not exist here; use 2022-11-28.", version)
	}
	if len(r.body) > 0 {
		if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
			return errType
		}
	}
	return nil
}

// admit lets in who may see the repository. A private repository is not there
// for anybody else.
func (h *Host) admit(r *request) error {
	header := r.Header.Get("Authorization")
	open := h.opts.Token == "" && h.opts.App.Key == nil
	if header != "" && !open && !h.knows(header) {
		return errCredentials
	}
	if (header == "" && !open) || !h.ours(r.Request) && r.URL.Path != apiPath+"/user" {
		return errNotFound
	}
	return nil
}

// knows reports whether an Authorization header has a good token.
func (h *Host) knows(header string) bool {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "bearer") && !strings.EqualFold(scheme, "token") || token == "" {
		return false
	}
	return token == h.opts.Token || h.tokens[token].After(h.now())
}

// answer writes what an operation gave.
func (h *Host) answer(w http.ResponseWriter, status int, answer any, err error) {
	if err != nil {
		no := &refusal{status: http.StatusInternalServerError, message: "Server Error"}
		if !errors.As(err, &no) {
			h.opts.Log.Error("practice GitHub", "error", err)
		}
		status, answer = no.status, no.body()
	}
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(answer) // the reader may have gone away; there is nobody to tell
}

// stamp is a time as the API writes it; a zero one is null.
func stamp(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.UTC().Format(time.RFC3339)
	return &text
}
