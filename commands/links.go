package commands

// RunLink is the address of a run's thread, or "" while it is not known.
func (b *Bot) RunLink(run string) string {
	return b.LinkOf("run/" + run)
}

// LinkOf is the address of the message that shows a subject, or "" while it is
// not known.
func (b *Bot) LinkOf(subject string) string {
	a, ok := b.desk.Ledger.State().Anchors[subject]
	if !ok || b.desk.Links == nil {
		return ""
	}
	return b.desk.Links(a.Channel, a.TS)
}
