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

	"gonogo/deploy"
	"gonogo/gates"
	"gonogo/gates/fetch"
	"gonogo/phrase"
)

// versionSettings say where the public name shows the version that answers.
type versionSettings struct {
	URL    string `yaml:"url"`    // an address at the public name
	Read   string `yaml:"read"`   // a path in JSON, or a regular expression with one group, for the text or the header; default: all of it
	Header string `yaml:"header"` // the header that has it, instead of the text
}

// all matches a text that is the version and nothing else.
const all = `^\s*(\S+)\s*$`

// shownVersion is the version that the public name shows. A nil one is always believed.
type shownVersion struct {
	page   *fetch.Target
	read   *deploy.Finder
	header string
}

func newShownVersion(s versionSettings, domain string, dialer func(string) *net.Dialer) (*shownVersion, gates.Faults) {
	if s == (versionSettings{}) {
		return nil, nil
	}
	read, ok := deploy.NewFinder(cmp.Or(s.Read, all))
	if !ok {
		return nil, gates.Faults{{Field: "version.read", Problem: "read is a path in JSON, such as $.version, or a regular expression with exactly one group, such as version=(\\S+)"}}
	}
	page, err := fetch.New(fetch.Request{URL: s.URL, Text: true, Timeout: siteTimeout, Proxy: http.ProxyFromEnvironment, Dialer: dialer})
	if _, bad := url.Parse(s.URL); err != nil || bad != nil {
		return nil, gates.Faults{{Field: "version.url", Problem: fmt.Sprintf("this isn't a URL that begins with http:// or https://; write it like https://%s/version", domain)}}
	}
	return &shownVersion{page, read, s.Header}, nil
}

// title is that of the step that waits for the public name.
func (v *shownVersion) title(name, version string, h deploy.Health) string {
	if v == nil {
		return name + " answers " + h.Row()
	}
	return name + " answers and shows " + version + " " + h.Row()
}

func (v *shownVersion) calls(site string) []string {
	if v == nil {
		return []string{"GET " + site}
	}
	return []string{"GET " + site, "GET the version at " + v.page.Host()}
}

// is fails unless the public name shows the version now.
func (v *shownVersion) is(ctx context.Context, want string) error {
	if v == nil {
		return nil
	}
	answer, err := v.page.At(v.page.Host()).Ask(ctx)
	switch {
	case err != nil:
		return errors.New(v.page.Explain(ctx, err))
	case answer.Status != http.StatusOK:
		return fmt.Errorf("%s answers with status %d instead of its version", v.page.Host(), answer.Status)
	}
	text := answer.Text
	if v.header != "" {
		text = answer.Header.Get(v.header)
	}
	switch version, err := v.read.Version(text); {
	case err != nil:
		return fmt.Errorf("the version can't be read from what %s answers: %w", v.page.Host(), err)
	case version != want:
		return fmt.Errorf("%s still shows %s, and not %s", v.page.Host(), phrase.Excerpt(version), want)
	}
	return nil
}

// ShowsVersion implements [deploy.VersionShower]: at another host, the version says nothing
// of where the public name leads.
func (s *strategy) ShowsVersion() bool {
	return s.shown != nil && strings.EqualFold(s.shown.page.Host(), strings.TrimSuffix(s.Cutover.Domain, "."))
}
