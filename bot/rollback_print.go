package main

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gonogo/commands/reply"
)

// givenConfig is the --config that a command was given, as it is repeated in other
// commands: after a space, and quoted for a shell. It is empty if none was given.
func givenConfig(cmd *cobra.Command, file string) string {
	if !cmd.Flags().Changed("config") {
		return ""
	}
	return " --config " + shellQuoted(file)
}

func shellQuoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+=:,@%", r)
	}
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// command is a gonogo rollback that a person can type next.
func (h *host) command(words string) string { return "gonogo rollback " + words + h.flags }

// again is what a person types for the same once more. While it is under way, that
// follows it.
func (h *host) again(environment string) string {
	if h.rehearsal {
		return "gonogo rehearse " + environment + h.flags
	}
	return h.command(environment)
}

// print shows a reply. The bot doesn't know which --config was given here, so the
// commands that it suggests get it now.
func (h *host) print(out io.Writer, r reply.Reply) {
	r.Parts = slices.Clone(r.Parts)
	for i, part := range r.Parts {
		switch part := part.(type) {
		case reply.Lines:
			lines := make(reply.Lines, len(part))
			for n, line := range part {
				lines[n] = h.withFlags(line)
			}
			r.Parts[i] = lines
		case reply.Note:
			r.Parts[i] = reply.Note(h.withFlags(reply.Text(part)))
		}
	}
	r.Print(out, h.zone())
}

func (h *host) withFlags(text reply.Text) reply.Text {
	text = slices.Clone(text)
	for i, span := range text {
		if span.Kind == reply.Code && strings.HasPrefix(span.Text, "gonogo rollback ") {
			text[i].Text += h.flags
		}
	}
	return text
}
