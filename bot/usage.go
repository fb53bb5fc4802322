package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// exitUsage is EX_USAGE of sysexits.h: the command line itself is wrong. It differs
// from the codes that answer a question, so a misspelt flag in a pipeline can't be
// mistaken for NO-GO.
const exitUsage = 64

// misused is the error of a command line that can't be parsed. Its sentence names the
// command and ends with what to type.
func misused(format string, args ...any) error {
	return exit{exitUsage, fmt.Errorf(format, args...)}
}

// seeHelp is the next step where nothing better is known.
func seeHelp(cmd *cobra.Command) string {
	return fmt.Sprintf("see %s --help", cmd.CommandPath())
}

// takes rejects a wrong number of arguments with a sentence that has an example.
func takes(what, example string, fits func(n int) bool) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if fits(len(args)) {
			return nil
		}
		return misused("%[1]s takes %[2]s, such as: %[1]s %[3]s", cmd.CommandPath(), what, example)
	}
}

// one fits exactly one argument.
func one(n int) bool { return n == 1 }

// takesNothing refuses any argument.
func takesNothing(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return misused("%s takes no arguments, but got %q; %s", cmd.CommandPath(), args[0], seeHelp(cmd))
}

// takesCommand rejects a word that isn't one of the commands below this one.
func takesCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	next := seeHelp(cmd)
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		next = fmt.Sprintf("did you mean %s?", near[0])
	}
	return misused("%s has no command %q; %s", cmd.CommandPath(), args[0], next)
}

// takesTopic rejects a request for help about a command that doesn't exist.
func takesTopic(cmd *cobra.Command, args []string) error {
	found, rest, err := cmd.Root().Find(args)
	if err == nil && found.HasSubCommands() {
		return takesCommand(found, rest)
	}
	return err
}

// takesAnything leaves it to the command to check its arguments.
func takesAnything(*cobra.Command, []string) error { return nil }

// flagMisused says in a sentence what is wrong with a flag. If the command itself is
// misspelt, it says that instead: the flags are unknown only because of it.
func flagMisused(cmd *cobra.Command, typed []string, err error) error {
	if _, rest, _ := cmd.Root().Find(typed); cmd.HasSubCommands() && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		if wrong := cmd.Args(cmd, rest[:1]); wrong != nil {
			return wrong
		}
	}
	var (
		unknown   *pflag.NotExistError
		valueless *pflag.ValueRequiredError
		unfit     *pflag.InvalidValueError
		garbled   *pflag.InvalidSyntaxError
	)
	what := "was called with a flag that can't be read: " + err.Error()
	switch {
	case errors.As(err, &unknown):
		what = "has no flag " + dashed(unknown.GetSpecifiedName(), unknown.GetSpecifiedShortnames())
	case errors.As(err, &valueless):
		what = "needs a value after " + dashed(valueless.GetSpecifiedName(), valueless.GetSpecifiedShortnames())
	case errors.As(err, &unfit):
		what = fmt.Sprintf("can't take %q for --%s", unfit.GetValue(), unfit.GetFlag().Name)
	case errors.As(err, &garbled):
		what = "can't read " + garbled.GetSpecifiedFlag()
	}
	return misused("%s %s; %s", cmd.CommandPath(), what, seeHelp(cmd))
}

// dashed is a flag as it was typed: --name, or -n among some shorthands.
func dashed(name, shorthands string) string {
	if shorthands == "" {
		return "--" + name
	}
	return "-" + name[:1]
}

// withUsage gives every mistake on the command line its sentence and exit code, also
// for the commands that cobra adds itself.
func withUsage(root *cobra.Command, typed []string) {
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return flagMisused(cmd, typed, err) })
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.Args = takesTopic
		case "completion":
			cmd.Args, cmd.RunE = takesCommand, func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
			for _, shell := range cmd.Commands() {
				shell.Args = takesNothing
			}
		}
	}
}
