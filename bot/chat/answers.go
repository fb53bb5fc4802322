package chat

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"gonogo/bot/chat/render"
	"gonogo/bot/chat/slackerr"
	"gonogo/commands"
)

const (
	handleTime  = time.Minute      // for Commands to answer
	answerLife  = 30 * time.Minute // for an answer to be delivered: Slack's, for a response_url
	triggerLife = 3 * time.Second  // Slack's, for opening a form
)

// answers hands acts to Commands and brings the replies back to people.
type answers struct {
	web      *web
	commands Commands
	log      *slog.Logger
	now      func() time.Time
	latest   *latest
}

// decide lets Commands act, unless a Stop has overtaken it, and returns what brings
// the reply to the person. Whatever goes wrong, the person is told.
func (s *answers) decide(ctx context.Context, a *act, others *undecided) (deliver func(t *turn)) {
	asked, cancel := context.WithTimeout(ctx, handleTime)
	defer cancel()
	reply := s.overtaking(asked, a, others)
	message := ""
	if a.message != "" && a.replaces(reply) {
		message = a.request.Channel + "/" + a.message
	}
	ctx, done := s.latest.replace(ctx, message)
	return func(t *turn) {
		defer done()
		s.deliver(ctx, t, "could not answer a person", a, func(s *answers, ctx context.Context) error { return s.give(ctx, a, reply) })
	}
}

// turnAway tells a person why nothing was done.
func (s *answers) turnAway(ctx context.Context, t *turn, a *act) {
	s.deliver(ctx, t, "could not tell a person that nothing was done", a, func(s *answers, ctx context.Context) error {
		reply := commands.Reply{Title: a.refusal, Refused: true, Again: a.refusal != foreignSentence}
		return s.say(ctx, a, s.withOrder(a, reply))
	})
}

// deliver brings something to a person by calls that keep nobody from their turn
// while they wait.
func (s *answers) deliver(ctx context.Context, t *turn, failed string, a *act, give func(*answers, context.Context) error) {
	ctx, cancel := context.WithTimeout(ctx, answerLife)
	defer cancel()
	own := *s
	own.web = s.web.inTurn(t, a.class())
	if err := give(&own, ctx); err != nil && !errors.Is(context.Cause(ctx), errReplaced) {
		s.log.Error(failed, "user", a.request.User, "channel", a.request.Channel, "error", slackerr.WithoutURL(err))
	}
}

// overtaking lets Commands answer. What a Stop has overtaken does not begin; what
// the Stop finds begun and not yet under way is waited for, and stopped then.
func (s *answers) overtaking(ctx context.Context, a *act, others *undecided) commands.Reply {
	if stop := others.begin(a); stop != nil {
		return wasStopped(stop.request.User)
	}
	if a.precedence != commands.AtOnce {
		return s.ask(ctx, a)
	}
	of := s.commands.Stops(a.request)
	if of == nil {
		return s.ask(ctx, a)
	}
	stopped, begun := others.stop(a, of)
	reply := s.ask(ctx, a)
	if reply.Refused && len(begun) > 0 {
		if !awaitAll(ctx, begun) {
			return commands.Reply{Title: stillStarting, Refused: true}
		}
		reply = s.ask(ctx, a)
	}
	if reply.Refused && len(stopped) > 0 {
		return hasStopped(stopped)
	}
	return reply
}

