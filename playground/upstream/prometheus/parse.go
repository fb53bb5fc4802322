package prometheus

import (
	"strings"
	"time"
)

// parser reads a query by recursive descent.
type parser struct {
	query  string
	tokens []token
	depth  int
}

// deepest is how far expressions may stand inside each other.
const deepest = 200

// parse reads a query. Every error is a [Fault].
func parse(query string) (expr, error) {
	tokens, err := scan(query)
	if err != nil {
		return nil, err
	}
	p := &parser{query: query, tokens: tokens}
	if p.next().kind == endToken {
		return nil, p.fault("no expression found in input")
	}
	e, err := p.expression(loosest)
	if err != nil {
		return nil, err
	}
	if p.next().kind != endToken {
		return nil, p.unexpected()
	}
	return e, nil
}

func (p *parser) next() token { return p.tokens[0] }

func (p *parser) take() token {
	t := p.tokens[0]
	if t.kind != endToken {
		p.tokens = p.tokens[1:]
	}
	return t
}

// accept takes the sign if it is next.
func (p *parser) accept(sign string) bool {
	if !p.next().is(sign) {
		return false
	}
	p.take()
	return true
}

func (p *parser) expect(sign string) error {
	if p.accept(sign) {
		return nil
	}
	if sign == ")" && p.next().kind == endToken {
		return p.fault("unclosed left parenthesis")
	}
	return p.unexpected()
}

func (p *parser) fault(format string, args ...any) error {
	return fault(p.query, p.next().at, format, args...)
}

// unexpected is the fault of the next token: either nobody knows it here, or
// only this package does not.
func (p *parser) unexpected() error {
	t := p.next()
	switch {
	case t.kind == endToken:
		return p.fault("unexpected end of input")
	case t.is("%"), t.is("^"), t.word("atan2"):
		return unknown(p.query, t.at, "the operator "+t.text)
	case t.is("@"):
		return unknown(p.query, t.at, "the modifier @")
	case t.kind == textToken:
		return unknown(p.query, t.at, "strings as values")
	}
	return p.fault("unexpected %q", t.text)
}

// expression reads operators that bind at least as tight as given.
func (p *parser) expression(tight int) (expr, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > deepest {
		return nil, p.fault("the expression is nested too deeply")
	}
	left, err := p.unary()
	for err == nil {
		op, known := operatorOf(p.next())
		if !known || op.tight < tight {
			break
		}
		left, err = p.operation(left, op)
	}
	return left, err
}

// operation reads what follows a left side. All operators that are known
// associate to the left.
func (p *parser) operation(left expr, op operator) (expr, error) {
	b := binary{op: op, left: left}
	at := p.take().at
	if p.next().word("bool") {
		if !op.compares() {
			return nil, p.fault("bool modifier can only be used on comparison operators")
		}
		p.take()
		b.asBool = true
	}
	for _, word := range []string{"on", "ignoring", "group_left", "group_right"} {
		if p.next().word(word) {
			return nil, unknown(p.query, p.next().at, "the modifier "+word)
		}
	}
	var err error
	if b.right, err = p.expression(op.tight + 1); err != nil {
		return nil, err
	}
	if wrong := b.misuse(); wrong != "" {
		return nil, fault(p.query, at, "%s", wrong)
	}
	return b, nil
}

func (p *parser) unary() (expr, error) {
	at := p.next().at
	minus := p.next().is("-")
	if !minus && !p.next().is("+") {
		return p.postfix()
	}
	p.take()
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > deepest {
		return nil, p.fault("the expression is nested too deeply")
	}
	e, err := p.unary()
	if err != nil {
		return nil, err
	}
	if e.kind() == rangeKind {
		return nil, fault(p.query, at, "unary expression only allowed on expressions of type scalar or instant vector, got %q", e.kind())
	}
	if minus {
		return negation{e}, nil
	}
	return e, nil
}

// postfix reads an operand and what may only stand behind one.
func (p *parser) postfix() (expr, error) {
	e, err := p.operand()
	if err != nil {
		return nil, err
	}
	s, isSelector := e.(selector)
	if p.next().is("[") {
		p.take()
		window, err := p.window()
		switch {
		case err != nil:
			return nil, err
		case strings.HasPrefix(p.next().text, ":"): // a name may begin so, too
			return p.subquery(e, window)
		case !isSelector:
			return nil, p.fault("ranges only allowed for vector selectors")
		}
		s.window = window
		if err := p.expect("]"); err != nil {
			return nil, err
		}
	}
	if p.next().word("offset") {
		if !isSelector {
			return nil, p.fault("offset modifier must be preceded by an instant vector selector or range vector selector")
		}
		if err := p.offset(&s); err != nil {
			return nil, err
		}
	}
	if isSelector {
		return s, nil
	}
	return e, nil
}

func (p *parser) window() (time.Duration, error) {
	window, err := p.duration("range")
	if err == nil && window == 0 {
		err = p.fault("duration must be greater than 0")
	}
	return window, err
}

func (p *parser) offset(s *selector) (err error) {
	p.take()
	back := p.accept("-")
	s.offset, err = p.duration("offset")
	if back {
		s.offset = -s.offset
	}
	return err
}

func (p *parser) duration(where string) (time.Duration, error) {
	if p.next().kind != durationToken {
		return 0, p.fault("unexpected %q in %s, expected duration", p.next().text, where)
	}
	d, err := parseDuration(p.next().text)
	if err != nil {
		return 0, p.fault("%s", err)
	}
	p.take()
	return d, nil
}
