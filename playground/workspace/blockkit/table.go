package blockkit

import "fmt"

// Tables (docs.slack.dev/reference/block-kit/blocks/table-block and data-table-block).

const (
	maxRows     = 100
	maxDataRows = 201 // with the header
	maxColumns  = 20
)

var rawText = object(shape{must: fields{"text": words(1, 3000)}})

// table takes raw and rich text. Slack shows numbers, but refuses them from apps.
var table = shape{
	must: fields{"rows": list(1, maxRows, list(1, maxColumns, typed(map[string]rule{"raw_text": rawText, "rich_text": richTextValue})))},
	may: fields{"column_settings": list(1, maxColumns, object(shape{
		may: fields{"align": oneOf("left", "center", "right"), "is_wrapped": flag},
	}))},
	also: []func(*check, string, map[string]any){onlyTable},
}

// onlyTable holds for the first table of a message; Slack's name for the refusal of a second is only_one_table_allowed.
func onlyTable(c *check, at string, _ map[string]any) {
	if c.tables++; c.tables > 1 {
		c.fault(at, "only_one_table_allowed")
	}
}

var rawNumber = object(shape{must: fields{"value": number}, may: fields{"text": words(1, 3000)}})

var dataTable = shape{
	must: fields{
		"caption": words(1, 3000),
		"rows": list(2, maxDataRows, list(1, maxColumns, typed(map[string]rule{
			"raw_text": rawText, "raw_number": rawNumber, "rich_text": richTextValue,
			"action_cell": object(shape{
				must: fields{"element": among("button")},
				may:  fields{"fallback": typed(map[string]rule{"raw_text": rawText, "raw_number": rawNumber})},
			}),
		}))),
	},
	may:  fields{"page_size": whole(1, 100), "row_header_column_index": whole(0, maxColumns-1)},
	also: []func(*check, string, map[string]any){rectangular},
}

// rectangular holds when every row is as long as the header, and the header is plain.
func rectangular(c *check, at string, o map[string]any) {
	rows, _ := o["rows"].([]any)
	if len(rows) == 0 {
		return
	}
	header, _ := rows[0].([]any)
	for i, cell := range header {
		if o, _ := cell.(map[string]any); o["type"] != "raw_text" {
			c.fault(fmt.Sprintf("%s/rows/0/%d", at, i), "must be raw_text in the header row")
		}
	}
	for i, row := range rows {
		if cells, _ := row.([]any); len(cells) != len(header) {
			c.fault(fmt.Sprintf("%s/rows/%d", at, i), "must have %d cells, like the header row", len(header))
		}
	}
}
