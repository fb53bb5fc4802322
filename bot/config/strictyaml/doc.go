// Package strictyaml reads a YAML file that people write by hand: strictly, reporting
// every fault at once, each with its line, its column and how to fix it. It knows no
// particular file; what is specific to a format is in a [Format].
//
// It is strict because a line that is silently ignored is a rule that silently doesn't
// apply. A field that the struct doesn't have, a key that appears twice, a value of the
// wrong type, a secret in plain text: each is a fault.
//
// # How a file becomes structs
//
//	bytes ── readable ──> text ── goccy/go-yaml ──> syntax tree
//	                                                   │ nodeBuilder
//	                                                   v
//	structs <── Decode, variables filled in ── nodes ([Node])
//
// Step by step:
//
//   - readable (source.go) refuses what no YAML parser should get: other
//     encodings, tabs, files that are too large or nested too deeply. syntax.go
//     explains what the YAML library refuses.
//   - nodeBuilder (nodebuilder.go) turns the library's tree into nodes that keep
//     what was written and where. It resolves anchors, aliases and merges, and
//     finds keys that appear twice and secrets in plain text.
//   - [Decoder.Decode] (decode.go) fills structs from nodes. ${NAME} stands for a
//     variable (variables.go), and $${ for a literal ${. Variables are filled in
//     after parsing, so no value can change the structure of the document.
//
// # Structs
//
// A field's `yaml` tag names its key. A `require` tag makes the key mandatory, and says
// what is expected. A struct that embeds a [Pos] gets the position of its mapping. A
// field's type may also be
//
//   - [Value], which remembers its position for checks that come later, or
//     [Ordered], a mapping whose order counts;
//   - an encoding.TextUnmarshaler, which reads one value;
//   - a [UnionDecoder], which has several shapes;
//   - a [Choice], whose fields come from a list elsewhere;
//   - a [DeferredDecoder] or a *[Node], which other code decodes later;
//   - a [Reader], which reads the node itself.
//
// # Secrets
//
// The values of variables must not leak through faults. A value that is a secret, by
// its variable's name, its key or its place in an address, is redacted, and any other
// distinctive value is written as ${NAME}. [Decoder.Secrets] are the values that
// nothing else may show either.
//
// Nothing here keeps state beyond the Decoder or uses the network. This is the only
// package that imports the YAML library.
package strictyaml
