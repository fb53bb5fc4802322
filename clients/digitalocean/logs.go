package digitalocean

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// LogType is a sort of log of a deployment.
type LogType string

// The types of logs at run time. Source: DigitalOcean API reference, Retrieve Aggregate
// Deployment Logs.
const (
	LogRun       LogType = "RUN"           // what the instances write now
	LogRestarted LogType = "RUN_RESTARTED" // what instances wrote before they crashed
)

// LogRequest asks for a log.
type LogRequest struct {
	App, Deployment string
	Component       string // empty: all of them, each line with its name
	Type            LogType
	Dialer          *net.Dialer // connects to where the logs are, unless that is the API's own host; nil: the usual
}

// Logs reads a log: it calls read with each part of it, the archived ones first. What the
// platform doesn't have is no part, and an error of read is the cause of an [*Unavailable]. Its answer has addresses of a proxy, valid for a
// short time and only for this log, which are asked without the token; no redirect is
// followed. An address of the scheme wss is asked over HTTPS, since the proxy offers both
// there.
//
// Each line begins with the component's name and a time stamp. Sources: DigitalOcean's
// OpenAPI description at 7c1300c (specification/resources/apps), and doctl at 168188d
// (commands/apps.go), which takes tail_lines=-1 for all lines and turns https into wss.
func (c *Client) Logs(ctx context.Context, r LogRequest, read func(io.Reader) error) error {
	at := path(r.App, "deployments", r.Deployment, "logs")
	if r.Component != "" {
		at = path(r.App, "deployments", r.Deployment, "components", r.Component, "logs")
	}
	var answer struct {
		Live     string   `json:"live_url"`
		Historic []string `json:"historic_urls"`
	}
	query := "?type=" + string(r.Type) + "&follow=false&tail_lines=-1&pod_connection_timeout=10s"
	if err := c.read(ctx, request{op: "find the app's log", method: http.MethodGet, path: at + query, into: &answer}); err != nil {
		return err
	}
	all := answer.Historic
	if answer.Live != "" {
		all = append(all, answer.Live)
	}
	for _, address := range all {
		if err := c.logPart(ctx, r, address, read); err != nil {
			return err
		}
	}
	return nil
}

// opLog is what reading a part of a log is called.
const opLog = "read the app's log"

// logPart reads what is at one address.
func (c *Client) logPart(ctx context.Context, r LogRequest, address string, read func(io.Reader) error) error {
	at, own, err := c.logAddress(address)
	if err != nil {
		return c.unavailable(opLog, outcome{status: http.StatusOK, err: err})
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return c.unavailable(opLog, outcome{status: http.StatusOK, err: errors.New("the platform gave an address that is none")})
	}
	q.Header.Set("User-Agent", "gonogo")
	client := &http.Client{Transport: c.logs, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if !own && r.Dialer != nil {
		elsewhere := http.DefaultTransport.(*http.Transport).Clone()
		elsewhere.DialContext, elsewhere.Proxy, elsewhere.DisableKeepAlives = r.Dialer.DialContext, nil, true
		client.Transport = elsewhere
	}
	response, err := client.Do(q)
	if err != nil {
		return c.unavailable(opLog, outcome{err: unwrapURL(err)})
	}
	defer response.Body.Close()
	switch {
	case r.Type == LogRestarted && (response.StatusCode == http.StatusNotFound || response.StatusCode == http.StatusBadRequest):
		return nil // nothing has crashed
	case response.StatusCode != http.StatusOK:
		return c.unavailable(opLog, outcome{status: response.StatusCode})
	}
	if err := read(response.Body); err != nil {
		return c.unavailable(opLog, outcome{err: err})
	}
	return nil
}

// unwrapURL is an error without the address, which has the log's own token in it.
func unwrapURL(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// logAddress is the address of a part of a log over HTTP; own reports whether it is at
// the API's own host. It must be as safe as the API's.
func (c *Client) logAddress(text string) (address string, own bool, err error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "", false, errors.New("the platform gave an address that is none")
	}
	u.Scheme = strings.Replace(u.Scheme, "ws", "http", 1)
	api := c.reads.BaseURL
	if u.Scheme != "https" && (u.Scheme != "http" || api.Scheme != "http") {
		return "", false, fmt.Errorf("the platform gave an address of the scheme %s", u.Scheme)
	}
	return u.String(), u.Host == api.Host, nil
}
