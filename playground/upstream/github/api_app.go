package github

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// An app's own token lives ten minutes at most, those that it gets for it an
// hour (https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app).
const (
	longestClaim  = 10 * time.Minute
	tokenLifetime = time.Hour
)

func unauthorized(message string) *refusal {
	return &refusal{status: http.StatusUnauthorized, message: message}
}

// createToken is https://docs.github.com/rest/apps/apps#create-an-installation-access-token-for-an-app.
func (h *Host) createToken(r *request) (any, error) {
	if err := h.admitApp(r.Header.Get("Authorization")); err != nil {
		return nil, err
	}
	if r.PathValue("installation") != strconv.FormatInt(h.opts.App.Installation, 10) {
		return nil, errNotFound
	}
	if len(r.body) > 0 {
		if err := h.checkScope(r); err != nil {
			return nil, err
		}
	}
	now := h.now()
	for old, expires := range h.tokens {
		if !expires.After(now) {
			delete(h.tokens, old)
		}
	}
	token, expires := "ghs_"+rand.Text(), now.Add(tokenLifetime)
	h.tokens[token] = expires
	return object{
		"token": token, "expires_at": stamp(expires), "repository_selection": "selected",
		"permissions": object{
			"checks": "read", "contents": "read", "issues": "write", "metadata": "read", "security_events": "read", "secret_scanning_alerts": "read", "statuses": "read",
			"vulnerability_alerts": "read",
		},
	}, nil
}

// checkScope lets an app ask for this repository only. What it may do there is
// not narrowed down.
func (h *Host) checkScope(r *request) error {
	f, err := r.fields("InstallationToken")
	if err != nil {
		return err
	}
	var repositories []string
	var permissions map[string]string
	f.take("repositories", &repositories)
	f.take("permissions", &permissions)
	_, name, _ := strings.Cut(h.opts.Repository, "/")
	for _, one := range repositories {
		if !strings.EqualFold(one, name) {
			f.fault("repositories", "invalid", "")
		}
	}
	return f.err()
}

// admitApp checks the JSON Web Token with which an app says who it is
// (RFC 7519, signed as RFC 7518 section 3.3 describes).
func (h *Host) admitApp(header string) error {
	token, ok := strings.CutPrefix(header, "Bearer ")
	if !ok || h.opts.App.Key == nil {
		return unauthorized("A JSON web token could not be decoded")
	}
	var c claims
	if !c.read(token, h.opts.App.Key) {
		return unauthorized("A JSON web token could not be decoded")
	}
	return c.check(h.opts.App.ID, h.now())
}

// claims are what an app says of itself.
type claims struct {
	Issuer  json.Number `json:"iss"` // the app's ID, as a number or a string
	Issued  float64     `json:"iat"` // in seconds since 1970
	Expires float64     `json:"exp"`
}

// read is false unless the key's owner signed the token.
func (c *claims) read(token string, key *rsa.PublicKey) bool {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return false
	}
	var header struct {
		Algorithm string `json:"alg"`
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	seal, err := base64.RawURLEncoding.DecodeString(parts[2])
	return err == nil && decodePart(parts[0], &header) && header.Algorithm == "RS256" &&
		rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], seal) == nil && decodePart(parts[1], c)
}

func (c *claims) check(app int64, now time.Time) error {
	seconds := float64(now.Unix())
	switch {
	case c.Issuer.String() != strconv.FormatInt(app, 10):
		return unauthorized("Integration not found")
	case c.Issued > seconds:
		return unauthorized("'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
	case c.Expires <= seconds:
		return unauthorized("'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires")
	case c.Expires > seconds+longestClaim.Seconds():
		return unauthorized("'Expiration time' claim ('exp') is too far in the future")
	}
	return nil
}

func decodePart(part string, into any) bool {
	text, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(text, into) == nil
}
