package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"gonogo/bot/chat/socket"
	"gonogo/bot/chat/socket/sockettest"
	"gonogo/commands"
	"gonogo/commands/reply"
)

// Every envelope is acknowledged, whatever is in it, and nothing but what
// people asked for is handled.
func TestEveryEnvelopeIsAcknowledged(t *testing.T) {
	s := newScript(t, nil)
	c := s.Next()
	for _, tt := range []struct{ name, frame, ack string }{
		{"a kind from the future", `{"type":"telepathy","envelope_id":"e1","payload":{"thought":true}}`, `{"envelope_id":"e1"}`},
		{"an unknown event", `{"type":"events_api","envelope_id":"e2","payload":{"event":{"type":"user_change","user":{"id":"U1"}}}}`, `{"envelope_id":"e2"}`},
		{"fields of other types", `{"type":"slash_commands","envelope_id":"e3","payload":{"actions":"none","view":7,"user":"U1"}}`, `{"envelope_id":"e3"}`},
		{"no JSON", `{"type":"slash_commands", "envelope_id": "e4", oops`, `{"envelope_id":"e4"}`},
		{"an odd ID", `{"type":"x","envelope_id":"e\"5"}`, `{"envelope_id":"e\"5"}`},
		{"a bot's mention", `{"type":"events_api","envelope_id":"e6","payload":{"event_id":"Ev1","event":{"type":"app_mention","bot_id":"B1","user":"U1","text":"<@U0BOT> run"}}}`, `{"envelope_id":"e6"}`},
		{"another app's button", `{"type":"interactive","envelope_id":"e7","payload":{"type":"block_actions","actions":[{"action_id":"x","value":"ready run"}]}}`, `{"envelope_id":"e7"}`},
		{"another app's form", `{"type":"interactive","envelope_id":"e8","payload":{"type":"view_submission","view":{"id":"V1","private_metadata":"{}"}}}`, `{"envelope_id":"e8"}`},
		{"nobody's press", `{"type":"interactive","envelope_id":"e10","payload":{"type":"block_actions","container":{"message_ts":"1.1"},"actions":[{"action_id":"gonogo:0","action_ts":"2.2","value":"ready run"}]}}`, `{"envelope_id":"e10"}`},
		{"nobody's form", `{"type":"interactive","envelope_id":"e11","payload":{"type":"view_submission","view":{"id":"V1","private_metadata":"{\"act\":\"ready run\"}"}}}`, `{"envelope_id":"e11"}`},
		{"no enterprise flag", s.slash("e9", "t9", "hello", ""), `{"envelope_id":"e9"}`},
	} {
		s.Write(c, tt.frame)
		if got := s.Read(c); got != tt.ack {
			t.Errorf("%s: ack = %s, want %s", tt.name, got, tt.ack)
		}
	}
	if got := s.hook(); got != "You said ready hello" {
		t.Errorf("answer = %q", got)
	}
	if n := len(s.bot.requests()); n != 1 {
		t.Errorf("%d requests, want only the command: %+v", n, s.bot.requests())
	}
}

// A repeat is acknowledged and not done again, whichever of its keys is the
// same, even on another socket; so is one that comes while the first is
// still being handled.
func TestRepeatsAreDoneOnce(t *testing.T) {
	s := newScript(t, nil)
	c := s.Next()
	mention := `{"type":"events_api","envelope_id":%q,"retry_attempt":%d,"payload":{"event_id":"Ev1","event":{"type":"app_mention","user":"U1","channel":"C1","ts":"1.1","text":"<@U0BOT> run"}}}`
	press := `{"type":"interactive","envelope_id":%q,"payload":{"type":"block_actions","user":{"id":"U1"},"response_url":"` + s.server.URL + `/hook",
		"container":{"message_ts":"1.1","channel_id":"C1"},"actions":[{"action_id":"gonogo:0","action_ts":"2.2","value":"ready pressed"}]}}`
	for i, frame := range []string{
		s.slash("a", "t1", "one", ""), s.slash("a", "t1", "one", ""), s.slash("b", "t1", "one", ""), s.slash("a", "t2", "one", ""),
		fmt.Sprintf(mention, "c", 0), fmt.Sprintf(mention, "d", 1), fmt.Sprintf(press, "e"), fmt.Sprintf(press, "f"),
	} {
		if i == 2 {
			c.Close() // the rest comes on a new connection
			c = s.Next()
		}
		s.Write(c, frame)
		s.Read(c)
	}
	s.Write(c, s.slash("z", "t3", "last", ""))
	for s.hook() != "You said ready last" {
	}
	for len(s.bot.texts()) < 4 && t.Context().Err() == nil { // others may still be at an earlier one
		runtime.Gosched()
	}
	for _, text := range []string{"ready one", "ready run", "ready pressed"} {
		if n := s.bot.texts()[text]; n != 1 {
			t.Errorf("%q was done %d times, want once", text, n)
		}
	}
}

