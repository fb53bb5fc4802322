package page_test

import (
	"strings"
	"testing"

	"github.com/slack-go/slack"
)

// TestTwoPeople has a command, a mention and messages go between the page and an app through the real practice workspace.
func TestTwoPeople(t *testing.T) {
	w := newWorld(t)
	taken := w.connect(func(envelope) any { return nil })
	tomas, dana := open(t, w.as("U0TL", "C0RELEASES")), open(t, w.as("U0DEV", "C0RELEASES"))
	tomas.sees("[data-connection=on]", "gonogo is connected, 1\u00a0socket")

	tomas.enter("#composer textarea", "/ready run all\r")
	command := w.take(taken, "slash_commands")
	if command["command"] != "/ready" || command["text"] != "run all" || command["user_id"] != "U0TL" || command["channel_id"] != "C0RELEASES" {
		t.Errorf("the app got the command %v", command)
	}
	ts := w.post("C0RELEASES", slack.MsgOptionText("Readiness", false), slack.MsgOptionBlocks(statusBlocks()...))
	dana.sees("#messages", "NO-GO")
	if _, _, _, err := w.api.UpdateMessage("C0RELEASES", ts, slack.MsgOptionText("GO at last", false)); err != nil {
		t.Fatal(err)
	}
	dana.sees("#messages", "GO at last")
	dana.enter("#composer textarea", "Thanks @gonogo \r")
	tomas.sees("#messages", "Thanks @gonogo")
	if mention := w.take(taken, "events_api")["event"].(object); mention["type"] != "app_mention" || mention["user"] != "U0DEV" {
		t.Errorf("the app got the event %v", mention)
	}
	if _, err := w.api.PostEphemeral("C0RELEASES", "U0DEV", slack.MsgOptionText("Just for Dana", false)); err != nil {
		t.Fatal(err)
	}
	dana.sees(".ephemeral", "Just for Dana")
	tomas.misses(".ephemeral")
}

// TestPressOnAMessageThatJustChanged presses the button that the page drew before the app updated the message, as a person does
// when the update reaches a slow computer late.
func TestPressOnAMessageThatJustChanged(t *testing.T) {
	w := newWorld(t)
	taken := w.connect(func(envelope) any { return nil })
	card := func(done, value string) slack.MsgOption {
		approve := slack.NewButtonBlockElement("approve", value, plain("Approve"))
		return slack.MsgOptionBlocks(slack.NewSectionBlock(mrkdwn(done), nil, nil), slack.NewActionBlock("", approve))
	}
	ts := w.post("C0RELEASES", card("0 of 4", "19.0.1"))
	b := open(t, w.as("U0TL", "C0RELEASES"))
	change := func(done, value string) {
		b.until(`window.drawn = document.querySelector('[data-action-id="approve"]')`)
		if _, _, _, err := w.api.UpdateMessage("C0RELEASES", ts, card(done, value)); err != nil {
			t.Fatal(err)
		}
		b.sees("#messages", done)
		b.until(`!window.drawn.isConnected`)
	}
	change("1 of 4", "19.0.1")
	b.evaluate(`window.drawn.click()`)
	action := w.take(taken, "interactive")["actions"].([]any)[0].(object)
	if action["action_id"] != "approve" || action["value"] != "19.0.1" {
		t.Errorf("the app got the action %v", action)
	}
	b.misses(".message.notice")
	change("0 of 4, for another release", "19.0.2")
	b.evaluate(`window.drawn.click()`)
	b.sees(".message.notice", "look at it again")
}

// TestFormRefusedOnce presses a button, fills in the modal that the app opens, is refused once by the app, and is heard.
func TestFormRefusedOnce(t *testing.T) {
	w := newWorld(t)
	refuse := true
	taken := w.connect(func(e envelope) any {
		if !refuse || !isSubmission(e) {
			return nil
		}
		refuse = false
		return object{"response_action": "errors", "errors": object{"reason": "A ticket number is missing."}}
	})
	w.post("C0RELEASES", slack.MsgOptionText("Readiness", false), slack.MsgOptionBlocks(statusBlocks()...))
	b := open(t, w.as("U0TL", "C0RELEASES"))
	b.click(`[data-action-id="waive"]`)
	w.openWaiver(w.take(taken, "interactive"))
	b.sees("dialog.modal", "Waive an item")
	b.set(`[data-action-id="environment"]`, "1")
	b.enter(`[data-action-id="reason"]`, "known")
	b.set(`[data-action-id="until"]`, "2030-01-02")
	b.click("[data-submit]")
	w.take(taken, "interactive")
	b.sees(`[data-block-id="reason"] .field-error`, "A ticket number is missing.")
	b.enter(`[data-action-id="reason"]`, " as IP-42")
	b.click("[data-submit]")
	b.misses("dialog.modal")
	submitted := w.take(taken, "interactive")["view"].(object)["state"].(object)["values"].(object)
	if got := submitted["reason"].(object)["reason"].(object)["value"]; got != "known as IP-42" {
		t.Errorf("the app got the reason %q", got)
	}
}

