package bluegreen

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gonogo/deploy"
	"gonogo/gates/fetch"
	"gonogo/gates/nameserver"
	"gonogo/readiness"
)

const (
	siteTimeout = 8 * time.Second // for a site to answer
	nameTimeout = 3 * time.Second // for a name server to answer one question
)

// idleHealthy checks the platform's health of the idle app, and its own address, once.
func (s *strategy) idleHealthy(ctx context.Context, w deploy.Work) error {
	to, _, err := s.target(w, "")
	if err != nil {
		return err
	}
	if err := to.Healthy(ctx, w); err != nil {
		return err
	}
	return visit(ctx, w.Fact(factIdleURL), nil)
}

// publicURL is where people find the environment.
func publicURL(e deploy.Environment, name string) string { return cmp.Or(e.URL, "https://"+name) }

// answers is a look at the public name: name servers no longer lead to the other app, the
// site answers, and it shows the version where that can be read. Over HTTPS that takes a
// valid certificate.
func (s *strategy) answers(e deploy.Environment, suffix, version string) func(context.Context, deploy.Work) error {
	return func(ctx context.Context, w deploy.Work) error {
		_, from, err := s.target(w, suffix)
		if err != nil {
			return err
		}
		if len(s.Cutover.Resolvers)+len(s.Cutover.Servers) > 0 {
			app, err := from.Read(ctx)
			if err != nil {
				return err
			}
			if err := s.resolved(ctx, hostOf(cmp.Or(app.Ingress, app.LiveURL))); err != nil {
				return err
			}
		}
		if err := visit(ctx, e.URL, s.dialer); err != nil {
			return err
		}
		return s.shown.is(ctx, version)
	}
}

// resolved fails unless every name server that is asked, at each of its addresses, leads to
// the name and no longer to an app.
func (s *strategy) resolved(ctx context.Context, old string) error {
	survey := nameserver.Survey{Type: "A", Resolvers: s.Cutover.Resolvers, Authoritative: s.Cutover.Authoritative, Servers: s.Cutover.Servers,
		Timeout: nameTimeout, Dialer: s.dialer}
	responses, _, err := survey.Ask(ctx, s.Cutover.Domain)
	if err != nil {
		return fmt.Errorf("it is not known which servers have authority over %s: %w; name them under cutover.servers, or set cutover.authoritative to false", s.Cutover.Domain, err)
	}
	for _, r := range responses {
		if err := s.judge(r, old); err != nil {
			return err
		}
	}
	return nil
}

func (s *strategy) judge(r nameserver.Response, old string) error {
	silence, refusal := r.Silence(), r.Refusal()
	switch {
	case silence != "":
		return errors.New(silence)
	case old != "" && strings.EqualFold(r.Answer.Alias, old):
		return fmt.Errorf("%s still answers that %s is %s, for %s more; if it stays so, change that record at your DNS provider", r.Name, s.Cutover.Domain, old, readiness.Span(time.Duration(r.Answer.TTL)*time.Second))
	case refusal != "":
		return fmt.Errorf("%s has no valid answer for %s (%s)", r.Name, s.Cutover.Domain, refusal)
	case len(r.Answer.Records) == 0:
		return fmt.Errorf("%s knows no address of %s", r.Name, s.Cutover.Domain)
	}
	return nil
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// visit fails if a site doesn't answer, or says that it can't.
func visit(ctx context.Context, address string, dialer func(string) *net.Dialer) error {
	page, err := fetch.New(fetch.Request{URL: address, Timeout: siteTimeout, Proxy: http.ProxyFromEnvironment, Dialer: dialer})
	if err != nil {
		return fmt.Errorf("%q is no address of a site", address)
	}
	answer, err := page.At(page.Host()).Ask(ctx)
	switch {
	case err != nil:
		return errors.New(page.Explain(ctx, err))
	case answer.Status >= http.StatusInternalServerError:
		return fmt.Errorf("%s answers with status %d", page.Host(), answer.Status)
	}
	return nil
}
