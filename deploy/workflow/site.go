package workflow

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"gonogo/deploy"
	"gonogo/gates/fetch"
)

// siteTimeout is how long a site may take to say its version: gonogo waits 10 s for all
// that a platform is asked.
const siteTimeout = 8 * time.Second

// sitePace is how long after a site didn't say its version it is asked again.
const sitePace = 5 * time.Second

// SiteVersion reads what is live from the site itself.
type SiteVersion struct {
	page    *fetch.Target
	version *deploy.Finder
}

// NewSiteVersion returns what reads the version that version finds in what an address of
// http or https answers. The error means that the address is no URL.
func NewSiteVersion(address string, version *deploy.Finder, dialer func(string) *net.Dialer) (*SiteVersion, error) {
	page, err := fetch.New(fetch.Request{URL: address, Text: true, Timeout: siteTimeout, Proxy: http.ProxyFromEnvironment, Dialer: dialer})
	return &SiteVersion{page, version}, err
}

// Read asks the site for its version. If it can't be read, the error is [deploy.Passing].
func (s *SiteVersion) Read(ctx context.Context) (string, error) {
	answer, err := s.page.At(s.page.Host()).Ask(ctx)
	if err != nil {
		return "", &deploy.Passing{After: sitePace, Cause: errors.New(s.page.Explain(ctx, err))}
	}
	if answer.Status != http.StatusOK {
		return "", &deploy.Passing{After: sitePace, Cause: fmt.Errorf("%s answers with status %d instead of its version", s.page.Host(), answer.Status)}
	}
	version, err := s.version.Version(answer.Text)
	if err != nil {
		return "", &deploy.Passing{After: sitePace, Cause: fmt.Errorf("the version can't be read from what %s answers: %w", s.page.Host(), err)}
	}
	return version, nil
}
