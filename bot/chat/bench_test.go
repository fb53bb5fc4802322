package chat

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"gonogo/commands"
	"gonogo/commands/reply"
)

// BenchmarkAck measures acknowledgements beside a bare slack-go echo, which
// acks, posts one answer and knows nothing else: at 200 commands a second, and
// as fast as they can be taken. Our targets: the 99th percentile at 200/s at
// most 3 times the echo's, the saturated rate at least 0.8 of it.
func BenchmarkAck(b *testing.B) {
	for _, app := range []struct {
		name string
		run  func(ctx context.Context, api string)
	}{{"echo", echo}, {"gonogo", serveBench}} {
		b.Run(app.name+"/200", func(b *testing.B) { benchPaced(b, app.run) })
		b.Run(app.name+"/saturated", func(b *testing.B) { benchSaturated(b, app.run) })
	}
}

// BenchmarkAnswer measures from a command sent to its answer at Slack, beside the
// same echo: at 200 commands a second, and with 256 of them unanswered at any time.
func BenchmarkAnswer(b *testing.B) {
	for _, app := range []struct {
		name string
		run  func(ctx context.Context, api string)
	}{{"echo", echo}, {"gonogo", serveBench}} {
		b.Run(app.name+"/200", func(b *testing.B) { benchAnswered(b, app.run, 200) })
		b.Run(app.name+"/saturated", func(b *testing.B) { benchAnswered(b, app.run, 0) })
	}
}

func benchAnswered(b *testing.B, run func(context.Context, string), perSecond int) {
	s := newBenchSlack(b)
	s.start(b, run)
	const window = 256 // unanswered at a time
	tick := time.NewTicker(time.Second / time.Duration(max(perSecond, 1)))
	defer tick.Stop()
	took := make([]time.Duration, 0, 2*b.N)
	for b.Loop() {
		if perSecond > 0 {
			<-tick.C
		} else if s.sent-len(took) == window {
			took = append(took, <-s.answers)
		}
		s.send()
	}
	rate := float64(b.N) / b.Elapsed().Seconds()
	for len(took) < s.sent {
		took = append(took, <-s.answers)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(rate, "answers/s")
}

func benchPaced(b *testing.B, run func(context.Context, string)) {
	s := newBenchSlack(b)
	s.start(b, run)
	took := make([]time.Duration, 0, 2*b.N)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for b.Loop() {
		<-tick.C
		s.send()
	}
	for range s.sent {
		took = append(took, <-s.acks)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs(target<=3×echo)")
}

func benchSaturated(b *testing.B, run func(context.Context, string)) {
	s := newBenchSlack(b)
	s.start(b, run)
	const window = 512 // un-acked at a time
	for waiting := 0; b.Loop(); waiting++ {
		if waiting == window {
			<-s.acks
			waiting--
		}
		s.send()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "acks/s(target>=0.8×echo)")
}

// BenchmarkConnect measures from start to connected; our target is 150 ms.
func BenchmarkConnect(b *testing.B) {
	s := newBenchSlack(b)
	for b.Loop() {
		stop := s.start(b, serveBench)
		b.StopTimer()
		stop()
		b.StartTimer()
	}
}

// benchPeople is how many people send commands, one after another: one alone has
// only so many waiting.
const benchPeople = 100

// benchSlack is the fastest Slack that will do: it sends slash commands over
// sockets and counts acknowledgements and answers.
type benchSlack struct {
	server  *httptest.Server
	sent    int
	acks    chan time.Duration
	answers chan time.Duration

	mu      sync.Mutex
	sockets []*websocket.Conn
	times   map[string]time.Time // by envelope, until it is acknowledged
	asked   map[string]time.Time // by response_url, until it is answered
	joined  chan struct{}
}

func newBenchSlack(b *testing.B) *benchSlack {
	s := &benchSlack{acks: make(chan time.Duration, 1<<20), answers: make(chan time.Duration, 1<<20),
		times: map[string]time.Time{}, asked: map[string]time.Time{}, joined: make(chan struct{}, 16)}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, `{"ok":true,"team_id":"T1","user_id":"U0BOT","url":"ws%s/link"}`, strings.TrimPrefix(s.server.URL, "http"))
	})
	mux.HandleFunc("/hook/{id}", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		s.mu.Lock()
		at := s.asked[r.PathValue("id")]
		delete(s.asked, r.PathValue("id"))
		s.mu.Unlock()
		s.answers <- time.Since(at)
		io.WriteString(w, "ok")
	})
	mux.HandleFunc("/link", s.link)
	s.server = httptest.NewServer(mux)
	b.Cleanup(func() {
		s.server.CloseClientConnections()
		s.server.Close()
	})
	return s
}

