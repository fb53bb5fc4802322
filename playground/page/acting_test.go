package page_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func option(value, text string) object {
	return object{"value": value, "text": object{"type": "plain_text", "text": text}}
}

func element(kind, actionID string, more object) object {
	e := object{"type": kind, "action_id": actionID}
	for name, value := range more {
		e[name] = value
	}
	return e
}

func actions(blockID string, elements ...object) object {
	return object{"type": "actions", "block_id": blockID, "elements": elements}
}

func button(actionID, text, value string) object {
	return element("button", actionID, object{"text": option("", text)["text"], "value": value})
}

func inputBlock(blockID, label string, e object) object {
	return object{"type": "input", "block_id": blockID, "label": object{"type": "plain_text", "text": label}, "element": e}
}

// TestPressing holds what is posted for each element that can be pressed.
func TestPressing(t *testing.T) {
	d := newDesk(t)
	colours := object{"options": []object{option("r", "Red"), option("g", "Green")}}
	d.say(1, "UBOT", "choose", actions("b1",
		button("go", "Go", "19.0.1"), element("static_select", "colour", colours), element("overflow", "more", colours), element("datepicker", "day", nil),
		element("users_select", "who", nil), element("checkboxes", "boxes", colours), element("multi_static_select", "many", colours)))
	b := open(t, d.as("U1", "C1"))
	press := func(actionID, field string, value any) {
		t.Helper()
		d.got("press", object{"user": "U1", "channel": "C1", "ts": stamp(1), "block_id": "b1", "action_id": actionID, field: value})
	}
	plain := func(value, text string) object { // as it comes back through JSON
		return object{"value": value, "text": object{"type": "plain_text", "text": text}}
	}

	b.click(`button[data-action-id="go"]`)
	press("go", "value", "19.0.1")
	b.set(`select[data-action-id="colour"]`, "1")
	press("colour", "selected_option", plain("g", "Green"))
	b.click(`button[data-action-id="more"]`)
	b.click(`[data-option="r"][role="menuitem"]`)
	press("more", "selected_option", plain("r", "Red"))
	b.set(`[data-action-id="day"]`, "2026-03-02")
	press("day", "selected_date", "2026-03-02")
	b.set(`[data-action-id="who"]`, "1")
	press("who", "selected_user", "U2")
	b.click(`[data-action-id="boxes"] [data-option="g"]`)
	press("boxes", "selected_options", []any{plain("g", "Green")})
	b.click(`[data-action-id="many"]`)
	b.click(`.multi-list [data-option="r"]`)
	b.click(`[data-action-id="many"]`)
	press("many", "selected_options", []any{plain("r", "Red")})
}

func TestConfirmation(t *testing.T) {
	d := newDesk(t)
	ask := button("deploy", "Deploy", "1")
	ask["confirm"] = object{"title": option("", "Deploy?")["text"], "text": object{"type": "mrkdwn", "text": "To *production*."}, "confirm": option("", "Deploy now")["text"], "deny": option("", "Not yet")["text"]}
	d.say(1, "UBOT", "ready", actions("b1", ask))
	b := open(t, d.as("U1", "C1"))

	b.click(`[data-action-id="deploy"]`)
	b.sees("dialog.confirm", "To production.")
	b.click(`[data-confirm="no"]`)
	b.misses("dialog.confirm")
	b.click(`[data-action-id="deploy"]`)
	b.enter(`[data-confirm="yes"]`, "\r")
	d.got("press", object{"user": "U1", "channel": "C1", "ts": stamp(1), "block_id": "b1", "action_id": "deploy", "value": "1"})
	b.misses("dialog.confirm")
}

