package lane

// aheadShare is how many turns in a row go to people whose next act goes ahead, while
// others wait; the turn after them goes to somebody else.
const aheadShare = 3

// turns decides who is next. Each person has one line, served one turn at a time and in
// order; people with a turn to begin alternate. Nothing here waits or locks; the lane
// does.
type turns struct {
	lines map[string]*line
	ahead []*line // lines that may move and whose next turn goes ahead, the next to be served first
	rest  []*line // the other lines that may move
	row   int     // turns that went ahead in a row while others waited
}

// line is what one person waits for.
type line struct {
	waiting []*Turn
	busy    bool // one of its turns is not over
	ranked  bool // it is among those that may move
}

func newTurns() *turns { return &turns{lines: map[string]*line{}} }

// add puts a turn at the end of its person's line.
func (ts *turns) add(t *Turn) {
	l := ts.line(t.who)
	l.waiting = append(l.waiting, t)
	ts.rank(l)
}

// resume puts a turn that stepped aside at the head of its person's line.
func (ts *turns) resume(t *Turn) {
	l := ts.line(t.who)
	l.waiting = append([]*Turn{t}, l.waiting...)
	ts.rank(l)
}

// next takes the turn to begin, or returns nil when no line may move. The line is then
// blocked until it is released.
func (ts *turns) next() *Turn {
	from := &ts.ahead
	if len(ts.ahead) == 0 || len(ts.rest) > 0 && ts.row >= aheadShare {
		from = &ts.rest
	}
	if len(*from) == 0 {
		return nil
	}
	ts.row++
	if from == &ts.rest || len(ts.rest) == 0 {
		ts.row = 0
	}
	l := (*from)[0]
	*from = (*from)[1:]
	t := l.waiting[0]
	l.waiting, l.busy, l.ranked = l.waiting[1:], true, false
	return t
}

// release unblocks a person's line.
func (ts *turns) release(who string) {
	l := ts.lines[who]
	l.busy = false
	ts.rank(l)
	if len(l.waiting) == 0 {
		delete(ts.lines, who)
	}
}

func (ts *turns) line(who string) *line {
	if ts.lines[who] == nil {
		ts.lines[who] = &line{}
	}
	return ts.lines[who]
}

// rank queues a line behind all others of its kind.
func (ts *turns) rank(l *line) {
	if l.busy || l.ranked || len(l.waiting) == 0 {
		return
	}
	l.ranked = true
	if l.waiting[0].ahead {
		ts.ahead = append(ts.ahead, l)
		return
	}
	ts.rest = append(ts.rest, l)
}
