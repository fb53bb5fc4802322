// Package checklist is what must be true before a release goes out, and who may say
// so.
//
// A [Checklist] has sections ([Section]) of items ([Item]). An item is measured by a
// [Gate] or answered by people ([Manual]), once for the release or once per
// environment: [Item.Keys] lists the answers that it asks for, and [Item.KeysFor] those
// that matter to one environment. A Checklist also has the environments
// ([Environment]) and their order, the roles ([Role]) and what they may do, the
// required sign-offs, the milestones ([Milestone]), and the [Freeze] windows in which
// nothing goes out.
//
// bot/config builds a Checklist from the configuration and calls [Checklist.Index]
// once; after that it never changes. It says what is asked, and [gonogo/readiness.View]
// judges how things stand, which also takes the state and the time.
package checklist
