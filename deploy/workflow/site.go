package workflow

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"gonogo/deploy"
	"gonogo/gates/fetch"
	"gonogo/readiness/build"
)

// siteTimeout is how long a site may take to say its version: gonogo waits 10 s for all
// that a platform is asked.
const siteTimeout = 8 * time.Second

// siteVersion reads what is live from the site itself.
type siteVersion struct {
	page    *fetch.Target
	version *deploy.Finder
}

func newSiteVersion(address string, version *deploy.Finder, dialer func(string) *net.Dialer) (siteVersion, error) {
	page, err := fetch.New(fetch.Request{URL: address, Text: true, Timeout: siteTimeout, Proxy: http.ProxyFromEnvironment, Dialer: dialer})
	return siteVersion{page, version}, err
}

// read implements [liveSource].
func (s siteVersion) read(ctx context.Context) (deploy.Current, error) {
	now := deploy.Current{Unnamed: "check what the address in live.url answers"}
	answer, err := s.page.At(s.page.Host()).Ask(ctx)
	if err != nil {
		return now, &deploy.Passing{After: askPace, Cause: fmt.Errorf("it isn't known what is live: %s", s.page.Explain(ctx, err))}
	}
	if answer.Status != http.StatusOK {
		return now, &deploy.Passing{After: askPace, Cause: fmt.Errorf("%s answers with status %d instead of its version, so it isn't known what is live", s.page.Host(), answer.Status)}
	}
	version, err := s.version.Version(answer.Text)
	if err != nil {
		return now, &deploy.Passing{After: askPace, Cause: fmt.Errorf("the version can't be read from what %s answers: %w", s.page.Host(), err)}
	}
	now.Live = build.Build{Version: version, Deployment: version}
	return now, nil
}
