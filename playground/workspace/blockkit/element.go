package blockkit

import "reflect"

// Limits that several elements share.
const (
	maxID          = 255
	maxURL         = 3000
	maxPlaceholder = 150
	maxOptions     = 100
	maxFew         = 10 // options of checkboxes and radio buttons
	maxEntry       = 3000
)

// actionable are the fields of everything that people can act on. confirmable and askable are more of them.
var (
	actionable  = fields{"action_id": words(1, maxID)}
	confirmable = actionable.with(fields{"confirm": confirmation})
	askable     = confirmable.with(fields{"placeholder": plain(maxPlaceholder), "focus_on_load": flag})
	enterable   = actionable.with(fields{
		"placeholder": plain(maxPlaceholder), "focus_on_load": flag, "dispatch_action_config": dispatchConfig,
	})
)

// confirmation is the question before an act (docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object).
var confirmation = object(shape{
	must: fields{"title": plain(100), "text": anyText(300), "confirm": plain(30), "deny": plain(30)},
	may:  fields{"style": oneOf("primary", "danger")},
})

var dispatchConfig = object(shape{may: fields{
	"trigger_actions_on": list(1, 2, oneOf("on_enter_pressed", "on_character_entered")),
}})

// elements are the elements that stand in blocks, by their type.
var elements = map[string]rule{
	"button": object(shape{
		must: fields{"text": plain(75)},
		may: confirmable.with(fields{
			"value": words(0, 2000), "url": words(1, maxURL), "style": oneOf("primary", "danger"), "accessibility_label": words(1, 75),
		}),
	}),
	"overflow": object(shape{
		must: fields{"options": list(1, 5, option(plain(75), fields{"url": words(1, maxURL)}))}, may: confirmable,
	}),
	"static_select":              menu("initial_option", false),
	"multi_static_select":        menu("initial_options", true),
	"external_select":            picker("initial_option", option(plain(75), nil), false, fields{"min_query_length": whole(0, 100)}),
	"users_select":               picker("initial_user", words(1, maxID), false, nil),
	"multi_users_select":         picker("initial_user", words(1, maxID), true, nil),
	"conversations_select":       picker("initial_conversation", words(1, maxID), false, conversationFields.with(fields{"response_url_enabled": flag})),
	"multi_conversations_select": picker("initial_conversation", words(1, maxID), true, conversationFields),
	"channels_select":            picker("initial_channel", words(1, maxID), false, fields{"response_url_enabled": flag}),
	"multi_channels_select":      picker("initial_channel", words(1, maxID), true, nil),
	"checkboxes":                 few("initial_options", list(1, maxFew, option(anyText(75), nil))),
	"radio_buttons":              few("initial_option", option(anyText(75), nil)),
	"datepicker": object(shape{may: askable.with(fields{
		"initial_date": pattern(`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$`, "a date like 2026-12-31"),
	})}),
	"timepicker": object(shape{may: askable.with(fields{
		"initial_time": pattern(`^([01]\d|2[0-3]):[0-5]\d$`, "a time like 09:30"), "timezone": words(1, maxID),
	})}),
	"datetimepicker": object(shape{may: confirmable.with(fields{
		"initial_date_time": whole(1_000_000_000, 9_999_999_999), "focus_on_load": flag,
	})}),
	"plain_text_input": object(shape{may: enterable.with(fields{
		"initial_value": words(0, maxEntry), "multiline": flag, "min_length": whole(0, maxEntry), "max_length": whole(1, maxEntry),
	})}),
	"number_input": object(shape{
		must: fields{"is_decimal_allowed": flag},
		may:  enterable.with(fields{"initial_value": words(0, maxID), "min_value": words(0, maxID), "max_value": words(0, maxID)}),
	}),
	"email_text_input": object(shape{may: enterable.with(fields{"initial_value": words(0, maxEntry)})}),
	"url_text_input":   object(shape{may: enterable.with(fields{"initial_value": words(0, maxEntry)})}),
	"rich_text_input": object(shape{may: enterable.with(fields{
		"initial_value": richTextValue, "min_lines": whole(1, 100), "max_lines": whole(1, 100),
	})}),
	"image": object(imageShape),
	"feedback_buttons": object(shape{
		must: fields{"positive_button": feedbackButton, "negative_button": feedbackButton}, may: actionable,
	}),
	"icon_button": object(shape{
		must: fields{"icon": words(1, maxID), "text": plain(75)},
		may: confirmable.with(fields{
			"value": words(0, 2000), "accessibility_label": words(1, 75), "visible_to_user_ids": list(1, maxOptions, words(1, maxID)),
		}),
	}),
}

