package render

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/slack-go/slack"

	"gonogo/commands"
	"gonogo/commands/reply"
)

// Slack's limits for forms, from https://docs.slack.dev/surfaces/modals and
// https://docs.slack.dev/reference/block-kit/composition-objects/option-object.
const (
	maxFormTitle   = 24
	maxFormBlocks  = 100
	maxLabel       = 150 // ours; Slack's is 2,000
	maxHint        = 300 // ours; Slack's is 2,000
	maxOptions     = 100
	maxOption      = 75
	maxPrivate     = 3000
	maxBlockID     = 255
	maxInitialText = 3000
	maxFormError   = 300     // ours: an acknowledgement must stay small
	maxFormRoom    = 12_000  // ours, for the introduction
	maxFormBytes   = 240_000 // Slack's is 250 KB for the whole view
)

// valueAction is the action_id of each input; there is one in a block.
const valueAction = "value"

// FormContext is the data that a form carries through Slack and back.
type FormContext struct {
	Act     string `json:"act,omitempty"`     // encoded
	Command string `json:"command,omitempty"` // of forms that an earlier version opened: a sentence
	Channel string `json:"channel"`
	Key     string `json:"key"` // of the request that opened it

	Instance string `json:"instance,omitempty"` // which gonogo opened it; empty: an older one
}

// ReadFormContext reads the context from a form's private_metadata. It reports false
// where the form is not one of ours.
func ReadFormContext(metadata string) (c FormContext, ok bool) {
	err := json.Unmarshal([]byte(metadata), &c)
	return c, err == nil && c.Pressed() != ""
}

// Pressed is what submitting the form does, encoded as a button carries it.
func (c FormContext) Pressed() string { return cmp.Or(c.Act, c.Command) }

// Modal renders a form that a request from a channel asks for; key is that request's.
// It reports false when the form, its act, or what an input is to begin with is too
// long to travel through Slack.
func (r Renderer) Modal(f *reply.Form, channel, key string) (m slack.ModalViewRequest, ok bool) {
	act, _ := commands.Carried(f).Encode()
	carried, err := json.Marshal(FormContext{Act: act, Channel: channel, Key: key, Instance: r.instance()})
	if err != nil || length(string(carried)) > maxPrivate {
		return m, false
	}
	submit := f.Submit
	if submit == "" {
		submit = "Submit"
	}
	p := newPage(maxFormBlocks, maxFormRoom)
	p.lines(r.markups(f.Intro))
	names := map[string]bool{}
	for _, in := range f.Inputs {
		if (in.Kind == reply.ShortText || in.Kind == reply.LongText) && length(in.Initial) > maxInitialText {
			return m, false // half a text would look complete
		}
		if block := inputBlock(in); block != nil && !names[in.Name] && len(p.blocks) < maxFormBlocks-1 {
			names[in.Name] = true
			p.blocks = append(p.blocks, block)
		}
	}
	p.close()
	if len(p.blocks) == 0 {
		p.lines([]string{escape(plainText(cmp.Or(f.Title, submit), maxFormTitle).Text)})
	}
	m = slack.ModalViewRequest{
		Type:  slack.VTModal,
		Title: plainText(cmp.Or(f.Title, submit), maxFormTitle), Submit: plainText(submit, maxFormTitle), Close: plainText("Cancel", maxFormTitle),
		Blocks: slack.Blocks{BlockSet: p.blocks}, PrivateMetadata: string(carried), ClearOnClose: true,
	}
	size, err := json.Marshal(m)
	return m, err == nil && len(size) <= maxFormBytes
}

// inputBlock renders one input; its block_id is the input's name. It returns
// nil for a choice that offers nothing and for a name that Slack cannot carry.
func inputBlock(in reply.Input) slack.Block {
	element := inputElement(in)
	if element == nil || in.Name == "" || length(in.Name) > maxBlockID {
		return nil
	}
	block := slack.NewInputBlock(in.Name, plainText(cmp.Or(in.Label, in.Name), maxLabel), nil, element)
	if in.Hint != "" {
		block.Hint = plainText(in.Hint, maxHint)
	}
	block.Optional = in.Optional
	return block
}

func inputElement(in reply.Input) slack.BlockElement {
	switch in.Kind {
	case reply.Choice:
		return choice(in)
	case reply.Date:
		picker := slack.NewDatePickerBlockElement(valueAction)
		if _, err := time.Parse(time.DateOnly, in.Initial); err == nil {
			picker.InitialDate = in.Initial
		}
		return picker
	case reply.URL:
		element := slack.NewURLTextInputBlockElement(nil, valueAction)
		if length(in.Initial) <= maxInitialText { // half an address is a different address
			element.InitialValue = in.Initial
		}
		return element
	default:
		element := slack.NewPlainTextInputBlockElement(nil, valueAction)
		element.Multiline = in.Kind == reply.LongText
		element.InitialValue = in.Initial
		return element
	}
}

// choice renders a menu. Options whose value Slack cannot carry are left out:
// a shortened value would mean something else.
func choice(in reply.Input) slack.BlockElement {
	var options []*slack.OptionBlockObject
	var initial *slack.OptionBlockObject
	known := map[string]bool{}
	for _, o := range in.Options {
		if o.Value == "" || length(o.Value) > maxOption || known[o.Value] || len(options) == maxOptions {
			continue
		}
		known[o.Value] = true
		option := slack.NewOptionBlockObject(o.Value, plainText(cmp.Or(o.Label, o.Value), maxOption), nil)
		options = append(options, option)
		if o.Value == in.Initial {
			initial = option
		}
	}
	if len(options) == 0 {
		return nil
	}
	menu := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, valueAction, options...)
	menu.InitialOption = initial
	return menu
}

// FormErrors is the acknowledgement that keeps a form with these values open, with a
// sentence next to each input that has an error; nil where there is nothing to show.
func FormErrors(errors, values map[string]string) []byte {
	shown := onForm(errors, values)
	if len(shown) == 0 {
		return nil
	}
	for name, sentence := range shown {
		shown[name] = cut(sentence, maxFormError)
	}
	ack, _ := json.Marshal(map[string]any{"response_action": "errors", "errors": shown}) // strings always encode
	return ack
}

// onForm keeps the errors that the form can show, since Slack refuses those for blocks
// it does not know, and shows the others next to any input.
func onForm(errors, values map[string]string) map[string]string {
	shown := map[string]string{}
	for name, sentence := range errors {
		if _, known := values[name]; known {
			shown[name] = sentence
		}
	}
	if len(shown) > 0 {
		return shown
	}
	for _, sentence := range errors {
		for name := range values {
			return map[string]string{name: sentence}
		}
	}
	return nil
}
