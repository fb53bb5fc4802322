package artifacts

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	server "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gonogo/clients/outgoing"
	"gonogo/gates"
	"gonogo/gates/kindtest"
	"gonogo/readiness"
	"gonogo/readiness/answer"
)

// containerOf measures with settings, in a folder with a Dockerfile.
func containerOf(t *testing.T, dir, settings string) answer.Evidence {
	t.Helper()
	b := kindtest.Built(t, Container, settings, gates.Deps{Dir: dir})
	return kindtest.Measured(t, b, gates.Scope{View: readiness.View{Now: time.Now()}, Release: "1.0"})
}

func TestContainerDockerfile(t *testing.T) {
	const digest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for name, tt := range map[string]struct {
		text, settings string
		verdict        answer.Verdict
		summary        string
	}{
		"a number":             {"FROM debian\nUSER 1000", "", answer.Passed, "the image runs as 1000; no secrets in its variables and commands"},
		"of the stage below":   {"FROM debian AS a\nUSER 1000:0\nFROM a", "", answer.Passed, "runs as 1000:0"},
		"root":                 {"FROM debian\nUSER root:app", "", answer.Failed, "USER root:app on line 2 of Dockerfile is root"},
		"00":                   {"FROM debian\nUSER 00", "", answer.Failed, "USER 00 on line 2 of Dockerfile is root"},
		"only a group":         {"FROM debian\nUSER :1000", "", answer.Failed, "USER :1000 on line 2 of Dockerfile is empty, so the image runs as root"},
		"empty":                {"ARG WHO=1000\nFROM debian\nUSER $WHO", "", answer.Failed, "USER $WHO on line 3 of Dockerfile is empty, so the image runs as root"},
		"none":                 {"FROM scratch", "", answer.Failed, "Dockerfile sets no USER, so the image runs as root"},
		"of another image":     {"FROM debian AS a\nFROM a", "", answer.Errored, "Dockerfile sets no USER, so it is that of debian (line 1), which a Dockerfile doesn't tell"},
		"of an unknown image":  {"ARG BASE\nFROM $BASE", "", answer.Errored, "is FROM an image that depends on BASE (line 2)"},
		"a name":               {"FROM debian\nUSER app", "", answer.Errored, "USER app on line 2 of Dockerfile may have uid 0, which a Dockerfile doesn't tell"},
		"a name that is known": {"FROM debian\nUSER app:app", "users: [app]", answer.Passed, "the image runs as app:app"},
		"a variable":           {"FROM debian\nUSER $APP", "", answer.Errored, "has USER $APP, and APP isn't determined there"},
		"no uid":               {"FROM debian\nUSER 4294967296", "", answer.Errored, "is no uid"},
		"an argument":          {"FROM debian\nARG WHO=1000\nUSER $WHO", "args: {WHO: 00}", answer.Failed, "is root"},
		"a target":             {"FROM debian AS a\nUSER 1000\nFROM a\nUSER root", "target: a", answer.Passed, "runs as 1000"},
		"no such target":       {"FROM debian AS a", "target: b", answer.Errored, `Dockerfile can't be read: it has no stage "b"`},
		"root is allowed":      {"FROM debian", "root: true", answer.Passed, "no secrets"},
		"pinned":               {"FROM debian" + digest + "\nUSER 1", "pinned: true", answer.Passed, "every image that it uses is named by its digest"},
		"not pinned":           {"FROM debian" + digest + " AS a\nFROM alpine:3\nCOPY --from=busybox /a /b\nUSER 1", "pinned: true", answer.Failed, "2 images without a digest: alpine:3 (line 2), busybox (line 3)"},
		"secrets":              {"FROM debian\nENV DB_PASSWORD=hunter2 A=b\nARG TOKEN=hunter2\nRUN curl --api-key=hunter2\nUSER 1", "", answer.Failed, "3 secrets in its variables or commands: DB_PASSWORD (line 2), TOKEN (line 3), api-key (line 4)"},
		"an exception":         {"FROM debian\nENV GPG_KEY=abc\nUSER 1", "not_secret: [GPG_KEY]", answer.Passed, "no secrets"},
		"no Dockerfile":        {"FROM debian\nUSRE 1", "", answer.Errored, "Dockerfile can't be read: line 2 has no instruction of a Dockerfile"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			ev := containerOf(t, dir, "dockerfile: Dockerfile\n"+tt.settings)
			if said := kindtest.Odd(ev, tt.verdict, tt.summary); said != "" {
				t.Error(said)
			}
			if strings.Contains(ev.Summary+strings.Join(ev.Details, ""), "hunter2") {
				t.Errorf("a secret is in %+v", ev)
			}
		})
	}
	for _, settings := range []string{"dockerfile: Dockerfile", "image: image.tar", "image: '{release.version}/image.tar'"} {
		if said := kindtest.Odd(containerOf(t, t.TempDir(), settings), answer.NotConfigured, "there is no "); said != "" {
			t.Error(said)
		}
	}
	if said := kindtest.Odd(containerOf(t, t.TempDir(), "dockerfile: '{release.commit}'"), answer.Errored, "is not known here"); said != "" {
		t.Error(said)
	}
}

