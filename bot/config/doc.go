// Package config reads the one YAML file that says what gonogo does, and turns
// it into what the other rooms work with: the checklist, its gates, the people
// and the places.
//
// It is strict, because a line that is silently ignored is a gate that
// silently does not hold: a field it does not know, a reference to something
// that is not there, a rule that could never be met stops the start. It finds
// all faults at once, each with its line and column and what to do about it.
//
// # How a file becomes a Config
//
//	bytes ── package strictyaml ──> document ── build, order ──> Config
//
// Step by step:
//
//   - Package strictyaml reads the file and decodes it into structs: it finds what
//     is wrong with a line by itself, and holds all faults with their positions.
//     The same decoder fills the settings of gates and connections, which only
//     their packages know.
//   - document (document.go, places.go) is the file as Go structs. Values that
//     are judged later keep their position (val, in values.go).
//   - build (build.go; connections.go, checklist.go, measure.go, people.go, environments.go) resolves
//     references and makes the Config; order.go refuses rules that wait on
//     each other for ever; warn.go notes what is allowed and perhaps not meant.
//   - The kinds of connections stand beside their clients, in the list of package
//     clients; connections.go makes what each environment has of them.
//
// What the format may name and this version cannot do yet is decoded as
// strictly as the rest and listed in Config.NotYet, for the start-up to say.
//
// # What people and editors are told
//
// docs/configuration.md and the schema (schema.go) are made from the same structs.
// The comment beside a field describes the setting, with its default after
// "; default: ". Its type says how it is written ([form.Form], those of
// this package in forms.go), and tags say the rest: require, words, pattern, and
// from and to for a number or for the entries of a list. Only require is judged
// here; the rest is judged by build, and schema_test.go holds both to the same
// faults. descriptions.tsv carries the comments into the program.
//
// Nothing here keeps state or touches the network. Package strictyaml and this one
// are the only ones that know YAML.
package config
