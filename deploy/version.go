package deploy

import (
	"fmt"
	"regexp"
	"strings"
)

// A version is written into a platform's configuration unchanged: gonogo replaces no
// characters, so that a release can be found again under its own name.

// tagShape is what a registry accepts as a tag. Source: OCI Distribution Specification
// 1.1, Pulling manifests.
var tagShape = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`)

const longestTag = 128

// refusesTag says why a version cannot be the tag of an image, or "".
func refusesTag(version string) string {
	switch {
	case len(version) > longestTag:
		return fmt.Sprintf("an image tag has at most %d characters, and this version has %d; open the release under a shorter name", longestTag, len(version))
	case !tagShape.MatchString(version):
		return fmt.Sprintf("an image tag takes letters, digits, “_”, “.” and “-”, so no registry has an image tagged %q; open the release under the name of its tag", version)
	}
	return ""
}

// refShape matches what is not allowed in a Git ref. Source: git-check-ref-format(1).
var refShape = regexp.MustCompile(`[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/$|^/|\.$|(^|/)\.|\.lock(/|$)|^@$|^-`)

// refusesRef says why a version can't be a Git ref, or "".
func refusesRef(version string) string {
	if version == "" || refShape.MatchString(version) {
		return fmt.Sprintf("no branch or tag of git can be called %q; open the release under the name of its ref", strings.ToValidUTF8(version, "?"))
	}
	return ""
}
