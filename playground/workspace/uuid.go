package workspace

import (
	"crypto/rand"
	"fmt"
)

// uuid is a random UUID, the format of Slack's envelope_id.
func uuid() string {
	var b [16]byte
	rand.Read(b[:]) // crypto/rand.Read never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// token is a random string of letters and digits, for IDs and secrets.
func token() string { return rand.Text()[:16] }