// awaitAll waits for ends, and reports whether all have come before ctx ended.
func awaitAll(ctx context.Context, ends []<-chan struct{}) bool {
	for _, end := range ends {
		select {
		case <-end:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

const (
	stoppedTitle  = "Stopped before it began"
	stillStarting = "It is not known yet whether it starts, so it was not stopped. Please look at its status, and stop it again if it has started."
)

// wasStopped answers what a Stop has overtaken.
func wasStopped(by string) commands.Reply {
	return commands.Reply{Title: stoppedTitle, Refused: true, Parts: []commands.Part{
		commands.Lines{commands.Say("Nothing was started: ", commands.User(by), " stopped it while it waited for its turn.")}}}
}

// hasStopped answers a Stop that has overtaken what it stops.
func hasStopped(stopped []*act) commands.Reply {
	lines := commands.Lines{commands.Say("Nothing was started. It waited for its turn:")}
	for _, a := range stopped {
		lines = append(lines, commands.Say(commands.Typed("/"+a.said()), " by ", commands.User(a.request.User)))
	}
	return commands.Reply{Title: stoppedTitle, Parts: []commands.Part{lines}}
}

// ask lets Commands answer. A panic becomes a sentence for the person and a
// stack in the log.
func (s *answers) ask(ctx context.Context, a *act) (reply commands.Reply) {
	defer func() {
		if r := recover(); r != nil {
			s.log.Error("handling a request panicked", "panic", r, "stack", string(debug.Stack()))
			reply = commands.Reply{Title: brokenSentence, Refused: true}
		}
	}()
	if ctx.Err() != nil {
		return commands.Reply{Title: "gonogo is stopping; nothing was done. Please try again in a moment.", Refused: true, Again: true}
	}
	return s.commands.Handle(ctx, a.request)
}

// withOrder is the refusal of a mention, with what was asked for as a button where
// it can be asked for again and there is nothing else to press.
func (s *answers) withOrder(a *act, reply commands.Reply) commands.Reply {
	hasButtons := slices.ContainsFunc(reply.Parts, func(part commands.Part) bool { _, is := part.(commands.Actions); return is })
	if reply.Again && !hasButtons {
		reply.Parts = append(slices.Clip(reply.Parts), s.offer(a.order)...)
	}
	return reply
}

// offer is a button for a command, so that it need not be typed again; none where
// what was said is no command.
func (s *answers) offer(said string) []commands.Part {
	meant, ok := s.commands.Read(said)
	if said == "" || !ok {
		return nil
	}
	return []commands.Part{commands.Actions{{Label: "/" + commands.AsTyped(meant), Act: meant}}}
}

// give brings a reply to the person: as a form where it asks for one.
func (s *answers) give(ctx context.Context, a *act, reply commands.Reply) error {
	if reply.Form == nil {
		return s.say(ctx, a, reply)
	}
	form, ok := s.web.render.Modal(reply.Form, a.request.Channel, a.request.Key)
	if !ok {
		return s.say(ctx, a, tooLong(a, reply))
	}
	if a.trigger == "" || s.now().Sub(a.received) > triggerLife {
		return s.say(ctx, a, formButton(reply))
	}
	err := s.web.open(ctx, a.trigger, form)
	if err != nil {
		s.log.Info("a form could not be opened; offering a button for it", "error", slackerr.WithoutURL(err))
		return s.say(ctx, a, formButton(reply))
	}
	return nil
}

// formButton is the message that opens a form when its button is pressed.
func formButton(reply commands.Reply) commands.Reply {
	return commands.Reply{
		Title: cmp.Or(reply.Title, reply.Form.Title), Summary: reply.Summary,
		Parts: []commands.Part{
			commands.Lines{commands.Say("This takes a form.")},
			commands.Actions{{Label: "Open the form", Act: reply.Form.Act, Style: commands.Primary}},
		},
	}
}

// tooLong answers what asks for a form that is too long for Slack. A command is
// shown to nobody, so what was said is given back.
func tooLong(a *act, reply commands.Reply) commands.Reply {
	parts := slices.DeleteFunc(slices.Clone(reply.Parts), func(part commands.Part) bool {
		_, long := render.LongText(commands.Reply{Parts: []commands.Part{part}})
		return long
	})
	parts = append(parts, commands.Lines{commands.Say("That is too long for a form. Nothing was done.")})
	return commands.Reply{Title: cmp.Or(reply.Title, reply.Form.Title), Summary: reply.Summary, Parts: append(parts, giveBack(a.said())...), Refused: true}
}

// said is what a person typed, or what they pressed as it would be typed.
func (a *act) said() string {
	if pressed, err := commands.DecodeAct(a.request.Pressed); err == nil {
		return commands.AsTyped(pressed)
	}
	return a.request.Text
}

// say brings a message to the person, by the best way that is still open.
func (s *answers) say(ctx context.Context, a *act, reply commands.Reply) error {
	text, long := render.LongText(reply)
	if long {
		reply = withText(reply, text)
	}
	private := !reply.Public && !a.mention || a.mention && reply.Refused
	switch {
	case nothing(reply):
		return nil
	case long && private:
		return s.web.direct(ctx, a.request.User, reply)
	case a.mention && reply.Refused:
		return s.sayPrivately(ctx, a, a.asked, s.withOrder(a, reply))
	case a.mention:
		return s.sayInThread(ctx, a, reply)
	case a.form && reply.Refused:
		return s.web.direct(ctx, a.request.User, reply)
	case a.responseURL == "":
		return s.sayInChannel(ctx, a, reply)
	}
	out := answer{ResponseType: "ephemeral", ThreadTS: a.thread, ReplaceOriginal: a.replaces(reply)}
	if reply.Public {
		out.ResponseType = "in_channel"
	}
	err := s.web.respond(ctx, a.responseURL, out, reply)
	if err == nil {
		return nil
	}
	s.log.Info("a response_url failed; answering another way", "error", slackerr.WithoutURL(err))
	return s.sayInChannel(ctx, a, reply)
}

// withText is a reply that shows the text of its long buttons.
func withText(reply commands.Reply, text string) commands.Reply {
	reply.Parts = append(slices.Clone(reply.Parts), commands.Lines{commands.Say("This is what you wrote:")})
	reply.Parts = append(reply.Parts, render.AsWritten(text)...)
	return reply
}

// giveBack is what was said, to be copied.
func giveBack(said string) []commands.Part {
	return append([]commands.Part{commands.Lines{commands.Say("This is what you said:")}}, render.AsWritten("/"+said)...)
}

// nothing tells whether there is nothing to say: what was done shows elsewhere.
func nothing(r commands.Reply) bool {
	return r.Title == "" && r.Summary == "" && len(r.Parts) == 0
}

// sayInThread answers a mention where it stands: everyone could read the question.
func (s *answers) sayInThread(ctx context.Context, a *act, reply commands.Reply) error {
	_, err := s.web.post(ctx, a.request.Channel, a.thread, reply)
	if err == nil {
		return nil
	}
	return s.fallBack(ctx, a, reply, err)
}

// sayInChannel shows a message in the channel, to everyone or to one person.
func (s *answers) sayInChannel(ctx context.Context, a *act, reply commands.Reply) error {
	if a.request.Channel == "" {
		return s.web.direct(ctx, a.request.User, reply)
	}
	if !reply.Public {
		return s.sayPrivately(ctx, a, a.thread, reply)
	}
	_, err := s.web.post(ctx, a.request.Channel, a.thread, reply)
	if err == nil {
		return nil
	}
	return s.fallBack(ctx, a, reply, err)
}

// sayPrivately shows a message in the channel, or in a thread there, to one person.
func (s *answers) sayPrivately(ctx context.Context, a *act, thread string, reply commands.Reply) error {
	err := s.web.postEphemeral(ctx, a.request.Channel, thread, a.request.User, reply)
	if err == nil {
		return nil
	}
	return s.fallBack(ctx, a, reply, err)
}

// fallBack answers by direct message when the bot may not speak in a channel.
func (s *answers) fallBack(ctx context.Context, a *act, reply commands.Reply, cause error) error {
	if slackerr.Code(cause) == "" {
		return cause // Slack did not say no: the message may have arrived
	}
	if err := s.web.direct(ctx, a.request.User, reply); err != nil {
		return errors.Join(cause, err)
	}
	return nil
}
