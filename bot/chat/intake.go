package chat

import (
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"gonogo/bot/chat/people"
	"gonogo/bot/chat/render"
	"gonogo/bot/chat/socket"
)

const (
	busySentence    = "gonogo is busy; nothing was done. Please try again in a moment."
	crowdedSentence = "gonogo is still busy with what you asked before; nothing was done. Please try again when that is answered."
	foreignSentence = "This gonogo serves another workspace; nothing was done."
	brokenSentence  = "Something went wrong inside gonogo, and what you asked for may be half done. Its log says what happened; please tell whoever runs it."
)

// intake decides what to do with each envelope, without any I/O: the goroutine
// that reads a socket waits for it before it acknowledges.
type intake struct {
	commands Commands
	people   *people.Directory
	lanes    *lanes
	seen     *socket.Deduplicator
	log      *slog.Logger
	meter    Meter
	homes    *homes
	self     *atomic.Pointer[identity] // set before the first socket is opened
	instance func() string             // which gonogo this is
	doubt    func()                    // counts the connections of the app: another gonogo may have one

	mu     sync.RWMutex // protects closed while acts are being accepted
	closed bool
}

func newIntake(w *Workspace, handler Commands, homes *homes) *intake {
	return &intake{
		commands: handler, people: w.people, lanes: newLanes(w.opts), log: w.opts.Log, meter: w.opts.Meter,
		seen: socket.NewDeduplicator(w.opts.Now), homes: homes, self: &w.self, instance: w.opts.Instance, doubt: func() {},
	}
}

// take handles one envelope that came in on a socket greeted by app, and returns the
// payload of the acknowledgement.
func (in *intake) take(app string, e *socket.Envelope) (ack []byte) {
	self := in.self.Load()
	if event := &e.Payload.Event; e.Type == "events_api" && people.IsNews(event) {
		if outsider(&e.Payload, app, self) == "" {
			in.people.Heard(event)
		}
		return nil
	}
	a := understand(e, self)
	if a == nil {
		return nil
	}
	if problem := outsider(&e.Payload, app, self); problem != "" {
		in.log.Warn("refused an envelope: "+problem, "type", e.Type)
		if a.home || a.refusal != "" {
			return nil // nobody expects an answer
		}
		return in.refuse(e, a, foreignSentence)
	}
	if a.home {
		in.homes.opened(a.request.User, a.filled)
		return nil
	}
	if ours := in.instance(); a.instance != "" && ours != "" && a.instance != ours {
		in.log.Warn("refused a press on what another gonogo posted; stop one of the two, or give it a Slack app of its own", "posted_by", a.instance, "this", ours)
		a.refusal = otherSentence(a.instance, ours)
		in.doubt()
	}
	if a.form && a.refusal == "" {
		if errors := render.FormErrors(in.validate(a), a.request.Form); errors != nil {
			return errors
		}
	}
	key := a.request.Key
	if key == "" {
		key = "envelope/" + e.ID
		a.request.Key = key
	}
	decide := in.enqueue
	if a.refusal != "" {
		decide = in.tell
	}
	accepted, repeat := in.seen.Do(func() bool { return decide(a) }, key, e.ID)
	switch {
	case !accepted:
		return in.busy(e, a, repeat)
	case a.form:
		return []byte(`{"response_action":"clear"}`)
	}
	return nil
}

// otherSentence answers a press on what another gonogo posted.
func otherSentence(theirs, ours string) string {
	return fmt.Sprintf("Nothing was done. Another gonogo with the same Slack app posted this (%s; this one is %s), or this one did with another ledger. "+
		"Stop one of the two, or give it a Slack app of its own; then send the command again.", theirs, ours)
}

// enqueue puts an act in its lane, if there is room.
func (in *intake) enqueue(a *act) (accepted bool) {
	in.mu.RLock()
	defer in.mu.RUnlock()
	if in.closed {
		return false
	}
	a.precedence = in.commands.Precedence(a.request)
	switch in.lanes.take(a) {
	case fullForOne:
		a.crowded = true
		return false
	case fullForAll:
		return false
	}
	return true
}

// busy tells a person, once, that nothing was done.
func (in *intake) busy(e *socket.Envelope, a *act, repeat bool) []byte {
	sentence := busySentence
	if a.crowded {
		sentence = crowdedSentence
	}
	if !repeat {
		in.meter.TurnedAway()
		in.log.Warn("queue full: refused a request", "user", a.request.User, "queued", in.lanes.waiting())
	}
	for name := range a.request.Form {
		return render.FormErrors(map[string]string{name: sentence}, a.request.Form)
	}
	if repeat && !a.command {
		return nil
	}
	return in.refuse(e, a, sentence)
}

// refuse tells a person one sentence: in the acknowledgement where Slack shows it,
// otherwise in a message.
func (in *intake) refuse(e *socket.Envelope, a *act, sentence string) []byte {
	if a.command && e.AcceptsPayload {
		ack, _ := json.Marshal(map[string]string{"response_type": "ephemeral", "text": sentence}) // strings always encode
		return ack
	}
	a.refusal = sentence
	in.tell(a)
	return nil
}

// tell queues an act whose person is told why nothing is done. If there is no room for
// that either, nothing more can be done.
func (in *intake) tell(a *act) (accepted bool) {
	in.mu.RLock()
	defer in.mu.RUnlock()
	if in.closed {
		return true
	}
	if in.lanes.refuse(a) != hasRoom {
		in.log.Error("queue full: couldn't even tell the person", "user", a.request.User)
	}
	return true
}

// validate asks Commands what is wrong with a form. If it panics, the form stays open
// and says so.
func (in *intake) validate(a *act) (errors map[string]string) {
	defer func() {
		if r := recover(); r != nil {
			in.log.Error("validating a form panicked", "panic", r, "stack", string(debug.Stack()))
			errors = map[string]string{}
			for name := range a.request.Form {
				errors[name] = brokenSentence
				break
			}
		}
	}()
	return in.commands.Validate(a.request)
}

// close accepts nothing more. What was accepted is still handled.
func (in *intake) close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed = true
}

// outsider says why an envelope is rejected: it is for another app, or comes from
// another workspace or from a person who belongs to one. Fields that are missing are
// not held against it, except that an event which comes through another workspace needs
// a known author.
func outsider(p *socket.Payload, app string, self *identity) string {
	theirs := func(team string) bool { return !ours(team, self) }
	author := []string{p.User.TeamID, p.Event.UserTeam, p.Event.SourceTeam, p.Event.Team}
	switch {
	case p.AppID != "" && app != "" && p.AppID != app:
		return "it is for another app"
	case !addressed(p, self):
		return "it comes from another workspace"
	case slices.ContainsFunc(author, theirs), theirs(p.TeamID) && strings.Join(author, "") == "":
		return "it comes from a person of another workspace"
	}
	return ""
}

// addressed reports whether an envelope is for our installation. In a Slack Connect
// channel the outer team of an event may be the partner's; its authorizations then name
// the installation.
func addressed(p *socket.Payload, self *identity) bool {
	if len(p.Authorizations) == 0 {
		return ours(p.TeamID, self) && ours(p.Team.ID, self)
	}
	return slices.ContainsFunc(p.Authorizations, func(a socket.Authorization) bool {
		team := cmp.Or(a.TeamID, a.EnterpriseID)
		return team != "" && ours(team, self)
	})
}

// ours reports whether an ID is that of our workspace, or of the organization that it
// belongs to.
func ours(team string, self *identity) bool {
	return team == "" || team == self.team || self.team == "" || team == self.enterprise
}
