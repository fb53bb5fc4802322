// Package strictyaml reads one YAML file that people write by hand: strictly,
// with every fault at once, each with its line, its column and what to do about
// it. It knows no file in particular; what a format has of its own is a [Format].
//
// It is strict because a line that is silently ignored is a rule that silently
// does not hold. A field that the struct does not have, a key that appears twice,
// a value of the wrong type, a secret in plain text: each is a fault.
//
// # How a file becomes structs
//
//	bytes ── readable ──> text ── goccy/go-yaml ──> syntax tree
//	                                                   │ nodeBuilder
//	                                                   v
//	structs <── Decode, variables put in ── nodes ([Node])
//
// Step by step:
//
//   - readable (source.go) refuses what no YAML parser should see: other
//     encodings, tabs, files that are too large or nested too deep. What the YAML
//     library refuses is explained in syntax.go.
//   - nodeBuilder (nodebuilder.go) turns the library's tree into nodes that keep
//     what was written and where. It resolves anchors, aliases and merges, and
//     finds keys that appear twice and secrets in plain text.
//   - [Decoder.Decode] (decode.go) fills structs from nodes. ${NAME} stands for a
//     variable (variables.go); $${ is written for the characters themselves.
//     Variables are put in after parsing, so no value can change the shape of
//     the document.
//
// # Structs
//
// A field's `yaml` tag names its key, and its `require` tag says, where the key
// must be there, what is wanted. A struct that embeds a [Pos] is told where its
// mapping begins. A field's type may also be
//
//   - [Value], which remembers its position for checks that come later, or
//     [Ordered], a mapping whose order counts;
//   - an encoding.TextUnmarshaler, which reads one value;
//   - a [UnionDecoder], which has several shapes;
//   - a [Choice], which stands for the fields that a list elsewhere names;
//   - a [DeferredDecoder] or a *[Node], which is decoded later by somebody else;
//   - a [Reader], which does all by itself.
//
// # Secrets
//
// The values of variables must not leak through faults. A value that is a secret,
// by its variable's name, its key or its place in an address, is redacted, and any
// other value that is distinctive is written as ${NAME}. [Decoder.Secrets] are
// those values that nothing else may show either.
//
// Nothing here keeps state beyond the Decoder or touches the network. This is the
// only package that imports the YAML library.
package strictyaml
