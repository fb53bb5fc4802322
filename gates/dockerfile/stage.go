package dockerfile

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// evaluation goes through a Dockerfile, one instruction after the other.
type evaluation struct {
	lex    *shell.Lex
	build  Build
	global scope // of the ARGs before the first FROM
	stages []*stage
	plan   Plan
}

// stage is one FROM with what follows it.
type stage struct {
	name    string
	base    Base   // the image that it is FROM; unless it has a parent
	parent  *stage // the stage that it is FROM; nil: an image
	scope   scope
	user    *User
	onBuild []*parser.Node // for the stages that are FROM this one
}

// bare reports whether a stage has no image below it, so that every variable it has is
// one of the file's.
func (s *stage) bare() bool {
	for s.parent != nil {
		s = s.parent
	}
	return s.base.Scratch()
}

// builderSets are the build arguments that BuildKit sets by itself, if a stage declares
// them (https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope).
var builderSets = []string{"TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT", "TARGETSTAGE", "BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT"}

func (e *evaluation) instruction(node *parser.Node) error {
	name := strings.ToLower(node.Value)
	switch {
	case !known(name):
		return fmt.Errorf("line %d has no instruction of a Dockerfile", node.StartLine)
	case name == "from":
		return e.from(node)
	case len(e.stages) > 0:
		return e.within(e.stages[len(e.stages)-1], node)
	case name == "arg":
		return e.arg(&e.global, node)
	}
	return fmt.Errorf("line %d has an instruction before the first FROM", node.StartLine)
}

// from begins a stage.
func (e *evaluation) from(node *parser.Node) error {
	words := chain(node)
	if len(words) != 1 && (len(words) != 3 || !strings.EqualFold(words[1], "as")) {
		return fmt.Errorf("line %d isn't valid in a Dockerfile; write it like FROM debian:12 AS build", node.StartLine)
	}
	name, unknown, err := e.expandBase(words[0], node.StartLine)
	if err != nil {
		return err
	}
	if len(e.stages) == maxStages {
		return fmt.Errorf("it has more than %d stages", maxStages)
	}
	s := &stage{base: Base{Name: name, Line: node.StartLine, Unknown: unknown}, scope: newScope()}
	if len(unknown) == 0 {
		s.parent = e.stage(name)
	}
	if len(words) == 3 {
		s.name = words[2]
	}
	e.stages = append(e.stages, s)
	if s.parent == nil {
		e.plan.Images = append(e.plan.Images, s.base)
		return nil
	}
	s.user, s.scope = s.parent.user, s.parent.scope.clone()
	for _, trigger := range s.parent.onBuild {
		if err := e.within(s, trigger); err != nil {
			return err
		}
	}
	return nil
}

// within evaluates an instruction of a stage.
func (e *evaluation) within(s *stage, node *parser.Node) error {
	e.images(node)
	switch strings.ToLower(node.Value) {
	case "arg":
		return e.arg(&s.scope, node)
	case "env":
		return e.env(s, node)
	case "user":
		return e.user(s, node)
	case "run":
		e.plan.Commands = append(e.plan.Commands, Command{Text: commandText(node), Line: node.StartLine})
	case "onbuild":
		if node.Next != nil {
			s.onBuild = append(s.onBuild, node.Next.Children...)
		}
	}
	return nil
}

// commandText is what a RUN runs, with its heredocs.
func commandText(node *parser.Node) string {
	texts := chain(node)
	for _, doc := range node.Heredocs {
		texts = append(texts, doc.Content)
	}
	return strings.Join(texts, "\n")
}

// images notes the images that COPY --from and RUN --mount use.
func (e *evaluation) images(node *parser.Node) {
	for _, flag := range node.Flags {
		name, value, _ := strings.Cut(strings.TrimPrefix(flag, "--"), "=")
		switch name {
		case "from":
			e.image(value, node.StartLine)
		case "mount":
			for part := range strings.SplitSeq(value, ",") {
				if from, ok := strings.CutPrefix(part, "from="); ok {
					e.image(from, node.StartLine)
				}
			}
		}
	}
}

func (e *evaluation) image(name string, line int) {
	if _, err := strconv.Atoi(name); err == nil || e.stage(name) != nil || name == "" {
		return
	}
	e.plan.Images = append(e.plan.Images, Base{Name: name, Line: line})
}

// arg declares build arguments.
func (e *evaluation) arg(into *scope, node *parser.Node) error {
	for _, word := range chain(node) {
		name, written, has := strings.Cut(word, "=")
		v := variable{unset: !has}
		if has {
			text, unknown, err := e.expand(written, into, node.StartLine)
			if err != nil {
				return err
			}
			v = variable{text: text, unknown: len(unknown) > 0}
			e.note(name, written, node.StartLine)
		}
		passed, ok := e.build.Args[name]
		global := e.global.args[name]
		switch {
		case ok:
			v = variable{text: passed}
		case !has && into != &e.global && !global.unset && e.global.has(name):
			v = global
		case !has && slices.Contains(builderSets, name):
			v = variable{unknown: true}
		}
		if set, ok := into.env[name]; ok && set.text != v.text {
			// ENV wins by Docker's documentation, and what comes last in BuildKit 0.31.
			into.env[name] = variable{unknown: true}
		}
		into.args[name] = v
	}
	return nil
}

