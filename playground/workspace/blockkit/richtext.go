package blockkit

// Rich text (docs.slack.dev/reference/block-kit/blocks/rich-text-block).

var (
	// richText is the block; richTextValue is a rich text inside something else.
	richText      = shape{must: fields{"elements": list(1, 1000, richParts)}}
	richTextValue = typed(map[string]rule{"rich_text": nested(richText)})

	richParts = typed(map[string]rule{
		"rich_text_section":      object(richLine),
		"rich_text_preformatted": object(shape{must: richLine.must, may: fields{"border": whole(0, 1), "language": words(1, maxID)}}),
		"rich_text_quote":        object(shape{must: richLine.must, may: fields{"border": whole(0, 1)}}),
		"rich_text_list": object(shape{
			must: fields{"style": oneOf("bullet", "ordered"), "elements": list(1, 1000, typed(map[string]rule{"rich_text_section": object(richLine)}))},
			may:  fields{"indent": whole(0, 8), "offset": whole(0, 1_000_000), "border": whole(0, 1)},
		}),
	})
	richLine = shape{must: fields{"elements": list(0, 1000, richWords)}}

	style      = object(shape{may: fields{"bold": flag, "italic": flag, "strike": flag, "code": flag, "underline": flag}})
	whomStyle  = object(shape{may: fields{"bold": flag, "italic": flag, "strike": flag, "highlight": flag, "client_highlight": flag, "unlink": flag}})
	identifier = words(1, maxID)

	richWords = typed(map[string]rule{
		"text":      object(shape{must: fields{"text": words(1, 12_000)}, may: fields{"style": style}}),
		"link":      object(shape{must: fields{"url": words(1, maxURL)}, may: fields{"text": words(0, maxURL), "unsafe": flag, "style": style}}),
		"emoji":     object(shape{must: fields{"name": identifier}, may: fields{"unicode": identifier, "url": words(1, maxURL), "style": style}}),
		"user":      object(shape{must: fields{"user_id": identifier}, may: fields{"style": whomStyle}}),
		"usergroup": object(shape{must: fields{"usergroup_id": identifier}, may: fields{"style": whomStyle}}),
		"channel":   object(shape{must: fields{"channel_id": identifier}, may: fields{"style": whomStyle}}),
		"team":      object(shape{must: fields{"team_id": identifier}, may: fields{"style": whomStyle}}),
		"broadcast": object(shape{must: fields{"range": oneOf("here", "channel", "everyone")}, may: fields{"style": whomStyle}}),
		"color":     object(shape{must: fields{"value": pattern(`^#[0-9A-Fa-f]{6}$`, "a colour like #FF0000")}, may: fields{"style": style}}),
		"date": object(shape{
			must: fields{"timestamp": whole(0, 9_999_999_999), "format": words(1, maxID)},
			may:  fields{"url": words(1, maxURL), "fallback": words(1, maxURL), "style": style},
		}),
	})
)
