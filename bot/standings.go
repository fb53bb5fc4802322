package main

import (
	"fmt"
	"io"
	"strings"

	"gonogo/commands"
)

// standings prints the progress of a run, line by line.
type standings struct {
	out  io.Writer
	step string // the last line about the current step
}

// tell prints what is new: for another step only its line, without the title that the
// card begins with.
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