// start runs an app until stop is called, at the latest at the benchmark's
// end, and waits until it is connected.
func (s *benchSlack) start(b *testing.B, run func(context.Context, string)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var app sync.WaitGroup
	app.Go(func() { run(ctx, s.server.URL+"/api/") })
	stop = func() {
		cancel()
		app.Wait()
	}
	b.Cleanup(stop)
	<-s.joined
	return stop
}

func (s *benchSlack) link(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }} // slack-go names an origin
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"hello","num_connections":1,"connection_info":{"app_id":"A1"}}`))
	s.mu.Lock()
	s.sockets = append(s.sockets, conn)
	s.mu.Unlock()
	s.joined <- struct{}{}
	for {
		_, data, err := conn.ReadMessage()
		if err != nil {
			return
		}
		id, _, _ := bytes.Cut(data[len(`{"envelope_id":"`):], []byte(`"`))
		s.mu.Lock()
		at := s.times[string(id)]
		delete(s.times, string(id))
		s.mu.Unlock()
		s.acks <- time.Since(at)
	}
}

// send sends one slash command on the next socket, as the next of many people.
func (s *benchSlack) send() {
	s.sent++
	id := fmt.Sprintf("envelope-%d", s.sent)
	frame := fmt.Sprintf(`{"envelope_id":%q,"type":"slash_commands","accepts_response_payload":true,"payload":{"token":"x","team_id":"T1",`+
		`"team_domain":"bench","channel_id":"C1","channel_name":"releases","user_id":"U%d","user_name":"bench","command":"/ready","text":"status %d",`+
		`"api_app_id":"A1","is_enterprise_install":"false","response_url":"%s/hook/%s","trigger_id":"trigger-%d"}}`, id, s.sent%benchPeople, s.sent, s.server.URL, id, s.sent)
	s.mu.Lock()
	s.times[id] = time.Now()
	s.asked[id] = s.times[id]
	conn := s.sockets[s.sent%len(s.sockets)]
	s.mu.Unlock()
	conn.WriteMessage(websocket.TextMessage, []byte(frame))
}

// echo is the bare slack-go bot that we measure ourselves against, with the
// same pooled transport.
func echo(ctx context.Context, api string) {
	client := &http.Client{Transport: newTransport()}
	defer client.CloseIdleConnections()
	web := slack.New("xoxb-1", slack.OptionAppLevelToken("xapp-1"), slack.OptionAPIURL(api), slack.OptionHTTPClient(client))
	socket := socketmode.New(web, socketmode.OptionLog(log.New(io.Discard, "", 0)))
	var answers sync.WaitGroup
	answers.Go(func() { _ = socket.RunContext(ctx) })
	for {
		select {
		case <-ctx.Done():
			answers.Wait()
			return
		case e := <-socket.Events:
			command, ok := e.Data.(slack.SlashCommand)
			if !ok {
				continue
			}
			_ = socket.AckCtx(ctx, e.Request.EnvelopeID, nil)
			answers.Go(func() {
				body, _ := json.Marshal(slack.WebhookMessage{Text: "You said " + command.Text})
				response, err := client.Post(command.ResponseURL, "application/json", bytes.NewReader(body))
				if err == nil {
					io.Copy(io.Discard, response.Body)
					response.Body.Close()
				}
			})
		}
	}
}

// serveBench is gonogo's chat with commands that answer at once.
func serveBench(ctx context.Context, api string) {
	b := newBot()
	b.handle = func(_ context.Context, r commands.Request) reply.Reply {
		b.mu.Lock()
		b.asked = b.asked[:0]
		b.mu.Unlock()
		return reply.Reply{Title: "You said " + saidBy(r)}
	}
	_ = New(NewWorkspace(Options{BotToken: "xoxb-1", AppToken: "xapp-1", APIURL: api, Log: slog.New(slog.DiscardHandler)}), b).Run(ctx)
}
