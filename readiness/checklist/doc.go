// Package checklist is what must be true before a release goes out, and who may
// say so.
//
// A [Checklist] has [Section]s of [Item]s. An item is measured by a [Gate] or
// answered by people ([Manual]), once for the release or once per environment:
// [Item.Keys] lists the answers that it asks for, and [Item.KeysFor] those that
// matter to one environment. Beside the items it names the [Environment]s and
// their order, the [Role]s and what they may do, the sign-offs that are needed,
// the [Milestone]s, and the [Freeze] windows in which nothing goes out.
//
// bot/config builds a Checklist from the configuration and calls
// [Checklist.Index] once; from then on nobody changes it. It says what is asked,
// never how things stand: that takes the state and a moment, and is judged by
// [gonogo/readiness.View].
package checklist
