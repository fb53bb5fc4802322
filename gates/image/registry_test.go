package image

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	server "github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// served is a registry on this machine, perhaps behind something else.
func served(t *testing.T, behind func(http.Handler) http.Handler) (host string) {
	t.Helper()
	var handler http.Handler = server.New(server.Logger(log.New(io.Discard, "", 0)))
	inner := httptest.NewServer(handler)
	t.Cleanup(inner.Close)
	img := built(t, "linux/amd64", "app", tarOf(t, passwdLayer...))
	index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: img}, mutate.IndexAddendum{Add: built(t, "linux/arm64", "0")})
	push := func(tag string, write func(name.Reference) error) {
		ref, err := name.ParseReference(strings.TrimPrefix(inner.URL, "http://") + "/acme/shop:" + tag)
		if err == nil {
			err = write(ref)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	calls := &http.Transport{DisableKeepAlives: true}
	push("1.0", func(ref name.Reference) error { return remote.Write(ref, img, remote.WithTransport(calls)) })
	push("all", func(ref name.Reference) error { return remote.WriteIndex(ref, index, remote.WithTransport(calls)) })
	if behind == nil {
		return strings.TrimPrefix(inner.URL, "http://")
	}
	outer := httptest.NewServer(behind(handler))
	t.Cleanup(outer.Close)
	return strings.TrimPrefix(outer.URL, "http://")
}

func TestRegistry(t *testing.T) {
	host := served(t, nil)
	set, err := Registry{}.Read(t.Context(), host+"/acme/shop:1.0")
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	passwd, err := set.Images[0].Passwd(t.Context())
	if err != nil || string(passwd) != passwdLayer[1].text || set.Images[0].User != "app" || !strings.HasPrefix(set.Digest, "sha256:") {
		t.Errorf("got %+v with %q, %v", set.Images[0], passwd, err)
	}
	for _, reference := range []string{"/acme/shop:all", "/acme/shop@" + set.Digest} {
		all, err := Registry{}.Read(t.Context(), host+reference)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(all.Images); n != 1+strings.Count(reference, "all") {
			t.Errorf("%s: got %d images", reference, n)
		}
		all.Close()
	}
}

// withStatus and replaced are in front of a registry, and change what it answers.
func withStatus(status int) func(http.Handler) http.Handler {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) })
	}
}

func replaced(part, text string) func(http.Handler) http.Handler {
	return func(real http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.URL.Path, part) {
				real.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
			_, _ = io.WriteString(w, text)
		})
	}
}

func guarded(real http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "ann" || password != "secret" {
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		real.ServeHTTP(w, r)
	})
}

func TestRegistryRefuses(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	gone := strings.TrimPrefix(closed.URL, "http://")
	redirecting := served(t, func(http.Handler) http.Handler {
		return http.RedirectHandler("http://registry.invalid/", http.StatusFound)
	})
	for name, tt := range map[string]struct{ host, tag, want string }{
		"no such tag":      {served(t, nil), "2.0", ErrAbsent.Error()},
		"no login":         {served(t, guarded), "1.0", "doesn't let this login read it, or has no such image; check the name, user and password"},
		"broken":           {served(t, withStatus(503)), "1.0", "answered with status 503"},
		"too many":         {served(t, withStatus(429)), "1.0", "has had too many requests"},
		"gone":             {gone, "1.0", "refuses connections; is it running?"},
		"without TLS":      {redirecting, "1.0", "would be asked without TLS"},
		"a long manifest":  {served(t, replaced("/manifests/", strings.Repeat(" ", MaxDocument+2))), "1.0", errLong.Error()},
		"another manifest": {served(t, replaced("/manifests/sha256", "{}")), "all", errDamaged.Error()},
		"another blob":     {served(t, replaced("/blobs/", "{}")), "1.0", errDamaged.Error()},
		"no manifest":      {served(t, replaced("/manifests/", "x")), "1.0", "its manifest can't be understood"},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := Registry{}.Read(t.Context(), tt.host+"/acme/shop:"+tt.tag)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, %v; want %s", set, err, tt.want)
			}
		})
	}
	set, err := Registry{User: "ann", Password: "secret"}.Read(t.Context(), served(t, guarded)+"/acme/shop:1.0")
	if err != nil {
		t.Fatal(err)
	}
	set.Close()
}

// A registry that fails is asked once, and its certificate must be trusted.
func TestRegistryOnceAndTrusted(t *testing.T) {
	var asked atomic.Int32
	tls := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	tls.StartTLS()
	defer tls.Close()
	host := strings.TrimPrefix(tls.URL, "https://")
	roots := x509.NewCertPool()
	roots.AddCert(tls.Certificate())
	if _, err := (Registry{Roots: roots}).Read(t.Context(), host+"/a:1"); err == nil || !strings.Contains(err.Error(), "status 503") {
		t.Errorf("got %v", err)
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
	if _, err := (Registry{}).Read(t.Context(), host+"/a:1"); err == nil || !strings.HasSuffix(err.Error(), "has an untrusted certificate") {
		t.Errorf("got %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Registry{}).Read(ended, host+"/a:1"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A registry that takes a connection and stays silent is hung up on when the gate ends.
func TestRegistryHangsUp(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		conn, err := silent.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		cancel()
		_, _ = io.Copy(io.Discard, conn) // ends when the other side hangs up
	}()
	if _, err := (Registry{}).Read(ctx, silent.Addr().String()+"/a:1"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	<-over
}

func TestCheckReference(t *testing.T) {
	for reference, ok := range map[string]bool{
		"ghcr.io/acme/shop:1.0": true, "127.0.0.1:5000/a:1": true, "ghcr.io/acme/shop@sha256:" + strings.Repeat("0", 64): true,
		"": false, "shop": false, "shop:1.0": false, "ghcr.io/acme/shop": false, "https://ghcr.io/acme/shop:1.0": false, "ghcr.io/acme/shop:1 0": false,
	} {
		if err := CheckReference(reference); (err == nil) != ok {
			t.Errorf("%q: got %v", reference, err)
		}
	}
}
