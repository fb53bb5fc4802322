package blockkit

import "slices"

// kind is one kind of block: what it is like, and where it may stand.
type kind struct {
	shape    shape
	surfaces []Surface
}

var (
	everywhere  = []Surface{Message, Modal, Home}
	inMessages  = []Surface{Message}
	inModals    = []Surface{Modal}
	outOfModals = []Surface{Message, Home}
)

// The elements that each kind of block takes.
var (
	accessories = among("button", "overflow", "checkboxes", "radio_buttons", "datepicker", "timepicker", "image",
		"static_select", "multi_static_select", "external_select", "users_select", "multi_users_select",
		"conversations_select", "multi_conversations_select", "channels_select", "multi_channels_select")
	actions = among("button", "overflow", "checkboxes", "radio_buttons", "datepicker", "timepicker", "datetimepicker", "rich_text_input",
		"static_select", "multi_static_select", "external_select", "users_select", "multi_users_select",
		"conversations_select", "multi_conversations_select", "channels_select", "multi_channels_select")
	inputs = among("plain_text_input", "number_input", "email_text_input", "url_text_input", "rich_text_input",
		"checkboxes", "radio_buttons", "datepicker", "timepicker", "datetimepicker",
		"static_select", "multi_static_select", "external_select", "users_select", "multi_users_select",
		"conversations_select", "multi_conversations_select", "channels_select", "multi_channels_select")
	contextual = typed(map[string]rule{"image": elements["image"], "plain_text": plainText(3000), "mrkdwn": markdownText(3000)})
)

// kinds are the blocks, by their type. Where they may stand is told by docs.slack.dev/reference/block-kit/blocks; alert is listed for modals only,
// and card fails to render there.
var kinds = map[string]kind{
	"section": {surfaces: everywhere, shape: shape{
		may: fields{
			"text": anyText(3000), "fields": list(1, 10, anyText(2000)), "accessory": accessories, "expand": flag,
		},
		also: []func(*check, string, map[string]any){someFieldOf("text", "fields")},
	}},
	"header":  {surfaces: everywhere, shape: shape{must: fields{"text": plain(150)}}},
	"divider": {surfaces: everywhere},
	"context": {surfaces: everywhere, shape: shape{must: fields{"elements": list(1, 10, contextual)}}},
	"actions": {surfaces: everywhere, shape: shape{must: fields{"elements": list(1, 25, actions)}}},
	"input": {surfaces: everywhere, shape: shape{
		must: fields{"label": plain(2000), "element": inputs},
		may:  fields{"hint": plain(2000), "optional": flag, "dispatch_action": flag},
	}},
	"image": {surfaces: everywhere, shape: shape{
		must: imageShape.must, may: imageShape.may.with(fields{"title": plain(2000)}), also: imageShape.also,
	}},
	"rich_text":       {surfaces: everywhere, shape: richText},
	"markdown":        {surfaces: inMessages, shape: shape{must: fields{"text": words(1, 12_000)}}},
	"context_actions": {surfaces: inMessages, shape: shape{must: fields{"elements": list(1, 5, among("feedback_buttons", "icon_button"))}}},
	"table":           {surfaces: inMessages, shape: table},
	"data_table":      {surfaces: inMessages, shape: dataTable},
	"data_visualization": {surfaces: inMessages, shape: shape{
		must: fields{"title": words(1, 50), "chart": typed(charts)},
	}},
	"task_card": {surfaces: inMessages, shape: taskCard},
	"plan": {surfaces: inMessages, shape: shape{
		must: fields{"title": words(1, maxTitle)},
		may:  fields{"tasks": list(0, maxMessageBlocks, typed(map[string]rule{"task_card": nested(taskCard)}))},
	}},
	"card":     {surfaces: outOfModals, shape: card},
	"carousel": {surfaces: inMessages, shape: shape{must: fields{"elements": list(1, 10, typed(map[string]rule{"card": nested(card)}))}}},
	"alert": {surfaces: inModals, shape: shape{
		must: fields{"text": anyText(3000)},
		may:  fields{"level": oneOf("default", "info", "warning", "error", "success")},
	}},
	"container": {surfaces: inMessages, shape: container},
}

