package report

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// sarifResult is one result, being read.
type sarifResult struct {
	*sarifRun
	is         resultKind
	gone       bool // the tool says that it was there before, and no longer is
	suppressed bool
	place      sarifPlace
	located    bool
	prints     []byte // fingerprints, as they are written
	message    []byte
}

// sarifPlace is where a result is.
type sarifPlace struct {
	file string
	line int
}

// result reads one result.
func (r *sarifRun) result() error {
	if r.sarif.results++; r.sarif.results > maxFindings {
		return errTooManyFindings
	}
	one := sarifResult{sarifRun: r, is: resultKind{index: -1}}
	if err := r.object(one.property); err != nil {
		return err
	}
	switch {
	case one.gone:
		return nil
	case one.suppressed:
		r.findings.Suppressed++
		return nil
	}
	return r.take(&one)
}

func (r *sarifResult) property(name []byte) error {
	switch string(name) {
	case "ruleId":
		return r.text(&r.is.rule)
	case "ruleIndex":
		return r.number(&r.is.index)
	case "rule":
		return r.object(r.ruleReference)
	case "level":
		return r.text(&r.is.level)
	case "kind":
		return r.text(&r.is.kind)
	case "baselineState":
		var state string
		err := r.text(&state)
		r.gone = state == "absent"
		return err
	case "suppressions":
		return r.suppressions()
	case "properties":
		return r.object(func(name []byte) error {
			if string(name) == "security-severity" {
				return r.score(&r.is.security)
			}
			return r.SkipValue()
		})
	case "locations":
		return r.array(r.location)
	case "message":
		return r.keep(&r.message)
	case "fingerprints", "partialFingerprints":
		return r.keep(&r.prints)
	}
	return r.SkipValue()
}

// keep appends a value as it is written, where findings are compared.
func (r *sarifResult) keep(into *[]byte) error {
	if r.identify == nil {
		return r.SkipValue()
	}
	raw, err := r.ReadValue()
	if kind := raw.Kind(); err == nil && kind != 'n' && string(raw) != "{}" {
		*into = append(*into, raw...)
	}
	return err
}

// ruleReference reads the other way to name a rule.
func (r *sarifResult) ruleReference(name []byte) error {
	switch string(name) {
	case "id":
		return r.text(&r.is.rule)
	case "index":
		return r.number(&r.is.index)
	case "toolComponent":
		return r.object(func(name []byte) error {
			if string(name) != "index" {
				return r.SkipValue()
			}
			extension := -1
			err := r.number(&extension)
			r.is.toolPart = extension + 1
			return err
		})
	}
	return r.SkipValue()
}

// suppressions reads whether a result is suppressed: it is where there are some, and
// each is accepted, which it is unless it says otherwise.
func (r *sarifResult) suppressions() error {
	some, others := false, false
	err := r.array(func() error {
		some = true
		return r.object(func(name []byte) error {
			if string(name) != "status" {
				return r.SkipValue()
			}
			var status string
			err := r.text(&status)
			others = others || status != "" && status != "accepted"
			return err
		})
	})
	r.suppressed = some && !others
	return err
}

// location reads where a result is; the first place counts.
func (r *sarifResult) location() error {
	if r.located {
		return r.SkipValue()
	}
	r.located = true
	return r.object(func(name []byte) error {
		switch string(name) {
		case "physicalLocation":
			return r.object(r.physicalLocation)
		case "logicalLocations":
			return r.array(func() error { return r.object(r.logicalLocation) })
		}
		return r.SkipValue()
	})
}

func (r *sarifResult) physicalLocation(name []byte) error {
	switch string(name) {
	case "artifactLocation":
		return r.object(func(name []byte) error {
			switch string(name) {
			case "uri":
				return r.text(&r.place.file)
			case "index":
				index := -1
				err := r.number(&index)
				if r.place.file == "" && index >= 0 {
					r.place.file = "file " + strconv.Itoa(index)
				}
				return err
			}
			return r.SkipValue()
		})
	case "region":
		return r.object(func(name []byte) error {
			if string(name) == "startLine" {
				return r.number(&r.place.line)
			}
			return r.SkipValue()
		})
	}
	return r.SkipValue()
}

func (r *sarifResult) logicalLocation(name []byte) error {
	if string(name) == "fullyQualifiedName" && r.place.file == "" {
		return r.text(&r.place.file)
	}
	return r.SkipValue()
}

