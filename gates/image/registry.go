package image

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"gonogo/clients/outgoing"
	"gonogo/gates/network"
)

// Registry says how registries are asked. The zero value asks without a login.
type Registry struct {
	User, Password string
	PlainHTTP      bool                                  // whether the registry may be asked without TLS; one of this machine always may
	Roots          *x509.CertPool                        // authorities that count; nil: the machine's
	Proxy          func(*http.Request) (*url.URL, error) // as of [http.Transport]
	Dialer         func(address string) *net.Dialer      // what connects to the registry, or with "" to where it redirects; nil: the usual
}

// ErrAbsent says that a registry has no image of that name.
var ErrAbsent = errors.New("the registry has no such image")

// CheckReference says what is wrong with the name of an image in a registry. It must be
// a whole one: the registry, the repository, and a tag or a digest.
func CheckReference(reference string) error {
	if _, err := name.ParseReference(reference, name.StrictValidation); err != nil {
		return errors.New("it isn't the whole name of an image; write it like ghcr.io/acme/shop:1.0")
	}
	return nil
}

// Read reads the images of a name as docker pull would, where a short name such as
// debian:12 is one of Docker Hub's. Nothing is retried.
func (r Registry) Read(ctx context.Context, reference string) (*Set, error) {
	ref, err := name.ParseReference(reference)
	if err == nil && r.PlainHTTP {
		ref, err = name.ParseReference(reference, name.Insecure)
	}
	if err != nil {
		return nil, errors.New("it isn't the name of an image")
	}
	host := ref.Context().RegistryStr()
	ctx, end := context.WithCancel(ctx)
	set, err := r.read(ctx, ref, host)
	if err != nil {
		end()
		return nil, err
	}
	set.close = end
	return set, nil
}

func (r Registry) read(ctx context.Context, ref name.Reference, host string) (*Set, error) {
	puller, err := remote.NewPuller(remote.WithTransport(r.transport(ctx, host)), remote.WithAuth(r.login()), remote.WithUserAgent("gonogo"),
		remote.WithRetryBackoff(remote.Backoff{Steps: 1}), remote.WithRetryStatusCodes(), remote.WithRetryPredicate(func(error) bool { return false }))
	if err != nil {
		return nil, errors.New("the registry can't be asked")
	}
	from := &registry{puller: puller, repository: ref.Context(), host: host}
	top, err := puller.Get(ctx, ref)
	if err != nil {
		return nil, from.explain(ctx, err)
	}
	from.top, from.text = top.Digest, top.Manifest
	w := &walk{from: from}
	if err := w.descriptor(ctx, v1.Descriptor{Digest: top.Digest, MediaType: top.MediaType}, 0); err != nil {
		return nil, err
	}
	return &Set{Images: w.images, Digest: top.Digest.String()}, nil
}

func (r Registry) login() authn.Authenticator {
	if r.Password == "" {
		return authn.Anonymous
	}
	return &authn.Basic{Username: r.User, Password: r.Password}
}

// transport is what calls a registry until ctx ends: one connection a request, with
// limits. net/http goes on connecting after a request has ended, so it is ctx that closes
// what hangs.
func (r Registry) transport(ctx context.Context, host string) http.RoundTripper {
	return &limitedTransport{plain: r.PlainHTTP, inner: &http.Transport{
		DisableKeepAlives: true, ForceAttemptHTTP2: true, Proxy: r.Proxy, MaxResponseHeaderBytes: 64 << 10,
		TLSClientConfig: &tls.Config{RootCAs: r.Roots},
		DialContext: func(_ context.Context, network, address string) (net.Conn, error) {
			conn, err := r.dialer(host, address).DialContext(ctx, network, address)
			if err == nil {
				context.AfterFunc(ctx, func() { conn.Close() })
			}
			return conn, err
		},
	}}
}

// dialer is that for an address: only the registry's own is the operator's word.
func (r Registry) dialer(host, address string) *net.Dialer {
	if r.Dialer == nil {
		return new(net.Dialer)
	}
	if address == host || address == net.JoinHostPort(host, "443") || address == net.JoinHostPort(host, "80") {
		return r.Dialer(address)
	}
	return r.Dialer("")
}

// bodyLimit is the key of how many bytes an answer may have, within a context.
type bodyLimit struct{}

// limitedTransport refuses connections without TLS, and cuts answers that are too long.
type limitedTransport struct {
	inner *http.Transport
	plain bool
}

