package blockkit_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"gonogo/playground/workspace/blockkit"
)

// long is a text of n characters that are not n bytes.
func long(n int) string { return strings.Repeat("é", n) }

// many is a list of n JSON values, each made by a format with the number in place of %d.
func many(n int, format string) string {
	var all []string
	for i := range n {
		all = append(all, strings.ReplaceAll(format, "%d", strconv.Itoa(i)))
	}
	return "[" + strings.Join(all, ",") + "]"
}

func text(n int) string   { return `{"type":"plain_text","text":"` + long(n) + `"}` }
func mrkdwn(n int) string { return `{"type":"mrkdwn","text":"` + long(n) + `"}` }

const (
	short     = `{"type":"plain_text","text":"x"}`
	button    = `{"type":"button","action_id":"a%d","text":{"type":"plain_text","text":"x"}}`
	oneOption = `{"text":{"type":"plain_text","text":"x"},"value":"v%d"}`
	rich      = `{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"x"}]}]}`
	raw       = `{"type":"raw_text","text":"x"}`
)

func element(e string) string { return `{"type":"actions","elements":[` + e + `]}` }
func input(e string) string {
	return `{"type":"input","label":{"type":"plain_text","text":"x"},"element":` + e + `}`
}
func withButton(more string) string {
	return element(`{"type":"button","text":` + short + `,` + more + `}`)
}
func confirm(title, body, yes, no int) string {
	return withButton(`"confirm":{"title":` + text(title) + `,"text":` + text(body) + `,"confirm":` + text(yes) + `,"deny":` + text(no) + `}`)
}
func selecting(more string) string { return element(`{"type":"static_select",` + more + `}`) }
func task(id, title int, status string) string {
	return `{"type":"task_card","task_id":"` + long(id) + `","title":"` + long(title) + `","status":"` + status + `"}`
}
func chart(kind, more string) string {
	return `{"type":"data_visualization","title":"x","chart":{"type":"` + kind + `",` + more + `}}`
}