// longestFile is how many characters of a file's path are kept.
const longestFile = 80

// String is a place as file:line.
func (p sarifPlace) String() string {
	file := strings.Join(strings.Fields(strings.TrimPrefix(p.file, "file://")), " ")
	if runes := []rune(file); len(runes) > longestFile {
		file = "…" + string(runes[len(runes)-longestFile+1:]) // its name is at the end
	}
	switch {
	case file == "":
		return "no file named"
	case p.line <= 0:
		return file
	}
	return fmt.Sprintf("%s:%d", file, p.line)
}

// take counts a result.
func (r *sarifRun) take(one *sarifResult) error {
	t := r.tallies[one.is]
	if t == nil {
		if len(r.tallies) == maxRules {
			return refusal(fmt.Sprintf("a run in it has results of more than %d rules", maxRules))
		}
		t = &tally{}
		r.tallies[one.is], r.kinds = t, append(r.kinds, one.is)
	}
	t.count++
	r.note(&t.places, one.place)
	if r.identify != nil && r.identify(one.identity()) {
		t.fresh++
		r.note(&t.freshPlaces, one.place)
	}
	return nil
}

// note keeps a place, if few are kept yet.
func (r *sarifRun) note(places *[]string, place sarifPlace) {
	if len(*places) < maxPlaces && (r.notes < maxAllNotes || len(*places) == 0) {
		*places = append(*places, place.String())
		r.notes++
	}
}

// identity is what tells a finding apart from others, in this report and in the last
// release's.
func (r *sarifResult) identity() []byte {
	rule := r.is.rule
	if rule == "" {
		rule = "#" + strconv.Itoa(r.is.index)
	}
	all := append([]byte(rule), 0)
	all = append(append(all, r.place.file...), 0)
	if len(r.prints) > 0 {
		return append(append(all, 1), r.prints...)
	}
	return append(append(all, 2), r.message...)
}

// rule finds the rule of a result by its number, or by its name, of which a part
// after the last slash may be the result's own.
func (r *sarifRun) rule(kind resultKind) sarifRule {
	if part := kind.toolPart; part >= 0 && part < len(r.rules) && kind.index >= 0 && kind.index < len(r.rules[part]) {
		rule := r.rules[part][kind.index]
		if kind.rule == "" || isRule(kind.rule, rule.id) {
			rule.id = cmp.Or(kind.rule, rule.id)
			return rule
		}
	}
	for _, rules := range r.rules {
		for _, rule := range rules {
			if rule.id != "" && isRule(kind.rule, rule.id) {
				rule.id = kind.rule
				return rule
			}
		}
	}
	return sarifRule{id: kind.rule}
}

// isRule reports whether a result's name of a rule is the rule's, or one below it.
func isRule(named, id string) bool { return named == id || strings.HasPrefix(named, id+"/") }

// severityOf is how severe results are, and whether they are findings at all. The
// first of these that is given decides: the security-severity of the result or else
// of its rule, the rule's tag, the level of the result or else its rule's default. A
// word that isn't known says nothing.
func severityOf(kind resultKind, rule sarifRule) (Severity, bool) {
	level := kind.level
	if level == "" && kind.kind != "" && kind.kind != "fail" {
		level = "none"
	}
	if level == "" {
		level = rule.level
	}
	undecided := kind.kind == "open" || kind.kind == "review" // a person or another tool has to look
	if level == "none" && !undecided {
		return Unrated, false
	}
	if score := cmp.Or(kind.security, rule.security); score != "" {
		return scored(score), true
	}
	if rule.tag != "" {
		return rated[rule.tag], true
	}
	return map[string]Severity{"error": High, "warning": Medium, "note": Low}[level], true
}

// scored is a security-severity as a severity, with the bounds that GitHub's
// documentation of SARIF support for code scanning gives. A score that isn't one says
// nothing.
func scored(text string) Severity {
	score, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil || !(score >= 0 && score <= 10):
		return Unrated
	case score >= 9:
		return Critical
	case score >= 7:
		return High
	case score >= 4:
		return Medium
	}
	return Low
}

// isFailure reports whether a tool writes that it could not look as a result under
// this rule. Other findings of the same run may then be missing.
func isFailure(tool, rule string) bool {
	switch strings.ToLower(tool) { // Staticcheck writes its name with a capital
	case "staticcheck":
		return rule == "compile"
	case "golangci-lint":
		return rule == "typecheck"
	case "tflint-errors":
		return true
	}
	return false
}
