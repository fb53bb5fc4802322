package workspace

import (
	"errors"
	"net/http"
	"time"
)

// A response_url can be used five times within half an hour (docs.slack.dev/interactivity/handling-user-interaction).
const (
	hookUses = 5
	hookLife = 30 * time.Minute
)

// hook is the context of a response_url: a person's command or press, its channel, and the message with the button.
type hook struct {
	user     string
	channel  *channel
	response string   // see Message.Response
	message  *Message // nil for a command
	uses     int
	expires  time.Time
}

// newHook creates a response_url.
func (w *Workspace) newHook(h hook) string {
	secret := token()
	h.expires = w.now().Add(hookLife)
	w.hooks[secret] = &h
	if len(w.hooks)%1024 == 0 {
		forgetExpired(w.hooks, w.now(), func(h *hook) time.Time { return h.expires.Add(expiredRetention) })
	}
	return w.base() + "/hooks/" + secret
}

// serveHook handles one request to a response_url. It takes the lock.
func (w *Workspace) serveHook(rw http.ResponseWriter, r *http.Request) {
	a, err := readArgs(r)
	if !w.wait(r) {
		return
	}
	if err == nil {
		err = w.answerHook(r.PathValue("secret"), a)
	}
	var refusal apiError
	if errors.As(err, &refusal) {
		status := http.StatusBadRequest
		if refusal.code == "used_url" || refusal.code == "expired_url" {
			status = http.StatusNotFound
		}
		writeJSON(rw, status, object{"ok": false, "error": refusal.code})
		return
	}
	writeJSON(rw, http.StatusOK, object{"ok": true})
}

// answerHook takes the lock.
func (w *Workspace) answerHook(secret string, a args) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	h, ok := w.hooks[secret]
	switch {
	case !ok || !w.now().Before(h.expires):
		return apiError{code: "expired_url"}
	case h.uses >= hookUses:
		return apiError{code: "used_url"}
	}
	h.uses++
	if h.message != nil && a.boolean("delete_original") {
		w.deleteOriginal(h)
		return nil
	}
	content, err := compose(a)
	if err != nil {
		return err
	}
	if h.message != nil && a.boolean("replace_original") {
		w.replaceOriginal(h, content)
		return nil
	}
	w.respond(*h, content, a.text("thread_ts"), a.text("response_type"))
	return nil
}

func (w *Workspace) deleteOriginal(h *hook) {
	if h.message.Ephemeral {
		w.deleteEphemeral(h.user, h.message)
	} else if h.channel.byTS[h.message.TS] == h.message {
		w.deleteMessage(h.channel, h.message)
	}
}

func (w *Workspace) replaceOriginal(h *hook, content composed) {
	if !h.message.Ephemeral {
		w.rewrite(h.channel, h.message, content)
		return
	}
	h.message.Text, h.message.Blocks = content.text, content.blocks
	w.publish(h.user, "ephemeral", object{"message": h.message.clone()})
}

// respond posts a response: for everyone if kind is in_channel, else only for the person who acted. It is in the channel unless the
// answer names a thread, whichever message was pressed (github.com/slackapi/bolt-js/issues/2170).
func (w *Workspace) respond(h hook, content composed, thread, kind string) {
	m := w.botMessage(content)
	m.ThreadTS, m.Response = thread, h.response
	if kind == "in_channel" {
		w.post(h.channel, m)
		return
	}
	m.Channel = h.channel.ID
	w.postEphemeral(h.user, m)
}
