package chat

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"gonogo/bot/chat/lane"
	"gonogo/bot/chat/render"
	"gonogo/bot/chat/slackerr"
	"gonogo/commands"
	"gonogo/commands/reply"
)

const (
	handleTime = time.Minute      // for Commands to answer
	answerLife = 30 * time.Minute // for an answer to be delivered: Slack's, for a response_url
)

// answers hands acts to Commands and brings the replies back to people.
type answers struct {
	web      *web
	commands Commands
	log      *slog.Logger
	latest   *latest
}

// decide lets Commands act, unless a Stop has overtaken it, and returns what brings
// the reply to the person. Whatever goes wrong, the person is told.
func (s *answers) decide(ctx context.Context, a *act, others *undecided) (deliver func(t *lane.Turn)) {
	asked, cancel := context.WithTimeout(ctx, handleTime)
	defer cancel()
	r := s.overtaking(asked, a, others)
	message := ""
	if a.message != "" && a.replaces(r) {
		message = a.request.Channel + "/" + a.message
	}
	ctx, done := s.latest.replace(ctx, message)
	return func(t *lane.Turn) {
		defer done()
		s.deliver(ctx, t, "could not answer a person", a, func(s *answers, ctx context.Context) error { return s.give(ctx, a, r) })
	}
}

// turnAway tells a person why nothing was done.
func (s *answers) turnAway(ctx context.Context, t *lane.Turn, a *act) {
	s.deliver(ctx, t, "could not tell a person that nothing was done", a, func(s *answers, ctx context.Context) error {
		r := reply.Reply{Title: a.refusal, Refused: true, Again: a.refusal != foreignSentence}
		return s.say(ctx, a, s.withOrder(a, r))
	})
}

