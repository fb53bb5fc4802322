package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os/user"
	"strconv"

	"gonogo/commands"
	"gonogo/commands/reply"
)

// act is the body of /v1/act.
type act struct {
	Key  string `json:"key"`  // once-only key: the same act again gets the first answer
	What string `json:"what"` // a [reply.Act], encoded
}

// peerKey is the context key of a request's peer.
type peerKey struct{}

// peer is who connected to the local socket, or why that is unknown.
type peer struct {
	name string
	err  error
}

// withPeer notes who connected, according to the system: what the other side says about
// itself doesn't count.
func withPeer(ctx context.Context, conn net.Conn) context.Context {
	if c, ok := conn.(*place); ok {
		conn = c.Conn
	}
	uid, err := peerUID(conn)
	if err != nil {
		return context.WithValue(ctx, peerKey{}, peer{err: err})
	}
	return context.WithValue(ctx, peerKey{}, peer{name: userName(uid)})
}

// userName is the name of a user of this system, or their number if there is none.
func userName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if known, err := user.LookupId(id); err == nil && known.Username != "" {
		return known.Username
	}
	return "user " + id
}

var errNoPeer = errors.New("it cannot be told who connects to the local socket; act in Slack")

func (s *Server) act(w http.ResponseWriter, r *http.Request) {
	who, ok := r.Context().Value(peerKey{}).(peer)
	if !ok || who.err != nil {
		s.options.Log.Warn("refused a request on the local socket", "error", who.err)
		refuse(w, http.StatusForbidden, errNoPeer)
		return
	}
	var body act
	read := json.NewDecoder(r.Body)
	read.DisallowUnknownFields()
	if err := read.Decode(&body); err != nil || body.Key == "" || body.What == "" {
		refuse(w, http.StatusBadRequest, errors.New("the body is not what /v1/act takes, a key and an act"))
		return
	}
	shown, err := encodeReply(s.options.Reader.Act(r.Context(), who.name, body.Key, body.What))
	if err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	respond(w, http.StatusOK, shown)
}

// standing is a [commands.RunStanding] on the wire.
type standing struct {
	Line    string    `json:"line"`
	Steps   []step    `json:"steps,omitempty"`
	Open    bool      `json:"open,omitempty"`
	Choices []string  `json:"choices,omitempty"`
	Good    bool      `json:"good,omitempty"`
	Reply   wireReply `json:"reply"`
}

// step is a [commands.Step] on the wire.
type step struct {
	Line   string `json:"line"`
	Doing  string `json:"doing,omitempty"`
	Failed string `json:"failed,omitempty"`
}

// wireStanding is a run's state on the wire.
func wireStanding(now commands.RunStanding) (standing, error) {
	answer, err := encodeReply(now.Reply)
	s := standing{Line: now.Line, Open: now.Open, Choices: now.Choices, Good: now.Good, Reply: answer}
	for _, one := range now.Steps {
		s.Steps = append(s.Steps, step(one))
	}
	return s, err
}

// decode is the run's state that a line says.
func (s standing) decode() (commands.RunStanding, error) {
	r, err := s.Reply.decode()
	now := commands.RunStanding{Line: s.Line, Open: s.Open, Choices: s.Choices, Good: s.Good, Reply: r}
	for _, one := range s.Steps {
		now.Steps = append(now.Steps, commands.Step(one))
	}
	return now, err
}

// errFollowed ends the following of a run: it asks, or it has ended.
var errFollowed = errors.New("there is nothing more to follow")

// follow writes a run's state, one line for each change, until it asks a person or has
// ended.
func (s *Server) follow(w http.ResponseWriter, r *http.Request) {
	streamed(s, w, r, "a run", 0, func(ctx context.Context, tell func(standing) error) error {
		return s.options.Reader.Follow(ctx, r.FormValue("id"), func(now commands.RunStanding) error {
			line, err := wireStanding(now)
			if err != nil {
				return err
			}
			return tell(line)
		})
	}, func(now standing) bool { return !now.Open || len(now.Choices) > 0 })
}

// Act does something for the user who runs this; the bot learns who that is from the
// system. what is an encoded [reply.Act]; the same key does it once.
func (c *Client) Act(ctx context.Context, key, what string) (reply.Reply, error) {
	body, err := json.Marshal(act{key, what})
	if err != nil {
		return reply.Reply{}, fmt.Errorf("ask the running bot to act: %w", err)
	}
	var wire wireReply
	if err := c.fetch(ctx, http.MethodPost, "/v1/act", bytes.NewReader(body), &wire); err != nil {
		return reply.Reply{}, err
	}
	return wire.decode()
}

// Follow calls tell with a run's state, and after each change, until it asks a person
// or has ended. [HungUp] recognizes the error if the bot stopped meanwhile: the run
// resumes when the bot is back.
func (c *Client) Follow(ctx context.Context, run string, tell func(commands.RunStanding)) (last commands.RunStanding, err error) {
	response, err := c.ask(ctx, http.MethodGet, "/v1/run?id="+url.QueryEscape(run), nil)
	if err != nil {
		return last, err
	}
	defer response.Body.Close()
	for lines := json.NewDecoder(response.Body); ; {
		var s standing
		if err := lines.Decode(&s); err != nil {
			return last, told("follow the run", err)
		}
		if last, err = s.decode(); err != nil {
			return last, err
		}
		tell(last)
		if !last.Open || len(last.Choices) > 0 {
			return last, nil
		}
	}
}

// HungUp reports whether an error says that the bot stopped before it answered: what it
// was asked may be done or not.
func HungUp(err error) bool {
	var h *hungUp
	return errors.As(err, &h)
}
