package workspace

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Workspace is one practice workspace with one app installed in it. Make one with New.
type Workspace struct {
	opts Options
	log  *slog.Logger
	now  func() time.Time
	mux  *http.ServeMux
	slow atomic.Int64 // nanoseconds, see Slow

	load  sync.Once
	fault error // what Load found; read only after load

	mu       sync.Mutex // guards everything below
	people   people
	channels map[string]*channel
	homes    map[string]*view // user → what the app published
	files    map[string]*file
	lastTS   int64 // microseconds of the newest message, so that no two share a ts

	notices    map[string][]string     // user → what Slack itself told them
	ephemerals map[string][]*Message   // user → what only that person sees
	picks      map[pick]map[string]any // what people have chosen in the inputs of messages
	modals     map[string][]*view      // user → open modals, the bottom first
	triggers   map[string]*trigger     // trigger_id → who may use it until when
	hooks      map[string]*hook        // secret part of a response_url → what it answers
	tickets    map[string]time.Time    // unused socket tickets → when they expire
	sockets    []*socket               // in the order they connected
	greeted    int                     // sockets that were let in
	nextSocket int                     // whose turn it is to get an envelope
	waiting    map[string]*envelope    // envelope_id → not acknowledged
	buckets    map[string]*bucket      // rate limits
	faults     map[string][]fault      // method → what its next calls answer
	calls      map[string]int          // method → times called
	host       string                  // where the last Web API call went, for BaseURL's absence

	agenda  *agenda
	feed    *feed
	saving  saving
	closed  bool
	closing chan struct{}  // closed when Run ends
	work    sync.WaitGroup // sockets being served
}

// New makes a workspace and starts nothing. Run does what has to be done in the background.
func New(opts Options) *Workspace {
	opts = opts.withDefaults()
	w := &Workspace{
		opts: opts, log: opts.Log, now: opts.Now,
		people:     practicePeople(),
		channels:   practiceChannels(),
		homes:      map[string]*view{},
		files:      map[string]*file{},
		notices:    map[string][]string{},
		ephemerals: map[string][]*Message{},
		picks:      map[pick]map[string]any{},
		modals:     map[string][]*view{},
		triggers:   map[string]*trigger{},
		hooks:      map[string]*hook{},
		tickets:    map[string]time.Time{},
		waiting:    map[string]*envelope{},
		buckets:    map[string]*bucket{},
		faults:     map[string][]fault{},
		calls:      map[string]int{},
		agenda:     newAgenda(),
		feed:       newFeed(opts.Now()),
		saving:     newSaving(),
		closing:    make(chan struct{}),
	}
	w.mux = w.routes()
	w.later(opts.PingEvery, w.pingAll)
	return w
}

// Handler serves everything the workspace has over HTTP and WebSocket: /api/, /link/, /hooks/, /archives/ and /_/.
func (w *Workspace) Handler() http.Handler { return w.mux }

func (w *Workspace) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", w.serveAPI)
	mux.HandleFunc("GET /link/{$}", w.serveLink)
	mux.HandleFunc("POST /hooks/{secret}", w.serveHook)
	mux.HandleFunc("POST /hooks/upload/{id}", w.serveUpload)
	mux.HandleFunc("GET /archives/{channel}/{ts}", w.servePermalink)
	w.pageRoutes(mux)
	return mux
}

// Run keeps the workspace going until ctx ends: pings, time limits, redelivery, saving. It returns when every socket
// is closed and everything is saved; the error says why the state file could not be read or written.
func (w *Workspace) Run(ctx context.Context) error {
	if err := w.Load(); err != nil {
		w.shut()
		return err
	}
	stop := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() { w.keepTime(stop) })
	work.Go(func() { w.keepSaved(stop) })
	<-ctx.Done()
	w.shut()
	close(stop)
	work.Wait()
	return w.save()
}

// shut ends every socket and stream and waits for them. It takes the lock.
func (w *Workspace) shut() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.closing)
	}
	for _, s := range w.sockets {
		s.conn.Close()
	}
	w.mu.Unlock()
	w.work.Wait()
}

// base is the address of this workspace, without a slash at its end.
func (w *Workspace) base() string {
	if w.opts.BaseURL != nil {
		return w.opts.BaseURL()
	}
	return "http://" + w.host
}

// BotToken is the token for the Web API.
func (w *Workspace) BotToken() string { return botToken }

// AppToken is the token for apps.connections.open.
func (w *Workspace) AppToken() string { return appToken }

// unknown is the sentence for a person or place that does not exist here.
func unknown(what, id string) error {
	return fmt.Errorf("there is no %s %q in this workspace", what, id)
}
