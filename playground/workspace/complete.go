package workspace

import (
	"fmt"
	"net/mail"
	"net/url"
	"strconv"
	"unicode/utf8"
)

// clientErrors are the errors that Slack's client shows before it submits a modal, by block_id.
func (v *view) clientErrors() map[string]string {
	faults := map[string]string{}
	state := inputState(v.blocks(), v.chosen)
	for p := range interactive(v.blocks()) {
		if str(p.block, "type") != "input" {
			continue
		}
		block, _ := state[p.blockID()].(object)
		entered, _ := block[p.actionID()].(object)
		if fault := p.clientError(entered[inputKinds[p.kind()].field]); fault != "" {
			faults[p.blockID()] = fault
		}
	}
	return faults
}

// clientError is the error that Slack's client shows for a value, or nothing.
func (p placed) clientError(value any) string {
	if empty(value) {
		if p.block["optional"] == true || p.kind() == "file_input" {
			return ""
		}
		return "Please complete this required field."
	}
	text, isText := value.(string)
	if !isText {
		return ""
	}
	switch p.kind() {
	case "plain_text_input":
		return p.length(utf8.RuneCountInString(text))
	case "number_input":
		return p.numeric(text)
	case "email_text_input":
		if _, err := mail.ParseAddress(text); err != nil {
			return "Please enter a valid email address."
		}
	case "url_text_input":
		if u, err := url.Parse(text); err != nil || u.Scheme == "" || u.Host == "" {
			return "Please enter a valid URL."
		}
	}
	return ""
}

func empty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case []string:
		return len(v) == 0
	default:
		return false
	}
}

func (p placed) length(n int) string {
	if least, ok := p.element["min_length"].(float64); ok && n < int(least) {
		return fmt.Sprintf("Please enter at least %d characters.", int(least))
	}
	if most, ok := p.element["max_length"].(float64); ok && n > int(most) {
		return fmt.Sprintf("Please enter at most %d characters.", int(most))
	}
	return ""
}

func (p placed) numeric(text string) string {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return "Please enter a number."
	}
	if decimal, _ := p.element["is_decimal_allowed"].(bool); !decimal && n != float64(int64(n)) {
		return "Please enter a whole number."
	}
	if least, err := strconv.ParseFloat(str(p.element, "min_value"), 64); err == nil && n < least {
		return fmt.Sprintf("Please enter a number of at least %s.", str(p.element, "min_value"))
	}
	if most, err := strconv.ParseFloat(str(p.element, "max_value"), 64); err == nil && n > most {
		return fmt.Sprintf("Please enter a number of at most %s.", str(p.element, "max_value"))
	}
	return ""
}