// Envelopes for another app or from another workspace are acknowledged,
// refused and logged; what they don't tell is let be.
func TestOutsiders(t *testing.T) {
	s := newScript(t, nil)
	c := s.Next()
	refused := `,"payload":{"response_type":"ephemeral","text":"` + foreignSentence + `"}}`
	for i, tt := range []struct{ name, more, ack string }{
		{"nothing told", ``, `}`},
		{"ours", `,"api_app_id":"A1","team_id":"T1"`, `}`},
		{"another app", `,"api_app_id":"A2","team_id":"T1"`, refused},
		{"another workspace", `,"api_app_id":"A1","team_id":"T2"`, refused},
		{"a visitor", `,"user":{"id":"U1","team_id":"T2"}`, refused},
	} {
		id := fmt.Sprintf("e%d", i)
		s.Write(c, s.slash(id, "t"+id, tt.name, tt.more))
		if got, want := s.Read(c), `{"envelope_id":"`+id+`"`+tt.ack; got != want {
			t.Errorf("%s: ack = %s, want %s", tt.name, got, want)
		}
	}
	s.Write(c, `{"type":"interactive","envelope_id":"p","payload":{"type":"block_actions","user":{"id":"U9","team_id":"T2"},"team":{"id":"T1"},
		"response_url":"`+s.server.URL+`/hook","container":{"message_ts":"1.1"},"actions":[{"action_id":"gonogo:0","action_ts":"2.2","value":"ready approve"}]}}`)
	s.Read(c)
	told := map[string]bool{s.hook(): true, s.hook(): true, s.hook(): true}
	if !told[foreignSentence] {
		t.Errorf("answers = %v, want a visitor's press refused", told)
	}
	if got := s.bot.texts(); len(got) != 2 || got["ready nothing told"] != 1 || got["ready ours"] != 1 {
		t.Errorf("handled %v, want only ours", got)
	}
	if n := strings.Count(s.Log.String(), "refused an envelope"); n != 4 {
		t.Errorf("%d refusals logged, want 4", n)
	}
}

func TestBusyAck(t *testing.T) {
	in := newIntake(NewWorkspace(Options{QueueSize: 1, Log: (&sockettest.Log{}).Logger()}), newBot(), nil)
	in.self.Store(&identity{team: "T1", user: "U0BOT"})
	f := func(n string) *socket.Envelope {
		return &socket.Envelope{Type: "slash_commands", ID: n, AcceptsPayload: true, Payload: socket.Payload{Command: "/ready", UserID: "U1", TriggerID: n}}
	}
	if ack := in.take("A1", f("1")); ack != nil {
		t.Errorf("the first: %s, want a bare acknowledgement", ack)
	}
	for range 2 { // a repeat of one that was turned away is turned away, even when there is room
		if ack := in.take("A1", f("2")); !strings.Contains(string(ack), busySentence) {
			t.Errorf("the second: %s, want busy", ack)
		}
		in.lanes.plain.room = newRoom(mostEach, 1)
	}
	in.close()
	if ack := in.take("A1", f("3")); !strings.Contains(string(ack), busySentence) {
		t.Errorf("after the end: %s, want busy", ack)
	}
}

