package digitalocean

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// Values that stay secret are given back as EV[1:nonce:cipher]. What is in it
// is the platform's own affair; ours is AES-GCM, with the app's ID bound to it,
// so that an edited value, or one of another app, does not open.

// sealed reports whether a value looks encrypted.
func sealed(value string) bool { return strings.HasPrefix(value, "EV[") }

func (p *Platform) aead() cipher.AEAD {
	block, err := aes.NewCipher(p.key)
	if err != nil {
		panic(err) // a key of 32 bytes is always good
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has the block size that GCM wants
	}
	return aead
}

func (p *Platform) seal(appID, value string) string {
	nonce := make([]byte, 12)
	rand.Read(nonce)
	text := p.aead().Seal(nil, nonce, []byte(value), []byte(appID))
	return "EV[1:" + base64.StdEncoding.EncodeToString(nonce) + ":" + base64.StdEncoding.EncodeToString(text) + "]"
}

// opens reports whether an encrypted value is one that the platform gave out
// for the app.
func (p *Platform) opens(appID, value string) bool {
	inner, whole := strings.CutSuffix(strings.TrimPrefix(value, "EV["), "]")
	parts := strings.Split(inner, ":")
	if !whole || len(parts) != 3 || parts[0] != "1" {
		return false
	}
	nonce, err := base64.StdEncoding.Strict().DecodeString(parts[1])
	if err != nil || len(nonce) != 12 {
		return false
	}
	text, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil {
		return false
	}
	_, err = p.aead().Open(nil, nonce, text, []byte(appID))
	return err == nil
}

// accept checks a spec that was handed in for an app and gives what is kept of
// it: all of it, with what is secret encrypted.
func (p *Platform) accept(appID string, text json.RawMessage) (json.RawMessage, error) {
	if err := check(text); err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var spec map[string]any
	if err := decoder.Decode(&spec); err != nil {
		return nil, fmt.Errorf("error parsing app spec: %w", err)
	}
	if err := p.sealAll(appID, "", spec); err != nil {
		return nil, err
	}
	for _, list := range lists {
		some, _ := spec[list.name].([]any)
		for _, one := range some {
			if err := p.sealAll(appID, list.name+".", one.(map[string]any)); err != nil {
				return nil, err
			}
		}
	}
	return json.Marshal(spec)
}

// sealAll encrypts what is secret in an app's or a component's own fields.
func (p *Platform) sealAll(appID, field string, in map[string]any) error {
	envs, _ := in["envs"].([]any)
	for _, one := range envs {
		env := one.(map[string]any)
		if env["type"] == "SECRET" {
			if err := p.sealField(appID, field+"envs.value", env, "value"); err != nil {
				return err
			}
		}
	}
	image, _ := in["image"].(map[string]any)
	if image["registry_credentials"] != nil {
		return p.sealField(appID, field+"image.registry_credentials", image, "registry_credentials")
	}
	return nil
}

func (p *Platform) sealField(appID, field string, in map[string]any, name string) error {
	value, _ := in[name].(string)
	if !sealed(value) {
		in[name] = p.seal(appID, value)
		return nil
	}
	if !p.opens(appID, value) {
		return fault{field, "the encrypted value is not one that was given out for this app"}
	}
	return nil
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