func TestContainerSettings(t *testing.T) {
	for settings, want := range map[string]string{
		"{}":                        "there is nothing to measure; write dockerfile, image or registry, as in dockerfile: Dockerfile",
		"{dockerfile: a, image: b}": "only one of dockerfile, image and registry can be set; write a gate for each",
		"{dockerfile: a, platforms: [linux/amd64]}":                  "platforms is only for an image; a Dockerfile doesn't tell for which it is built",
		"{dockerfile: a, warn: {age: < 1d}}":                         "warn.age is only for an image; a Dockerfile doesn't tell when it was built",
		"{image: a, target: b}":                                      "target is only for a Dockerfile",
		"{image: a, users: [b]}":                                     "users is only for a Dockerfile; an image's own /etc/passwd tells who is root",
		"{image: a, platforms: [amd64]}":                             `"amd64" isn't a platform; write it like linux/amd64 or linux/arm/v7`,
		"{image: a, password: '${P}', user: b}":                      "user is only for a registry; password is only for a registry",
		"{registry: shop}":                                           `"shop": it isn't the whole name of an image; write it like ghcr.io/acme/shop:1.0`,
		"{registry: 'ghcr.io/acme/shop:{release.version}', user: a}": "a login needs both user and password",
		"{registry: 'ghcr.io/a:1', look_up: true, tag: b}":           "look_up is only for a Dockerfile; tag is only for an image in a file; in a registry it is a part of the name",
		"{image: a, age: 30}":                                        "isn't a limit of a time",
	} {
		if got := kindtest.Faulty(t, Container, settings, gates.Deps{}); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", settings, got, want)
		}
	}
}

// containerTool builds images with umoci, and turns them into the files of docker save
// with skopeo.
func containerTool(t *testing.T, dir, commands string) {
	t.Helper()
	if !(junitTool{needs: "umoci skopeo"}).installed() {
		missing(t, "apt-get install umoci skopeo")
	}
	runTool(t, dir, os.Getenv("PATH"), "set -e\n"+strings.TrimSpace(commands), 0)
}

