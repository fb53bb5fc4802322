// Package scaffold writes the first configuration of a team: from a checklist that it
// has as a Markdown file, or from a few answers.
//
// # Nouns
//
// A [List] is what [Read] finds in a Markdown file: its task boxes in their order, in
// [Section] by heading. A [Plan] is what a configuration is written from; [Plan.YAML]
// writes it.
//
// # Who calls it
//
// The commands gonogo import and gonogo init. Nothing here reads or writes files, and
// nothing else of gonogo's depends on it.
//
// # What happens on failure
//
// A file without task boxes, and one that has more than a configuration may have, is an
// error with a sentence. Whatever is in the file, what is written is a configuration
// that gonogo config check finds valid. A ticked box is kept as a claim of the file
// (the setting claimed of an item), which passes nothing.
package scaffold
