// Package render turns replies, which are data, into Slack's Block Kit. It makes no
// calls and remembers nothing: the same reply always looks the same.
//
// A [Renderer] has one method for each surface, and whatever it returns is within
// Slack's limits for that surface, however large or odd the reply is:
//
//	Message   a message's text and blocks, at a Fidelity
//	Modal     a form; refused where it is too long to travel through Slack
//	Home      the blocks of a Home tab
//
// # Limits
//
// Blocks are collected on a page, which counts blocks and characters. What does not
// fit is left out whole and counted, and the last block says how much that is: "… and
// 12 more". Buttons have their room reserved before anything else is laid out, so
// that what can be pressed is never lost to what can be read. The limits are Slack's,
// with their source, in page.go, form.go and home.go; a few are ours, for reading.
//
// # Markup
//
// What people and upstream systems wrote is escaped, so that it cannot become a
// mention, a link or formatting (markup.go). A text is shortened between characters,
// never within an escape, a mention or a link.
//
// # Fidelity
//
// Slack introduces new blocks workspace by workspace, and refuses a message with one
// that it does not know. The caller then asks for the same reply at the next lower
// [Fidelity]: first without tables and plans, then as text without any blocks.
//
// # The way back
//
// What a button or a form carries through Slack is written and read here: [IsButton],
// [Pressed] and [ReadFormContext]. A text that is too long for its button stands in the
// button's message ([LongText], [AsWritten]) and is read from there when it is pressed.
package render
