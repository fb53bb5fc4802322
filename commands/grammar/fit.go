package grammar

import (
	"slices"

	"gonogo/commands/reply"
)

// choosable are the parameters in which the buttons of a question may differ, and the
// inputs that ask for them.
var choosable = []struct{ name, input, label string }{
	{"VERSION", "version", "Release"}, {"ENV", "environment", "Environment"}, {Items, "item", "Item"},
}

// Fit makes everything in a reply fit into buttons. Buttons whose free text is longer
// than a button can carry become a form with the text filled in.
func Fit(r reply.Reply) reply.Reply {
	var long []reply.Button
	for _, part := range r.Parts {
		actions, _ := part.(reply.Actions)
		for _, b := range actions {
			if _, ok := b.Act.Encode(); !ok {
				long = append(long, b)
			}
		}
	}
	if len(long) == 0 || r.Form != nil {
		return r
	}
	form := reply.Form{Title: reply.Shorten(r.Title, 24), Submit: "Go on", Act: long[0].Act}
	for _, by := range choosable {
		if options := choices(long, by.name); len(long) > 1 && len(options) == len(long) {
			form.Inputs = append(form.Inputs, reply.Input{Name: by.input, Label: by.label, Kind: reply.Choice, Options: options, Initial: options[0].Value})
			break
		}
	}
	form.Inputs = append(form.Inputs, reply.Input{Name: "reason", Label: "What you wrote", Kind: reply.LongText, Initial: long[0].Act.Text})
	r.Form = &form
	return r
}

// choices are the different values that buttons have for a parameter.
func choices(buttons []reply.Button, name string) []reply.Option {
	var options []reply.Option
	for _, b := range buttons {
		values := valueOf(b.Act, name)
		if len(values) != 1 {
			return nil
		}
		option := reply.Option{Value: values[0], Label: b.Label}
		if !slices.ContainsFunc(options, func(o reply.Option) bool { return o.Value == option.Value }) {
			options = append(options, option)
		}
	}
	return options
}