// env sets variables that the image keeps.
func (e *evaluation) env(s *stage, node *parser.Node) error {
	words := chain(node)
	set := map[string]variable{} // all of them are expanded with what was set before
	for i := 0; i+1 < len(words); i += 3 {
		name, written := words[i], words[i+1]
		text, unknown, err := e.known(written, s, node.StartLine)
		if err != nil {
			return err
		}
		set[name] = variable{text: text, unknown: len(unknown) > 0}
		e.note(name, written, node.StartLine)
	}
	maps.Copy(s.scope.env, set)
	return nil
}

// note remembers a variable that the file gives a value.
func (e *evaluation) note(name, written string, line int) {
	if value := strings.Trim(written, `"'`); value != "" {
		e.plan.Variables = append(e.plan.Variables, Variable{Name: name, Value: value, Line: line})
	}
}

func (e *evaluation) user(s *stage, node *parser.Node) error {
	words := chain(node)
	if len(words) == 0 {
		return fmt.Errorf("line %d has a USER without a name", node.StartLine)
	}
	text, unknown, err := e.known(words[0], s, node.StartLine)
	if err != nil {
		return err
	}
	s.user = &User{Text: text, Written: words[0], Line: node.StartLine, Unknown: unknown}
	return nil
}

// known expands a text in a stage. Variables without a value are unknown if they may
// come from the image below. One that is an ARG before FROM, and wasn't declared again,
// is empty.
func (e *evaluation) known(text string, s *stage, line int) (string, []string, error) {
	expanded, unknown, err := e.expand(text, &s.scope, line)
	unknown = slices.DeleteFunc(unknown, func(name string) bool {
		return !s.scope.has(name) && (s.bare() || e.global.has(name))
	})
	return expanded, unknown, err
}

// expand replaces variables, and lists those that aren't known here or have an unknown
// value.
func (e *evaluation) expand(text string, in *scope, line int) (string, []string, error) {
	return e.process(text, &lookup{in: in, missing: map[string]bool{}}, line)
}

// expandBase replaces the variables of a FROM. One that was declared without a value is
// missing: the build has to pass it.
func (e *evaluation) expandBase(text string, line int) (string, []string, error) {
	return e.process(text, &lookup{in: &e.global, required: true, missing: map[string]bool{}}, line)
}

func (e *evaluation) process(text string, asked *lookup, line int) (string, []string, error) {
	expanded, _, err := e.lex.ProcessWord(text, asked)
	switch {
	case asked.bytes > maxExpanded:
		return "", nil, fmt.Errorf("the variables on line %d are longer than %d KiB", line, maxExpanded>>10)
	case err != nil:
		return "", nil, fmt.Errorf("line %d has a variable that can't be replaced", line)
	}
	return expanded, slices.Sorted(maps.Keys(asked.missing)), nil
}

// chain is the words of an instruction.
func chain(node *parser.Node) (words []string) {
	for n := node.Next; n != nil; n = n.Next {
		words = append(words, n.Value)
	}
	return words
}

// scope is the variables of a stage.
type scope struct{ args, env map[string]variable }

// variable is the value of one.
type variable struct {
	text    string
	unset   bool // declared without a value
	unknown bool // it has a value that the file doesn't determine
}

func newScope() scope { return scope{map[string]variable{}, map[string]variable{}} }

func (s *scope) clone() scope { return scope{maps.Clone(s.args), maps.Clone(s.env)} }

// has reports whether a variable is known here, with a value or without.
func (s *scope) has(name string) bool {
	_, arg := s.args[name]
	_, env := s.env[name]
	return arg || env
}

// lookup gives variables their values for BuildKit's expansion, and notes those that it
// can't.
type lookup struct {
	in       *scope
	required bool // whether one without a value is missing
	missing  map[string]bool
	bytes    int // of all values given
}

// Get implements [shell.EnvGetter].
func (l *lookup) Get(name string) (string, bool) {
	v, ok := l.in.env[name]
	if !ok {
		v, ok = l.in.args[name]
	}
	if !ok || v.unknown || v.unset && l.required {
		l.missing[name] = true
	}
	if l.bytes += len(v.text); l.bytes > maxExpanded {
		return "", false
	}
	return v.text, ok && !v.unset && !v.unknown
}

// Keys implements [shell.EnvGetter].
func (l *lookup) Keys() []string {
	return append(slices.Collect(maps.Keys(l.in.env)), slices.Collect(maps.Keys(l.in.args))...)
}

var _ shell.EnvGetter = (*lookup)(nil)