func TestContainerImages(t *testing.T) {
	dir := t.TempDir()
	registry := httptest.NewServer(server.New(server.Logger(log.New(io.Discard, "", 0))))
	defer registry.Close()
	host := strings.TrimPrefix(registry.URL, "http://")
	if err := os.WriteFile(filepath.Join(dir, "host"), []byte(host), 0o600); err != nil {
		t.Fatal(err)
	}
	containerTool(t, dir, `
		umoci init --layout oci
		new() { umoci new --image oci:$1; umoci config --image oci:$1 --created "$2" $3; }
		new none `+time.Now().Add(-48*time.Hour).UTC().Format(time.RFC3339)+`
		new number `+time.Now().Add(-48*time.Hour).UTC().Format(time.RFC3339)+` "--config.user 1000:0 --architecture arm64 --config.env PATH=/bin"
		new leading 1970-01-01T00:00:00Z "--config.user 00"
		new secret 2020-01-01T00:00:00Z "--config.user 1000 --config.env DB_PASSWORD=hunter2 --config.env EMPTY_TOKEN= --history.created_by TOKEN=hunter2"
		new future 2999-01-01T00:00:00Z "--config.user 1000"
		new app 2020-01-01T00:00:00Z "--config.user app:app"
		new toor 2020-01-01T00:00:00Z "--config.user toor"
		new stranger 2020-01-01T00:00:00Z "--config.user 0x0"
		new bare 2020-01-01T00:00:00Z "--config.user app"
		printf 'root:x:0:0:::\napp:x:1000:1000:::\ntoor:x:0:0:::\n' > passwd
		for name in app toor stranger; do umoci insert --rootless --image oci:$name passwd /etc/passwd; done
		tar -C oci -cf oci.tar .
		for name in none app toor number; do skopeo copy -q --insecure-policy --override-arch arm64 --dest-tls-verify=false oci:oci:$name docker://`+"`cat host`"+`/acme/shop:$name; done
		for name in app toor number; do skopeo copy -q --insecure-policy --override-arch arm64 oci:oci:$name docker-archive:$name.tar:shop:$name; done
	`)
	for _, base := range []string{"none", "number", "app", "nowhere"} {
		if err := os.WriteFile(filepath.Join(dir, "from-"+base), []byte("FROM "+host+"/acme/shop:"+base+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		settings string
		verdict  answer.Verdict
		summary  string
	}{
		{"image: oci\ntag: none", answer.Failed, "the image has no user, so it runs as root"},
		{"image: oci\ntag: number", answer.Passed, "the image runs as 1000:0; no secrets in its variables and commands"},
		{"image: oci.tar\ntag: number\nplatforms: [linux/arm64]\nage: < 3d", answer.Passed, "it is there for every platform"},
		{"image: number.tar\nplatforms: [linux/arm64, linux/amd64]", answer.Failed, "there is no image for linux/amd64, only for linux/arm64"},
		{"image: oci\ntag: number\nage: < 1d", answer.Failed, "age of the image is 48h 00m, limit < 1d"},
		{"image: oci\ntag: number\nwarn: { age: < 1d }", answer.Warned, "the image was built 48h 00m ago, and should be < 1d"},
		{"image: oci\ntag: number\npinned: true", answer.Errored, "the image doesn't say what it was built from"},
		{"image: oci\ntag: leading", answer.Failed, "the image runs as root: its user is 00"},
		{"image: oci\ntag: leading\nroot: true\nage: < 1d", answer.Errored, "the image doesn't say when it was built"},
		{"image: oci\ntag: future\nage: < 1d", answer.Errored, "the image says that it was built in the future, at 2999-01-01 00:00 UTC"},
		{"image: oci\ntag: secret", answer.Failed, "2 secrets in its variables or commands: DB_PASSWORD (variable), TOKEN (history)"},
		{"image: oci.tar\ntag: app", answer.Passed, "the image runs as app, uid 1000"},
		{"image: app.tar", answer.Passed, "the image runs as app, uid 1000"},
		{"image: app.tar\ntag: shop:app", answer.Passed, "the image runs as app, uid 1000"},
		{"image: app.tar\ntag: shop:toor", answer.Errored, "app.tar can't be read: it has no image shop:toor"},
		{"image: oci\ntag: toor", answer.Failed, "the image runs as root: its user toor has uid 0"},
		{"image: toor.tar", answer.Failed, "the image runs as root: its user toor has uid 0"},
		{"image: oci\ntag: stranger", answer.Errored, "the user of the image is 0x0, which its /etc/passwd doesn't have"},
		{"image: oci\ntag: bare", answer.Errored, "the uid of app, the user of the image, isn't known: it has no /etc/passwd; write the user as a number"},
		{"registry: HOST/acme/shop:app\nplatforms: [linux/amd64]", answer.Passed, "the image runs as app, uid 1000"},
		{"registry: HOST/acme/shop:toor", answer.Failed, "the image runs as root: its user toor has uid 0"},
		{"registry: HOST/acme/shop:none", answer.Failed, "the image has no user, so it runs as root"},
		{"registry: HOST/acme/shop:{release.version}", answer.NotConfigured, "the registry has no image HOST/acme/shop:1.0; push it first"},
		{"dockerfile: from-number\nlook_up: true", answer.Passed, "the image runs as 1000:0, as HOST/acme/shop:number does"},
		{"dockerfile: from-number", answer.Errored, "from-number sets no USER, so it is that of HOST/acme/shop:number (line 1), which a Dockerfile doesn't tell"},
		{"dockerfile: from-none\nlook_up: true", answer.Failed, "neither the Dockerfile nor HOST/acme/shop:none sets a user, so the image runs as root"},
		{"dockerfile: from-app\nlook_up: true", answer.Errored, "the user app of HOST/acme/shop:app may have uid 0 in what is built"},
		{"dockerfile: from-app\nlook_up: true\nusers: [app]", answer.Passed, "the image runs as app:app, as HOST/acme/shop:app does"},
		{"dockerfile: from-nowhere\nlook_up: true", answer.Errored, "can't be looked up: the registry has no such image"},
		{"image: oci", answer.Errored, "oci can't be read: it has 9 images"},
		{"image: passwd", answer.Errored, "passwd can't be read: it isn't a tar file, or it is damaged"},
	} {
		ev := containerOf(t, dir, strings.ReplaceAll(tt.settings, "HOST", host))
		if said := kindtest.Odd(ev, tt.verdict, strings.ReplaceAll(tt.summary, "HOST", host)); said != "" {
			t.Errorf("%s: %s", tt.settings, said)
		}
		if strings.Contains(ev.Summary+strings.Join(ev.Details, ""), "hunter2") {
			t.Errorf("a secret is in %+v", ev)
		}
	}
}

// Each image of several platforms counts, and the name of a registry is only believed as
// far as connections to private addresses are allowed.
func TestContainerPlatforms(t *testing.T) {
	registry := httptest.NewServer(server.New(server.Logger(log.New(io.Discard, "", 0))))
	defer registry.Close()
	reference := strings.TrimPrefix(registry.URL, "http://") + "/acme/shop:1.0"
	index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: imageFor(t, "amd64", "1000")}, mutate.IndexAddendum{Add: imageFor(t, "arm64", "0")})
	ref, err := name.ParseReference(reference)
	if err == nil {
		err = remote.WriteIndex(ref, index, remote.WithTransport(&http.Transport{DisableKeepAlives: true}))
	}
	if err != nil {
		t.Fatal(err)
	}
	settings := "registry: " + reference + "\nplatforms: [linux/amd64, linux/arm64]"
	ev := containerOf(t, t.TempDir(), settings)
	if said := kindtest.Odd(ev, answer.Failed, "the image for linux/arm64 runs as root: its user is 0"); said != "" {
		t.Error(said)
	}
	if digest, err := index.Digest(); err != nil || !strings.Contains(strings.Join(ev.Details, "\n"), reference+" is "+digest.String()) {
		t.Errorf("the digest %s isn't in %q", digest, ev.Details)
	}
	b := kindtest.Built(t, Container, settings, gates.Deps{Outgoing: outgoing.PublicOnly()})
	if said := kindtest.Odd(kindtest.Measured(t, b, gates.Scope{}), answer.Errored, "isn't a public address, and outgoing.private_addresses is false"); said != "" {
		t.Error(said)
	}
	named := outgoing.PublicOnly() // but for what the operator named as a connection
	named.Exempt(registry.URL)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM "+reference), 0o600); err != nil {
		t.Fatal(err)
	}
	for settings, want := range map[string]string{settings: "runs as root", "dockerfile: Dockerfile\nlook_up: true": "isn't a public address"} {
		b := kindtest.Built(t, Container, settings, gates.Deps{Outgoing: named, Dir: dir})
		if ev := kindtest.Measured(t, b, gates.Scope{}); !strings.Contains(ev.Summary, want) {
			t.Errorf("%s: got %s, want %s", settings, ev.Summary, want)
		}
	}
}

// imageFor is an image without layers.
func imageFor(t *testing.T, architecture, user string) v1.Image {
	t.Helper()
	img, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{OS: "linux", Architecture: architecture, Config: v1.Config{User: user}})
	if err != nil {
		t.Fatal(err)
	}
	return img
}
