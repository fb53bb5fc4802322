package artifacts

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"gonogo/gates"
	"gonogo/gates/form"
	"gonogo/gates/image"
	"gonogo/gates/limit"
	"gonogo/readiness/answer"
)

// Container is the kind container.
var Container = gates.Kind{
	Name: "container", About: "a Dockerfile or a container image: its user, its base, its age, its platforms, and secrets in its variables and history", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed: "the image doesn't run as root, has no variable and no command with a secret, and is within every limit",
		Warned: "it is within every limit, but outside a warning limit",
		Failed: "it runs as root, has a secret, lacks a platform, is too old, or is built from an image that isn't named by its digest",
		Errored: "the user can't be found out, for example because a Dockerfile sets none and its base is another image; the image doesn't say when it was built; " +
			"or it is damaged, too large or can't be read",
		NotConfigured: "there is no such Dockerfile, file or image",
	},
	Notes: `A container runs as root if its image has no user, or the user is ` + "`root`" + `, ` + "`root:…`" + `, ` + "`:GROUP`" + `, a number that is 0 such as ` + "`00`" + `, or a name that has uid 0 in the
image's own ` + "`/etc/passwd`" + `. The group doesn't matter. Of an image for several platforms each is measured. The layers are read only to find ` + "`/etc/passwd`" + `, up to
512 MiB, and not if they are packed with zstd: a number as the user is quicker, and is what ` + "`runAsNonRoot`" + ` of Kubernetes requires.

**In a Dockerfile**, the user is that of the last ` + "`USER`" + ` of the built stage, or of the stage that it is ` + "`FROM`" + `. An ` + "`ARG`" + ` before the first ` + "`FROM`" + ` is empty
after it, unless it is declared again. A Dockerfile doesn't tell the user of its base image, the uid of a name, or a variable of the base image: each of them
is errored. Variables are replaced as BuildKit does; write what your build passes with ` + "`--build-arg`" + ` under ` + "`args`" + `. Images and secrets count in all stages.

With ` + "`look_up`" + `, a Dockerfile that sets no user is judged by that of its base image, which is asked of its registry without a login: for each of its platforms
the user must be a number, or listed under ` + "`users`" + `.

**In a registry**, the name is the whole one, such as ` + "`ghcr.io/acme/shop:{release.version}`" + `. The login must be allowed to pull. Configurations of Docker on
this machine are not read. A tag can be moved: the details of the evidence have the digest that it had.

**Secrets** are known by their names: those that end in a word such as PASSWORD, TOKEN, SECRET or KEY and have a value, and URLs with a password. The evidence
has only the names. A variable that names a file, such as ` + "`PASSWORD_FILE=/run/secrets/db`" + `, a public key, and a value that a command reads elsewhere don't
count.

**Pinned** means for a Dockerfile that every image it uses is named by its digest, as in ` + "`debian:12@sha256:…`" + `, and for an image that its annotation
` + "`org.opencontainers.image.base.digest`" + ` has the digest of its base, which docker save doesn't keep.

Not visible to it: secrets in files and under other names, what a program in the image does, a user that is set where the container is started, vulnerable
packages, and which commit the image was built from, unless the tag tells.`,
	Example: `image: build/shop.tar
tag: shop:1.0
platforms: [linux/amd64]
pinned: true
age: "< 30d"
warn: { age: "< 7d" }
not_secret: [GPG_KEY]`,
	New: newContainer,
}

// containerSettings are the settings of kind container.
type containerSettings struct {
	Dockerfile string            `yaml:"dockerfile"`                // a Dockerfile, relative to the configuration's folder; this, image or registry
	Image      string            `yaml:"image"`                     // a folder or tar file with an OCI image layout, or a file that docker save wrote
	Registry   string            `yaml:"registry"`                  // the whole name of an image in a registry, with its tag or digest
	User       string            `yaml:"user"`                      // the user of a login at the registry; default: none is sent
	Password   string            `yaml:"password" pattern:"\\$\\{"` // the password or token of that login, as a variable
	PlainHTTP  bool              `yaml:"plain_http"`                // whether the registry may be asked without TLS, as one of this machine always may; default: false
	LookUp     bool              `yaml:"look_up"`                   // whether to ask its registry for the user of the base image, if the Dockerfile sets none; default: false
	Tag        string            `yaml:"tag"`                       // the name or tag of the image, if the file has several
	Target     string            `yaml:"target"`                    // the stage of the Dockerfile that is built, by name or number; default: the last
	Args       map[string]string `yaml:"args"`                      // the build arguments that are passed
	Root       bool              `yaml:"root"`                      // whether the image may run as root; default: false
	Users      []string          `yaml:"users"`                     // names of users that aren't root, for a Dockerfile, which doesn't tell their uid
	Pinned     bool              `yaml:"pinned"`                    // whether images that it is built from must be named by their digest; default: false
	Age        limit.Times       `yaml:"age"`                       // how long ago the image was built
	Warn       containerWarnings `yaml:"warn"`                      // limits beyond which the gate warns and doesn't fail
	Platforms  []platform        `yaml:"platforms"`                 // platforms for which there must be an image
	NotSecret  []string          `yaml:"not_secret"`                // names of variables that look like secrets and aren't
}

