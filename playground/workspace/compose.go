package workspace

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"gonogo/playground/workspace/blockkit"
)

// Limits of a message. Slack truncates a new message at 40,000 characters; here it is an error, because an app that relies on
// that loses text. The limit of an update is 4,000 bytes (docs.slack.dev/reference/methods/chat.update).
const (
	maxText       = 40_000
	maxUpdateText = 4_000
	maxMetadata   = 4_000
)

// composed is the content of a message from the app.
type composed struct {
	text     string
	blocks   json.RawMessage
	metadata json.RawMessage
}

// compose reads and checks the content of a message.
func compose(a args) (composed, error) {
	content := composed{text: a.text("text")}
	blocks, err := blocksOf(a)
	if err != nil {
		return composed{}, err
	}
	attachments, ok := a.structured("attachments")
	if list, isList := attachments.([]any); !ok || attachments != nil && !isList {
		return composed{}, apiError{code: "invalid_attachments"}
	} else if content.text == "" && len(blocks) == 0 && len(list) == 0 {
		return composed{}, apiError{code: "no_text"}
	}
	if utf8.RuneCountInString(content.text) > maxText {
		return composed{}, apiError{code: "msg_too_long"}
	}
	if content.blocks, err = finish(blocks); err != nil {
		return composed{}, err
	}
	content.metadata, err = metadataOf(a)
	return content, err
}

// blocksOf are the blocks of a call, or one block made from markdown_text.
func blocksOf(a args) ([]any, error) {
	value, ok := a.structured("blocks")
	blocks, isList := value.([]any)
	if !ok || value != nil && !isList {
		return nil, apiError{code: "invalid_blocks_format"}
	}
	markdown := a.text("markdown_text")
	if markdown == "" {
		return blocks, nil
	}
	if len(blocks) > 0 || a.text("text") != "" {
		return nil, apiError{code: "markdown_text_conflict"}
	}
	return []any{object{"type": "markdown", "text": markdown}}, nil
}

// finish checks the blocks of a message and adds missing IDs, as Slack does.
func finish(blocks []any) (json.RawMessage, error) {
	if len(blocks) == 0 {
		return nil, nil
	}
	if faults := blockkit.Check(blockkit.Message, blocks); len(faults) > 0 {
		return nil, invalidBlocks("invalid_blocks", faults)
	}
	if blockkit.TextLength(blocks) > blockkit.MaxText {
		return nil, apiError{code: "msg_blocks_too_long"}
	}
	nameBlocks(blocks)
	data, err := json.Marshal(blocks)
	if err != nil {
		return nil, fmt.Errorf("write blocks: %w", err)
	}
	return data, nil
}

// nameBlocks adds missing block_ids and action_ids.
func nameBlocks(blocks []any) {
	for _, b := range blocks {
		block, ok := b.(object)
		if !ok {
			continue
		}
		if str(block, "block_id") == "" {
			block["block_id"] = strings.ToLower(token()[:5])
		}
		nameElements(block)
		if children, ok := block["child_blocks"].([]any); ok {
			nameBlocks(children)
		}
	}
}

// nameElements adds missing action_ids to a block's interactive elements.
func nameElements(block object) {
	for _, e := range elementsOf(block) {
		element, ok := e.(object)
		if ok && interactiveKind(str(element, "type")) && str(element, "action_id") == "" {
			element["action_id"] = token()[:5]
		}
	}
}

// invalidBlocks is the error for invalid blocks, with a line for each fault, both in the form that Slack's SDKs read and in the older one.
func invalidBlocks(code string, faults []blockkit.Fault) apiError {
	e := apiError{code: code}
	var short []string
	for _, f := range faults {
		e.messages = append(e.messages, "[ERROR] "+f.String())
		short = append(short, f.String())
	}
	e.extra = object{"errors": short}
	return e
}

func metadataOf(a args) (json.RawMessage, error) {
	value, ok := a.structured("metadata")
	if value == nil && ok {
		return nil, nil
	}
	fields, isObject := value.(object)
	if !ok || !isObject {
		return nil, apiError{code: "invalid_metadata_format"}
	}
	payload, hasPayload := fields["event_payload"].(object)
	if str(fields, "event_type") == "" || !hasPayload {
		return nil, apiError{code: "invalid_metadata_schema"}
	}
	data, err := json.Marshal(object{"event_type": fields["event_type"], "event_payload": payload})
	if len(data) > maxMetadata {
		return nil, apiError{code: "metadata_too_large"}
	}
	return data, err
}

// decodeBlocks decodes a message's blocks.
func decodeBlocks(data json.RawMessage) []any {
	var blocks []any
	if len(data) > 0 && json.Unmarshal(data, &blocks) != nil {
		return nil
	}
	return blocks
}
