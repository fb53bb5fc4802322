package artifacts

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"gonogo/gates"
	"gonogo/gates/container"
	"gonogo/gates/dockerfile"
	"gonogo/gates/image"
	"gonogo/readiness/answer"
)

// someRelease replaces the names in a reference while it is only validated.
var someRelease = gates.Scope{TargetURL: "https://target", Release: "1", Commit: "c"}

// referenceFaults says what is wrong with the name of an image in a registry, and with
// the login there.
func (s containerSettings) referenceFaults() (faults gates.Faults) {
	if s.Registry != "" {
		reference, err := someRelease.Expand(s.Registry)
		if err == nil {
			err = image.CheckReference(reference)
		}
		if err != nil {
			faults = append(faults, gates.Fault{Field: "registry", Problem: fmt.Sprintf("%q: %v", s.Registry, err)})
		}
	}
	if (s.User == "") != (s.Password == "") {
		faults = append(faults, gates.Fault{Field: "user", Problem: "a login needs both user and password"})
	}
	return faults
}

// ask is how registries are asked. A proxy would choose the address, so there is none if
// addresses are restricted.
func ask(deps gates.Deps) image.Registry {
	r := image.Registry{Proxy: http.ProxyFromEnvironment, Dialer: deps.Dialer}
	if deps.Outgoing.Restricts() {
		r.Proxy = nil
	}
	return r
}

// fromRegistry measures the images of a name in a registry.
func (g *containerGate) fromRegistry(ctx context.Context, s gates.Scope, reference string) []answer.Evidence {
	r := g.registry
	r.User, r.Password, r.PlainHTTP = g.settings.User, g.settings.Password, g.settings.PlainHTTP
	set, err := r.Read(ctx, reference)
	switch {
	case errors.Is(err, image.ErrAbsent):
		return []answer.Evidence{{Verdict: answer.NotConfigured, Summary: "the registry has no image " + excerpt(reference) + "; push it first"}}
	case err != nil:
		return []answer.Evidence{gates.Errored("%s can't be read: %v", excerpt(reference), err)}
	}
	defer set.Close()
	return g.settings.judge(ctx, s, excerpt(reference), set)
}

// userOfBase looks up whom the image below a Dockerfile runs as. The Dockerfile names the
// registry, so it gets no login, and no address is exempt.
func (g *containerGate) userOfBase(ctx context.Context, base dockerfile.Base) answer.Evidence {
	r := g.registry
	r.Dialer = func(string) *net.Dialer { return g.registry.Dialer("") }
	name := excerpt(base.Name)
	set, err := r.Read(ctx, base.Name)
	if err != nil {
		return gates.Errored("the user of %s (line %d) can't be looked up: %v", name, base.Line, err)
	}
	defer set.Close()
	if len(set.Images) == 0 {
		return gates.Errored("the user of %s (line %d) can't be looked up: it has no images", name, base.Line)
	}
	var parts []answer.Evidence
	for _, i := range set.Images {
		parts = append(parts, g.settings.userOfBaseImage(name, i))
	}
	return gates.Joined(parts)
}

func (s containerSettings) userOfBaseImage(name string, i *image.Image) answer.Evidence {
	who, user := container.UserOf(i.User)
	switch {
	case i.Platform.OS == "windows":
		return gates.Errored("%s is for Windows, whose users aren't judged", name)
	case slices.ContainsFunc(i.OnBuild, setsUser):
		return gates.Errored("%s has an ONBUILD that may set the user; add a USER to the Dockerfile", name)
	case who == container.Root && user == "":
		return userMeasure(answer.Failed, "none", fmt.Sprintf("neither the Dockerfile nor %s sets a user, so the image runs as root", name))
	case who == container.Root:
		return userMeasure(answer.Failed, excerpt(i.User), fmt.Sprintf("the image runs as %s of %s, which is root", excerpt(i.User), name))
	case who == container.NotRoot, who == container.Named && slices.Contains(s.Users, user):
		return userMeasure(answer.Passed, excerpt(i.User), fmt.Sprintf("the image runs as %s, as %s does", excerpt(i.User), name))
	}
	return gates.Errored("the user %s of %s may have uid 0 in what is built; add a USER with a number, list it under users, or measure the built image", excerpt(user), name)
}

// setsUser reports whether an instruction is a USER.
func setsUser(instruction string) bool {
	words := strings.Fields(instruction)
	return len(words) > 0 && strings.EqualFold(words[0], "USER")
}