// bars is a bar chart whose labels are so long.
func bars(series, points, length int) string {
	var categories, data []any
	for i := range points {
		label := fmt.Sprintf("%0*d", length, i)
		categories = append(categories, label)
		data = append(data, map[string]any{"label": label, "value": -i})
	}
	var all []any
	for i := range series {
		all = append(all, map[string]any{"name": fmt.Sprint(i), "data": data})
	}
	encoded, err := json.Marshal(map[string]any{"type": "data_visualization", "title": "x", "chart": map[string]any{
		"type": "bar", "series": all, "axis_config": map[string]any{"categories": categories},
	}})
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

// Every limit is tried from both sides: at it a block passes, one over it fails, in Slack's words and at the right place.
func TestLimits(t *testing.T) {
	for _, test := range []struct {
		name         string
		at, over     string
		fault, place string
	}{
		{"section text", `{"type":"section","text":` + mrkdwn(3000) + `}`, `{"type":"section","text":` + mrkdwn(3001) + `}`, "must be less than 3001 characters", "/text/text"},
		{"section text, none", `{"type":"section","text":` + mrkdwn(1) + `}`, `{"type":"section","text":` + mrkdwn(0) + `}`, "must be more than 0 characters", "/text/text"},
		{"section fields", `{"type":"section","fields":` + many(10, short) + `}`, `{"type":"section","fields":` + many(11, short) + `}`, "no more than 10 items allowed", "/fields"},
		{"section field", `{"type":"section","fields":[` + mrkdwn(2000) + `]}`, `{"type":"section","fields":[` + mrkdwn(2001) + `]}`, "must be less than 2001 characters", "/fields/0/text"},
		{"header", `{"type":"header","text":` + text(150) + `}`, `{"type":"header","text":` + text(151) + `}`, "must be less than 151 characters", "/text/text"},
		{"context", `{"type":"context","elements":` + many(10, short) + `}`, `{"type":"context","elements":` + many(11, short) + `}`, "no more than 10 items allowed", "/elements"},
		{"actions", `{"type":"actions","elements":` + many(25, button) + `}`, `{"type":"actions","elements":` + many(26, button) + `}`, "no more than 25 items allowed", "/elements"},
		{"block_id", `{"type":"divider","block_id":"` + long(255) + `"}`, `{"type":"divider","block_id":"` + long(256) + `"}`, "must be less than 256 characters", "/block_id"},
		{"button text", element(`{"type":"button","text":` + text(75) + `}`), element(`{"type":"button","text":` + text(76) + `}`), "must be less than 76 characters", "/elements/0/text/text"},
		{"button value", withButton(`"value":"` + long(2000) + `"`), withButton(`"value":"` + long(2001) + `"`), "must be less than 2001 characters", "/elements/0/value"},
		{"button url", withButton(`"url":"` + long(3000) + `"`), withButton(`"url":"` + long(3001) + `"`), "must be less than 3001 characters", "/elements/0/url"},
		{"button label", withButton(`"accessibility_label":"` + long(75) + `"`), withButton(`"accessibility_label":"` + long(76) + `"`), "must be less than 76 characters", "/elements/0/accessibility_label"},
		{"action_id", withButton(`"action_id":"` + long(255) + `"`), withButton(`"action_id":"` + long(256) + `"`), "must be less than 256 characters", "/elements/0/action_id"},
		{"button style", withButton(`"style":"danger"`), withButton(`"style":"loud"`), "must be one of: primary, danger", "/elements/0/style"},
		{"confirm title", confirm(100, 300, 30, 30), confirm(101, 300, 30, 30), "must be less than 101 characters", "/elements/0/confirm/title/text"},
		{"confirm text", confirm(100, 300, 30, 30), confirm(100, 301, 30, 30), "must be less than 301 characters", "/elements/0/confirm/text/text"},
		{"confirm yes", confirm(100, 300, 30, 30), confirm(100, 300, 31, 30), "must be less than 31 characters", "/elements/0/confirm/confirm/text"},
		{"confirm no", confirm(100, 300, 30, 30), confirm(100, 300, 30, 31), "must be less than 31 characters", "/elements/0/confirm/deny/text"},
		{"options", selecting(`"options":` + many(100, oneOption)), selecting(`"options":` + many(101, oneOption)), "no more than 100 items allowed", "/elements/0/options"},
		{"option text", selecting(`"options":[{"text":` + text(75) + `,"value":"v"}]`), selecting(`"options":[{"text":` + text(76) + `,"value":"v"}]`), "must be less than 76 characters", "/elements/0/options/0/text/text"},
		{"option description", selecting(`"options":[{"text":` + short + `,"value":"v","description":` + text(75) + `}]`), selecting(`"options":[{"text":` + short + `,"value":"v","description":` + text(76) + `}]`), "must be less than 76 characters", "/elements/0/options/0/description/text"},
		{"option groups", selecting(`"option_groups":` + many(100, `{"label":`+short+`,"options":[{"text":`+short+`,"value":"v"}]}`)), selecting(`"option_groups":` + many(101, `{"label":`+short+`,"options":[{"text":`+short+`,"value":"v"}]}`)), "no more than 100 items allowed", "/elements/0/option_groups"},
		{"placeholder", selecting(`"options":[` + oneOption + `],"placeholder":` + text(150)), selecting(`"options":[` + oneOption + `],"placeholder":` + text(151)), "must be less than 151 characters", "/elements/0/placeholder/text"},
		{"overflow", element(`{"type":"overflow","options":` + many(5, oneOption) + `}`), element(`{"type":"overflow","options":` + many(6, oneOption) + `}`), "no more than 5 items allowed", "/elements/0/options"},
		{"checkboxes", element(`{"type":"checkboxes","options":` + many(10, oneOption) + `}`), element(`{"type":"checkboxes","options":` + many(11, oneOption) + `}`), "no more than 10 items allowed", "/elements/0/options"},
		{"radio buttons", element(`{"type":"radio_buttons","options":` + many(10, oneOption) + `}`), element(`{"type":"radio_buttons","options":` + many(11, oneOption) + `}`), "no more than 10 items allowed", "/elements/0/options"},
		{"input label", `{"type":"input","label":` + text(2000) + `,"element":{"type":"plain_text_input"}}`, `{"type":"input","label":` + text(2001) + `,"element":{"type":"plain_text_input"}}`, "must be less than 2001 characters", "/label/text"},
		{"text input", input(`{"type":"plain_text_input","max_length":3000}`), input(`{"type":"plain_text_input","max_length":3001}`), "must be less than or equal to 3000", "/element/max_length"},
		{"date", input(`{"type":"datepicker","initial_date":"2026-12-31"}`), input(`{"type":"datepicker","initial_date":"31.12.2026"}`), "must be a date like 2026-12-31", "/element/initial_date"},
		{"time", input(`{"type":"timepicker","initial_time":"23:59"}`), input(`{"type":"timepicker","initial_time":"24:00"}`), "must be a time like 09:30", "/element/initial_time"},
		{"date and time", input(`{"type":"datetimepicker","initial_date_time":1767225600}`), input(`{"type":"datetimepicker","initial_date_time":17672256000}`), "must be less than or equal to 9999999999", "/element/initial_date_time"},
		{"number", input(`{"type":"number_input","is_decimal_allowed":false}`), input(`{"type":"number_input"}`), "missing required field: is_decimal_allowed", "/element"},
		{"image text", `{"type":"image","image_url":"https://x","alt_text":"` + long(2000) + `"}`, `{"type":"image","image_url":"https://x","alt_text":"` + long(2001) + `"}`, "must be less than 2001 characters", "/alt_text"},
		{"markdown", `{"type":"markdown","text":"` + long(12000) + `"}`, `{"type":"markdown","text":"` + long(12001) + `"}`, "must be less than 12001 characters", "/text"},
		{"table rows", `{"type":"table","rows":` + many(100, "["+raw+"]") + `}`, `{"type":"table","rows":` + many(101, "["+raw+"]") + `}`, "no more than 100 items allowed", "/rows"},
		{"table columns", `{"type":"table","rows":[` + many(20, raw) + `]}`, `{"type":"table","rows":[` + many(21, raw) + `]}`, "no more than 20 items allowed", "/rows/0"},
		{"table numbers", `{"type":"table","rows":[[` + rich + `]]}`, `{"type":"table","rows":[[{"type":"raw_number","value":1}]]}`, "unsupported type: raw_number", "/rows/0/0/type"},
		{"data table rows", `{"type":"data_table","caption":"x","rows":` + many(201, "["+raw+"]") + `}`, `{"type":"data_table","caption":"x","rows":` + many(202, "["+raw+"]") + `}`, "no more than 201 items allowed", "/rows"},
		{"data table page", `{"type":"data_table","caption":"x","page_size":100,"rows":[[` + raw + `],[` + raw + `]]}`, `{"type":"data_table","caption":"x","page_size":101,"rows":[[` + raw + `],[` + raw + `]]}`, "must be less than or equal to 100", "/page_size"},
		{"data table caption", `{"type":"data_table","caption":"x","rows":[[` + raw + `],[` + raw + `]]}`, `{"type":"data_table","rows":[[` + raw + `],[` + raw + `]]}`, "missing required field: caption", ""},
		{"data table header", `{"type":"data_table","caption":"x","rows":[[` + raw + `],[` + rich + `]]}`, `{"type":"data_table","caption":"x","rows":[[` + rich + `],[` + raw + `]]}`, "must be raw_text in the header row", "/rows/0/0"},
		{"data table shape", `{"type":"data_table","caption":"x","rows":[[` + raw + `],[` + raw + `]]}`, `{"type":"data_table","caption":"x","rows":[[` + raw + `],[` + raw + `,` + raw + `]]}`, "must have 1 cells, like the header row", "/rows/1"},
		{"task title", task(1, 256, "pending"), task(1, 257, "pending"), "must be less than 257 characters", "/title"},
		{"task status", task(1, 1, "error"), task(1, 1, "failed"), "must be one of: pending, in_progress, complete, error", "/status"},
		{"plan", `{"type":"plan","title":"x","tasks":` + many(50, task(1, 1, "pending")) + `}`, `{"type":"plan","title":"x","tasks":` + many(51, task(1, 1, "pending")) + `}`, "no more than 50 items allowed", "/tasks"},
		{"card title", `{"type":"card","title":` + mrkdwn(150) + `}`, `{"type":"card","title":` + mrkdwn(151) + `}`, "must be less than 151 characters", "/title/text"},
		{"card body", `{"type":"card","body":` + mrkdwn(200) + `}`, `{"type":"card","body":` + mrkdwn(201) + `}`, "must be less than 201 characters", "/body/text"},
		{"carousel", `{"type":"carousel","elements":` + many(10, `{"type":"card","body":`+short+`}`) + `}`, `{"type":"carousel","elements":` + many(11, `{"type":"card","body":`+short+`}`) + `}`, "no more than 10 items allowed", "/elements"},
		{"container", `{"type":"container","title":` + text(150) + `,"child_blocks":` + many(10, `{"type":"divider"}`) + `}`, `{"type":"container","title":` + text(150) + `,"child_blocks":` + many(11, `{"type":"divider"}`) + `}`, "no more than 10 items allowed", "/child_blocks"},
		{"container title", `{"type":"container","title":` + text(150) + `,"child_blocks":[{"type":"divider"}]}`, `{"type":"container","title":` + text(151) + `,"child_blocks":[{"type":"divider"}]}`, "must be less than 151 characters", "/title/text"},
		{"container's child", `{"type":"container","title":` + short + `,"child_blocks":[{"type":"divider"}]}`, `{"type":"container","title":` + short + `,"child_blocks":[{"type":"plan","title":"x"}]}`, "unsupported type: plan", "/child_blocks/0/type"},
		{"context actions", `{"type":"context_actions","elements":` + many(5, `{"type":"icon_button","icon":"trash","text":`+short+`}`) + `}`, `{"type":"context_actions","elements":` + many(6, `{"type":"icon_button","icon":"trash","text":`+short+`}`) + `}`, "no more than 5 items allowed", "/elements"},
		{"pie", chart("pie", `"segments":`+many(6, `{"label":"x","value":1}`)), chart("pie", `"segments":`+many(7, `{"label":"x","value":1}`)), "no more than 6 items allowed", "/chart/segments"},
		{"pie value", chart("pie", `"segments":[{"label":"x","value":0.1}]`), chart("pie", `"segments":[{"label":"x","value":0}]`), "must be greater than 0", "/chart/segments/0/value"},
		{"series", bars(6, 3, 5), bars(7, 3, 5), "no more than 6 items allowed", "/chart/series"},
		{"points", bars(1, 20, 5), bars(1, 21, 5), "no more than 20 items allowed", "/chart/axis_config/categories"},
		{"labels", bars(1, 3, 20), bars(1, 1, 21), "must be less than 21 characters", "/chart/axis_config/categories/0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if faults := check(t, blockkit.Message, test.at); len(faults) > 0 {
				t.Errorf("at the limit: %v, want nothing", faults)
			}
			want := fmt.Sprintf("%s [json-pointer:/blocks/0%s]", test.fault, test.place)
			if got := check(t, blockkit.Message, test.over); len(got) == 0 || got[0].String() != want {
				t.Errorf("over it: %v, want %s", got, want)
			}
		})
	}
}

