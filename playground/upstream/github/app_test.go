package github_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	gh "github.com/google/go-github/v60/github"

	"gonogo/playground/upstream/github"
)

const tokens = "/api/v3/app/installations/42/access_tokens"

// withApp serves a host that an app is installed in.
func withApp(t *testing.T) (*account, *rsa.PrivateKey) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	a := open(t)
	a.opts.App = github.App{ID: 7, Installation: 42, Key: &key.PublicKey}
	a.start()
	return a, key
}

func TestAnAppsTokenLastsAnHour(t *testing.T) {
	a, key := withApp(t)
	var got struct {
		Token   string
		Expires time.Time `json:"expires_at"`
	}
	reply := a.send("POST", tokens, "", "Authorization", "Bearer "+a.claim(key, nil))
	if err := json.Unmarshal([]byte(reply.body), &got); err != nil || reply.status != 201 || !got.Expires.Equal(a.now().Add(time.Hour)) {
		t.Fatalf("got %d %s, %v", reply.status, reply.body, err)
	}
	list := func() int { return a.send("GET", api+"/issues", "", "Authorization", "token "+got.Token).status }
	if status := list(); status != 200 {
		t.Errorf("with the token the list is %d", status)
	}
	a.pass(time.Hour)
	if status := list(); status != 401 {
		t.Errorf("with an expired token the list is %d", status)
	}
	a.wrote() // a token is no change of the repository
}

// claims are what an app says of itself.
type claims map[string]any

// claim is the app's own token, with some claims changed.
func (a *account) claim(key *rsa.PrivateKey, changed claims) string {
	a.t.Helper()
	all := claims{"iss": "7", "iat": a.now().Add(-time.Minute).Unix(), "exp": a.now().Add(9 * time.Minute).Unix()}
	maps.Copy(all, changed)
	signed := part(a.t, claims{"alg": "RS256", "typ": "JWT"}) + "." + part(a.t, all)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func part(t *testing.T, of claims) string {
	t.Helper()
	text, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func TestAppsThatAreTurnedAway(t *testing.T) {
	a, key := withApp(t)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	unsigned := part(t, claims{"alg": "none"}) + "." + part(t, claims{"iss": "7"}) + "."
	for _, test := range []struct{ name, claim, says string }{
		{"a good one with its ID as a number", a.claim(key, claims{"iss": 7}), ""},
		{"another's key", a.claim(other, nil), "could not be decoded"},
		{"no signature", unsigned, "could not be decoded"},
		{"no token at all", "7", "could not be decoded"},
		{"another app", a.claim(key, claims{"iss": "8"}), "Integration not found"},
		{"issued in the future", a.claim(key, claims{"iat": a.now().Add(time.Minute).Unix()}), "'iat'"},
		{"expired", a.claim(key, claims{"exp": a.now().Unix()}), "'exp'"},
		{"for too long", a.claim(key, claims{"exp": a.now().Add(11 * time.Minute).Unix()}), "too far"},
	} {
		got := a.send("POST", tokens, "", "Authorization", "Bearer "+test.claim)
		if test.says == "" {
			if got.status != 201 {
				t.Errorf("%s: got %d %s", test.name, got.status, got.body)
			}
			continue
		}
		if message, _ := got.refused(t); got.status != 401 || !strings.Contains(message, test.says) {
			t.Errorf("%s: got %d %s, want 401 with %q", test.name, got.status, message, test.says)
		}
	}
	if got := a.send("POST", strings.Replace(tokens, "42", "43", 1), "", "Authorization", "Bearer "+a.claim(key, nil)); got.status != 404 {
		t.Errorf("another installation gives %d", got.status)
	}
}

// TestGitHubsOwnTransport lets the library that clients use get the token.
func TestGitHubsOwnTransport(t *testing.T) {
	a, key := withApp(t)
	a.opts.Now = nil // the library's clock is the real one
	a.start()
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	transport, err := ghinstallation.New(plain{a.server.Client().Transport}, 7, 42, text)
	if err != nil {
		t.Fatal(err)
	}
	transport.BaseURL = a.server.URL + "/api/v3"
	a.client.Client().Transport = transport
	client := gh.NewClient(a.client.Client())
	client.BaseURL = a.client.BaseURL
	if list, _, err := client.Issues.ListByRepo(background, owner, repo, nil); err != nil || len(list) != 1 {
		t.Errorf("got %v, %v", list, err)
	}
}
