package github

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Code is the repository's history.
type Code struct {
	Commits   []Commit
	Branches  map[string]string // name → SHA; main is the default
	Tags      map[string]string // name → SHA, of a commit or of an annotated tag
	Annotated []Annotated
}

// Annotated is the object of an annotated tag.
type Annotated struct {
	SHA     string // its own, 40 hexadecimal digits
	Of      string // SHA of what it tags: a commit or another such object
	Message string
}

// Commit is one change of the code.
type Commit struct {
	SHA     string // 40 hexadecimal digits
	Parent  string // empty: the first of all
	Message string
	Author  string
	Login   string
	At      time.Time
	Files   []string // paths of what it changes
}

const defaultBranch = "main"

// Title is the message's first line.
func (c Commit) Title() string {
	title, _, _ := strings.Cut(c.Message, "\n")
	return title
}

// Short is how people write the commit.
func (c Commit) Short() string { return c.SHA[:7] }

// Email is an address that reaches nobody.
func (c Commit) Email() string { return c.Login + "@users.noreply.github.com" }

// changes reports whether the commit changes a file, or something in a folder. Every
// commit changes something in the folder of all, "".
func (c Commit) changes(path string) bool {
	path = strings.Trim(path, "/")
	return path == "" || slices.ContainsFunc(c.Files, func(file string) bool { return file == path || strings.HasPrefix(file, path+"/") })
}

// check reports commits and names that lead nowhere.
func (c Code) check() error {
	for i, commit := range c.Commits {
		if len(commit.SHA) != 40 {
			return fmt.Errorf("the practice GitHub's commit %q has no SHA of 40 digits", commit.Title())
		}
		if _, known := (Code{Commits: c.Commits[:i]}).commit(commit.Parent); !known && commit.Parent != "" {
			return fmt.Errorf("the practice GitHub's commit %s comes before its parent %s", commit.SHA, commit.Parent)
		}
	}
	for name, sha := range c.Branches {
		if _, known := c.commit(sha); !known {
			return fmt.Errorf("the practice GitHub's %s is at %s, which is no commit", name, sha)
		}
	}
	for name, sha := range c.Tags {
		if _, known := c.peeled(sha); !known {
			return fmt.Errorf("the practice GitHub's tag %s is at %s, which leads to no commit", name, sha)
		}
	}
	return nil
}

// annotated finds the object of an annotated tag.
func (c Code) annotated(sha string) (Annotated, bool) {
	i := slices.IndexFunc(c.Annotated, func(one Annotated) bool { return one.SHA == sha })
	if i < 0 {
		return Annotated{}, false
	}
	return c.Annotated[i], true
}

// peeled is the commit that a SHA leads to, through annotated tags.
func (c Code) peeled(sha string) (Commit, bool) {
	for range len(c.Annotated) + 1 {
		tag, ok := c.annotated(sha)
		if !ok {
			break
		}
		sha = tag.Of
	}
	return c.commit(sha)
}

func (c Code) commit(sha string) (Commit, bool) {
	i := slices.IndexFunc(c.Commits, func(one Commit) bool { return one.SHA == sha })
	if i < 0 {
		return Commit{}, false
	}
	return c.Commits[i], true
}

// shortest is how many digits of a SHA name a commit.
const shortest = 4

// find is the commit that a branch, a tag, a SHA or the beginning of one names.
// As on GitHub, heads/ and tags/ before a name say which of the two it is.
func (c Code) find(ref string) (Commit, bool) {
	if sha, ok := c.Branches[strings.TrimPrefix(ref, "heads/")]; ok {
		return c.commit(sha)
	}
	if sha, ok := c.Tags[strings.TrimPrefix(ref, "tags/")]; ok {
		return c.peeled(sha)
	}
	var found []Commit
	for _, commit := range c.Commits {
		if len(ref) >= shortest && strings.HasPrefix(commit.SHA, strings.ToLower(ref)) {
			found = append(found, commit)
		}
	}
	if len(found) != 1 {
		return Commit{}, false
	}
	return found[0], true
}

// nameOf is the tag that is at an object.
func (c Code) nameOf(sha string) string {
	for name, at := range c.Tags {
		if at == sha {
			return name
		}
	}
	return ""
}

// tags are the names that a commit has.
func (c Code) tags(sha string) []string {
	var tags []string
	for name, at := range c.Tags {
		if commit, ok := c.peeled(at); ok && commit.SHA == sha {
			tags = append(tags, name)
		}
	}
	slices.Sort(tags)
	return tags
}

// history is a commit and all that came before it, newest first.
func (c Code) history(of Commit) []Commit {
	history := []Commit{of}
	for of.Parent != "" {
		of, _ = c.commit(of.Parent)
		history = append(history, of)
	}
	return history
}

// comparison is how one commit differs from another.
type comparison struct {
	base, head, common Commit
	ahead, behind      []Commit // since the common one, oldest first
}

// compare needs two commits of one history.
func (c Code) compare(base, head Commit) (comparison, bool) {
	before, after := c.history(base), c.history(head)
	at := func(list []Commit, sha string) int {
		return slices.IndexFunc(list, func(one Commit) bool { return one.SHA == sha })
	}
	j := slices.IndexFunc(after, func(one Commit) bool { return at(before, one.SHA) >= 0 })
	if j < 0 {
		return comparison{}, false
	}
	i := at(before, after[j].SHA)
	slices.Reverse(before[:i])
	ahead := slices.Clone(after[:j])
	slices.Reverse(ahead)
	return comparison{base, head, after[j], ahead, before[:i]}, true
}

// status is GitHub's word for the comparison.
func (c comparison) status() string {
	switch {
	case len(c.ahead) > 0 && len(c.behind) > 0:
		return "diverged"
	case len(c.ahead) > 0:
		return "ahead"
	case len(c.behind) > 0:
		return "behind"
	}
	return "identical"
}

// between finds what BASE...HEAD compares.
func (c Code) between(basehead string) (comparison, bool) {
	from, to, _ := strings.Cut(basehead, "...")
	base, ok := c.find(from)
	head, too := c.find(to)
	if !ok || !too {
		return comparison{}, false
	}
	return c.compare(base, head)
}
