package redact

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// TestWritings writes a secret containing everything that needs quoting somewhere, the
// way programs and services write it, and looks for its words.
func TestWritings(t *testing.T) {
	words := []string{"onkel", "tante", "neffe", "nichte", "vetter", "base"}
	secret := strings.NewReplacer("1", `"`, "2", `\`, "3", "'", "4", "<&>", "5", "% ü+/").Replace("onkel1tante2neffe3nichte4vetter5base")
	asJSON, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	shell, err := exec.CommandContext(t.Context(), "sh", "-c", `set -x; : "$1"`, "sh", secret).CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"as it is": secret, "Go": fmt.Sprintf("%q", secret), "ASCII": strconv.QuoteToASCII(secret), "JSON": string(asJSON), "a page": html.EscapeString(secret),
		"Python":              `'` + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(secret) + `'`,
		"a shell that traces": string(shell), "shlex": strings.ReplaceAll(secret, "'", `'"'"'`),
		"a form": url.Values{"a": {secret}}.Encode(), "an address": strings.ReplaceAll(url.QueryEscape(secret), "+", "%20"), "a path": url.PathEscape(secret),
	} {
		for _, word := range words {
			if got := Line(text, []string{secret}); strings.Contains(got, word) {
				t.Errorf("%s shows %s: %s", name, word, got)
			}
		}
	}
}

// TestEncoded encodes a secret in base64 after texts of each length, as in user and
// password: no part of it can be decoded from the result.
func TestEncoded(t *testing.T) {
	const secret = "onkel?>~tante"
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
		for _, before := range []string{"", "a", "ab", "abc", "user:"} {
			text := encoding.EncodeToString([]byte(before + secret + ", and more"))
			got := Line("Authorization: Basic "+text, []string{secret})
			if !strings.Contains(got, Mark) {
				t.Errorf("after %q it is shown: %s", before, got)
			}
		}
	}
}

// TestLinesOfSecrets prints a key of several lines; each line is redacted by itself.
func TestLinesOfSecrets(t *testing.T) {
	r := New([]string{"-----BEGIN KEY-----\r\nonkel-und-tante\nneffe-und-nichte\n}\n-----END KEY-----\n"})
	for line, want := range map[string]string{"key: neffe-und-nichte": "key: [redacted]", "onkel-und-tante\r": "[redacted]", "a } stays": "a } stays"} {
		if got := r.Line(line); got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

// TestShortSecrets checks that short secrets are left alone, since they occur within
// other words.
func TestShortSecrets(t *testing.T) {
	if forms := Forms([]string{"", "a", "ab", "abc"}); len(forms) > 0 {
		t.Errorf("got the forms %q, want none", forms)
	}
}
