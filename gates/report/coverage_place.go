package report

import (
	"cmp"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Two reports may mean one file by two names, and two files by one name.
//
// A name that does not say where it begins is looked for from the report's folder
// upwards. Where the sources are not there, reports of one folder are held for
// reports of one source tree, and those of several folders for reports of as many,
// such as services in one repository. Whole names of other machines are held
// for one file where nothing but the machine tells them apart, and the lines that
// can be run are the same.

// placement finds the file of a name in a report.
type placement struct {
	several bool   // the reports are in several folders, of as many source trees
	top     string // the folder in which all is, the sources included
	common  string // the folder in which all reports are
	report  string // the one that is being read, from there
	home    string // its folder
	disk    fs.FS
	known   map[string]*coveredFile // by their names in that report
}

// NewCoverage prepares to read reports by their whole names. Names of files below
// dir, a whole name too, are shown from there. oneTree says that reports in several
// folders are of one source tree. disk is the machine's, from its root (os.DirFS("/")).
func NewCoverage(dir string, reports []string, oneTree bool, disk fs.FS) *Coverage {
	c := &Coverage{files: map[string]*coveredFile{}, dir: dir}
	c.place.top, c.place.common, c.place.disk = dir, filepath.Dir(reports[0]), disk
	for _, report := range reports {
		home := filepath.Dir(report)
		c.place.several = c.place.several || !oneTree && home != filepath.Dir(reports[0])
		c.place.top, c.place.common = shared(c.place.top, home), shared(c.place.common, home)
	}
	return c
}

// shared is the folder in which both a folder and a path are.
func shared(folder, path string) string {
	for !within(folder, path) {
		folder = filepath.Dir(folder)
	}
	return folder
}

// within reports whether a path is a folder or below it.
func within(folder, path string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && filepath.IsLocal(rel)
}

// begin starts a report.
func (p *placement) begin(report string) {
	p.home, p.known = filepath.Dir(report), map[string]*coveredFile{}
	p.report, _ = filepath.Rel(p.common, report) // which is a folder around it
}

// file finds a file by the name that a report gives it.
func (c *Coverage) file(name string, loose bool) *coveredFile {
	if f := c.place.known[name]; f != nil {
		return f
	}
	f := c.find(slashed(name), loose)
	c.place.known[name] = f
	return f
}

// goFile finds a file by the path of its Go package, which begins with its module's.
// Two modules with the same path differ in where their go.mod is.
func (c *Coverage) goFile(name string) *coveredFile {
	if f := c.place.known[name]; f != nil {
		return f
	}
	key := path.Clean(name)
	if c.place.several && !rooted(name) {
		key = cmp.Or(c.place.ofModule(key), key)
	}
	var f *coveredFile
	if rooted(key) {
		f = c.find(key, true)
	} else {
		f = c.named(key, true)
	}
	f.loose = f.loose || !rooted(name)
	c.place.known[name] = f
	return f
}

// named is the file of a name by which it is shown.
func (c *Coverage) named(name string, loose bool) *coveredFile {
	f := c.files[name]
	if f == nil {
		f = &coveredFile{loose: loose, lines: newSeen(), ways: newSeen(), jumps: newSeen(), reported: map[string]bool{}, report: c.place.report}
		c.files[name] = f
	}
	return f
}

// moduleLine is what go.mod says of its module's path.
var moduleLine = regexp.MustCompile(`(?m)^module[ \t]+"?([^\s"]+)`)

// ofModule is where the file of a Go package is; "" if its module isn't found between
// the report's folder and the root.
func (p *placement) ofModule(name string) string {
	for dir := p.home; ; dir = filepath.Dir(dir) {
		text, _ := fs.ReadFile(p.disk, onDisk(filepath.Join(dir, "go.mod"))) // if there is none, it is further up
		if m := moduleLine.FindSubmatch(text); m != nil {
			if below, ok := strings.CutPrefix(name, string(m[1])+"/"); ok {
				return filepath.ToSlash(filepath.Join(dir, below))
			}
		}
		if dir == p.top || dir == filepath.Dir(dir) {
			return ""
		}
	}
}

func (c *Coverage) find(name string, loose bool) *coveredFile {
	reported, found := path.Clean(name), true
	if c.place.several && !rooted(name) {
		name, found = c.place.source(name)
	}
	if path.IsAbs(name) && within(c.dir, name) {
		rel, _ := filepath.Rel(c.dir, name) // within has asked
		name, loose = filepath.ToSlash(rel), false
	}
	name = path.Clean(name)
	f := c.named(name, loose || rooted(name))
	f.guessed = f.guessed || !found
	if !rooted(reported) {
		f.reported[reported] = true
	}
	return f
}

// rooted reports whether a name is absolute, on this machine or another.
func rooted(name string) bool { return path.IsAbs(name) || onDrive.MatchString(name) }

// source is where the source file of a name is: as near the report as possible or, if
// it isn't found, in the report's own folder.
func (p *placement) source(name string) (at string, found bool) {
	for dir := p.home; ; dir = filepath.Dir(dir) {
		at := filepath.Join(dir, name)
		if p.exists(at) {
			return filepath.ToSlash(at), true
		}
		if dir == p.top || dir == filepath.Dir(dir) {
			return filepath.ToSlash(filepath.Join(p.home, name)), false
		}
	}
}

// exists reports whether there is a file or folder with an absolute name.
func (p *placement) exists(name string) bool {
	_, err := fs.Stat(p.disk, onDisk(name))
	return err == nil
}

// onDisk is an absolute name as the disk's [fs.FS] takes it.
func onDisk(name string) string { return strings.TrimPrefix(filepath.ToSlash(name), "/") }

// unite makes one of the files that two machines have measured.
func (c *Coverage) unite() {
	alike := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		end := c.files[name].end(name)
		alike[end] = append(alike[end], name)
	}
	for _, names := range alike {
		for i, name := range names {
			for _, other := range names[:i] {
				a, b := c.files[other], c.files[name]
				if a == nil || b == nil || !c.same(other, name) || !sameUnits(a.lines, b.lines) {
					continue
				}
				if rooted(other) && !rooted(name) { // the name in this tree is the one to show
					a, b, other, name = b, a, name, other
				}
				a.merge(b)
				delete(c.files, name)
			}
		}
	}
}

