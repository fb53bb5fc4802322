package workspace

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
)

// inputKind has the names of the fields for an interactive element's current and initial value.
type inputKind struct{ field, initial string }

// inputKinds are the elements that have a value (docs.slack.dev/reference/block-kit/block-elements).
var inputKinds = map[string]inputKind{
	"plain_text_input":           {"value", "initial_value"},
	"number_input":               {"value", "initial_value"},
	"email_text_input":           {"value", "initial_value"},
	"url_text_input":             {"value", "initial_value"},
	"rich_text_input":            {"rich_text_value", "initial_value"},
	"static_select":              {"selected_option", "initial_option"},
	"radio_buttons":              {"selected_option", "initial_option"},
	"checkboxes":                 {"selected_options", "initial_options"},
	"multi_static_select":        {"selected_options", "initial_options"},
	"users_select":               {"selected_user", "initial_user"},
	"multi_users_select":         {"selected_users", "initial_users"},
	"conversations_select":       {"selected_conversation", "initial_conversation"},
	"multi_conversations_select": {"selected_conversations", "initial_conversations"},
	"channels_select":            {"selected_channel", "initial_channel"},
	"multi_channels_select":      {"selected_channels", "initial_channels"},
	"datepicker":                 {"selected_date", "initial_date"},
	"timepicker":                 {"selected_time", "initial_time"},
	"datetimepicker":             {"selected_date_time", "initial_date_time"},
}

// interactiveKind reports whether people can act on elements of a type.
func interactiveKind(kind string) bool {
	_, stateful := inputKinds[kind]
	return stateful || kind == "button" || kind == "overflow" || kind == "icon_button" || kind == "feedback_buttons"
}

// placed is an interactive element and its block.
type placed struct {
	block   object
	element object
}

func (p placed) blockID() string  { return str(p.block, "block_id") }
func (p placed) actionID() string { return str(p.element, "action_id") }
func (p placed) kind() string     { return str(p.element, "type") }

// str is a field of an object as a string, or empty if it isn't one.
func str(o object, field string) string {
	s, _ := o[field].(string)
	return s
}

// interactive are all interactive elements of blocks.
func interactive(blocks []any) iter.Seq[placed] {
	return func(yield func(placed) bool) { eachInteractive(blocks, yield) }
}

func eachInteractive(blocks []any, yield func(placed) bool) bool {
	for _, b := range blocks {
		block, _ := b.(object)
		for _, e := range elementsOf(block) {
			element, ok := e.(object)
			if ok && str(element, "action_id") != "" && !yield(placed{block, element}) {
				return false
			}
		}
		if children, ok := block["child_blocks"].([]any); ok && !eachInteractive(children, yield) {
			return false
		}
	}
	return true
}

// elementsOf are the elements of one block, in whichever field its type has them.
func elementsOf(block object) []any {
	var all []any
	for _, field := range []string{"elements", "actions"} {
		list, _ := block[field].([]any)
		all = append(all, list...)
	}
	all = append(all, block["accessory"], block["element"])
	rows, _ := block["rows"].([]any)
	for _, row := range rows {
		cells, _ := row.([]any)
		for _, cell := range cells {
			c, _ := cell.(object)
			all = append(all, c["element"])
		}
	}
	return all
}

