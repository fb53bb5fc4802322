// Package config reads the one YAML file that says what gonogo does, and turns it
// into what the other rooms work with: the checklist, its gates, the people and the
// environments.
//
// It is strict, because a line that is silently ignored is a gate that silently
// doesn't block: an unknown field, a reference to something that doesn't exist, or a
// rule that could never be met stops the start. It reports all faults at once, each
// with its line and column and how to fix it.
//
// # How a file becomes a Config
//
//	bytes ── package strictyaml ──> document ── build, order ──> Config
//
// Step by step:
//
//   - Package strictyaml reads the file and decodes it into structs: it finds what
//     is wrong with a line on its own, and collects all faults with their positions.
//     The same decoder fills the settings of gates and connections, which only
//     their packages know.
//   - document (document.go, places.go) is the file as Go structs. Values that
//     are judged later keep their position (val, in values.go).
//   - build (build.go; connections.go, checklist.go, measure.go, people.go,
//     environments.go) resolves references and makes the Config; order.go refuses
//     rules that wait for each other; warn.go warns of what is allowed but probably
//     not meant.
//   - The kinds of connections are defined next to their clients and listed in package
//     clients; connections.go makes the connections of each environment.
//
// What the format already allows but this version can't do yet is decoded as strictly
// as the rest and listed in Config.NotYet, which is reported at start-up.
//
// # What people and editors are told
//
// docs/configuration.md and the schema (schema.go) are generated from the same structs.
// The comment next to a field describes the setting, with its default after
// "; default: ". Its type says how it is written ([form.Form]; those of this package
// are in forms.go), and tags say the rest: require, words, pattern, and from and to
// for a number or for the entries of a list. Only require is enforced by the tag;
// build enforces the rest, and schema_test.go checks that both find the same faults.
// descriptions.tsv has the comments, and is embedded in the program.
//
// Nothing here keeps state or uses the network. Only this package and strictyaml know
// YAML.
package config