// end is the part in which the names of one file in two checkouts agree: the name below
// the stated root or, if none is stated, from the last folder on.
func (f *coveredFile) end(name string) string {
	switch {
	case f.below != "":
		return f.below
	case rooted(name):
		return path.Join(path.Base(path.Dir(name)), path.Base(name))
	}
	return name
}

// same reports whether two names are of one file in two checkouts.
func (c *Coverage) same(name, other string) bool {
	f, g := c.files[name], c.files[other]
	if rooted(name) {
		name, other, f, g = other, name, g, f
	}
	if !rooted(name) && f.below == "" { // nothing says where it begins but its report's folder
		return rooted(other) && !c.place.several && g.below != "" && f.reported[g.below]
	}
	return sameSource(c.whole(name), f, c.whole(other), g)
}

// whole is a name made absolute.
func (c *Coverage) whole(name string) string {
	if rooted(name) {
		return name
	}
	return path.Join(filepath.ToSlash(c.dir), name)
}

// merge adds what another machine's report says about the file.
func (f *coveredFile) merge(other *coveredFile) {
	f.lines.merge(other.lines)
	f.ways.merge(other.ways)
	f.jumps.merge(other.jumps)
	maps.Copy(f.reported, other.reported)
}

func (s *seen) merge(other seen) {
	for at, u := range other.units {
		s.units[at] = unit{max(s.units[at].weight, u.weight), max(s.units[at].run, u.run)}
	}
	if other.told {
		s.tell(other.count)
	}
}

// numbers are what tells the folders of a machine's agents apart.
var numbers = regexp.MustCompile(`[0-9]+`)

// sameSource reports whether two whole names may be of one file in two checkouts:
// they end alike, and the rest differs in what tells machines and agents apart and
// in nothing that the reports are called after.
func sameSource(name string, f *coveredFile, other string, g *coveredFile) bool {
	a, b := strings.Split(name, "/"), strings.Split(other, "/")
	alike := 0
	for alike < min(len(a), len(b)) && a[len(a)-1-alike] == b[len(b)-1-alike] {
		alike++
	}
	a, b = a[:len(a)-alike], b[:len(b)-alike]
	drives := onDrive.FindString(name) != onDrive.FindString(other)
	counted := numbers.ReplaceAllString(strings.Join(a, "/"), "") == numbers.ReplaceAllString(strings.Join(b, "/"), "")
	stated := f.below != "" // and g's is the same, as their ends are
	root := stated && alike > strings.Count(f.below, "/")+1
	services := calledAfter(f.report, a, b) || calledAfter(g.report, b, a)
	return (stated || alike > 1) && (counted || (drives || root) && !services)
}

// nameWords are what the names of folders and reports are made of.
var nameWords = regexp.MustCompile(`[\pL\pN]+`)

// calledAfter reports whether a report is called after what its root alone has, as
// a service's is.
func calledAfter(report string, root, other []string) bool {
	words := nameWords.FindAllString(report, -1)
	return slices.ContainsFunc(root, func(segment string) bool {
		return slices.Contains(words, segment) && !slices.Contains(other, segment) && numbers.ReplaceAllString(segment, "") != ""
	})
}

// sameUnits reports whether the same lines can be run.
func sameUnits(a, b seen) bool {
	return maps.EqualFunc(a.units, b.units, func(u, v unit) bool { return u.weight == v.weight })
}