// maxTitle is the length of a task's or plan's title, which Slack does not state; others measured about this much.
const maxTitle = 256

var taskCard = shape{
	must: fields{"task_id": words(1, maxID), "title": words(1, maxTitle), "status": oneOf("pending", "in_progress", "complete", "error")},
	may: fields{
		"details": richTextValue, "output": richTextValue, "hide_title": flag,
		"sources": list(0, maxMessageBlocks, typed(map[string]rule{
			"url": object(shape{must: fields{"url": words(1, maxURL), "text": words(1, maxTitle)}}),
		})),
	},
}

var card = shape{
	may: fields{
		"hero_image": among("image"), "icon": among("image"), "slack_icon": slackIcon,
		"title": anyText(150), "subtitle": anyText(150), "body": anyText(200), "subtext": anyText(200),
		"actions": list(1, 5, among("button")),
	},
	also: []func(*check, string, map[string]any){
		someFieldOf("title", "hero_image", "actions", "body"), notTogether("icon", "slack_icon"),
	},
}

var slackIcon = typed(map[string]rule{"icon": object(shape{must: fields{"name": words(1, maxID)}})})

var container = shape{
	must: fields{"child_blocks": list(1, 10, childBlock)},
	may: fields{
		"title": plain(150), "rich_text_title": richTextValue, "subtitle": anyText(150), "icon": among("image"),
		"width":          oneOf("narrow", "standard", "wide", "full"),
		"is_collapsible": flag, "default_collapsed": flag, "has_header_divider": flag,
	},
	also: []func(*check, string, map[string]any){someFieldOf("title", "rich_text_title"), collapsing},
}

func collapsing(c *check, at string, o map[string]any) {
	if o["default_collapsed"] == true && o["is_collapsible"] != true {
		c.fault(at, "default_collapsed requires is_collapsible")
	}
	if o["has_header_divider"] == true && o["is_collapsible"] == true {
		c.fault(at, "has_header_divider is not allowed with is_collapsible")
	}
}

// inContainers are the blocks that a container may hold.
var inContainers = []string{"actions", "context", "divider", "header", "image", "input", "rich_text", "section", "table"}

func childBlock(c *check, at string, v any) {
	o, _ := v.(map[string]any)
	if name, ok := o["type"].(string); ok && !slices.Contains(inContainers, name) {
		c.fault(at+"/type", "unsupported type: %s", name)
		return
	}
	c.block(at, v)
}

// nested is a block inside another, which may have an ID of its own.
func nested(s shape) rule {
	s.may = s.may.with(fields{"block_id": words(1, maxID)})
	return object(s)
}

// blocks checks all blocks of a surface.
func (c *check) blocks(at string, blocks []any, most int) {
	list(0, most, c.blockRule())(c, at, blocks)
}

func (c *check) blockRule() rule {
	return func(c *check, at string, v any) { c.block(at, v) }
}

// block checks one block: its kind, whether it may stand here, its fields and its IDs.
func (c *check) block(at string, v any) {
	o, ok := v.(map[string]any)
	if !ok {
		c.fault(at, "must be an object")
		return
	}
	name, ok := o["type"].(string)
	if !ok {
		c.fault(at, "missing required field: type")
		return
	}
	k, ok := c.kinds[name]
	if !ok || !slices.Contains(k.surfaces, c.surface) {
		c.fault(at+"/type", "unsupported type: %s", name)
		return
	}
	c.identify(at, o)
	nested(k.shape)(c, at, o)
}

// identify checks that a block's ID is the only one of its kind, and that the action_ids within the block differ. Across
// blocks they may repeat: Slack asks for uniqueness "among all other action_ids in the containing block".
func (c *check) identify(at string, block map[string]any) {
	if id, ok := block["block_id"].(string); ok && id != "" {
		if c.blockIDs[id] {
			c.fault(at+"/block_id", "`block_id` %q already exists", id)
		}
		c.blockIDs[id] = true
	}
	seen := map[string]bool{}
	elements, _ := block["elements"].([]any)
	for _, e := range elements {
		element, _ := e.(map[string]any)
		id, ok := element["action_id"].(string)
		if ok && seen[id] {
			c.fault(at+"/elements", "`action_id` %q already exists in this block", id)
		}
		seen[id] = true
	}
}