// containerWarnings are the limits beyond which the gate warns.
type containerWarnings struct {
	Age limit.Times `yaml:"age"` // how long ago the image was built
}

// platform is one in settings.
type platform string

const platformPattern = `^[a-z0-9]+/[a-z0-9_]+(/[a-z0-9]+)?$`

var platformShape = regexp.MustCompile(platformPattern)

// UnmarshalText reads a platform.
func (p *platform) UnmarshalText(text []byte) error {
	if !platformShape.Match(text) {
		return fmt.Errorf("%q isn't a platform; write it like linux/amd64 or linux/arm/v7", text)
	}
	*p = platform(text)
	return nil
}

// Form implements [form.Formed].
func (platform) Form() form.Form { return form.Form{Name: "platform", Pattern: platformPattern} }

type containerGate struct {
	settings containerSettings
	dir      string
	registry image.Registry
}

func newContainer(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	var s containerSettings
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	if err := s.faults().OrNil(); err != nil {
		return gates.Built{}, err
	}
	open := s
	open.User, open.Password = "", "" // a new login is no reason to measure again
	return gates.Built{Gate: &containerGate{s, deps.Dir, ask(deps)}, Settings: gates.SettingsHash("container", open), Secrets: []string{s.Password}}, nil
}

// faults are those of the settings. Each kind of source has settings of its own.
func (s containerSettings) faults() (faults gates.Faults) {
	sources := slices.DeleteFunc([]string{s.Dockerfile, s.Image, s.Registry}, func(source string) bool { return source == "" })
	switch {
	case len(sources) == 0:
		return gates.Faults{{Problem: "there is nothing to measure; write dockerfile, image or registry, as in dockerfile: Dockerfile"}}
	case len(sources) > 1:
		return gates.Faults{{Problem: "only one of dockerfile, image and registry can be set; write a gate for each"}}
	}
	only := func(field string, set, fits bool, source string) {
		if set && !fits {
			faults = append(faults, gates.Fault{Field: field, Problem: fmt.Sprintf("%s is only for %s", field, source)})
		}
	}
	recipe, file, registry := s.Dockerfile != "", s.Image != "", s.Registry != ""
	only("target", s.Target != "", recipe, "a Dockerfile")
	only("args", len(s.Args) > 0, recipe, "a Dockerfile")
	only("users", len(s.Users) > 0, recipe, "a Dockerfile; an image's own /etc/passwd tells who is root")
	only("look_up", s.LookUp, recipe, "a Dockerfile")
	only("tag", s.Tag != "", file, "an image in a file; in a registry it is a part of the name")
	only("user", s.User != "", registry, "a registry")
	only("password", s.Password != "", registry, "a registry")
	only("plain_http", s.PlainHTTP, registry, "a registry")
	only("age", s.Age.Set(), !recipe, "an image; a Dockerfile doesn't tell when it was built")
	only("warn.age", s.Warn.Age.Set(), !recipe, "an image; a Dockerfile doesn't tell when it was built")
	only("platforms", len(s.Platforms) > 0, !recipe, "an image; a Dockerfile doesn't tell for which it is built")
	faults = append(faults, gates.AgeFaults("age", s.Age.Limit, "warn.age", s.Warn.Age.Limit)...)
	return append(faults, s.referenceFaults()...)
}

// Check implements [gates.Gate].
func (g *containerGate) Check(ctx context.Context, s gates.Scope) answer.Evidence {
	texts, err := s.ExpandAll([]string{g.settings.Dockerfile, g.settings.Image, g.settings.Tag, g.settings.Registry})
	if err != nil {
		return gates.Errored("%v", err)
	}
	var parts []answer.Evidence
	switch {
	case texts[0] != "":
		parts = g.dockerfile(ctx, s, texts[0])
	case texts[1] != "":
		parts = g.image(ctx, s, texts[1], texts[2])
	default:
		parts = g.fromRegistry(ctx, s, texts[3])
	}
	if ctx.Err() != nil {
		return gates.Errored("cut off while it read %s", excerpt(cmp.Or(texts[0], texts[1], texts[3])))
	}
	return gates.Joined(parts)
}

// secret reports whether a name is that of a secret as far as the settings go.
func (s containerSettings) secret(name string) bool { return !slices.Contains(s.NotSecret, name) }

// Deadline implements [gates.WithDeadline]: to read large layers takes a while.
func (g *containerGate) Deadline() time.Duration { return 2 * time.Minute }
