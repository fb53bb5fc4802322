package upstream

import (
	"cmp"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// front is the public side of a site: it serves HTTPS under the site's public name, and
// redirects visitors from HTTP to it.
type front struct {
	site      *site
	name      string // the site's public name
	prefix    string // of the names of its variables
	authority *authority
	secure    net.Listener
	plain     net.Listener
	log       *slog.Logger

	certificate *Switch
	protocols   *Switch
	redirect    *Switch
}

func newFront(p Place, s *site, a *authority, environment, name string) (*front, error) {
	f := &front{site: s, name: name, prefix: strings.ToUpper(environment), authority: a, log: cmp.Or(p.Log, slog.New(slog.DiscardHandler))}
	var err error
	if f.secure, err = p.Listen(environment + "-https"); err != nil {
		return nil, err
	}
	if f.plain, err = p.Listen(environment + "-http"); err != nil {
		return nil, err
	}
	f.addSwitches(p, environment)
	return f, nil
}

func (f *front) addSwitches(p Place, environment string) {
	site := strings.ToUpper(environment[:1]) + environment[1:]
	f.certificate = (&Switch{
		ID: environment + "-certificate", Title: site + "'s certificate",
		Help: "The certificate of https://" + f.secure.Addr().String() + ". It is for " + f.name + ", from this world's own authority.",
		States: []State{
			{ID: "good", Title: "60 days left", Good: true},
			{ID: "ends-soon", Title: "3 days left"},
			{ID: "expired", Title: "Expired 3 days ago"},
			{ID: "other-name", Title: "For another name"},
			{ID: "self-signed", Title: "Self-signed"},
		},
	}).restore(p)
	f.protocols = (&Switch{
		ID: environment + "-protocols", Title: "Protocols that " + environment + " accepts",
		Help: "The release's checklist asks for TLS 1.3 at least.",
		States: []State{
			{ID: "newest", Title: "TLS 1.3", Good: true},
			{ID: "one-older", Title: "TLS 1.2 too"},
			{ID: "old", Title: "TLS 1.0 to 1.2 too"},
		},
	}).restore(p)
	f.redirect = (&Switch{
		ID: environment + "-plain", Title: site + " without HTTPS",
		Help: "What http://" + f.plain.Addr().String() + " does with visitors.",
		States: []State{
			{ID: "redirects", Title: "Redirects to HTTPS", Good: true},
			{ID: "serves", Title: "Serves the site"},
		},
	}).restore(p)
}

func (f *front) upstream(Place) (*Upstream, error) {
	return &Upstream{
		Title:    "HTTPS of the " + strings.ToLower(f.site.title),
		Switches: []*Switch{f.certificate, f.protocols, f.redirect},
		Variables: []Variable{
			{f.prefix + "_NAME", f.name, "the practice " + strings.ToLower(f.site.title) + "'s public name"},
			{f.prefix + "_TLS", f.secure.Addr().String(), "where the practice " + strings.ToLower(f.site.title) + " speaks TLS"},
			{f.prefix + "_PLAIN_URL", "http://" + f.plain.Addr().String() + "/", "the URL of the practice " + strings.ToLower(f.site.title) + " without HTTPS"},
		},
		Run: f.run,
	}, nil
}

// run serves both ports until ctx ends.
func (f *front) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	secure := &tls.Config{GetConfigForClient: f.handshake, MinVersion: tls.VersionTLS10}
	group.Go(func() error { return Serve(ctx, f.secure, f.pages(), secure, f.log) })
	group.Go(func() error { return Serve(ctx, f.plain, http.HandlerFunc(f.servePlain), nil, f.log) })
	return group.Wait()
}

// pages are the site's own pages, below the same path as in the world.
func (f *front) pages() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(f.site.prefix, f.site.handler())
	mux.Handle("/{$}", http.RedirectHandler(f.site.prefix+"web", http.StatusSeeOther))
	return mux
}

// servePlain answers a request over HTTP.
func (f *front) servePlain(w http.ResponseWriter, r *http.Request) {
	if f.redirect.is("serves") {
		f.pages().ServeHTTP(w, r)
		return
	}
	http.Redirect(w, r, "https://"+f.secure.Addr().String()+r.URL.RequestURI(), http.StatusPermanentRedirect)
}

// handshake is the TLS configuration for one connection, as the switches have it. Every
// connection gets a new certificate, so that the days left stay the same in a world
// that runs for months.
func (f *front) handshake(*tls.ClientHelloInfo) (*tls.Config, error) {
	certificate, err := f.authority.issue(f.certificateSpec())
	if err != nil {
		return nil, err
	}
	lowest := map[string]uint16{"newest": tls.VersionTLS13, "one-older": tls.VersionTLS12, "old": tls.VersionTLS10}[f.protocols.Position()]
	return &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: lowest, NextProtos: []string{"h2", "http/1.1"}}, nil
}

func (f *front) certificateSpec() certificateSpec {
	w := certificateSpec{name: f.name, from: -30 * day, till: 60*day + time.Hour}
	switch f.certificate.Position() {
	case "ends-soon":
		w.from, w.till = -87*day, 3*day+time.Hour
	case "expired":
		w.from, w.till = -93*day, -3*day
	case "other-name":
		w.name = "other." + f.name
	case "self-signed":
		w.selfSigned = true
	}
	return w
}
