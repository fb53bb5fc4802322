package deploy

import (
	"context"
	"net"
	"net/http"
	"time"

	"gonogo/gates/fetch"
	"gonogo/phrase"
	"gonogo/readiness/build"
)

// siteTimeout is how long a site may take to say its version: gonogo waits 10 s for all
// that a platform is asked.
const siteTimeout = 8 * time.Second

// siteVersion reads what is live from the site itself.
type siteVersion struct {
	page    *fetch.Target
	version *finder
}

func newSiteVersion(address string, version *finder, dialer func(string) *net.Dialer) (siteVersion, error) {
	page, err := fetch.New(fetch.Request{URL: address, Text: true, Timeout: siteTimeout, Proxy: http.ProxyFromEnvironment, Dialer: dialer})
	return siteVersion{page, version}, err
}

// read implements [liveSource].
func (s siteVersion) read(ctx context.Context) (Current, error) {
	now := Current{Unnamed: "check what the address in live.url answers"}
	answer, err := s.page.At(s.page.Host()).Ask(ctx)
	if err != nil {
		return now, &Passing{statusPace, failed("it isn't known what is live: %s", s.page.Explain(ctx, err))}
	}
	if answer.Status != http.StatusOK {
		return now, &Passing{statusPace, failed("%s answers with status %d instead of its version, so it isn't known what is live", s.page.Host(), answer.Status)}
	}
	version, err := s.one(answer.Text)
	if err != nil {
		return now, &Passing{statusPace, failed("the version can't be read from what %s answers: %w", s.page.Host(), err)}
	}
	now.Live = build.Build{Version: version, Deployment: version}
	return now, nil
}

// one is the version in a text, in which all must be the same.
func (s siteVersion) one(text string) (string, error) {
	found, err := s.version.find(text)
	if err != nil {
		return "", err
	}
	for _, version := range found {
		switch {
		case !scriptVersion.MatchString(version):
			return "", failed("%q is no version", phrase.Excerpt(version))
		case version != found[0]:
			return "", failed("it has both %s and %s", found[0], version)
		}
	}
	return found[0], nil
}
