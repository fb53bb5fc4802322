package commands

// RunLink is the address of a run's thread, or "" while it is not known.
func (b *Bot) RunLink(run string) string {
	return b.LinkOf("run/" + run)
}

// LinkOf is the address of the message that shows a subject, itself or in its storm;
// "" while it is not known.
func (b *Bot) LinkOf(subject string) string {
	v := b.desk.Latest()
	a, ok := v.State.Anchors[v.OnCall().CardOf(subject)]
	if !ok || b.desk.Links == nil {
		return ""
	}
	return b.desk.Links(a.Channel, a.TS)
}
