package main

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// output is what a subcommand prints to. It keeps the first error, so that errors need
// not be checked after each line: run checks once, at the end.
type output struct {
	to  io.Writer
	err error
}

// Write implements io.Writer. After an error nothing more is written, so that the
// output has no gap.
func (o *output) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.to.Write(p)
	o.err = err
	return n, err
}

// Columns implements reply.Screen: the width of the terminal, and 0 for a file or a
// pipe.
func (o *output) Columns() int {
	file, ok := o.to.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// outcome is the error that a subcommand ended with. If its output couldn't be written,
// it is an error about that instead: nobody can rely on what was printed.
func (o *output) outcome(err error) error {
	if o.err == nil {
		return err
	}
	return exit{1, fmt.Errorf("the output is incomplete: it could not be written: %w", plain(o.err))}
}
