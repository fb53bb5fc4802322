#!/usr/bin/env bash
# in-toto's own library writes verification summaries that slsa-verifier can't read.
#
# A SLSA verification summary says which levels a release's dependencies have:
#
#   "dependencyLevels": {"SLSA_BUILD_LEVEL_3": 12, "SLSA_BUILD_LEVEL_0": 1}
#
# One would expect that what in-toto/attestation 1.2.0 builds and marshals as its
# documentation says (protojson) is accepted by slsa-verifier 2.7.1, the reference verifier
# of the same format. The counts are uint64 there, and protojson writes such numbers as
# strings, {"SLSA_BUILD_LEVEL_3": "12"}, which slsa-verifier refuses:
#
#   dependencyLevels   written by   slsa-verifier
#   left out           protojson    PASSED
#   given              protojson    invalid DSSE envelope payload: cannot unmarshal string
#   given              by hand      PASSED, with the counts as numbers, as SLSA 1.0 has them
#
# protojson itself reads both. A summary is signed, so nobody can mend it later: a release
# bot that attests its decision must leave the counts out, or write the predicate's JSON by
# itself, and try what it signs with the verifier that its users will run.
#
# Needs Go. Takes two to four minutes. Fails when a version behaves differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=-mod=mod
cat >go.mod <<'MOD'
module attest

go 1.25

require (
	github.com/in-toto/attestation v1.2.0
	github.com/secure-systems-lab/go-securesystemslib v0.9.1
	github.com/slsa-framework/slsa-verifier/v2 v2.7.1
)
MOD
cat >main.go <<'GO'
package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"

	vsa "github.com/in-toto/attestation/go/predicates/vsa/v1"
	intoto "github.com/in-toto/attestation/go/v1"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"github.com/slsa-framework/slsa-verifier/v2/options"
	"github.com/slsa-framework/slsa-verifier/v2/verifiers"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
)

const digest = "5678b7f1c2d2d0e1a6b0c0a5d5b1b8c1e2f3a4b5c6d7e8f901234567890abcde"

// signer signs with ECDSA, as slsa-verifier expects it of a P-256 key.
type signer struct{ *ecdsa.PrivateKey }

func (s signer) KeyID() (string, error) { return "gate", nil }

func (s signer) Sign(_ context.Context, text []byte) ([]byte, error) {
	sum := sha256.Sum256(text)
	return s.PrivateKey.Sign(rand.Reader, sum[:], crypto.SHA256)
}

// predicate is a summary with such counts, as protojson writes it.
func predicate(levels map[string]uint64) []byte {
	text, err := protojson.Marshal(&vsa.VerificationSummary{
		Verifier:           &vsa.VerificationSummary_Verifier{Id: "https://example.com/gate"},
		ResourceUri:        "pkg:oci/shop",
		Policy:             &vsa.VerificationSummary_Policy{Uri: "https://example.com/policy"},
		VerificationResult: "PASSED",
		VerifiedLevels:     []string{"SLSA_BUILD_LEVEL_2"},
		DependencyLevels:   levels,
	})
	check(err)
	return text
}

// statement wraps a predicate, again with in-toto's library.
func statement(predicate []byte) []byte {
	fields := &structpb.Struct{}
	check(protojson.Unmarshal(predicate, fields))
	s := &intoto.Statement{
		Type:          intoto.StatementTypeUri,
		Subject:       []*intoto.ResourceDescriptor{{Name: "shop", Digest: map[string]string{"sha256": digest}}},
		PredicateType: "https://slsa.dev/verification_summary/v1",
		Predicate:     fields,
	}
	check(s.Validate())
	text, err := protojson.Marshal(s)
	check(err)
	return text
}

// verify signs a statement and asks slsa-verifier about it.
func verify(statement []byte) string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	envelopes, err := dsse.NewEnvelopeSigner(signer{key})
	check(err)
	envelope, err := envelopes.SignPayload(context.Background(), "application/vnd.in-toto+json", statement)
	check(err)
	text, err := json.Marshal(envelope)
	check(err)
	id, uri, keyID, digests, levels := "https://example.com/gate", "pkg:oci/shop", "gate", []string{"sha256:" + digest}, []string{"SLSA_BUILD_LEVEL_2"}
	if _, err = verifiers.VerifyVSA(context.Background(), text,
		&options.VSAOpts{ExpectedDigests: &digests, ExpectedVerifierID: &id, ExpectedResourceURI: &uri, ExpectedVerifiedLevels: &levels},
		&options.VerificationOpts{PublicKey: key.Public(), PublicKeyID: &keyID, PublicKeyHashAlgo: crypto.SHA256}); err != nil {
		return err.Error()
	}
	return "PASSED"
}

func main() {
	counts := map[string]uint64{"SLSA_BUILD_LEVEL_3": 12}
	fmt.Println("left out:", verify(statement(predicate(nil))))
	written := predicate(counts)
	fmt.Println("written:", regexp.MustCompile(`"dependencyLevels": *({[^}]*})`).FindStringSubmatch(string(written))[1])
	fmt.Println("given:", verify(statement(written)))
	numbers := regexp.MustCompile(`"12"`).ReplaceAll(written, []byte("12"))
	fmt.Println("by hand:", verify(statement(numbers)))
	fmt.Println("protojson reads both:", protojson.Unmarshal(numbers, &vsa.VerificationSummary{}) == nil && protojson.Unmarshal(written, &vsa.VerificationSummary{}) == nil)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
GO
go mod tidy >/dev/null 2>&1
go run . | tee got
diff - got <<'WANT'
left out: PASSED
written: {"SLSA_BUILD_LEVEL_3":"12"}
given: invalid DSSE envelope payload: json: cannot unmarshal string into Go struct field Predicate.predicate.dependencyLevels of type int
by hand: PASSED
protojson reads both: true
WANT
