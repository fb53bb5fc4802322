package blockkit

// Views (docs.slack.dev/surfaces/modals, docs.slack.dev/surfaces/app-home).

var anyView = fields{"private_metadata": words(0, 3000), "callback_id": words(0, maxID), "external_id": words(0, maxID)}

var home = shape{must: fields{"blocks": viewBlocks}, may: anyView}

var modal = shape{
	must: fields{"title": plain(24), "blocks": viewBlocks},
	may: anyView.with(fields{
		"close": plain(24), "submit": plain(24), "clear_on_close": flag, "notify_on_close": flag, "submit_disabled": flag,
	}),
	also: []func(*check, string, map[string]any){submitsInput},
}

func viewBlocks(c *check, at string, v any) {
	list(0, maxViewBlocks, c.blockRule())(c, at, v)
}

// submitsInput holds when a modal that asks for something can be submitted.
func submitsInput(c *check, at string, o map[string]any) {
	blocks, _ := o["blocks"].([]any)
	for _, b := range blocks {
		if field(b, "type") == "input" && o["submit"] == nil {
			c.fault(at, "missing required field: submit")
			return
		}
	}
}