func check(t *testing.T, surface blockkit.Surface, blocks ...string) []blockkit.Fault {
	t.Helper()
	var all []any
	if err := json.Unmarshal([]byte("["+strings.Join(blocks, ",")+"]"), &all); err != nil {
		t.Fatal(err)
	}
	return blockkit.Check(surface, all)
}

func TestWhatIsRefused(t *testing.T) {
	for name, test := range map[string]struct{ block, want string }{
		"an unknown block":               {`{"type":"dance"}`, "unsupported type: dance [json-pointer:/blocks/0/type]"},
		"a block without a type":         {`{}`, "missing required field: type [json-pointer:/blocks/0]"},
		"a block that is a text":         {`"x"`, "must be an object [json-pointer:/blocks/0]"},
		"a video":                        {`{"type":"video"}`, "unsupported type: video [json-pointer:/blocks/0/type]"},
		"a file":                         {`{"type":"file"}`, "unsupported type: file [json-pointer:/blocks/0/type]"},
		"an alert in a message":          {`{"type":"alert","text":` + short + `}`, "unsupported type: alert [json-pointer:/blocks/0/type]"},
		"an unknown field":               {`{"type":"divider","colour":"red"}`, "invalid additional property: colour [json-pointer:/blocks/0]"},
		"a section of nothing":           {`{"type":"section"}`, "missing required field: text [json-pointer:/blocks/0]"},
		"a header in mrkdwn":             {`{"type":"header","text":` + mrkdwn(1) + `}`, "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"},
		"a select without options":       {selecting(`"action_id":"a"`), "missing required field: options [json-pointer:/blocks/0/elements/0]"},
		"options and groups":             {selecting(`"options":[` + oneOption + `],"option_groups":[{"label":` + short + `,"options":[` + oneOption + `]}]`), "only one of these fields is allowed: options, option_groups [json-pointer:/blocks/0/elements/0]"},
		"a first choice not offered":     {selecting(`"options":[` + oneOption + `],"initial_option":{"text":` + short + `,"value":"other"}`), "must match an option of this element [json-pointer:/blocks/0/elements/0/initial_option]"},
		"a text input in actions":        {element(`{"type":"plain_text_input"}`), "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]"},
		"a button as an input":           {input(`{"type":"button","text":` + short + `}`), "unsupported type: button [json-pointer:/blocks/0/element/type]"},
		"a picture from nowhere":         {`{"type":"image","alt_text":"x"}`, "missing required field: image_url [json-pointer:/blocks/0]"},
		"a card of nothing":              {`{"type":"card"}`, "missing required field: title [json-pointer:/blocks/0]"},
		"a container without title":      {`{"type":"container","child_blocks":[{"type":"divider"}]}`, "missing required field: title [json-pointer:/blocks/0]"},
		"a container collapsed for good": {`{"type":"container","title":` + short + `,"default_collapsed":true,"child_blocks":[{"type":"divider"}]}`, "default_collapsed requires is_collapsible [json-pointer:/blocks/0]"},
		"two buttons with one ID":        {element(`{"type":"button","action_id":"a","text":` + short + `},{"type":"button","action_id":"a","text":` + short + `}`), "`action_id` \"a\" already exists in this block [json-pointer:/blocks/0/elements]"},
		"a point without a category":     {chart("line", `"series":[{"name":"s","data":[{"label":"b","value":1}]}],"axis_config":{"categories":["a"]}`), "must match a category: b [json-pointer:/blocks/0/chart/series/0/data]"},
		"an unknown rich text":           {`{"type":"rich_text","elements":[{"type":"rich_text_dance","elements":[]}]}`, "unsupported type: rich_text_dance [json-pointer:/blocks/0/elements/0/type]"},
		"a flag that is a text":          {`{"type":"section","text":` + short + `,"expand":"yes"}`, "must be a boolean [json-pointer:/blocks/0/expand]"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := check(t, blockkit.Message, test.block); len(got) != 1 || got[0].String() != test.want {
				t.Errorf("faults = %v, want %s", got, test.want)
			}
		})
	}
}