// find is the element with an action_id, in a block if one is given. If several buttons share an action_id, the value decides.
func find(blocks []any, blockID, actionID string, values []string) (placed, error) {
	var found []placed
	for p := range interactive(blocks) {
		if p.actionID() == actionID && (blockID == "" || p.blockID() == blockID) {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		return placed{}, unknown("element", blockID+" "+actionID)
	}
	i := slices.IndexFunc(found, func(p placed) bool { return p.hasValue(values) })
	return found[max(i, 0)], nil
}

// hasValue reports whether values are exactly the element's own value, which only buttons have.
func (p placed) hasValue(values []string) bool {
	return len(values) == 1 && str(p.element, "value") == values[0]
}

// errChanged is the error for a button that a person saw in an earlier version of a message or view.
var errChanged = errors.New("the app has just replaced or removed the button you pressed; look at it again")

// findPressed is like find, but also finds a button in a block that got another ID when the app updated the message or view:
// a window shows the earlier version until the update reaches it. Slack doesn't document what it does with such a press.
// Here it counts while the same button, by action_id and value, is still there.
func findPressed(blocks []any, blockID, actionID string, values []string) (placed, error) {
	p, err := find(blocks, blockID, actionID, values)
	if err == nil || blockID == "" {
		return p, err
	}
	for p := range interactive(blocks) {
		if p.actionID() == actionID && p.kind() == "button" && p.hasValue(values) {
			return p, nil
		}
	}
	return placed{}, errChanged
}

// choose is the new state of an element after a person has chosen values: of options, dates or people, or a text. It is
// empty for a button, which has no state.
func (p placed) choose(values []string) (object, error) {
	switch p.kind() {
	case "button", "icon_button":
		return object{}, nil
	case "feedback_buttons":
		return p.feedback(values)
	case "overflow":
		option, err := p.option(first(values))
		return object{"selected_option": option}, err
	}
	kind, ok := inputKinds[p.kind()]
	if !ok {
		return nil, fmt.Errorf("an element of type %q cannot be used", p.kind())
	}
	value, err := p.value(kind.field, values)
	return object{kind.field: value}, err
}

// value is the chosen value in the form of a field.
func (p placed) value(field string, values []string) (any, error) {
	switch field {
	case "selected_option":
		if first(values) == "" {
			return nil, nil
		}
		return p.option(first(values))
	case "selected_options":
		return p.options(values)
	case "selected_users", "selected_conversations", "selected_channels":
		return append([]string{}, values...), nil
	case "selected_date_time":
		n, err := strconv.ParseInt(first(values), 10, 64)
		if err != nil {
			return nil, nil
		}
		return n, nil
	case "rich_text_value":
		var rich any
		if json.Unmarshal([]byte(first(values)), &rich) != nil {
			return nil, nil
		}
		return rich, nil
	default:
		if first(values) == "" {
			return nil, nil
		}
		return values[0], nil
	}
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

func (p placed) options(values []string) ([]any, error) {
	chosen := []any{}
	for _, v := range values {
		option, err := p.option(v)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, option)
	}
	return chosen, nil
}

// option is the option with a value, among the element's options and groups.
func (p placed) option(value string) (any, error) {
	all, _ := p.element["options"].([]any)
	groups, _ := p.element["option_groups"].([]any)
	for _, g := range groups {
		group, _ := g.(object)
		options, _ := group["options"].([]any)
		all = append(slices.Clone(all), options...)
	}
	for _, o := range all {
		if option, ok := o.(object); ok && str(option, "value") == value {
			return option, nil
		}
	}
	return nil, unknown("option", value)
}

// feedback is the button with a value, of the two feedback buttons.
func (p placed) feedback(values []string) (object, error) {
	for _, side := range []string{"positive_button", "negative_button"} {
		if button, ok := p.element[side].(object); ok && str(button, "value") == first(values) {
			return object{"value": button["value"], "text": button["text"]}, nil
		}
	}
	return nil, unknown("feedback", first(values))
}

// inputState is the state of all inputs: the chosen values, or else the initial ones.
func inputState(blocks []any, chosen map[string]any) object {
	values := object{}
	for p := range interactive(blocks) {
		kind, ok := inputKinds[p.kind()]
		if !ok {
			continue
		}
		state := object{"type": p.kind(), kind.field: p.element[kind.initial]}
		if now, ok := chosen[inputKey(p)].(object); ok {
			state = object{"type": p.kind(), kind.field: now[kind.field]}
		}
		if state[kind.field] == nil && kind.field == "selected_options" {
			state[kind.field] = []any{}
		}
		block, _ := values[p.blockID()].(object)
		if block == nil {
			block = object{}
			values[p.blockID()] = block
		}
		block[p.actionID()] = state
	}
	return values
}

// inputKey identifies an input within its message or view.
func inputKey(p placed) string { return p.blockID() + "\x00" + p.actionID() }
