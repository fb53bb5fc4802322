// Package dockerfile reads from a Dockerfile what an image built from it will be: the
// user that it runs as, the images that it is built from, and the variables with a
// value that the file sets. It builds nothing and asks nobody.
//
// [Read] parses the text with BuildKit's parser, and evaluates it as BuildKit does: FROM
// sees the ARGs before the first FROM, a stage sees only its own, those that it declares
// and those of the stage that it is FROM; and a stage's ONBUILD runs in the stages that
// are FROM it.
//
// What the file doesn't determine is said to be unknown and never guessed: a user that
// depends on a variable of a base image ([User.Unknown]), or an image whose name depends
// on a build argument ([Base.Unknown]). The size of a file is limited ([MaxSize]).
// Errors are one sentence about the file, without its text, which may contain secrets.
package dockerfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/command"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// MaxSize is how many bytes of a Dockerfile are read.
const MaxSize = 256 << 10

// What else a Dockerfile may have: enough for any that people write, and little enough
// that no file keeps the processor busy or fills memory.
const (
	maxInstructions = 2000
	maxStages       = 200
	maxExpanded     = 64 << 10 // bytes of the variables in one word
)

// Build is how an image is built.
type Build struct {
	Args   map[string]string // build arguments that are passed
	Target string            // the stage that is built, by name or number; "": the last
}

// Plan is what an image will be.
type Plan struct {
	Base      Base       // what the built stage is FROM in the end
	User      *User      // whom the image runs as; nil: as Base does
	Images    []Base     // every image that the file uses, of all stages
	Variables []Variable // of ENV and ARG, with a value
	Commands  []Command  // of RUN
}

// Base is an image that a Dockerfile uses.
type Base struct {
	Name    string   // with variables replaced, such as debian:12
	Line    int      // where it is used
	Unknown []string // variables on which it depends and that have no value
}

// Scratch reports whether this is the empty image.
func (b Base) Scratch() bool { return b.Name == "scratch" }

var digest = regexp.MustCompile(`@sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$`)

// Pinned reports whether the image is named by its digest, so that it can't change.
func (b Base) Pinned() bool { return b.Scratch() || len(b.Unknown) == 0 && digest.MatchString(b.Name) }

// User is what a USER sets.
type User struct {
	Text    string   // with variables replaced
	Written string   // as in the file
	Line    int      // of the USER
	Unknown []string // variables on which it depends and that the file doesn't determine
}

// Variable is one of ENV or ARG, with a value.
type Variable struct {
	Name, Value string // the value as written, without quotes
	Line        int
}

// Command is what a RUN runs.
type Command struct {
	Text string
	Line int
}

// Read reads a Dockerfile.
func Read(from io.Reader, build Build) (*Plan, error) {
	text, err := io.ReadAll(io.LimitReader(from, MaxSize+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > MaxSize:
		return nil, fmt.Errorf("it is larger than %d KiB", MaxSize>>10)
	}
	parsed, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, invalid(err)
	}
	if len(parsed.AST.Children) > maxInstructions {
		return nil, fmt.Errorf("it has more than %d instructions", maxInstructions)
	}
	e := &evaluation{lex: shell.NewLex(parsed.EscapeToken), build: build, global: newScope()}
	for _, node := range parsed.AST.Children {
		if err := e.instruction(node); err != nil {
			return nil, err
		}
	}
	return e.finish()
}

// invalid says where a file isn't a Dockerfile.
func invalid(err error) error {
	var at *parser.LocationError
	if errors.As(err, &at) && len(at.Locations) > 0 && len(at.Locations[0]) > 0 && at.Locations[0][0].Start.Line > 0 {
		return fmt.Errorf("line %d isn't valid in a Dockerfile", at.Locations[0][0].Start.Line)
	}
	return errors.New("it isn't a valid Dockerfile")
}

// finish picks the stage that is built.
func (e *evaluation) finish() (*Plan, error) {
	if len(e.stages) == 0 {
		return nil, errors.New("it has no FROM")
	}
	built, err := e.target()
	if err != nil {
		return nil, err
	}
	e.plan.User = built.user
	for ; built.parent != nil; built = built.parent {
	}
	e.plan.Base = built.base
	return &e.plan, nil
}

func (e *evaluation) target() (*stage, error) {
	target := e.build.Target
	if target == "" {
		return e.stages[len(e.stages)-1], nil
	}
	if s := e.stage(target); s != nil {
		return s, nil
	}
	if n, err := strconv.Atoi(target); err == nil && n >= 0 && n < len(e.stages) {
		return e.stages[n], nil
	}
	return nil, fmt.Errorf("it has no stage %q", target)
}

// stage finds the newest stage of a name.
func (e *evaluation) stage(name string) *stage {
	for _, s := range slices.Backward(e.stages) {
		if s.name != "" && strings.EqualFold(s.name, name) {
			return s
		}
	}
	return nil
}

// known reports whether there is such an instruction.
func known(name string) bool {
	_, ok := command.Commands[strings.ToLower(name)]
	return ok
}
