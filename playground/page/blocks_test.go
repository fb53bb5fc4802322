package page_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// blockCases are testdata/blocks.json: a block, and the text that a person reads in it. A case may name an element that
// must be there (has) by a CSS selector.
type blockCase struct {
	Name  string
	Block object
	Reads string
	Has   string
}

func blockCases(t *testing.T) []blockCase {
	t.Helper()
	data, err := os.ReadFile("testdata/blocks.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []blockCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func TestEveryBlockIsDrawn(t *testing.T) {
	cases := blockCases(t)
	d := newDesk(t)
	var messages []object
	for i, c := range cases {
		c.Block["block_id"] = c.Name
		messages = append(messages, message(i, "UBOT", "fallback", c.Block))
	}
	d.prepare("messages", object{"C1": messages})
	b := open(t, d.as("U1", "C1"))
	for i, c := range cases {
		at := `[data-ts="` + stamp(i) + `"] [data-block-id="` + c.Name + `"]`
		if got := b.text(at); got != c.Reads {
			t.Errorf("%s reads\n%q, want\n%q", c.Name, got, c.Reads)
		}
		if c.Has != "" && b.evaluate(`document.querySelector(%s) !== null`, at+" "+c.Has) != "true" {
			t.Errorf("%s has no %s", c.Name, c.Has)
		}
	}
}

func TestMrkdwn(t *testing.T) {
	d := newDesk(t)
	for i, c := range markup {
		d.say(i, "UBOT", c.text)
	}
	b := open(t, d.as("U1", "C1"))
	for i, c := range markup {
		at := `[data-ts="` + stamp(i) + `"] .content`
		b.until(`document.querySelector(%s)`, at)
		if got := b.evaluate(skeleton, at); got != c.want {
			t.Errorf("%q becomes\n%s, want\n%s", c.text, got, c.want)
		}
	}
}

// skeleton writes an element's content as tags and text, with the drawings left out.
const skeleton = `((root) => { const walk = (n) => n.nodeType === 3 ? n.data : n.nodeName === 'svg' ? '' : '<' + n.nodeName.toLowerCase() + (n.className ? '.' + n.className.split(' ').join('.') : '') + '>' + [...n.childNodes].map(walk).join('') + '</>'; return [...root.childNodes].map(walk).join(''); })(document.querySelector(%s))`

var markup = []struct{ text, want string }{
	{"*bold* _slanted_ ~gone~ `code`", "<strong>bold</> <em>slanted</> <s>gone</> <code>code</>"},
	{"*_both_*", "<strong><em>both</></>"},
	{"2*3*4 and snake_case_name", "2*3*4 and snake_case_name"},
	{"* not bold *", "* not bold *"},
	{"`*not bold*`", "<code>*not bold*</>"},
	{"a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"},
	{"<https://example.com/a_b_c|a link>", "<a>a link</>"},
	{"see https://example.com/x_y_z.", "see <a>https://example.com/x_y_z</>."},
	{"<javascript:alert(1)|press>", "<span.dead-link>press</>"},
	{"<@U2> <@U1> <#C2> <!subteam^S1> <!here>", "<span.mention>@Ben Ito</> <span.mention.mine>@Ada Obi</> <span.mention>#general</> <span.mention.mine>@on-call</> <span.mention.mine>@here</>"},
	{"<@U999|kim> <#C999|old>", "<span.mention>@kim</> <span.mention>#old</>"},
	{":white_check_mark: :no_such_emoji: 10:30:45", "<span.emoji></> :no_such_emoji: 10:30:45"},
	{"✅ done", "<span.emoji></> done"},
	{"&gt; quoted\n&gt; twice\nafter", "<blockquote>quoted\ntwice</>after"},
	{"```\na *b* &lt;c&gt;\n```", "<pre.code-block><code>a *b* <c></></>"},
	{"• one\n• two", "<div.item.indent-0><span.item-mark>•</><span>one</></><div.item.indent-0><span.item-mark>•</><span>two</></>"},
	{"<!date^1790000000^{nonsense}|then>", "<time>{nonsense}</>"},
	{"<mailto:a@example.com|a@example.com>", "<a>a@example.com</>"},
}

// attack is markup that would run if it became any.
const attack = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`

func TestTextStaysText(t *testing.T) {
	d := newDesk(t)
	d.prepare("team", object{"id": "T1", "name": attack})
	d.prepare("channels", []object{{"id": "C1", "name": attack, "topic": attack, "members": []string{"U1"}}})
	d.prepare("users", []object{{"id": "U1", "name": attack, "real_name": attack, "title": attack}})
	var messages []object
	for i, c := range blockCases(t) {
		messages = append(messages, message(i, "U1", attack, poisoned(c.Block).(object)))
	}
	messages = append(messages, message(900, attack, attack), message(901, "U1", "<javascript:window.hacked=1|"+attack+"> <!date^1^{date}|"+attack+">"))
	d.prepare("messages", object{"C1": messages})
	b := open(t, d.as("U1", "C1"))
	b.sees("#messages .content", "<script>")
	d.tell("view", object{"view": object{"id": "V1", "title": object{"text": attack}, "blocks": []object{{"type": "section", "text": object{"type": "mrkdwn", "text": attack}}}}})
	b.sees("dialog.modal", "<script>")
	d.tell("notice", object{"text": attack, "level": "error"})
	b.sees("#messages .notice-text", "<script>")
	got := b.evaluate(`[window.hacked, document.querySelectorAll('[src=x], script:not([src]), [href^="javascript:" i]').length].join()`)
	if got != ",0" {
		t.Errorf("markup in text was taken for markup: %s", got)
	}
}

// poisoned puts the attack into every text of a block, and an address that runs script into every link.
func poisoned(value any) any {
	switch v := value.(type) {
	case object:
		out := object{}
		for name, inner := range v {
			out[name] = poisoned(inner)
			if text, ok := inner.(string); ok && strings.Contains("text caption alt_text external_id name user_id channel_id format fallback value", name) {
				out[name] = text + attack
			} else if ok && strings.HasSuffix(name, "url") {
				out[name] = "javascript:window.hacked=1"
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = poisoned(v[i])
		}
		return out
	default:
		return value
	}
}
