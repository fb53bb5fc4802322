package main

import (
	"fmt"
	"io"
	"strings"

	"gonogo/commands"
)

// standings shows where a run stands, line by line.
type standings struct {
	out  io.Writer
	step string // the line of the step that it is at
}

// tell shows what is new: of a step that is at something else, only that, and not
// the title, which the card begins with.
func (s *standings) tell(now commands.RunStanding) {
	if now.Line == now.Reply.Title {
		return
	}
	if doing, same := strings.CutPrefix(now.Line, s.step+": "); same && s.step != "" {
		fmt.Fprintln(s.out, "    "+doing)
		return
	}
	s.step = now.Line
	fmt.Fprintln(s.out, now.Line)
}
