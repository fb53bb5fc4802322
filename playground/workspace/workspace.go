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

// Workspace is a practice workspace with one app installed. Create it with New.
type Workspace struct {
	opts Options
	log  *slog.Logger
	now  func() time.Time
	mux  *http.ServeMux
	slow atomic.Int64 // nanoseconds, see Slow

	load  sync.Once
	fault error // the error of Load; read only after load

	mu       sync.Mutex // guards everything below
	people   people
	channels map[string]*channel
	homes    map[string]*view // user → published Home tab
	files    map[string]*file
	lastTS   int64 // the last ts in microseconds, so that each is unique

	notices    map[string][]string     // user → lines from Slack itself
	ephemerals map[string][]*Message   // user → ephemeral messages
	picks      map[pick]map[string]any // values chosen in the inputs of messages
	modals     map[string][]*view      // user → open modals, the bottom first
	triggers   map[string]*trigger     // by trigger_id
	hooks      map[string]*hook        // by the secret part of a response_url
	tickets    map[string]time.Time    // unused socket tickets → when they expire
	sockets    []*socket               // in the order in which they connected
	greeted    int                     // number of sockets that got hello
	nextSocket int                     // index in sockets, for nextOpenSocket
	waiting    map[string]*envelope    // unacknowledged, by envelope_id
	buckets    map[string]*bucket      // rate limits
	faults     map[string][]fault      // method → planned faults
	calls      map[string]int          // method → number of calls
	host       string                  // the host of the last Web API call, if BaseURL is nil

	schedule *schedule
	feed     *feed
	saving   saving
	closed   bool
	closing  chan struct{}  // closed when Run ends
	work     sync.WaitGroup // sockets being served
}

// New creates a workspace; it starts nothing. Run does the background work.
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
		schedule:   newSchedule(),
		feed:       newFeed(opts.Now()),
		saving:     newSaving(),
		closing:    make(chan struct{}),
	}
	w.mux = w.routes()
	w.later(opts.PingEvery, w.pingAll)
	return w
}

// Handler serves all of the workspace's HTTP and WebSocket endpoints: /api/, /link/, /hooks/, /archives/ and /_/.
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

// Run runs the workspace until ctx ends: pings, timeouts, redelivery, saving. It returns when every socket is closed and
// everything is saved; the error says why the state file couldn't be read or written.
func (w *Workspace) Run(ctx context.Context) error {
	if err := w.Load(); err != nil {
		w.closeAll()
		return err
	}
	stop := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() { w.runSchedule(stop) })
	work.Go(func() { w.runSaver(stop) })
	<-ctx.Done()
	w.closeAll()
	close(stop)
	work.Wait()
	return w.save()
}

// closeAll ends every socket and stream and waits for them. It takes the lock.
func (w *Workspace) closeAll() {
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

// base is the base URL of this workspace, without a trailing slash.
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

// unknown is the error for something that doesn't exist here.
func unknown(what, id string) error {
	return fmt.Errorf("there is no %s %q in this workspace", what, id)
}
