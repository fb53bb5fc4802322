package page_test

import (
	"slices"
	"testing"
)

func TestMessagesArriveChangeAndGo(t *testing.T) {
	d := newDesk(t)
	b := open(t, d.as("U1", "C1"))
	d.say(1, "UBOT", "measuring")
	b.sees("#messages .content", "measuring")
	b.sees("#announcer", "")
	b.until(`document.getElementById("announcer").textContent === "gonogo: measuring"`)
	changed := message(1, "UBOT", "measured")
	changed["edited"] = stamp(2)
	d.tell("message", object{"message": changed})
	b.sees("#messages .content", "measured")
	b.sees(".edited", "(edited)")
	d.tell("message_deleted", object{"channel": "C1", "ts": stamp(1)})
	b.misses("#messages .message")
}

// TestChangeElsewhereLeavesTheFocus has a person in one message while another changes, and then the one they are in.
func TestChangeElsewhereLeavesTheFocus(t *testing.T) {
	d := newDesk(t)
	d.say(1, "UBOT", "a", actions("b1", button("go", "Go", "1"), element("plain_text_input", "note", nil)))
	d.say(2, "UBOT", "b")
	b := open(t, d.as("U1", "C1"))
	b.enter(`[data-action-id="note"]`, "half a sen")
	b.evaluate(`window.node = document.querySelector('[data-action-id="note"]')`)
	d.tell("message", object{"message": message(2, "UBOT", "b, changed")})
	b.sees("#messages", "b, changed")
	b.until(`document.activeElement === window.node`)
	d.tell("message", object{"message": message(1, "UBOT", "a", actions("b1", button("go", "Go, changed", "1"), element("plain_text_input", "note", nil)))})
	b.sees("button", "Go, changed")
	b.until(`document.activeElement.dataset.actionId === "note" && document.activeElement.value === "half a sen"`)
}

func TestEphemeralMessages(t *testing.T) {
	d := newDesk(t)
	b := open(t, d.as("U1", "C1"))
	d.tell("ephemeral", object{"message": message(1, "UBOT", "You need the role Deployer.")})
	d.tell("ephemeral", object{"message": message(2, "UBOT", "And patience.")})
	b.sees(".message.ephemeral", "Only visible to you")
	b.click(`.message[data-ts="` + stamp(1) + `"] [data-dismiss]`)
	b.until(`document.querySelectorAll(".message.ephemeral").length === 1`)
	d.tell("ephemeral_deleted", object{"channel": "C1", "ts": stamp(2)})
	b.misses(".message.ephemeral")
}

func TestUnreadAndConnection(t *testing.T) {
	d := newDesk(t)
	b := open(t, d.as("U1", "C2"))
	b.sees("[data-connection=on]", "gonogo is connected, 2\u00a0sockets")
	d.say(1, "U2", "one")
	d.say(2, "UBOT", "two")
	d.say(3, "U1", "my own")
	b.sees(`[data-open-channel="C1"] .badge`, "2 unread")
	b.click(`[data-open-channel="C1"]`)
	b.misses(`[data-open-channel="C1"] .badge`)
	d.tell("app", object{"connections": 1})
	b.sees("[data-connection=on]", "1\u00a0socket")
	d.tell("app", object{"connections": 0})
	b.sees("[data-connection=off]", "No app is connected")
}

// TestCatchesUp breaks the feed: the page comes back to where it was, and misses nothing that happened meanwhile.
func TestCatchesUp(t *testing.T) {
	d := newDesk(t)
	b := open(t, d.as("U1", "C1"))
	d.say(1, "UBOT", "before")
	b.sees("#messages", "before")
	d.leave(true)
	b.sees("#lost", "This page lost the workspace")
	b.sees("[data-connection=lost]", "keeps trying")
	d.say(2, "UBOT", "meanwhile")
	d.leave(false)
	b.sees("#messages", "meanwhile")
	b.misses("#lost")
	if got, want := d.lastAfter(), 101; got != want {
		t.Errorf("the page took up the events after %d, want %d", got, want)
	}
}

// TestReachedAgain says something while the workspace is away: the page says so, until the workspace is back.
func TestReachedAgain(t *testing.T) {
	d := newDesk(t)
	b := open(t, d.as("U1", "C1"))
	d.leave(true)
	b.sees("#lost", "This page lost the workspace")
	b.enter("#composer textarea", "/ready\r")
	b.sees(".notice-text", "cannot be reached")
	d.leave(false)
	b.misses("#lost")
	b.misses(".notice-text")
}

func TestReset(t *testing.T) {
	d := newDesk(t)
	d.say(1, "UBOT", "old news")
	b := open(t, d.as("U1", "C1"))
	b.sees("#messages", "old news")
	d.prepare("messages", object{"C1": []object{message(5, "UBOT", "all new")}})
	d.tell("reset", object{})
	b.sees("#messages", "all new")
	b.until(`!document.getElementById("messages").textContent.includes("old news")`)
}

func TestLongChannel(t *testing.T) {
	d := newDesk(t)
	var messages []object
	for i := range 400 {
		messages = append(messages, message(i, "U2", "line"))
	}
	d.prepare("messages", object{"C1": messages})
	b := open(t, d.as("U1", "C1"))
	b.until(`document.querySelectorAll("#messages .message").length === 150`)
	b.until(`(({scrollTop, scrollHeight, clientHeight}) => scrollHeight - scrollTop - clientHeight < 2)(document.getElementById("messages"))`)
	b.evaluate(`document.querySelector(".earlier button").click()`)
	b.until(`document.querySelectorAll("#messages .message").length === 300`)
}

// leave makes the workspace go away, or come back.
func (d *desk) leave(away bool) {
	d.mu.Lock()
	d.away = away
	d.mu.Unlock()
	if away {
		d.server.CloseClientConnections()
	}
}

// lastAfter is where a window took up the events the last time.
func (d *desk) lastAfter() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Max(d.afters)
}
