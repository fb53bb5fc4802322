package report

import (
	"errors"
	"fmt"
	"io"
)

// Reply is the answer of a JSON-RPC server. It has either a result or an error, or, from
// Odoo for a method that returns None, neither.
type Reply struct {
	ID     string // of the request, as JSON
	Result string // as JSON; "" if there is none
	Error  *ReplyError
}

// ReplyError is what a server says has gone wrong.
type ReplyError struct {
	Code int
	Name string // Odoo's: the class of the exception, with its module
}

// ReadReply reads one answer. Its form is that of JSON-RPC 2.0, section 5, with an error
// as Odoo writes it (odoo/http.py, JsonRPCDispatcher.handle_error): the name of the
// exception is in data.name.
func ReadReply(text io.Reader) (Reply, error) {
	d := newJSONText(newLimited(text))
	var r Reply
	version := ""
	read := func(name []byte) error {
		switch string(name) {
		case "jsonrpc":
			return d.text(&version)
		case "id":
			return d.raw(&r.ID)
		case "result":
			return d.raw(&r.Result)
		case "error":
			return d.replyError(&r)
		}
		return d.SkipValue()
	}
	var err error
	if kind := d.PeekKind(); kind != '{' {
		err = d.other()
	} else if err = d.object(read); err == nil {
		if _, after := d.ReadToken(); !errors.Is(after, io.EOF) {
			return Reply{}, errors.New("it continues after its end")
		}
	}
	switch {
	case err != nil:
		return Reply{}, d.torn(err, "a JSON-RPC answer", "")
	case version != "2.0":
		return Reply{}, fmt.Errorf("it isn't a JSON-RPC answer: it has no jsonrpc: 2.0")
	}
	return r, nil
}

// raw reads a value as it is.
func (d jsonText) raw(into *string) error {
	value, err := d.ReadValue()
	*into = string(value)
	return err
}

func (d jsonText) replyError(into *Reply) error {
	if d.PeekKind() == 'n' {
		return d.SkipValue()
	}
	into.Error = &ReplyError{}
	return d.object(func(name []byte) error {
		switch string(name) {
		case "code":
			return d.number(&into.Error.Code)
		case "data":
			return d.replyData(into.Error)
		}
		return d.SkipValue()
	})
}

func (d jsonText) replyData(into *ReplyError) error {
	if kind := d.PeekKind(); kind != '{' { // any value is allowed
		return d.SkipValue()
	}
	return d.object(func(name []byte) error {
		if string(name) == "name" {
			return d.text(&into.Name)
		}
		return d.SkipValue()
	})
}
