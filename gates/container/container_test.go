package container

import (
	"slices"
	"strings"
	"testing"
)

func TestUserOf(t *testing.T) {
	for text, want := range map[string]Who{
		"": Root, " ": Root, "0": Root, "00": Root, "000:5": Root, "+0": Root, "-0": Root, "root": Root, "root:1000": Root, ":1000": Root, "0:0": Root, " 0 ": Root,
		"1000": NotRoot, "1000:0": NotRoot, "01000": NotRoot, "2147483647": NotRoot,
		"app": Named, "app:app": Named, "toor": Named, "0x0": Named, "Root": Named, "１": Named,
		"-1": Invalid, "2147483648": Invalid, "4294967296": Invalid, "99999999999999999999999": Invalid,
	} {
		if got, _ := UserOf(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func TestUID(t *testing.T) {
	passwd := []byte("root:x:0:0::/root:/bin/sh\n# app:x:1:1\n  app:x:1000:0:::\ntoor:x:0:0::/:\ntwo:x:5:5:::\ntwo:x:0:0:::\nodd:x:zero:0:::\nshort:x\nbig:x:4294967296:0:::")
	for name, want := range map[string]int{"app": 1000, "toor": 0, "two": 0} {
		if got, ok := UID(passwd, name); got != want || !ok {
			t.Errorf("%s: got %d %v, want %d", name, got, ok, want)
		}
	}
	for _, name := range []string{"nobody", "odd", "short", "big", "", "ap", "# app"} {
		if got, ok := UID(passwd, name); ok && name != "# app" {
			t.Errorf("%s: got %d", name, got)
		}
	}
}

func TestVariable(t *testing.T) {
	for _, variable := range []string{
		"PASSWORD=a", "db_password=a", "PGPASSWORD=a", "API_KEY=a", "apiKey=a", "AWS_ACCESS_KEY_ID=a", "GITHUB_TOKEN=a", "TOKENS=a", "SECRET=$TOKEN", "DB_PASS=a", "DB_PWD=a",
		"DATABASE_URL=postgres://shop:hunter2@db/shop", "X=https://:abc@host/", "my-secret=a", "PASSWORD_FILE=a", "CREDENTIALS={}",
	} {
		name, value, _ := strings.Cut(variable, "=")
		if !Variable(name, value) {
			t.Errorf("%s isn't found", variable)
		}
	}
	for _, variable := range []string{
		"PASSWORD=", `PASSWORD=""`, "PWD=/app", "OLDPWD=/", "PATH=/bin", "COMPASS=a", "KEYBOARD=us", "KEYCLOAK_HOME=/opt", "TOKENIZERS_PARALLELISM=false", "PUBLIC_KEY=a",
		"PASSWORD_FILE=/run/secrets/db", "SSH_KEY_PATH=/keys", "URL=https://shop.example/", "URL=https://user@host/", "=a", "_=a", "BYPASS=1",
	} {
		name, value, _ := strings.Cut(variable, "=")
		if Variable(name, value) {
			t.Errorf("%s is taken for a secret", variable)
		}
	}
}

func TestCommand(t *testing.T) {
	for text, want := range map[string][]string{
		"RUN |2 TOKEN=abc VERSION=1 /bin/sh -c make # buildkit":               {"TOKEN"},
		"/bin/sh -c #(nop)  ENV PASSWORD=abc":                                 {"PASSWORD"},
		"ENV A=1 API_KEY=abc DB_PASSWORD='x y'":                               {"API_KEY", "DB_PASSWORD"},
		"ARG TOKEN":                                                           nil,
		"ARG TOKEN=":                                                          nil,
		"curl --password=abc https://host":                                    {"password"},
		"git clone https://me:abc@host/repo":                                  {"a URL with a password"},
		"git clone https://me:$TOKEN@host/repo":                               nil,
		"TOKEN=$(cat /run/secrets/t) make":                                    nil,
		"TOKEN=\"$OTHER\" make; PASSWORD=`x` make":                            nil,
		"RUN --mount=type=secret,id=token,target=/key make":                   nil,
		"export SECRET=abc && make":                                           {"SECRET"},
		"LABEL org.example.version=1":                                         nil,
		"echo deb [signed-by=/usr/share/keyrings/x.gpg] https://host/ stable": nil,
	} {
		if got := Command(text); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

// The names are all that may be seen.
func FuzzCommand(f *testing.F) {
	f.Add("ENV PASSWORD=abc TOKEN='x' --key=\"a b\"")
	f.Add("RUN |1 A=b; B_SECRET=c&&x")
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range Command(text) {
			if strings.ContainsAny(name, "='\"\n") || !strings.Contains(text, name+"=") && name != "a URL with a password" {
				t.Errorf("got %q of %q", name, text)
			}
		}
		UID([]byte(text), "a")
		UserOf(text)
	})
}
