package reply

import "slices"

// Clean passes each text of a reply through clean, and returns the reply as it is
// then. What a reply refers to (people, channels, acts) is left alone, but for the
// addresses of links and the text that an act carries.
func (r Reply) Clean(clean func(string) string) Reply {
	r.Title, r.Summary = clean(r.Title), clean(r.Summary)
	r.Parts = slices.Clone(r.Parts)
	for i, part := range r.Parts {
		r.Parts[i] = cleanPart(part, clean)
	}
	if r.Form != nil {
		form := r.Form.clean(clean)
		r.Form = &form
	}
	return r
}

func cleanPart(part Part, clean func(string) string) Part {
	switch p := part.(type) {
	case Lines:
		return Lines(each(p, func(t Text) Text { return t.clean(clean) }))
	case Fields:
		return Fields(each(p, func(f Field) Field { return Field{clean(f.Name), f.Value.clean(clean)} }))
	case Table:
		row := func(cells []Text) []Text { return each(cells, func(t Text) Text { return t.clean(clean) }) }
		return Table{clean(p.Title), each(p.Header, clean), each(p.Rows, row)}
	case Progress:
		return Progress{clean(p.Title), each(p.Steps, func(s ProgressStep) ProgressStep {
			return ProgressStep{clean(s.Title), s.Status, s.Detail.clean(clean)}
		})}
	case Output:
		return Output(each(p, clean))
	case Actions:
		return Actions(each(p, func(b Button) Button { return b.clean(clean) }))
	case Note:
		return Note(Text(p).clean(clean))
	}
	return part
}

// each is a list of what change makes of each of another.
func each[T any](all []T, change func(T) T) []T {
	if all == nil {
		return nil
	}
	changed := make([]T, len(all))
	for i, one := range all {
		changed[i] = change(one)
	}
	return changed
}

func (t Text) clean(clean func(string) string) Text {
	return each(t, func(s Span) Span {
		switch s.Kind {
		case Person, Group, Channel:
		case Link:
			s.Text, s.Ref = clean(s.Text), clean(s.Ref)
		default:
			s.Text = clean(s.Text)
		}
		return s
	})
}

func (b Button) clean(clean func(string) string) Button {
	b.Label, b.Confirm, b.Yes, b.No, b.Act.Text = clean(b.Label), clean(b.Confirm), clean(b.Yes), clean(b.No), clean(b.Act.Text)
	return b
}

func (f Form) clean(clean func(string) string) Form {
	f.Title, f.Submit, f.Act.Text = clean(f.Title), clean(f.Submit), clean(f.Act.Text)
	f.Intro = each(f.Intro, func(t Text) Text { return t.clean(clean) })
	f.Inputs = each(f.Inputs, func(in Input) Input {
		in.Label, in.Hint, in.Initial = clean(in.Label), clean(in.Hint), clean(in.Initial)
		in.Options = each(in.Options, func(o Option) Option { return Option{o.Value, clean(o.Label)} })
		return in
	})
	return f
}