var feedbackButton = object(shape{
	must: fields{"text": plain(75), "value": words(1, 2000)}, may: fields{"accessibility_label": words(1, 75)},
})

var conversationFields = fields{
	"default_to_current_conversation": flag,
	"filter": object(shape{may: fields{
		"include":                          list(1, 4, oneOf("im", "mpim", "private", "public")),
		"exclude_external_shared_channels": flag, "exclude_bot_users": flag,
	}}),
}

// imageShape is a picture, from the web or from Slack's own files.
var imageShape = shape{
	must: fields{"alt_text": words(1, 2000)},
	may:  fields{"image_url": words(1, maxURL), "slack_file": slackFile},
	also: []func(*check, string, map[string]any){oneFieldOf("image_url", "slack_file")},
}

var slackFile = object(shape{
	may:  fields{"id": words(1, maxID), "url": words(1, maxURL)},
	also: []func(*check, string, map[string]any){oneFieldOf("id", "url")},
})

// option is one choice (docs.slack.dev/reference/block-kit/composition-objects/option-object).
func option(text rule, more fields) rule {
	return object(shape{
		must: fields{"text": text, "value": words(1, 75)},
		may:  fields{"description": anyText(75)}.with(more),
	})
}

// menu is a select with its options written out, in groups or not.
func menu(initial string, several bool) rule {
	one := option(plain(75), nil)
	first := one
	may := askable
	if several {
		first = list(1, maxOptions, one)
		may = askable.with(fields{"max_selected_items": whole(1, maxOptions)})
	}
	group := object(shape{must: fields{"label": plain(75), "options": list(1, maxOptions, one)}})
	return object(shape{
		may: may.with(fields{
			"options": list(1, maxOptions, one), "option_groups": list(1, maxOptions, group), initial: first,
		}),
		also: []func(*check, string, map[string]any){oneFieldOf("options", "option_groups"), initialIsOption(initial)},
	})
}

// few is a short list of options, all in sight.
func few(initial string, first rule) rule {
	return object(shape{
		must: fields{"options": list(1, maxFew, option(anyText(75), nil))},
		may:  confirmable.with(fields{initial: first, "focus_on_load": flag}),
		also: []func(*check, string, map[string]any){initialIsOption(initial)},
	})
}

// picker is a select whose options come from the workspace or the app.
func picker(initial string, value rule, several bool, more fields) rule {
	may := askable.with(more)
	if several {
		return object(shape{may: may.with(fields{
			initial + "s": list(0, maxOptions, value), "max_selected_items": whole(1, maxOptions),
		})})
	}
	return object(shape{may: may.with(fields{initial: value})})
}

// initialIsOption holds when what is chosen at first is among the options.
func initialIsOption(initial string) func(c *check, at string, o map[string]any) {
	return func(c *check, at string, o map[string]any) {
		chosen, isList := o[initial].([]any)
		if !isList && o[initial] != nil {
			chosen = []any{o[initial]}
		}
		all := optionsOf(o)
		for _, one := range chosen {
			if !contains(all, one) {
				c.fault(at+"/"+initial, "must match an option of this element")
			}
		}
	}
}

func optionsOf(o map[string]any) []any {
	all, _ := o["options"].([]any)
	groups, _ := o["option_groups"].([]any)
	for _, g := range groups {
		group, _ := g.(map[string]any)
		options, _ := group["options"].([]any)
		all = append(all[:len(all):len(all)], options...)
	}
	return all
}

// contains compares options by their value and text; Slack fills in the rest by itself.
func contains(all []any, one any) bool {
	for _, other := range all {
		if reflect.DeepEqual(essence(other), essence(one)) {
			return true
		}
	}
	return false
}

func essence(v any) [2]any {
	o, _ := v.(map[string]any)
	text, _ := o["text"].(map[string]any)
	return [2]any{o["value"], text["text"]}
}

// among are the rules of some elements.
func among(names ...string) rule {
	some := map[string]rule{}
	for _, name := range names {
		some[name] = elements[name]
	}
	return typed(some)
}