func TestRefusedPressIsTold(t *testing.T) {
	d := newDesk(t)
	d.refuse("/_/press", "there is no such button any more")
	d.say(1, "UBOT", "ready", actions("b1", button("go", "Go", "1")))
	b := open(t, d.as("U1", "C1"))
	b.click(`[data-action-id="go"]`)
	d.got("press", object{"user": "U1", "channel": "C1", "ts": stamp(1), "block_id": "b1", "action_id": "go", "value": "1"})
	b.sees(".message.notice", "there is no such button any more")
	b.sees(".message.notice", "Only visible to you")
	b.click("[data-dismiss]")
	b.misses(".message.notice")
}

func modal(id string, blocks ...object) object {
	return object{"id": id, "hash": id, "title": option("", "Waive")["text"], "submit": option("", "Waive it")["text"], "blocks": blocks}
}

// TestModal fills in a form, is refused by the browser and by the app, and is heard at last.
func TestModal(t *testing.T) {
	d := newDesk(t)
	b := open(t, d.as("U1", "C1"))
	view := modal("V1",
		inputBlock("why", "Reason", element("plain_text_input", "reason", nil)),
		inputBlock("env", "Environment", element("radio_buttons", "env", object{"options": []object{option("s", "staging"), option("p", "production")}})),
		inputBlock("until", "Until", element("datepicker", "until", object{"initial_date": "2026-03-06"})),
		actions("row", button("explain", "Explain", "x")))
	d.tell("view", object{"view": view})
	b.sees("dialog.modal h2", "Waive")
	b.until(`document.activeElement.dataset.actionId === "reason"`)

	b.click("[data-submit]")
	b.sees(`[data-block-id="env"] .field-error`, "Please complete this required field.")
	b.enter(`[data-action-id="reason"]`, "because")
	b.click(`[data-block-id="env"] [data-option="p"]`)
	b.misses(`.field-error`)
	d.reply("/_/view/submit", object{"errors": object{"why": "Say more than that.", "gone": "And this."}})
	b.click("[data-submit]")
	d.got("view/submit", object{"user": "U1", "view_id": "V1", "values": object{
		"why":   object{"reason": object{"type": "plain_text_input", "value": "because"}},
		"env":   object{"env": object{"type": "radio_buttons", "selected_option": object{"value": "p", "text": object{"type": "plain_text", "text": "production"}}}},
		"until": object{"until": object{"type": "datepicker", "selected_date": "2026-03-06"}},
	}})
	b.sees(`[data-block-id="why"] .field-error`, "Say more than that.")
	b.sees(".modal-alert", "And this.")
	b.until(`document.activeElement.getAttribute("aria-invalid") === "true"`)

	b.click(`[data-action-id="explain"]`)
	d.got("press", object{"user": "U1", "view_id": "V1", "block_id": "row", "action_id": "explain", "value": "x"})
}

// TestModalKeepsWhatWasTyped pushes a view on another, changes it, and comes back.
func TestModalKeepsWhatWasTyped(t *testing.T) {
	d := newDesk(t)
	b := open(t, d.as("U1", "C1"))
	first := modal("V1", inputBlock("why", "Reason", element("plain_text_input", "reason", nil)))
	d.tell("view", object{"view": first})
	b.enter(`[data-action-id="reason"]`, "because")
	first["title"] = option("", "Waive, changed")["text"]
	d.tell("view", object{"view": first})
	b.sees("dialog.modal h2", "Waive, changed")
	b.until(`document.querySelector('[data-action-id="reason"]').value === "because" && document.activeElement.dataset.actionId === "reason"`)

	second := modal("V2", inputBlock("who", "Who", element("plain_text_input", "who", nil)))
	second["previous_view_id"] = "V1"
	d.tell("view", object{"view": second})
	b.sees("dialog.modal .label", "Who")
	b.sees("[data-close]", "Back")
	b.enter(`[data-action-id="who"]`, kb.Escape)
	d.got("view/close", object{"user": "U1", "view_id": "V2"})
	d.tell("view", object{"view": first})
	b.until(`document.querySelector('[data-action-id="reason"]')?.value === "because"`)
	d.tell("view", object{"view": nil})
	b.misses("dialog.modal")
}

