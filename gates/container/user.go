// Package container judges what is known of a container image: whether the user that it
// runs as is root ([UserOf]), and which of its variables and commands contain a secret
// ([Variable], [Commands]). It reads nothing itself; packages image and dockerfile do.
package container

import (
	"bufio"
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"
)

// Who is the user that an image runs as.
type Who int

// The users that there are.
const (
	Root    Who = iota // uid 0
	NotRoot            // another uid, by its number
	Named              // a name, whose uid is in the image's /etc/passwd
	Invalid            // a number that is no uid, so that no container starts
)

// UserOf reads a user as an image's configuration has it: NAME, UID, or either with a
// group after a colon. As Docker does, it takes whatever is a number for a uid, also 00,
// and an absent user for root.
func UserOf(text string) (Who, string) {
	user, _, _ := strings.Cut(strings.TrimSpace(text), ":")
	user = strings.TrimSpace(user)
	uid, err := strconv.Atoi(user)
	switch {
	case user == "" || user == "root":
		return Root, user
	case errors.Is(err, strconv.ErrRange) || err == nil && (uid < 0 || uid > math.MaxInt32):
		return Invalid, user
	case err != nil:
		return Named, user
	case uid == 0:
		return Root, user
	}
	return NotRoot, user
}

// UID looks a name up in the text of an /etc/passwd. If several lines have the name, it
// is 0 if any of them has uid 0. ok is false if none has it, or not with a uid.
func UID(passwd []byte, name string) (uid int, ok bool) {
	lines := bufio.NewScanner(bytes.NewReader(passwd))
	lines.Buffer(nil, len(passwd)+1)
	for lines.Scan() {
		fields := strings.Split(strings.TrimSpace(lines.Text()), ":")
		if len(fields) < 3 || fields[0] != name {
			continue
		}
		n, err := strconv.Atoi(fields[2])
		if err != nil || n < 0 || n > math.MaxInt32 {
			return 0, false
		}
		if !ok || n == 0 {
			uid, ok = n, true
		}
	}
	return uid, ok
}