func TestIDsAcrossBlocks(t *testing.T) {
	same := `{"type":"actions","block_id":"%s","elements":[{"type":"button","action_id":"view","text":` + short + `}]}`
	if got := check(t, blockkit.Message, fmt.Sprintf(same, "a"), fmt.Sprintf(same, "b")); len(got) > 0 {
		t.Errorf("one action_id in two blocks: %v, want nothing", got)
	}
	got := check(t, blockkit.Message, fmt.Sprintf(same, "a"), fmt.Sprintf(same, "a"))
	if want := "`block_id` \"a\" already exists [json-pointer:/blocks/1/block_id]"; len(got) != 1 || got[0].String() != want {
		t.Errorf("one block_id twice: %v, want %s", got, want)
	}
	table := `{"type":"table","rows":[[` + raw + `]]}`
	if got := check(t, blockkit.Message, table, table); len(got) != 1 || got[0].Text != "only_one_table_allowed" {
		t.Errorf("two tables: %v, want only_one_table_allowed", got)
	}
}

func TestHowManyBlocks(t *testing.T) {
	for _, test := range []struct {
		name string
		n    int
		view string
		want string
	}{
		{"message", 50, "", ""},
		{"message", 51, "", "no more than 50 items allowed [json-pointer:/blocks]"},
		{"modal", 100, `"type":"modal","title":` + short, ""},
		{"modal", 101, `"type":"modal","title":` + short, "no more than 100 items allowed [json-pointer:/view/blocks]"},
		{"home", 100, `"type":"home"`, ""},
		{"home", 101, `"type":"home"`, "no more than 100 items allowed [json-pointer:/view/blocks]"},
	} {
		var blocks []any
		for range test.n {
			blocks = append(blocks, map[string]any{"type": "divider"})
		}
		faults := blockkit.Check(blockkit.Message, blocks)
		if test.view != "" {
			view := object(t, "{"+test.view+"}")
			view["blocks"] = blocks
			faults = blockkit.CheckView(view)
		}
		if got := one(faults); got != test.want {
			t.Errorf("%d blocks in a %s: %q, want %q", test.n, test.name, got, test.want)
		}
	}
}

