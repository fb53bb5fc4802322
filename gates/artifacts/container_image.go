package artifacts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"gonogo/gates"
	"gonogo/gates/container"
	"gonogo/gates/files"
	"gonogo/gates/image"
	"gonogo/gates/limit"
	"gonogo/readiness/answer"
)

// regular is evidence unless a name is that of a file. Opening a pipe would wait for its
// writer.
func regular(file, name string) *answer.Evidence {
	info, err := os.Stat(file)
	var ev answer.Evidence
	switch {
	case errors.Is(err, fs.ErrNotExist):
		ev = answer.Evidence{Verdict: answer.NotConfigured, Summary: "there is no " + name}
	case err != nil:
		ev = gates.Errored("%s can't be read: %v", name, files.Cause(err))
	case !info.Mode().IsRegular():
		ev = gates.Errored("%s can't be read: it isn't a file", name)
	default:
		return nil
	}
	return &ev
}

// image measures the images of a folder or file.
func (g *containerGate) image(ctx context.Context, s gates.Scope, name, tag string) []answer.Evidence {
	file := name
	if !filepath.IsAbs(file) {
		file = filepath.Join(g.dir, name)
	}
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return []answer.Evidence{{Verdict: answer.NotConfigured, Summary: "there is no " + name + "; build the image first"}}
	}
	set, err := image.Open(ctx, file, tag)
	if err != nil {
		return []answer.Evidence{gates.Errored("%s can't be read: %v", name, cause(err))}
	}
	defer set.Close()
	return g.settings.judge(ctx, s, name, set)
}

// cause is why an image can't be read, without a path.
func cause(err error) error {
	var system *fs.PathError
	if errors.As(err, &system) {
		return files.Cause(err)
	}
	return err
}

// judge measures each image of a set.
func (s containerSettings) judge(ctx context.Context, scope gates.Scope, name string, set *image.Set) (parts []answer.Evidence) {
	if len(set.Images) == 0 {
		return []answer.Evidence{gates.Errored("%s has no images", name)}
	}
	var found []string
	for _, i := range set.Images {
		of := "the image"
		if len(set.Images) > 1 {
			of += " for " + excerpt(i.Platform.String())
		}
		if !s.Root {
			parts = append(parts, userOfImage(ctx, of, i))
		}
		if s.Pinned {
			parts = append(parts, baseOf(of, i))
		}
		if s.Age.Set() || s.Warn.Age.Set() {
			parts = append(parts, s.age(of, i, scope.Now()))
		}
		found = append(found, s.secretsOfImage(i)...)
	}
	if len(s.Platforms) > 0 {
		parts = append(parts, s.present(set))
	}
	slices.Sort(found)
	parts = append(parts, secrets(slices.Compact(found)))
	if set.Digest != "" {
		parts[0].Details = append(parts[0].Details, name+" is "+set.Digest)
	}
	return parts
}

// userOfImage judges whom an image runs as.
func userOfImage(ctx context.Context, of string, i *image.Image) answer.Evidence {
	if i.Platform.OS == "windows" {
		return gates.Errored("%s is for Windows, whose users aren't judged", of)
	}
	who, user := container.UserOf(i.User)
	switch {
	case who == container.Root && user == "":
		return userMeasure(answer.Failed, "none", of+" has no user, so it runs as root")
	case who == container.Root:
		return userMeasure(answer.Failed, excerpt(i.User), of+" runs as root: its user is "+excerpt(i.User))
	case who == container.Invalid:
		return gates.Errored("the user of %s is %s, which is no uid", of, excerpt(user))
	case who == container.NotRoot:
		return userMeasure(answer.Passed, excerpt(i.User), of+" runs as "+excerpt(i.User))
	}
	passwd, err := i.Passwd(ctx)
	if err != nil {
		return gates.Errored("the uid of %s, the user of %s, isn't known: %v; write the user as a number", excerpt(user), of, cause(err))
	}
	uid, ok := container.UID(passwd, user)
	switch {
	case !ok:
		return gates.Errored("the user of %s is %s, which its /etc/passwd doesn't have; write the user as a number", of, excerpt(user))
	case uid == 0:
		return userMeasure(answer.Failed, excerpt(i.User), fmt.Sprintf("%s runs as root: its user %s has uid 0", of, excerpt(user)))
	}
	return userMeasure(answer.Passed, excerpt(i.User), fmt.Sprintf("%s runs as %s, uid %d", of, excerpt(user), uid))
}

