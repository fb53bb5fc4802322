package readiness

// OnCall is what a [View] says to the people on call: which alerts and runs wait for
// somebody, who is notified next, and how alerts that fired together are shown. It
// concerns no release.
type OnCall struct{ view View }

// OnCall is the view for the people on call.
func (v View) OnCall() OnCall { return OnCall{v} }
