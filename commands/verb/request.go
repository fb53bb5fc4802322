package verb

// Request is one thing that a person typed, pressed or filled in.
type Request struct {
	Key     string            // the same for each delivery of the same act, and for no other
	Text    string            // what was typed, without the slash: "ready run tests"; empty where something was pressed
	Pressed string            // what a button or a form carries: an Act as it was encoded
	User    string            // Slack user ID; empty in a terminal, which may look but not act, and for Host
	Host    string            // user of the bot's host who acts through the local socket, as its system names them; empty for people in Slack
	Channel string            // Slack channel ID
	Shared  bool              // others read the answer too: it is given in a thread
	Form    map[string]string // values by Input.Name when a form was submitted; nil otherwise
}