func isSubmission(e envelope) bool {
	return strings.Contains(string(e.Payload), `"view_submission"`)
}

// TestPanel breaks and mends in one window what another one sees.
func TestPanel(t *testing.T) {
	w := newWorld(t)
	one, other := open(t, w.as("U0TL", "C0RELEASES")), open(t, w.as("U0DEV", "C0RELEASES"))
	one.openPanel()
	other.openPanel()
	one.sees("[data-panel-summary]", "Everything works.")
	one.evaluate(`document.querySelector('[data-switch="site"] [data-state="down"]').click()`)
	for _, b := range []*tab{one, other} {
		b.sees("[data-panel-summary]", "Broken now: Staging site.")
		b.sees(`[data-switch="site"][data-state="down"] legend`, "broken")
		b.sees("#panel-button", "1 broken")
	}
	other.evaluate(`document.querySelector('[data-switch="site"] [data-state="up"]').click()`)
	one.sees("[data-panel-summary]", "Everything works.")
	one.picture("panel")
}

// TestEveryBlockThroughTheAPI posts each kind of block that Slack's Go client can build to the strict workspace.
func TestEveryBlockThroughTheAPI(t *testing.T) {
	w := newWorld(t)
	blocks := append(append(statusBlocks(), planBlocks()...), moreBlocks()...)
	ts := w.post("C0RELEASES", slack.MsgOptionText("everything", false), slack.MsgOptionBlocks(blocks...))
	b := open(t, w.as("U0TL", "C0RELEASES"))
	for _, block := range blocks {
		b.until(`document.querySelector(%s)?.textContent !== undefined`, `[data-ts="`+ts+`"] [data-block-type="`+string(block.BlockType())+`"]`)
	}
	b.misses(".unsupported")
	b.picture("every-block")
}

func moreBlocks() []slack.Block {
	option := func(text string) *slack.OptionBlockObject { return slack.NewOptionBlockObject(text, plain(text), nil) }
	bold := &slack.RichTextSectionTextStyle{Bold: true}
	rich := slack.NewRichTextBlock("", slack.NewRichTextSection(slack.NewRichTextSectionTextElement("rich", bold), slack.NewRichTextSectionUserElement("U0TL", nil)),
		slack.NewRichTextList(slack.RTEListBullet, 0, slack.NewRichTextSection(slack.NewRichTextSectionTextElement("item", nil))))
	raw, number := slack.NewDataTableRawTextCell, slack.NewDataTableRawNumberCell
	data := slack.NewDataTableBlock("Gates").AddRow(raw("Gate"), raw("Value")).AddRow(raw("p95"), number(2.1))
	container := slack.NewContainerBlock(slack.NewSectionBlock(mrkdwn("inside"), nil, nil)).WithTitle(plain("Evidence")).WithCollapsible(true, false)
	return []slack.Block{
		rich, data, container,
		slack.NewMarkdownBlock("", "## Notes\n\n- one\n- **two**"),
		slack.NewImageBlock("https://example.com/chart.png", "A chart", "", plain("Chart")),
		slack.NewInputBlock("note", plain("Note"), nil, slack.NewPlainTextInputBlockElement(nil, "note")),
		slack.NewTaskCardBlock("one", "Alone").WithStatus(slack.TaskCardStatusPending),
		slack.NewCardBlock().WithTitle(plain("19.0.1")).WithBody(mrkdwn("live")),
		slack.NewContextActionsBlock("", slack.NewFeedbackButtonsBlockElement("fb", slack.NewFeedbackButton(plain("Good"), "g"), slack.NewFeedbackButton(plain("Bad"), "b"))),
		slack.NewActionBlock("choices", slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain("Pick"), "pick", option("a")), slack.NewOptionsSelectBlockElement(slack.OptTypeUser, plain("Who"), "who"),
			slack.NewDatePickerBlockElement("day"), slack.NewRadioButtonsBlockElement("radio", option("x"), option("y"))),
	}
}
