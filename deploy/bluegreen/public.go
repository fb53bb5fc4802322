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

	"gonogo/clients/dns"
	"gonogo/deploy"
	"gonogo/gates/fetch"
	"gonogo/readiness"
)

// siteTimeout is how long a site may take to answer.
const siteTimeout = 8 * time.Second

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

// answers is a look at the public name: the named resolvers no longer lead to the other
// app, the site answers, and it shows the version where that can be read. Over HTTPS that
// takes a valid certificate.
func (s *strategy) answers(e deploy.Environment, suffix, version string) func(context.Context, deploy.Work) error {
	return func(ctx context.Context, w deploy.Work) error {
		_, from, err := s.target(w, suffix)
		if err != nil {
			return err
		}
		if len(s.Cutover.Resolvers) > 0 {
			app, err := from.Read(ctx)
			if err != nil {
				return err
			}
			for _, resolver := range s.Cutover.Resolvers {
				if err := s.resolves(ctx, resolver, hostOf(cmp.Or(app.Ingress, app.LiveURL))); err != nil {
					return err
				}
			}
		}
		if err := visit(ctx, e.URL, s.dialer); err != nil {
			return err
		}
		return s.shown.is(ctx, version)
	}
}

// resolves fails if a resolver doesn't lead to the name, or still leads to an app.
func (s *strategy) resolves(ctx context.Context, resolver, old string) error {
	answer, err := s.names.Ask(ctx, resolver, s.Cutover.Domain, "A")
	if err != nil {
		return err
	}
	return s.judge(resolver, old, answer)
}

func (s *strategy) judge(resolver, old string, answer dns.Answer) error {
	switch {
	case old != "" && strings.EqualFold(answer.Alias, old):
		return fmt.Errorf("%s still answers that %s is %s, for %s more; if it stays so, change that record at your DNS provider", resolver, s.Cutover.Domain, old, readiness.Span(time.Duration(answer.TTL)*time.Second))
	case len(answer.Records) == 0:
		return fmt.Errorf("%s knows no address of %s (%s)", resolver, s.Cutover.Domain, answer.Code)
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
