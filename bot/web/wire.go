package web

import (
	"encoding/json"
	"fmt"
	"strings"

	"gonogo/commands/reply"
)

// wireReply is a [reply.Reply] as it crosses the local socket. Only the
// parts need a form of their own, since JSON does not know which they are.
// Both ends are the same program, so the spans and forms in it go as they are.
type wireReply struct {
	Title   string      `json:"title,omitempty"`
	Summary string      `json:"summary,omitempty"`
	Parts   []wirePart  `json:"parts,omitempty"`
	Form    *reply.Form `json:"form,omitempty"`
	Public  bool        `json:"public,omitempty"`
	Replace bool        `json:"replace,omitempty"`
	Refused bool        `json:"refused,omitempty"`
	Run     string      `json:"run,omitempty"`
}

// wirePart is one part, with the name of its type.
type wirePart struct {
	Kind string          `json:"kind"`
	Data json.RawMessage `json:"data"`
}

// partReaders is the one list of the parts that can cross.
var partReaders = map[string]func([]byte) (reply.Part, error){
	kindOf(reply.Lines{}):    readPart[reply.Lines],
	kindOf(reply.Fields{}):   readPart[reply.Fields],
	kindOf(reply.Table{}):    readPart[reply.Table],
	kindOf(reply.Progress{}): readPart[reply.Progress],
	kindOf(reply.Output{}):   readPart[reply.Output],
	kindOf(reply.Actions{}):  readPart[reply.Actions],
	kindOf(reply.Note{}):     readPart[reply.Note],
	kindOf(reply.Divider{}):  readPart[reply.Divider],
}

// kindOf names the type of a part. The names are those that earlier versions
// wrote: a bot may not have been restarted since the command line was upgraded.
func kindOf(part reply.Part) string {
	return "commands." + strings.TrimPrefix(fmt.Sprintf("%T", part), "reply.")
}

func readPart[P reply.Part](data []byte) (reply.Part, error) {
	var part P
	err := json.Unmarshal(data, &part)
	return part, err
}

func encodeReply(r reply.Reply) (wireReply, error) {
	wire := wireReply{Title: r.Title, Summary: r.Summary, Form: r.Form, Public: r.Public, Replace: r.Replace, Refused: r.Refused, Run: r.Run}
	for _, part := range r.Parts {
		kind := kindOf(part)
		if partReaders[kind] == nil {
			return wireReply{}, fmt.Errorf("a reply holds a %s, which has no form on the local socket", kind)
		}
		data, err := json.Marshal(part)
		if err != nil {
			return wireReply{}, fmt.Errorf("write a %s: %w", kind, err)
		}
		wire.Parts = append(wire.Parts, wirePart{kind, data})
	}
	return wire, nil
}

func (w wireReply) decode() (reply.Reply, error) {
	r := reply.Reply{Title: w.Title, Summary: w.Summary, Form: w.Form, Public: w.Public, Replace: w.Replace, Refused: w.Refused, Run: w.Run}
	for _, p := range w.Parts {
		read := partReaders[p.Kind]
		if read == nil {
			return reply.Reply{}, fmt.Errorf("the running bot's reply holds a %s, which this gonogo does not know; use the version that runs", p.Kind)
		}
		part, err := read(p.Data)
		if err != nil {
			return reply.Reply{}, fmt.Errorf("read a %s: %w", p.Kind, err)
		}
		r.Parts = append(r.Parts, part)
	}
	return r, nil
}