// The acknowledgement, for which Slack waits three seconds, waits for nobody: whatever is
// in an envelope, it is taken at once, also while nothing is decided, answered or looked
// up, and when there is no more room.
func TestEnvelopesAreTakenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, began := newBot(), time.Now()
		c := New(NewWorkspace(Options{QueueSize: 4, Log: (&sockettest.Log{}).Logger()}), b)
		c.self.Store(&identity{team: "T1", user: "U0BOT"})
		for _, payload := range []string{
			`{"command":"/ready","text":"status","user_id":"%[2]s","trigger_id":"t%[1]d"}`,
			`{"type":"block_actions","user":{"id":"%[2]s"},"container":{"message_ts":"1.1","channel_id":"C1"},"actions":[{"action_id":"gonogo:0","action_ts":"%[1]d.1","value":"ready run"}]}`,
			`{"type":"view_submission","user":{"id":"%[2]s"},"view":{"id":"V%[1]d","private_metadata":"{\"act\":\"ready run\"}"}}`,
			`{"event_id":"Ev%[1]d","event":{"type":"app_mention","user":"%[2]s","channel":"C1","ts":"%[1]d.2","text":"<@U0BOT> run"}}`,
			`{"event_id":"Ev%[1]d","event":{"type":"app_home_opened","user":"%[2]s","tab":"home"}}`,
			`{"event_id":"Ev%[1]d","event":{"type":"user_change","user":{"id":"%[2]s"}}}`,
			`{"api_app_id":"A2","command":"/ready","user_id":"%[2]s","trigger_id":"t%[1]d"}`,
		} {
			for n := range 300 { // more than there is room for, of one person and of many
				e := &socket.Envelope{Type: "slash_commands", ID: fmt.Sprint(payload[:12], n), AcceptsPayload: true}
				if err := json.Unmarshal(fmt.Appendf(nil, payload, n, fmt.Sprint("U", n%9)), &e.Payload); err != nil {
					t.Fatal(err)
				}
				switch {
				case e.Payload.EventID != "":
					e.Type = "events_api"
				case e.Payload.Type != "":
					e.Type = "interactive"
				}
				c.intake.take("A1", e)
			}
		}
		if waited := time.Since(began); waited != 0 || len(b.requests()) != 0 {
			t.Errorf("the acknowledgements waited %s, and %d acts were decided first", waited, len(b.requests()))
		}
	})
}

// However long what people asked for takes, every envelope is acknowledged and
// every ping answered; what there is no room for is told so, and not done.
func TestStalledConsumer(t *testing.T) {
	free := make(chan struct{})
	s := newScript(t, func(s *script, o *Options) {
		o.QueueSize, o.Workers = 4, 1
		s.bot.handle = func(_ context.Context, r commands.Request) reply.Reply {
			<-free
			return reply.Reply{Title: r.Text}
		}
	})
	release := sync.OnceFunc(func() { close(free) })
	defer release()
	c := s.Next()
	pong := false
	c.SetPongHandler(func(string) error { pong = true; return nil })
	for i := range 80 {
		if i == 40 {
			end, _ := s.Ctx.Deadline()
			if err := c.WriteControl(websocket.PingMessage, nil, end); err != nil {
				t.Fatal(err)
			}
		}
		s.Write(c, s.slash(fmt.Sprint("e", i), fmt.Sprint("t", i), fmt.Sprint(i), ""))
	}
	taken := 0
	for i := range 80 {
		switch ack := s.Read(c); {
		case ack == fmt.Sprintf(`{"envelope_id":"e%d"}`, i):
			taken++
		case !strings.HasPrefix(ack, fmt.Sprintf(`{"envelope_id":"e%d","payload":`, i)) || !strings.Contains(ack, busySentence):
			t.Errorf("acknowledgement %d is %s", i, ack)
		}
	}
	if !pong || taken < 4 || taken > 5 {
		t.Errorf("a pong: %t; %d taken, want as many as there is room for: one in hand and four that wait", pong, taken)
	}
	release()
	for range taken {
		s.hook()
	}
	if n := len(s.bot.requests()); n != taken {
		t.Errorf("%d done, want the %d that were taken", n, taken)
	}
}

// An envelope whose acknowledgement was lost with its socket comes again on
// another, is acknowledged there, and is done once.
func TestAcknowledgementLostWithItsSocket(t *testing.T) {
	s := newScript(t, nil)
	c := s.Next()
	s.Write(c, s.slash("a", "t1", "once", ""))
	c.Close()
	c = s.Next()
	s.Write(c, s.slash("a", "t1", "once", ""))
	if got := s.Read(c); got != `{"envelope_id":"a"}` {
		t.Errorf("ack = %s", got)
	}
	if got := s.hook(); got != "You said ready once" || s.bot.texts()["ready once"] != 1 {
		t.Errorf("answered %q, done %d times; want once", got, s.bot.texts()["ready once"])
	}
}
