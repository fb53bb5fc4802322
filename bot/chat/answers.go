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
	handleTime = time.Minute      // how long Commands may take to answer
	answerLife = 30 * time.Minute // how long Slack accepts answers to a response_url
)

// answers passes acts to Commands and sends the replies to people.
type answers struct {
	web      *web
	commands Commands
	log      *slog.Logger
	latest   *latest
}

// decide has Commands handle an act, unless a Stop has overtaken it, and returns a
// function that delivers the reply. The person gets an answer in every case, also after
// a panic.
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

// hanging tells a person that their act waits because a write to the ledger hangs.
func (s *answers) hanging(ctx context.Context) func(*act) (tell func(*lane.Turn), hangs bool) {
	return func(a *act) (tell func(*lane.Turn), hangs bool) {
		r, hangs := s.commands.Hanging(a.request)
		return func(t *lane.Turn) {
			s.deliver(ctx, t, "could not tell a person that the ledger hangs", a, func(s *answers, ctx context.Context) error { return s.say(ctx, a, r) })
		}, hangs
	}
}

// turnAway tells a person why nothing was done.
func (s *answers) turnAway(ctx context.Context, t *lane.Turn, a *act) {
	s.deliver(ctx, t, "could not tell a person that nothing was done", a, func(s *answers, ctx context.Context) error {
		r := reply.Reply{Title: a.refusal, Refused: true, Again: a.refusal != foreignSentence}
		return s.say(ctx, a, s.withOrder(a, r))
	})
}

// deliver sends something to a person, with calls that give up the turn while they wait
// for a rate limit.
func (s *answers) deliver(ctx context.Context, t *lane.Turn, failed string, a *act, give func(*answers, context.Context) error) {
	ctx, cancel := context.WithTimeout(ctx, answerLife)
	defer cancel()
	own := *s
	own.web = s.web.inTurn(t, a.class())
	if err := give(&own, ctx); err != nil && !errors.Is(context.Cause(ctx), errReplaced) {
		s.log.Error(failed, "user", a.request.User, "channel", a.request.Channel, "error", slackerr.WithoutURL(err))
	}
}

// overtaking has Commands handle an act. An act that a Stop has overtaken doesn't
// begin; one that had begun but started nothing yet is waited for, and stopped then.
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

// awaitAll waits for ends, and reports whether all of them came before ctx ended.
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

// wasStopped answers an act that a Stop has overtaken.
func wasStopped(by string) reply.Reply {
	return reply.Reply{Title: stoppedTitle, Refused: true, Parts: []reply.Part{
		reply.Lines{reply.Say("Nothing was started: ", reply.User(by), " stopped it while it waited for its turn.")}}}
}

// hasStopped answers a Stop that has overtaken other acts. It also says why nothing
// else was stopped, since another run may still be under way.
func hasStopped(stopped []*act, refused reply.Reply) reply.Reply {
	lines := reply.Lines{reply.Say("Nothing was started. It waited for its turn:")}
	for _, a := range stopped {
		lines = append(lines, reply.Say(reply.Typed("/"+a.said()), " by ", reply.User(a.request.User)))
	}
	lines = append(lines, reply.Say(reply.Bold(refused.Title)))
	return reply.Reply{Title: stoppedTitle, Parts: append([]reply.Part{lines}, refused.Parts...)}
}

// ask has Commands handle an act. A panic is logged with its stack, and the person gets
// a sentence.
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

// withOrder adds to the refusal of a mention a button for what was asked, where that is
// a command and the refusal has no buttons of its own.
func (s *answers) withOrder(a *act, r reply.Reply) reply.Reply {
	hasButtons := slices.ContainsFunc(r.Parts, func(part reply.Part) bool { _, is := part.(reply.Actions); return is })
	if r.Again && !hasButtons {
		r.Parts = append(slices.Clip(r.Parts), s.offer(a.order)...)
	}
	return r
}

// offer is a button for a command, so that it needn't be typed again; nil where the
// text isn't a command.
func (s *answers) offer(said string) []reply.Part {
	meant, ok := s.commands.Read(said)
	if said == "" || !ok {
		return nil
	}
	return []reply.Part{reply.Actions{{Label: "/" + commands.AsTyped(meant), Act: meant}}}
}

// give delivers a reply, as a form where it has one.
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

// formButton is a message with a button that opens a form.
func formButton(r reply.Reply) reply.Reply {
	return reply.Reply{
		Title: cmp.Or(r.Title, r.Form.Title), Summary: r.Summary,
		Parts: []reply.Part{
			reply.Lines{reply.Say("This takes a form.")},
			reply.Actions{{Label: "Open the form", Act: r.Form.Act, Style: reply.Primary}},
		},
	}
}

// tooLong answers a request whose form is too long for Slack. Only its author saw the
// command, so the answer repeats it.
func tooLong(a *act, r reply.Reply) reply.Reply {
	parts := slices.DeleteFunc(slices.Clone(r.Parts), func(part reply.Part) bool {
		_, long := render.LongText(reply.Reply{Parts: []reply.Part{part}})
		return long
	})
	parts = append(parts, reply.Lines{reply.Say("That is too long for a form. Nothing was done.")})
	return reply.Reply{Title: cmp.Or(r.Title, r.Form.Title), Summary: r.Summary, Parts: append(parts, giveBack(a.said())...), Refused: true}
}

// said is what a person typed, or the typed equivalent of what they pressed.
func (a *act) said() string {
	if pressed, err := commands.DecodeAct(a.request.Pressed); err == nil {
		return commands.AsTyped(pressed)
	}
	return a.request.Text
}

// say sends the message to the person, in the best way that still works.
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

// giveBack shows what was said, to be copied.
func giveBack(said string) []reply.Part {
	return append([]reply.Part{reply.Lines{reply.Say("This is what you said:")}}, render.AsWritten("/"+said)...)
}

// nothing reports whether a reply is empty: the result shows elsewhere.
func nothing(r reply.Reply) bool {
	return r.Title == "" && r.Summary == "" && len(r.Parts) == 0
}

// sayInThread answers a mention in its own thread, since everyone could read the
// question.
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

// fallBack answers by direct message when the bot may not post in a channel.
func (s *answers) fallBack(ctx context.Context, a *act, r reply.Reply, cause error) error {
	if slackerr.Code(cause) == "" {
		return cause // Slack did not refuse it: the message may have arrived
	}
	if err := s.web.direct(ctx, a.request.User, r); err != nil {
		return errors.Join(cause, err)
	}
	return nil
}
