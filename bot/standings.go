package main

import (
	"fmt"
	"io"

	"gonogo/commands"
)

// standings prints the progress of a run, line by line.
type standings struct {
	out    io.Writer
	begun  int    // how many steps were printed, or passed over at first
	doing  string // what the last of them was said to be doing
	failed map[string]bool
}

// tell prints what is new. At first that is the current step, and what has failed
// before it; from then on no step and no failure is left out, however quickly they come.
func (s *standings) tell(now commands.RunStanding) {
	if s.failed == nil {
		s.failed, s.begun = map[string]bool{}, max(len(now.Steps)-1, 0)
		for _, step := range now.Steps[:s.begun] {
			if step.Failed != "" {
				fmt.Fprintln(s.out, step.Line)
				s.end(step)
			}
		}
	}
	for i, step := range now.Steps {
		if i >= s.begun {
			s.begun, s.doing = i+1, ""
			fmt.Fprintln(s.out, step.Line)
		}
		if i == s.begun-1 && step.Doing != "" && step.Doing != s.doing {
			s.doing = step.Doing
			fmt.Fprintln(s.out, "    "+step.Doing)
		}
		s.end(step)
	}
}

// end prints, once, why a step has failed.
func (s *standings) end(step commands.Step) {
	if step.Failed == "" || s.failed[step.Line] {
		return
	}
	s.failed[step.Line] = true
	if why := "failed: " + step.Failed; why != s.doing {
		fmt.Fprintln(s.out, "    "+why)
	}
}