func object(t *testing.T, data string) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal([]byte(data), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// one is the first fault, or nothing.
func one(faults []blockkit.Fault) string {
	if len(faults) == 0 {
		return ""
	}
	return faults[0].String()
}

func TestViews(t *testing.T) {
	for _, test := range []struct{ name, view, want string }{
		{"a title of 24", `{"type":"modal","title":` + text(24) + `,"blocks":[]}`, ""},
		{"a title of 25", `{"type":"modal","title":` + text(25) + `,"blocks":[]}`, "must be less than 25 characters [json-pointer:/view/title/text]"},
		{"no title", `{"type":"modal","blocks":[]}`, "missing required field: title [json-pointer:/view]"},
		{"a submit of 25", `{"type":"modal","title":` + short + `,"submit":` + text(25) + `,"blocks":[]}`, "must be less than 25 characters [json-pointer:/view/submit/text]"},
		{"a close of 25", `{"type":"modal","title":` + short + `,"close":` + text(25) + `,"blocks":[]}`, "must be less than 25 characters [json-pointer:/view/close/text]"},
		{"metadata of 3000", `{"type":"home","blocks":[],"private_metadata":"` + long(3000) + `"}`, ""},
		{"metadata of 3001", `{"type":"home","blocks":[],"private_metadata":"` + long(3001) + `"}`, "must be less than 3001 characters [json-pointer:/view/private_metadata]"},
		{"a callback_id of 256", `{"type":"home","blocks":[],"callback_id":"` + long(256) + `"}`, "must be less than 256 characters [json-pointer:/view/callback_id]"},
		{"an external_id of 256", `{"type":"home","blocks":[],"external_id":"` + long(256) + `"}`, "must be less than 256 characters [json-pointer:/view/external_id]"},
		{"an input to submit", `{"type":"modal","title":` + short + `,"submit":` + short + `,"blocks":[` + input(`{"type":"plain_text_input"}`) + `]}`, ""},
		{"an input without submit", `{"type":"modal","title":` + short + `,"blocks":[` + input(`{"type":"plain_text_input"}`) + `]}`, "missing required field: submit [json-pointer:/view]"},
		{"an alert in a modal", `{"type":"modal","title":` + short + `,"blocks":[{"type":"alert","text":` + short + `}]}`, ""},
		{"an alert in a Home tab", `{"type":"home","blocks":[{"type":"alert","text":` + short + `}]}`, "unsupported type: alert [json-pointer:/view/blocks/0/type]"},
		{"a plan in a modal", `{"type":"modal","title":` + short + `,"blocks":[{"type":"plan","title":"x"}]}`, "unsupported type: plan [json-pointer:/view/blocks/0/type]"},
		{"a plan in a Home tab", `{"type":"home","blocks":[{"type":"plan","title":"x"}]}`, "unsupported type: plan [json-pointer:/view/blocks/0/type]"},
		{"a title on a Home tab", `{"type":"home","title":` + short + `,"blocks":[]}`, "invalid additional property: title [json-pointer:/view]"},
		{"a view of another kind", `{"type":"dance","blocks":[]}`, "unsupported type: dance [json-pointer:/view/type]"},
	} {
		if got := one(blockkit.CheckView(object(t, test.view))); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestTextLength(t *testing.T) {
	blocks := []any{
		object(t, `{"type":"section","text":`+mrkdwn(10)+`,"fields":[`+text(5)+`]}`),
		object(t, `{"type":"plan","title":"`+long(3)+`","tasks":[`+task(9, 4, "pending")+`]}`),
		object(t, element(`{"type":"button","value":"not read","text":`+text(2)+`}`)),
	}
	if got, want := blockkit.TextLength(blocks), 24; got != want {
		t.Errorf("TextLength = %d, want %d", got, want)
	}
}