var sha = regexp.MustCompile(`^sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$`)

// baseOf judges whether an image says what it was built from.
func baseOf(of string, i *image.Image) answer.Evidence {
	if !sha.MatchString(i.Base) {
		return gates.Errored("%s doesn't say what it was built from: it has no annotation org.opencontainers.image.base.digest", of)
	}
	m := answer.Measure{Name: "base", Value: i.Base, Limit: "by digest", OK: true}
	return answer.Evidence{Verdict: answer.Passed, Summary: of + " names its base by its digest", Measures: []answer.Measure{m}}
}

// clockSkew is how far the clock of who built an image may be ahead.
const clockSkew = 5 * time.Minute

// age compares the time since an image was built.
func (s containerSettings) age(of string, i *image.Image, now time.Time) answer.Evidence {
	if i.Created.IsZero() {
		return gates.Errored("%s doesn't say when it was built", of)
	}
	age := now.Sub(i.Created)
	if age < -clockSkew {
		return gates.Errored("%s says that it was built in the future, at %s", of, i.Created.UTC().Format("2006-01-02 15:04 MST"))
	}
	took := []time.Duration{max(age, 0)}
	var measures []answer.Measure
	if s.Age.Set() {
		measures = append(measures, gates.TimeMeasure("age of "+of, took, s.Age))
	}
	ev := gates.Judged(measures, fmt.Sprintf("%s was built %s ago", of, gates.Precisely(took[0])))
	if s.Warn.Age.Set() {
		m := gates.TimeMeasure("age of "+of, took, s.Warn.Age)
		ev = gates.Warned(ev, m.OK, fmt.Sprintf("%s was built %s ago, and should be %s", of, m.Value, limitText(s.Warn.Age)))
	}
	return ev
}

func limitText(l limit.Times) string { return strings.TrimSpace(l.Text) }

// present judges for which platforms there are images.
func (s containerSettings) present(set *image.Set) answer.Evidence {
	var missing, there []string
	for _, i := range set.Images {
		there = append(there, excerpt(i.Platform.String()))
	}
	for _, p := range s.Platforms {
		if !slices.ContainsFunc(set.Images, func(i *image.Image) bool { return i.Platform.Satisfies(string(p)) }) {
			missing = append(missing, string(p))
		}
	}
	m := answer.Measure{Name: "platforms found", Value: fmt.Sprintf("%d of %d", len(s.Platforms)-len(missing), len(s.Platforms)), Limit: "all", OK: len(missing) == 0}
	ev := gates.Judged([]answer.Measure{m}, "it is there for every platform")
	if len(missing) > 0 {
		ev.Summary = fmt.Sprintf("there is no image for %s, only for %s", strings.Join(missing, ", "), strings.Join(there, ", "))
	}
	return ev
}

// secretsOfImage looks for secrets in the variables and the history of an image.
func (s containerSettings) secretsOfImage(i *image.Image) (found []string) {
	for _, variable := range i.Env {
		name, value, _ := strings.Cut(variable, "=")
		if container.Variable(name, value) && s.secret(name) {
			found = append(found, excerpt(name)+" (variable)")
		}
	}
	for _, command := range i.History {
		for _, name := range container.Command(command) {
			if s.secret(name) {
				found = append(found, excerpt(name)+" (history)")
			}
		}
	}
	return found
}