// deliver brings something to a person by calls that keep nobody from their turn
// while they wait.
func (s *answers) deliver(ctx context.Context, t *lane.Turn, failed string, a *act, give func(*answers, context.Context) error) {
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
func (s *answers) overtaking(ctx context.Context, a *act, others *undecided) reply.Reply {
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
	r := s.ask(ctx, a)
	if r.Refused && len(begun) > 0 {
		if !awaitAll(ctx, begun) {
			return reply.Reply{Title: stillStarting, Refused: true}
		}
		r = s.ask(ctx, a)
	}
	if r.Refused && len(stopped) > 0 {
		return hasStopped(stopped, r)
	}
	return r
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
func wasStopped(by string) reply.Reply {
	return reply.Reply{Title: stoppedTitle, Refused: true, Parts: []reply.Part{
		reply.Lines{reply.Say("Nothing was started: ", reply.User(by), " stopped it while it waited for its turn.")}}}
}

// hasStopped answers a Stop that has overtaken what it stops. It also says why nothing
// else was stopped: something else may be under way, and go on.
func hasStopped(stopped []*act, refused reply.Reply) reply.Reply {
	lines := reply.Lines{reply.Say("Nothing was started. It waited for its turn:")}
	for _, a := range stopped {
		lines = append(lines, reply.Say(reply.Typed("/"+a.said()), " by ", reply.User(a.request.User)))
	}
	lines = append(lines, reply.Say(reply.Bold(refused.Title)))
	return reply.Reply{Title: stoppedTitle, Parts: append([]reply.Part{lines}, refused.Parts...)}
}

// ask lets Commands answer. A panic becomes a sentence for the person and a
// stack in the log.
func (s *answers) ask(ctx context.Context, a *act) (answer reply.Reply) {
	defer func() {
		if r := recover(); r != nil {
			s.log.Error("handling a request panicked", "panic", r, "stack", string(debug.Stack()))
			answer = reply.Reply{Title: brokenSentence, Refused: true}
		}
	}()
	if ctx.Err() != nil {
		return reply.Reply{Title: "gonogo is stopping; nothing was done. Please try again in a moment.", Refused: true, Again: true}
	}
	return s.commands.Handle(ctx, a.request)
}

// withOrder is the refusal of a mention, with what was asked for as a button where
// it can be asked for again and there is nothing else to press.
func (s *answers) withOrder(a *act, r reply.Reply) reply.Reply {
	hasButtons := slices.ContainsFunc(r.Parts, func(part reply.Part) bool { _, is := part.(reply.Actions); return is })
	if r.Again && !hasButtons {
		r.Parts = append(slices.Clip(r.Parts), s.offer(a.order)...)
	}
	return r
}

// offer is a button for a command, so that it need not be typed again; none where
// what was said is no command.
func (s *answers) offer(said string) []reply.Part {
	meant, ok := s.commands.Read(said)
	if said == "" || !ok {
		return nil
	}
	return []reply.Part{reply.Actions{{Label: "/" + commands.AsTyped(meant), Act: meant}}}
}

// give brings a reply to the person: as a form where it asks for one.
func (s *answers) give(ctx context.Context, a *act, r reply.Reply) error {
	if r.Form == nil {
		return s.say(ctx, a, r)
	}
	form, ok := s.web.render.Modal(r.Form, a.request.Channel, a.request.Key)
	if !ok {
		return s.say(ctx, a, tooLong(a, r))
	}
	if a.trigger == "" {
		return s.say(ctx, a, formButton(r))
	}
	err := s.web.open(ctx, a.trigger, form)
	if err != nil {
		s.log.Info("couldn't open a form; offering a button instead", "error", slackerr.WithoutURL(err))
		return s.say(ctx, a, formButton(r))
	}
	return nil
}

// formButton is the message that opens a form when its button is pressed.
func formButton(r reply.Reply) reply.Reply {
	return reply.Reply{
		Title: cmp.Or(r.Title, r.Form.Title), Summary: r.Summary,
		Parts: []reply.Part{
			reply.Lines{reply.Say("This takes a form.")},
			reply.Actions{{Label: "Open the form", Act: r.Form.Act, Style: reply.Primary}},
		},
	}
}

// tooLong answers what asks for a form that is too long for Slack. A command is
// shown to nobody, so what was said is given back.
func tooLong(a *act, r reply.Reply) reply.Reply {
	parts := slices.DeleteFunc(slices.Clone(r.Parts), func(part reply.Part) bool {
		_, long := render.LongText(reply.Reply{Parts: []reply.Part{part}})
		return long
	})
	parts = append(parts, reply.Lines{reply.Say("That is too long for a form. Nothing was done.")})
	return reply.Reply{Title: cmp.Or(r.Title, r.Form.Title), Summary: r.Summary, Parts: append(parts, giveBack(a.said())...), Refused: true}
}

// said is what a person typed, or what they pressed as it would be typed.
func (a *act) said() string {
	if pressed, err := commands.DecodeAct(a.request.Pressed); err == nil {
		return commands.AsTyped(pressed)
	}
	return a.request.Text
}

// say brings a message to the person, by the best way that is still open.
func (s *answers) say(ctx context.Context, a *act, r reply.Reply) error {
	text, long := render.LongText(r)
	if long {
		r = withText(r, text)
	}
	private := !r.Public && !a.mention || a.mention && r.Refused
	switch {
	case nothing(r):
		return nil
	case long && private:
		return s.web.direct(ctx, a.request.User, r)
	case a.mention && r.Refused:
		return s.sayPrivately(ctx, a, a.asked, s.withOrder(a, r))
	case a.mention:
		return s.sayInThread(ctx, a, r)
	case a.form && r.Refused:
		return s.web.direct(ctx, a.request.User, r)
	case a.responseURL == "":
		return s.sayInChannel(ctx, a, r)
	}
	out := urlResponse{ResponseType: "ephemeral", ThreadTS: a.thread, ReplaceOriginal: a.replaces(r)}
	if r.Public {
		out.ResponseType = "in_channel"
	}
	err := s.web.respond(ctx, a.responseURL, out, r)
	if err == nil {
		return nil
	}
	s.log.Info("response_url failed; replying another way", "error", slackerr.WithoutURL(err))
	return s.sayInChannel(ctx, a, r)
}

// withText is a reply that shows the text of its long buttons.
func withText(r reply.Reply, text string) reply.Reply {
	r.Parts = append(slices.Clone(r.Parts), reply.Lines{reply.Say("This is what you wrote:")})
	r.Parts = append(r.Parts, render.AsWritten(text)...)
	return r
}

// giveBack is what was said, to be copied.
func giveBack(said string) []reply.Part {
	return append([]reply.Part{reply.Lines{reply.Say("This is what you said:")}}, render.AsWritten("/"+said)...)
}

// nothing tells whether there is nothing to say: what was done shows elsewhere.
func nothing(r reply.Reply) bool {
	return r.Title == "" && r.Summary == "" && len(r.Parts) == 0
}

// sayInThread answers a mention where it stands: everyone could read the question.
func (s *answers) sayInThread(ctx context.Context, a *act, r reply.Reply) error {
	_, err := s.web.post(ctx, a.request.Channel, a.thread, r)
	if err == nil {
		return nil
	}
	return s.fallBack(ctx, a, r, err)
}

// sayInChannel shows a message in the channel, to everyone or to one person.
func (s *answers) sayInChannel(ctx context.Context, a *act, r reply.Reply) error {
	if a.request.Channel == "" {
		return s.web.direct(ctx, a.request.User, r)
	}
	if !r.Public {
		return s.sayPrivately(ctx, a, a.thread, r)
	}
	_, err := s.web.post(ctx, a.request.Channel, a.thread, r)
	if err == nil {
		return nil
	}
	return s.fallBack(ctx, a, r, err)
}

// sayPrivately shows a message in the channel, or in a thread there, to one person.
func (s *answers) sayPrivately(ctx context.Context, a *act, thread string, r reply.Reply) error {
	err := s.web.postEphemeral(ctx, a.request.Channel, thread, a.request.User, r)
	if err == nil {
		return nil
	}
	return s.fallBack(ctx, a, r, err)
}

// fallBack answers by direct message when the bot may not speak in a channel.
func (s *answers) fallBack(ctx context.Context, a *act, r reply.Reply, cause error) error {
	if slackerr.Code(cause) == "" {
		return cause // Slack did not say no: the message may have arrived
	}
	if err := s.web.direct(ctx, a.request.User, r); err != nil {
		return errors.Join(cause, err)
	}
	return nil
}
