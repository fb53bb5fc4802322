package commands

import (
	"errors"

	"gonogo/commands/reply"
)

// ReadTyped is the act that a text means when a person types it.
func (b *Bot) ReadTyped(text string) (reply.Act, error) {
	c := call{desk: b.desk, view: b.View()}
	if refused, ok := c.readWords(text); !ok {
		return reply.Act{}, errors.New(refused.Title)
	}
	return c.act, nil
}

// Verbs are the names of all verbs.
func Verbs() []string {
	var names []string
	for _, v := range list() {
		names = append(names, v.name())
	}
	return names
}

// Takes are the parameters that a verb takes.
func Takes(name string) []string {
	v, _ := verbNamed(name)
	var all []string
	for parameter := range parameterNames() {
		if v.takes(parameter) {
			all = append(all, parameter)
		}
	}
	return all
}

// With is an act with one more parameter.
func With(a reply.Act, parameter, value string) reply.Act {
	setParameter(&a, parameter, value)
	return a
}

// UnknownParameters are the names in a verb's usage that no act keeps.
func UnknownParameters(name string) []string {
	var wrong []string
	v, _ := verbNamed(name)
	for _, p := range v.params {
		if p.name != itemsName && switches[p.name] == nil && parameters[p.name] == nil {
			wrong = append(wrong, p.name)
		}
	}
	return wrong
}
