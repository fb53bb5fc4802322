package digitalocean

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// request is a request on its way through the platform.
type request struct {
	*http.Request
	route  string
	body   []byte
	app    *app          // the one in the path; nil where the path has none
	write  *Write        // filled by what has an effect
	behind time.Duration // as in Fault
}

// route is one of the API's operations. Its effect happens under the
// platform's lock.
type route struct {
	pattern string // as http.ServeMux has it
	write   bool
	do      func(p *Platform, r *request) (answer any, err error)
}

var routes = []route{
	{"GET /v2/apps", false, (*Platform).listApps},
	{"POST /v2/apps/propose", false, (*Platform).propose},
	{"GET /v2/apps/tiers/instance_sizes", false, (*Platform).listSizes},
	{"GET /v2/apps/{id}", false, (*Platform).getApp},
	{"PUT /v2/apps/{id}", true, (*Platform).updateApp},
	{"GET /v2/apps/{id}/health", false, (*Platform).getHealth},
	{"GET /v2/apps/{id}/deployments", false, (*Platform).listDeployments},
	{"POST /v2/apps/{id}/deployments", true, (*Platform).createDeployment},
	{"GET /v2/apps/{id}/deployments/{did}", false, (*Platform).getDeployment},
	{"GET /v2/apps/{id}/deployments/{did}/logs", false, (*Platform).getLogs},
	{"GET /v2/apps/{id}/deployments/{did}/components/{component}/logs", false, (*Platform).getLogs},
	{"POST /v2/apps/{id}/deployments/{did}/cancel", true, (*Platform).cancelDeployment},
	{"POST /v2/apps/{id}/rollback", true, (*Platform).rollback},
	{"POST /v2/apps/{id}/rollback/validate", false, (*Platform).validateRollback},
	{"POST /v2/apps/{id}/rollback/commit", true, (*Platform).commitRollback},
	{"POST /v2/apps/{id}/rollback/revert", true, (*Platform).revertRollback},
}

func (p *Platform) routes() http.Handler {
	mux := http.NewServeMux()
	methods := map[string]bool{"/v2/apps/propose": true} // paths that are done; to other methods than POST this one is an app's ID
	for _, one := range routes {
		mux.HandleFunc(one.pattern, func(w http.ResponseWriter, r *http.Request) { p.serve(w, r, one) })
		_, path, _ := strings.Cut(one.pattern, " ")
		if !methods[path] {
			methods[path] = true
			mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
				p.serve(w, r, route{pattern: r.Method + " " + path, do: func(*Platform, *request) (any, error) { return nil, errMethod }})
			})
		}
	}
	mux.HandleFunc("GET /v2/logs", p.serveLog)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		p.serve(w, r, route{pattern: r.Method + " " + r.URL.Path, do: func(*Platform, *request) (any, error) { return nil, errNotFound }})
	})
	return mux
}

// serve takes one request through what a test puts in its way, and then
// through the operation.
func (p *Platform) serve(w http.ResponseWriter, r *http.Request, one route) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		p.answer(w, nil, badRequest("Unable to read the request body."))
		return
	}
	f := p.hear(Call{Method: r.Method, Route: one.pattern, App: r.PathValue("id"), Write: one.write, At: p.now()})
	if !f.hold(r.Context()) {
		panic(http.ErrAbortHandler) // the client has gone
	}
	if f.instead() {
		p.fail(w, f)
		return
	}
	answer, err := p.operate(&request{Request: r, route: one.pattern, body: body, behind: f.Behind}, one)
	if f.After != nil {
		f.After()
	}
	if f.Status != 0 || f.Drop {
		p.fail(w, f)
		return
	}
	p.answer(w, answer, err)
}

// operate does what was asked, and notes it if it was done.
func (p *Platform) operate(r *request, one route) (any, error) {
	if header := r.Header.Get("Authorization"); p.opts.Token != "" && header != "Bearer "+p.opts.Token {
		return nil, errUnauthorized
	}
	if len(r.body) > 0 {
		if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
			return nil, errType
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if id := r.PathValue("id"); id != "" {
		if r.app = p.app(id); r.app == nil {
			return nil, errNotFound
		}
	}
	r.write = &Write{Route: one.pattern, App: r.PathValue("id"), Body: r.body, At: p.now()}
	answer, err := one.do(p, r)
	if err != nil || !one.write {
		return answer, err
	}
	p.writes = append(p.writes, *r.write)
	return answer, p.save()
}

// decode reads a JSON body without unknown fields. An empty body is an empty
// object where that is enough.
func (r *request) decode(into any, optional bool) error {
	if len(r.body) == 0 && optional {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(r.body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return badRequest("Unable to parse the request body: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := decoder.Token(); err != io.EOF {
		return badRequest("Unable to parse the request body: there is something after the JSON value")
	}
	return nil
}

// answer writes what an operation gave. A nil answer is status 200 without a
// body, as the description has it for committing a rollback.
func (p *Platform) answer(w http.ResponseWriter, answer any, err error) {
	p.rate(w.Header())
	if err != nil {
		p.refuse(w, err)
		return
	}
	if answer == nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	p.write(w, http.StatusOK, answer)
}

func (p *Platform) refuse(w http.ResponseWriter, err error) {
	no := &refusal{http.StatusInternalServerError, "server_error", "Unexpected server-side error"}
	if !errors.As(err, &no) {
		p.opts.Log.Error("practice App Platform", "error", err)
	}
	p.write(w, no.status, map[string]string{"id": no.id, "message": no.message, "request_id": w.Header().Get("X-Request-Id")})
}

func (p *Platform) write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(body) // the reader may have gone away; there is nobody to tell
}

// hourly is how many requests an account has in an hour
// (https://docs.digitalocean.com/reference/api/digitalocean/#section/Introduction/Rate-Limit).
// The headers tell the truth about it; nobody is turned away, and a test that
// wants a 429 makes it by a [Fault].
const hourly = 5000

// rate sets the headers that every answer has. A request counts for an hour,
// and ratelimit-reset is when the oldest no longer does.
func (p *Platform) rate(h http.Header) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.recent = append(p.recent, now)
	for len(p.recent) > 0 && now.Sub(p.recent[0]) >= time.Hour {
		p.recent = p.recent[1:]
	}
	reset := now
	if len(p.recent) > 0 {
		reset = p.recent[0]
	}
	h.Set("Ratelimit-Limit", strconv.Itoa(hourly))
	h.Set("Ratelimit-Remaining", strconv.Itoa(max(0, hourly-len(p.recent))))
	h.Set("Ratelimit-Reset", strconv.FormatInt(reset.Add(time.Hour).Unix(), 10))
	h.Set("X-Request-Id", newID())
}
