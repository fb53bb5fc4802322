package artifacts

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"gonogo/gates"
	"gonogo/gates/container"
	"gonogo/gates/dockerfile"
	"gonogo/gates/files"
	"gonogo/phrase"
	"gonogo/readiness/answer"
)

// dockerfile measures a Dockerfile.
func (g *containerGate) dockerfile(ctx context.Context, s gates.Scope, name string) []answer.Evidence {
	args := map[string]string{}
	for arg, value := range g.settings.Args {
		expanded, err := s.Expand(value)
		if err != nil {
			return []answer.Evidence{gates.Errored("the build argument %s can't be set: %v", arg, err)}
		}
		args[arg] = expanded
	}
	file := name
	if !filepath.IsAbs(file) {
		file = filepath.Join(g.dir, name)
	}
	if ev := regular(file, name); ev != nil {
		return []answer.Evidence{*ev}
	}
	var plan *dockerfile.Plan
	err := files.Read(ctx, file, func(text io.Reader) (err error) {
		plan, err = dockerfile.Read(text, dockerfile.Build{Args: args, Target: g.settings.Target})
		return err
	})
	if err != nil {
		return []answer.Evidence{gates.Errored("%s can't be read: %v", name, err)}
	}
	var parts []answer.Evidence
	if !g.settings.Root {
		parts = append(parts, g.userOfPlan(ctx, name, plan))
	}
	if g.settings.Pinned {
		parts = append(parts, pinned(plan.Images))
	}
	return append(parts, g.settings.secretsOfPlan(plan))
}

// userOfPlan judges the user that a Dockerfile sets.
func (g *containerGate) userOfPlan(ctx context.Context, name string, plan *dockerfile.Plan) answer.Evidence {
	user := plan.User
	switch {
	case user != nil && len(user.Unknown) > 0:
		return gates.Errored("line %d of %s has USER %s, and %s isn't determined there; write the user as a number, or set it under args",
			user.Line, name, excerpt(user.Written), strings.Join(user.Unknown, ", "))
	case user != nil:
		return g.settings.userAsWritten(name, user)
	case len(plan.Base.Unknown) > 0:
		return gates.Errored("%s sets no USER, and is FROM an image that depends on %s (line %d); add a USER, or set it under args",
			name, strings.Join(plan.Base.Unknown, ", "), plan.Base.Line)
	case plan.Base.Scratch():
		return userMeasure(answer.Failed, "none", name+" sets no USER, so the image runs as root")
	case g.settings.LookUp:
		return g.userOfBase(ctx, plan.Base)
	}
	return gates.Errored("%s sets no USER, so it is that of %s (line %d), which a Dockerfile doesn't tell; add a USER, set look_up, or measure the built image", name, excerpt(plan.Base.Name), plan.Base.Line)
}

func (s containerSettings) userAsWritten(name string, user *dockerfile.User) answer.Evidence {
	who, text := container.UserOf(user.Text)
	at := fmt.Sprintf("USER %s on line %d of %s", excerpt(user.Written), user.Line, name)
	switch {
	case who == container.Root && text == "":
		return userMeasure(answer.Failed, "none", at+" is empty, so the image runs as root")
	case who == container.Root:
		return userMeasure(answer.Failed, excerpt(user.Text), at+" is root")
	case who == container.Invalid:
		return gates.Errored("%s is no uid", at)
	case who == container.Named && !slices.Contains(s.Users, text):
		return gates.Errored("%s may have uid 0, which a Dockerfile doesn't tell; write its uid, list it under users, or measure the built image", at)
	}
	return userMeasure(answer.Passed, excerpt(user.Text), "the image runs as "+excerpt(user.Text))
}

// userMeasure is the evidence of a user that is known.
func userMeasure(verdict answer.Verdict, user, summary string) answer.Evidence {
	return answer.Evidence{Verdict: verdict, Summary: summary,
		Measures: []answer.Measure{{Name: "user", Value: user, Limit: "not root", OK: verdict == answer.Passed}}}
}

// excerpt is a text of a foreign file, short enough for a sentence.
func excerpt(text string) string { return phrase.Excerpt(text) }

// pinned judges whether images are named by their digest.
func pinned(images []dockerfile.Base) answer.Evidence {
	all := map[string]bool{}
	var loose []string
	for _, image := range images {
		all[image.Name] = true
		if !image.Pinned() {
			loose = append(loose, fmt.Sprintf("%s (line %d)", excerpt(image.Name), image.Line))
		}
	}
	m := answer.Measure{Name: "images without a digest", Value: fmt.Sprint(len(loose)), Limit: "0", OK: len(loose) == 0}
	ev := gates.Judged([]answer.Measure{m}, "every image that it uses is named by its digest")
	if len(loose) > 0 {
		ev.Summary = phrase.Count(len(loose), "image") + " without a digest: " + phrase.UpTo(5, loose)
	}
	return ev
}

// secretsOfPlan looks for secrets in the variables and commands of a Dockerfile.
func (s containerSettings) secretsOfPlan(plan *dockerfile.Plan) answer.Evidence {
	var found []string
	for _, v := range plan.Variables {
		if container.Variable(v.Name, v.Value) && s.secret(v.Name) {
			found = append(found, fmt.Sprintf("%s (line %d)", excerpt(v.Name), v.Line))
		}
	}
	for _, c := range plan.Commands {
		for _, name := range container.Command(c.Text) {
			if s.secret(name) {
				found = append(found, fmt.Sprintf("%s (line %d)", excerpt(name), c.Line))
			}
		}
	}
	return secrets(found)
}

// secrets is the evidence of secrets, of which only the names are known here.
func secrets(found []string) answer.Evidence {
	m := answer.Measure{Name: "secrets", Value: fmt.Sprint(len(found)), Limit: "0", OK: len(found) == 0}
	ev := gates.Judged([]answer.Measure{m}, "no secrets in its variables and commands")
	if len(found) > 0 {
		ev.Summary = phrase.Count(len(found), "secret") + " in its variables or commands: " + phrase.UpTo(5, found)
	}
	return ev
}
