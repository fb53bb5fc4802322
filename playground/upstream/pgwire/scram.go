package pgwire

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// verifier is what a server keeps of a password for SCRAM-SHA-256 (RFC 5802,
// RFC 7677; https://www.postgresql.org/docs/15/sasl-authentication.html).
type verifier struct {
	salt                 []byte
	storedKey, serverKey []byte
}

// iterations is PostgreSQL's own count.
const iterations = 4096

func newVerifier(password string) verifier {
	salt := make([]byte, 16)
	rand.Read(salt)
	salted, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		panic("pgwire: " + err.Error()) // only for key lengths that SHA-256 does not have
	}
	stored := sha256.Sum256(mac(salted, "Client Key"))
	return verifier{salt: salt, storedKey: stored[:], serverKey: mac(salted, "Server Key")}
}

// exchange is one log-in: the client's first word, the server's, the client's
// proof and the server's.
type exchange struct {
	verifier
	header      string // the client's word on channel binding, to be repeated in its proof
	clientFirst string // without that header
	serverFirst string
	nonce       string
}

var errMalformed = errors.New("malformed SCRAM message")

// challenge answers the client's first message.
func (v verifier) challenge(first string) (*exchange, string, error) {
	// The header is "n,," or "y,,". Channel binding ("p=…") needs TLS.
	if !strings.HasPrefix(first, "n,,") && !strings.HasPrefix(first, "y,,") {
		return nil, "", errMalformed
	}
	x := &exchange{verifier: v, header: first[:3], clientFirst: first[3:]}
	_, nonce, ok := strings.Cut(x.clientFirst, ",r=")
	if !ok || nonce == "" || !strings.HasPrefix(x.clientFirst, "n=") {
		return nil, "", errMalformed
	}
	x.nonce = nonce + rand.Text()
	x.serverFirst = fmt.Sprintf("r=%s,s=%s,i=%d", x.nonce, base64.StdEncoding.EncodeToString(v.salt), iterations)
	return x, x.serverFirst, nil
}

// verify checks the client's proof. It gives the server's own, or right=false
// for a wrong password.
func (x *exchange) verify(final string) (proof string, right bool, err error) {
	bare, sent, ok := strings.Cut(final, ",p=")
	want := fmt.Sprintf("c=%s,r=%s", base64.StdEncoding.EncodeToString([]byte(x.header)), x.nonce)
	if !ok || bare != want {
		return "", false, errMalformed
	}
	clientProof, err := base64.StdEncoding.DecodeString(sent)
	if err != nil || len(clientProof) != sha256.Size {
		return "", false, errMalformed
	}
	auth := x.clientFirst + "," + x.serverFirst + "," + bare
	clientKey := make([]byte, sha256.Size)
	subtle.XORBytes(clientKey, clientProof, mac(x.storedKey, auth))
	stored := sha256.Sum256(clientKey)
	if !hmac.Equal(stored[:], x.storedKey) {
		return "", false, nil
	}
	return "v=" + base64.StdEncoding.EncodeToString(mac(x.serverKey, auth)), true, nil
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