func TestTyping(t *testing.T) {
	d := newDesk(t)
	d.say(1, "U2", "hello")
	b := open(t, d.as("U1", "C1"))
	const box = "#composer textarea"

	b.enter(box, "/r")
	b.sees(".completion li[aria-selected=true]", "/ready [status | run]")
	b.sees(".completion li", "Is it safe to deploy?")
	b.enter(box, kb.ArrowDown)
	b.sees(".completion li[aria-selected=true]", "/rollback")
	b.enter(box, "\t")
	b.sees("#composer .composer-hint", "/rollback [ENV] Go back")
	b.enter(box, "staging\r")
	d.got("say", object{"user": "U1", "channel": "C1", "text": "/rollback staging"})
	b.until(`document.querySelector(%s).value === ""`, box)

	b.enter(box, "Ask @be")
	b.sees(".completion li", "Ben Ito")
	b.enter(box, "\r")
	b.enter(box, "or @gono\r")
	b.enter(box, "about <b>\r")
	d.got("say", object{"user": "U1", "channel": "C1", "text": "Ask <@U2> or <@UBOT> about <b>"})

	d.refuse("/_/say", "this channel is archived")
	b.enter(box, "lost?\r")
	d.got("say", object{"user": "U1", "channel": "C1", "text": "lost?"})
	b.sees(".notice", "this channel is archived")
	b.until(`document.querySelector(%s).value === "lost?"`, box)
}

func TestThread(t *testing.T) {
	d := newDesk(t)
	reply := func(ts int, text string) {
		m := message(ts, "U2", text)
		m["thread_ts"] = stamp(1)
		d.tell("message", object{"message": m})
	}
	d.say(1, "UBOT", "the run")
	b := open(t, d.as("U1", "C1"))
	b.sees("#messages", "the run")
	reply(2, "first")
	b.sees("[data-thread]", "1 reply")
	reply(3, "second")
	b.sees("[data-thread]", "2 replies")
	b.until(`document.querySelectorAll("#messages .message").length === 1`)

	b.click("[data-thread]")
	b.sees("#thread .message", "second")
	b.sees("#thread .message", "the run")
	b.until(`document.activeElement === document.querySelector("#thread-composer textarea")`)
	b.enter("#thread-composer textarea", "third\r")
	d.got("say", object{"user": "U1", "channel": "C1", "thread_ts": stamp(1), "text": "third"})
	b.enter("#thread-composer textarea", kb.Escape)
	b.misses("#thread")
}

func TestBeingSomeoneElse(t *testing.T) {
	d := newDesk(t)
	b := open(t, d.server.URL)
	b.sees(".person-name", "Ada Obi")
	b.until(`location.hash === "#/U1/C1"`)
	b.until(`!document.querySelector('[data-open-channel="C3"]')`)
	b.click("[data-switch-user]")
	b.sees("[data-become=U2]", "Ben Ito")
	b.click("[data-become=U2]")
	b.sees(".person-name", "Ben Ito")
	b.until(`location.hash === "#/U2/C1" && localStorage.getItem("gonogo.user") === "U2"`)
	b.sees(`[data-open-channel="C3"]`, "elsewhere")
	b.evaluate(`location.hash = "#/UNOBODY/C1"`)
	b.sees(".person-name", "Ada Obi")
}

func TestHome(t *testing.T) {
	d := newDesk(t)
	d.prepare("home", object{"id": "H1", "blocks": []object{actions("row", button("mine", "My approvals", "all"))}})
	b := open(t, d.as("U1", "C1"))
	b.click("[data-open-home]")
	d.got("home", object{"user": "U1"})
	b.click(`#home [data-action-id="mine"]`)
	d.got("press", object{"user": "U1", "view_id": "H1", "block_id": "row", "action_id": "mine", "value": "all"})
	d.tell("home", object{"view": object{"id": "H1", "blocks": []object{{"type": "header", "text": option("", "Nothing waits")["text"]}}}})
	b.sees("#home h3", "Nothing waits")
}
