package commands

import (
	"errors"

	"gonogo/commands/grammar"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
)

// ReadTyped is the act that a text means when a person types it.
func (b *Bot) ReadTyped(text string) (reply.Act, error) {
	c := verb.Call{Desk: b.desk, View: b.desk.Latest()}
	if refused, ok := readWords(&c, text); !ok {
		return reply.Act{}, errors.New(refused.Title)
	}
	return c.Act, nil
}

// Verbs are the names of all verbs.
func Verbs() []string {
	var names []string
	for _, v := range list() {
		names = append(names, v.Name())
	}
	return names
}

// Takes are the parameters that a verb takes.
func Takes(name string) []string {
	v, _ := language().Named(name)
	var all []string
	for parameter := range grammar.Parameters() {
		if v.Takes(parameter) {
			all = append(all, parameter)
		}
	}
	return all
}

// With is an act with one more parameter.
func With(a reply.Act, parameter, value string) reply.Act {
	grammar.Set(&a, parameter, value)
	return a
}

// Options are what a bot works on, for tests that change them.
func (b *Bot) Options() *Options { return &b.desk.Options }
