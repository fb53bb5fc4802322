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
//	bytes ── readable ──> text ── goccy/go-yaml ──> syntax tree
//	                                                   │ plant
//	                                                   v
//	Config <── build, order ── document <── decode ── nodes
//
// Step by step:
//
//   - readable (source.go) refuses what no YAML reader should see: other
//     encodings, tabs, files that are too big or too deep.
//   - plant (plant.go) turns the library's tree into nodes that keep what was
//     written and where. Anchors, aliases and merges are resolved here; keys
//     that stand twice and secrets in plain text are found here.
//   - decode (decode.go, variables.go) fills Go structs from nodes, strictly,
//     and puts in variables. They come after parsing, so nothing in one can
//     change the shape of the document. The same decoder fills the settings of
//     gates, which only package gates knows.
//   - document (document.go, places.go) is the file as Go structs. Values that
//     are judged later keep their place (val, in values.go).
//   - build (build.go; checklist.go, measure.go, people.go, world.go) resolves
//     references and makes the Config; order.go refuses rules that wait on
//     each other for ever; warn.go notes what is allowed and perhaps not meant.
//
// What the format may name and this version cannot do yet is decoded as
// strictly as the rest and listed in Config.NotYet, for the start-up to say.
//
// Nothing here keeps state or touches the network. This is the only package
// that knows YAML.
package config