var (
	errPlain = errors.New("the registry would be asked without TLS; set plain_http: true if that is meant")
	errLong  = fmt.Errorf("the registry's answer is longer than %d MiB", MaxDocument>>20)
)

// RoundTrip implements [http.RoundTripper].
func (l *limitedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "https" && !l.plain && !loopback(req.URL.Hostname()) {
		return nil, errPlain
	}
	resp, err := l.inner.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	most, ok := req.Context().Value(bodyLimit{}).(int64)
	if !ok {
		most = MaxDocument
	}
	resp.Body = &cutBody{resp.Body, most}
	return resp, nil
}

func loopback(host string) bool {
	at := net.ParseIP(host)
	return host == "localhost" || at != nil && at.IsLoopback()
}

// cutBody is an answer that may not be too long.
type cutBody struct {
	io.ReadCloser
	left int64
}

// Read implements [io.Reader].
func (c *cutBody) Read(into []byte) (int, error) {
	n, err := c.ReadCloser.Read(into)
	if c.left -= int64(n); c.left < 0 {
		return 0, errLong
	}
	return n, err
}

// registry is a repository in a registry.
type registry struct {
	puller     *remote.Puller
	repository name.Repository
	host       string
	top        v1.Hash // what was asked for first, and its text
	text       []byte
}

func (r *registry) manifest(ctx context.Context, digest v1.Hash) ([]byte, error) {
	if digest == r.top {
		return r.text, nil
	}
	found, err := r.puller.Get(ctx, r.repository.Digest(digest.String()))
	if err != nil {
		return nil, r.explain(ctx, err)
	}
	return found.Manifest, nil
}

func (r *registry) blob(ctx context.Context, digest v1.Hash) (io.ReadCloser, error) {
	ctx = context.WithValue(ctx, bodyLimit{}, int64(MaxPacked))
	layer, err := r.puller.Layer(ctx, r.repository.Digest(digest.String()))
	if err != nil {
		return nil, r.explain(ctx, err)
	}
	body, err := layer.Compressed()
	if err != nil {
		return nil, r.explain(ctx, err)
	}
	return &explained{ctx, body, r}, nil
}

// explained words the errors of an answer.
type explained struct {
	ctx context.Context
	io.ReadCloser
	from *registry
}

// Read implements [io.Reader].
func (e *explained) Read(into []byte) (int, error) {
	n, err := e.ReadCloser.Read(into)
	if err != nil && err != io.EOF {
		err = e.from.explain(e.ctx, err)
	}
	return n, err
}

// explain says in one sentence why a registry didn't give something, without the text of
// the library or of the registry.
func (r *registry) explain(ctx context.Context, err error) error {
	var answered *transport.Error
	var certificate *tls.CertificateVerificationError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &certificate): // before what it answers without TLS, which is tried on this machine
		return fmt.Errorf("%s has an untrusted certificate", r.host)
	case errors.As(err, &answered):
		return r.refusal(answered.StatusCode)
	case outgoing.Why(r.host, err) != "":
		return errors.New(outgoing.Why(r.host, err))
	case network.IsNotFound(err):
		return fmt.Errorf("%s is not known to the name server; check the name", r.host)
	case network.LookUpProblem(r.host, err) != "":
		return errors.New(network.LookUpProblem(r.host, err))
	case network.IsRefused(err):
		return fmt.Errorf("%s refuses connections; is it running?", r.host)
	case network.IsUnreachable(err):
		return fmt.Errorf("there is no route to %s", r.host)
	case network.IsTimeout(err):
		return fmt.Errorf("%s did not answer in time", r.host)
	case errors.Is(err, errPlain):
		return errPlain
	case errors.Is(err, errLong):
		return errLong
	case strings.Contains(err.Error(), "does not match requested digest"), strings.Contains(err.Error(), "error verifying"):
		return errDamaged
	}
	return fmt.Errorf("%s closed the connection, or doesn't answer as a registry does", r.host)
}

func (r *registry) refusal(status int) error {
	switch status {
	case http.StatusNotFound:
		return ErrAbsent
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("%s doesn't let this login read it, or has no such image; check the name, user and password", r.host)
	case http.StatusTooManyRequests:
		return fmt.Errorf("%s has had too many requests; a login may have a higher limit", r.host)
	}
	return fmt.Errorf("%s answered with status %d", r.host, status)
}
