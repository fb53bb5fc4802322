package chat

import (
	"encoding/json"
	"log/slog"
	"slices"
	"testing"

	"gonogo/bot/chat/socket"
	"gonogo/commands"
)

// FuzzEnvelope takes whatever envelope comes. What waits for its turn afterwards
// names the person it is from, comes from no other workspace and has a key, and
// what the acknowledgement carries is JSON.
func FuzzEnvelope(f *testing.F) {
	for _, envelope := range []string{
		`{"type":"slash_commands","envelope_id":"e1","accepts_response_payload":true,"payload":{"command":"/ready","text":"approve production","user_id":"U1","team_id":"T1","trigger_id":"t1"}}`,
		`{"type":"interactive","payload":{"type":"block_actions","actions":[{"action_id":"gonogo:","value":"0"}]}}`, // nobody's
		`{"type":"slash_commands","envelope_id":"e1","accepts_response_payload":true,"payload":{"command":"/ready","text":"status","user_id":"U1","team_id":"T2"}}`,
		`{"type":"interactive","envelope_id":"e2","payload":{"type":"block_actions","user":{"id":"U1","team_id":"T1"},"container":{"message_ts":"1.1"},"actions":[{"action_id":"gonogo:0","action_ts":"2.2","value":"ready run"}]}}`,
		`{"type":"interactive","envelope_id":"e3","payload":{"type":"view_submission","user":{"id":"U1"},"view":{"id":"V1","private_metadata":"{\"act\":\"{\\\"verb\\\":\\\"skip\\\"}\",\"channel\":\"C1\"}","state":{"values":{"reason":{"in":{"value":"because"}},"until":{"in":{"selected_date":"2026-01-01"}},"item":{"in":{"selected_option":{"value":"tests"}}}}}}}}`,
		`{"type":"events_api","envelope_id":"e4","payload":{"event_id":"Ev1","event":{"type":"app_mention","user":"U1","channel":"C1","ts":"1.1","text":"<@U0BOT|gonogo> run &lt;b&gt; <#C1|general>"}}}`,
		`{"type":"events_api","envelope_id":"e5","payload":{"authorizations":[{"team_id":"T1"}],"event":{"type":"app_mention","user":"U1","user_team":"T2","text":"x <@U0BOT> run"}}}`,
		`{"type":"events_api","envelope_id":"e6","payload":{"event":{"type":"app_home_opened","user":"U1","tab":"home"}}}`,
		`{"type":"events_api","envelope_id":"e7","payload":{"event":{"type":"subteam_members_changed","subteam_id":"S1","added_users":["U1"],"removed_users":["U2"]}}}`,
	} {
		f.Add([]byte(envelope))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var e socket.Envelope
		if json.Unmarshal(raw, &e) != nil && e.Type == "" {
			return
		}
		in, taken := openIntake()
		if ack := in.take("A1", &e); ack != nil && !json.Valid(ack) {
			t.Fatalf("the acknowledgement carries no JSON: %s", ack)
		}
		for _, r := range *taken {
			switch {
			case r.User == "":
				t.Fatalf("nobody asked for %+v", r)
			case r.Key == "", slices.Contains([]string{"view/", "press/" + r.User}, r.Key):
				t.Fatalf("no key tells %+v from its repeat", r)
			case slices.Contains([]string{e.Payload.User.TeamID, e.Payload.Event.UserTeam, e.Payload.Event.SourceTeam}, "T2"):
				t.Fatalf("a person of another workspace asked for %+v", r)
			}
		}
	})
}

// openIntake is an intake of workspace T1 in which nobody has a turn. What waits
// for one is added to taken.
func openIntake() (in *intake, taken *[]commands.Request) {
	w := NewWorkspace(Options{BotToken: "xoxb-1", AppToken: "xapp-1", Log: slog.New(slog.DiscardHandler)})
	w.self.Store(&identity{team: "T1", user: "U0BOT"})
	handler, taken := newBot(), new([]commands.Request)
	handler.rank = func(r commands.Request) commands.Precedence {
		*taken = append(*taken, r)
		return commands.InTurn
	}
	return newIntake(w, handler, newHomes(w.web, w.people, handler, w.opts.Log)), taken
}
