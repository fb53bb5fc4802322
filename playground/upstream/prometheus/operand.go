package prometheus

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// reserved are the words that no metric may have as its name.
var reserved = map[string]bool{
	"bool": true, "on": true, "ignoring": true, "group_left": true, "group_right": true, "atan2": true,
}

func (p *parser) operand() (expr, error) {
	t := p.next()
	switch {
	case t.is("("):
		p.take()
		e, err := p.expression(loosest)
		if err != nil {
			return nil, err
		}
		return enclosed{e}, p.expect(")")
	case t.kind == numberToken:
		return p.number()
	case t.word("inf"), t.word("nan"):
		p.take()
		value, _ := strconv.ParseFloat(t.text, 64) // both words are floats
		return number(value), nil
	case t.is("{"):
		return p.selector()
	case t.kind == nameToken && !reserved[strings.ToLower(t.text)]:
		return p.named()
	}
	return nil, p.unexpected()
}

func (p *parser) number() (expr, error) {
	t := p.take()
	if whole, err := strconv.ParseInt(t.text, 0, 64); err == nil && strings.ContainsAny(t.text, "xX") {
		return number(whole), nil
	}
	value, err := strconv.ParseFloat(t.text, 64)
	if err != nil && !math.IsInf(value, 0) {
		return nil, fault(p.query, t.at, "error parsing number: %s", t.text)
	}
	return number(value), nil
}

// named reads what begins with a name: an aggregation, a call or a selector.
func (p *parser) named() (expr, error) {
	t, after := p.next(), p.tokens[1]
	if combine, ok := aggregations[strings.ToLower(t.text)]; ok && (after.is("(") || after.word("by") || after.word("without")) {
		p.take()
		return p.aggregation(combine)
	}
	if after.is("(") {
		f, ok := functions[t.text]
		if !ok {
			return nil, unknown(p.query, t.at, t.text)
		}
		p.take()
		return p.call(f)
	}
	if after.word("by") || after.word("without") {
		return nil, unknown(p.query, t.at, t.text)
	}
	return p.selector()
}

// aggregation reads sum by (a) (x) and sum(x) by (a).
func (p *parser) aggregation(combine combination) (expr, error) {
	a := aggregation{combine: combine}
	before := p.next()
	if err := p.grouping(&a); err != nil {
		return nil, err
	}
	at := p.next().at
	args, err := p.arguments()
	if err != nil {
		return nil, err
	}
	if len(args) != 1 {
		return nil, fault(p.query, at, "wrong number of arguments for aggregate expression provided, expected 1, got %d", len(args))
	}
	if a.of = args[0]; a.of.kind() != vectorKind {
		return nil, fault(p.query, at, "expected type instant vector in aggregation expression, got %s", a.of.kind())
	}
	if before.is("(") {
		err = p.grouping(&a)
	}
	return a, err
}

func (p *parser) grouping(a *aggregation) error {
	if !p.next().word("by") && !p.next().word("without") {
		return nil
	}
	a.without = p.take().word("without")
	if err := p.expect("("); err != nil {
		return err
	}
	for !p.next().is(")") {
		if p.next().kind != nameToken || strings.Contains(p.next().text, ":") {
			return p.unclosed("grouping opts, expected label")
		}
		a.labels = append(a.labels, p.take().text)
		if !p.accept(",") {
			break
		}
	}
	return p.expect(")")
}

func (p *parser) unclosed(where string) error {
	if p.next().kind == endToken {
		return p.fault("unclosed left parenthesis")
	}
	return p.fault("unexpected %q in %s", p.next().text, where)
}

func (p *parser) arguments() ([]expr, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	var args []expr
	for !p.next().is(")") {
		if p.next().kind == endToken {
			return nil, p.fault("unclosed left parenthesis")
		}
		arg, err := p.expression(loosest)
		if err != nil {
			return nil, err
		}
		if args = append(args, arg); !p.accept(",") {
			break
		}
	}
	return args, p.expect(")")
}

func (p *parser) call(f function) (expr, error) {
	at := p.next().at
	args, err := p.arguments()
	if err != nil {
		return nil, err
	}
	if len(args) != 1 {
		return nil, fault(p.query, at, "expected 1 argument(s) in call to %q, got %d", f.name, len(args))
	}
	if got := args[0].kind(); got != f.takes {
		return nil, fault(p.query, at, "expected type %s in call to function %q, got %s", f.takes, f.name, got)
	}
	return call{f, args[0]}, nil
}

// selector reads name{label="value", …}.
func (p *parser) selector() (expr, error) {
	at, s := p.next().at, selector{}
	if p.next().kind == nameToken {
		s.conditions = append(s.conditions, matcher{name: metricName, op: "=", value: p.take().text})
	}
	if p.accept("{") {
		if err := p.conditions(&s); err != nil {
			return nil, err
		}
	}
	if !slices.ContainsFunc(s.conditions, func(m matcher) bool { return !m.matches("") }) {
		return nil, fault(p.query, at, "vector selector must contain at least one non-empty matcher")
	}
	return s, nil
}

func (p *parser) conditions(s *selector) error {
	named := len(s.conditions) > 0
	for !p.next().is("}") {
		at := p.next().at
		m, err := p.condition()
		if err != nil {
			return err
		}
		if named && m.name == metricName {
			return fault(p.query, at, "metric name must not be set twice")
		}
		if s.conditions = append(s.conditions, m); !p.accept(",") {
			break
		}
	}
	if p.next().kind == endToken {
		return p.fault("unexpected end of input inside braces")
	}
	return p.expect("}")
}

func (p *parser) condition() (matcher, error) {
	if p.next().kind == endToken {
		return matcher{}, p.fault("unexpected end of input inside braces")
	}
	if p.next().kind != nameToken || strings.Contains(p.next().text, ":") {
		return matcher{}, p.fault("unexpected %q in label matching, expected identifier or \"}\"", p.next().text)
	}
	name := p.take().text
	if op := p.next(); op.kind != signToken || !slices.Contains([]string{"=", "!=", "=~", "!~"}, op.text) {
		return matcher{}, p.fault("unexpected %q in label matching, expected label matching operator", op.text)
	}
	op := p.take().text
	if p.next().kind != textToken {
		return matcher{}, p.fault("unexpected %q in label matching, expected string", p.next().text)
	}
	m, err := newMatcher(name, op, p.next().text)
	if err != nil {
		return matcher{}, p.fault("%s", err)
	}
	p.take()
	return m, nil
}
