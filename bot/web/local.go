package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"gonogo/commands"
	"gonogo/commands/reply"
	"gonogo/storage"
)

// Reader is what can be looked at from a terminal while the bot runs.
type Reader interface {
	// Read answers what would be said in Slack, without anybody's identity:
	// what acts is refused.
	Read(ctx context.Context, text string) reply.Reply
	// Act does what an encoded [reply.Act] says for a user of this host, once for each
	// key. Whoever can open the socket may act.
	Act(ctx context.Context, user, key, what string) reply.Reply
	// Follow calls tell with a run's state, and after each change, until ctx ends or
	// tell returns an error, which it returns.
	Follow(ctx context.Context, run string, tell func(commands.RunStanding) error) error
	// Await calls tell with a decision, and after each change, until ctx ends or tell
	// returns an error, which it returns.
	Await(ctx context.Context, a commands.Awaited, tell func(commands.Decided) error) error
	// Export writes the ledger as JSON Lines.
	Export(ctx context.Context, out io.Writer) error
	// Verify walks the ledger's chain.
	Verify(ctx context.Context) (storage.Report, error)
}

// said is the body of /v1/say.
type said struct {
	Text string `json:"text"`
}

// verified is the answer of /v1/ledger/verify.
type verified struct {
	Report   storage.Report `json:"report"`
	Unusable *unusable      `json:"unusable,omitempty"` // what is wrong with the ledger
	Error    string         `json:"error,omitempty"`    // why it could not be walked
}

// unusable is [storage.Unusable] on the wire; its cause stays in the bot's log.
type unusable struct {
	Path     string `json:"path"`
	Problem  string `json:"problem"`
	NextStep string `json:"next_step"`
}

// failedTrailer says after a stream why it is incomplete.
const failedTrailer = "Gonogo-Failed"

// localHandler answers the command line.
func (s *Server) localHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/v1/say", only(http.MethodPost, http.HandlerFunc(s.say)))
	mux.Handle("/v1/act", only(http.MethodPost, http.HandlerFunc(s.act)))
	mux.Handle("/v1/run", only(http.MethodGet, http.HandlerFunc(s.follow)))
	mux.Handle("/v1/decision", only(http.MethodGet, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.await(w, r, 0) })))
	mux.Handle("/v1/ledger/export", only(http.MethodGet, http.HandlerFunc(s.export)))
	mux.Handle("/v1/ledger/verify", only(http.MethodGet, http.HandlerFunc(s.verify)))
	mux.Handle("/healthz", only(http.MethodGet, http.HandlerFunc(alive)))
	mux.Handle("/readyz", only(http.MethodGet, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { respond(w, http.StatusOK, s.condition()) })))
	mux.Handle("/", nothing("/v1/say, /v1/act, /v1/run, /v1/decision, /v1/ledger/export and /v1/ledger/verify"))
	return mux
}

func (s *Server) say(w http.ResponseWriter, r *http.Request) {
	var body said
	read := json.NewDecoder(r.Body)
	read.DisallowUnknownFields()
	if err := read.Decode(&body); err != nil {
		status := http.StatusBadRequest
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		refuse(w, status, fmt.Errorf("the body is not what /v1/say takes, {\"text\": \"ready status\"}: %w", err))
		return
	}
	shown, err := encodeReply(s.options.Reader.Read(r.Context(), body.Text))
	if err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	respond(w, http.StatusOK, shown)
}

func (s *Server) export(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Trailer", failedTrailer)
	err := s.options.Reader.Export(r.Context(), patient{w, http.NewResponseController(w), s.limits.write})
	if err != nil {
		s.options.Log.Warn("exporting the ledger failed", "error", err)
		w.Header().Set(failedTrailer, oneLine(err))
	}
}

// oneLine reduces an error's text to what a header can carry.
func oneLine(err error) string {
	text, _ := json.Marshal(err.Error())
	return string(text)
}

// patient writes as long as the other side takes something now and then.
type patient struct {
	out      io.Writer
	deadline interface{ SetWriteDeadline(time.Time) error }
	each     time.Duration
}

// Write implements [io.Writer].
func (p patient) Write(b []byte) (int, error) {
	if err := p.deadline.SetWriteDeadline(time.Now().Add(p.each)); err != nil {
		return 0, err
	}
	return p.out.Write(b)
}

func (s *Server) verify(w http.ResponseWriter, r *http.Request) {
	report, err := s.options.Reader.Verify(r.Context())
	v := verified{Report: report}
	var wrong *storage.Unusable
	switch {
	case errors.As(err, &wrong):
		s.options.Log.Warn("verifying the ledger failed", "error", err)
		v.Unusable = &unusable{wrong.Path, wrong.Problem, wrong.NextStep}
	case err != nil:
		v.Error = err.Error()
	}
	respond(w, http.StatusOK, v)
}
