package digitalocean

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Log is what apps write at run time.
type Log string

// The ways an app's log goes, from its beginning on.
const (
	LogGood   Log = "good"   // requests, and no errors
	LogErrors Log = "errors" // one of LogErrorEvery lines is an error
	LogSilent Log = "silent" // nothing for the last hour
)

// The lines of a log.
const (
	LogEvery      = 10 * time.Second // between two lines of a component
	LogErrorEvery = 30               // lines to one error
	logKept       = 720              // lines of a component that an instance keeps
)

// SetLog says what an app writes at run time.
func (p *Platform) SetLog(appID string, how Log) error {
	return p.change(appID, func(a *app) error {
		a.Log = how
		return nil
	})
}

// logRequest is which log was asked for. It travels in the token of the log's address.
type logRequest struct {
	App, Deployment, Component, Type string
	Lines                            int // from the end; -1: all
	Until                            time.Time
}

// logTypes are those of the API's description; the ones with true are of run time.
var logTypes = map[string]bool{"UNSPECIFIED": false, "BUILD": false, "DEPLOY": false, "RUN": true, "RUN_RESTARTED": true, "AUTOSCALE_EVENT": false}

// getLogs gives the address of a log. An instance's log is there for as long as the
// deployment is live; of what has crashed, of builds and of past deployments nothing is
// kept here. tail_lines and component_name aren't in the API's description of this call,
// and DigitalOcean's own clients send them. Following isn't imitated, so it is refused.
func (p *Platform) getLogs(r *request) (any, error) {
	d := r.app.deployment(r.PathValue("did"))
	if d == nil {
		return nil, errNotFound
	}
	asked := logRequest{App: r.PathValue("id"), Deployment: r.PathValue("did"), Component: r.PathValue("component"), Lines: -1, Until: p.now().Add(time.Hour)}
	if err := asked.read(r.URL.Query()); err != nil {
		return nil, err
	}
	if asked.Component != "" && !slices.ContainsFunc(componentsOf(d.Spec), func(c component) bool { return c.Name == asked.Component }) {
		return nil, errNotFound
	}
	if asked.Type != "RUN" || r.app.active(p.now()) != d {
		return map[string]any{}, nil
	}
	base := p.opts.BaseURL
	if base == "" {
		base = "http://" + r.Host
	}
	return map[string]any{"live_url": base + "/v2/logs?token=" + url.QueryEscape(p.logToken(asked))}, nil
}

// read reads the parameters of a request for a log.
func (l *logRequest) read(query url.Values) error {
	for name, values := range query {
		value := values[0]
		var err error
		switch name {
		case "type":
			if _, known := logTypes[value]; !known {
				return badRequest("invalid log type %s", value)
			}
			l.Type = value
		case "follow":
			var follow bool
			if follow, err = strconv.ParseBool(value); follow {
				return badRequest("the practice platform doesn't follow logs")
			}
		case "component_name":
			l.Component = value
		case "tail_lines":
			l.Lines, err = strconv.Atoi(value)
		case "pod_connection_timeout":
			_, err = time.ParseDuration(value)
		default:
			return badRequest("unknown parameter %s", name)
		}
		if err != nil {
			return badRequest("invalid %s", name)
		}
	}
	if l.Type == "" || l.Type == "UNSPECIFIED" {
		return badRequest("type is required")
	}
	return nil
}

// logToken proves that somebody with the account's token asked for a log.
func (p *Platform) logToken(l logRequest) string {
	text, _ := json.Marshal(l) // plain data
	return base64.RawURLEncoding.EncodeToString(text) + "." + p.logSignature(text)
}

func (p *Platform) logSignature(text []byte) string {
	h := hmac.New(sha256.New, p.key)
	h.Write(text)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// serveLog writes a log to whoever has its address. The account's own token has no
// business here.
func (p *Platform) serveLog(w http.ResponseWriter, r *http.Request) {
	encoded, signature, _ := strings.Cut(r.URL.Query().Get("token"), ".")
	text, err := base64.RawURLEncoding.DecodeString(encoded)
	var asked logRequest
	switch {
	case r.Header.Get("Authorization") != "":
		http.Error(w, "the token of the account was sent to a log", http.StatusBadRequest)
		return
	case err != nil || !hmac.Equal([]byte(signature), []byte(p.logSignature(text))) || json.Unmarshal(text, &asked) != nil || asked.Until.Before(p.now()):
		http.Error(w, "invalid token", http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, strings.Join(p.logLines(asked), "")) // the reader may have gone away
}

// logLines are the lines of a log, as Odoo writes them.
func (p *Platform) logLines(asked logRequest) (all []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.app(asked.App)
	d := a.deployment(asked.Deployment)
	if d == nil {
		return nil
	}
	now, began := p.now(), d.upAt()
	end := now
	if a.Log == LogSilent {
		end = now.Add(-time.Hour)
	}
	for n := max(0, int(now.Sub(began)/LogEvery)-logKept); ; n++ {
		at := began.Add(time.Duration(n) * LogEvery)
		if at.After(end) {
			break
		}
		for _, c := range componentsOf(d.Spec) {
			if asked.Component == "" || asked.Component == c.Name {
				all = append(all, logLine(c.Name, at, a.Log == LogErrors && n%LogErrorEvery == 0))
			}
		}
	}
	if asked.Lines >= 0 {
		all = all[max(0, len(all)-asked.Lines):]
	}
	return all
}

func logLine(component string, at time.Time, bad bool) string {
	text := fmt.Sprintf(`INFO odoo werkzeug: 10.244.0.7 - - [%s] "GET /web/health HTTP/1.1" 200 - 1 0.001 0.002`, at.Format("02/Jan/2006 15:04:05"))
	if bad {
		text = `ERROR odoo odoo.sql_db: bad query: SELECT "res_partner"."id" FROM "res_partner" ERROR: canceling statement due to lock timeout`
	}
	return fmt.Sprintf("%s %s %s 7 %s\n", component, at.Format("2006-01-02T15:04:05.000000000Z"), at.Format("2006-01-02 15:04:05,000"), text)
}
