package dockerfile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func planOf(t *testing.T, text string, build Build) *Plan {
	t.Helper()
	plan, err := Read(strings.NewReader(text), build)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return plan
}

// What Docker's builder makes of each of these was tried with buildah 1.28.2, and read in
// BuildKit 0.31.2.
func TestUser(t *testing.T) {
	for name, tt := range map[string]struct {
		text    string
		build   Build
		want    string // the user's text; "-": none is set
		unknown string
	}{
		"none":                                 {text: "FROM debian:12", want: "-"},
		"a number":                             {text: "FROM debian:12\nUSER 1000:1000", want: "1000:1000"},
		"the last one":                         {text: "FROM debian:12\nUSER 1000\nRUN make\nUSER root", want: "root"},
		"in quotes":                            {text: "FROM debian:12\nUSER \"1000\"", want: "1000"},
		"empty quotes":                         {text: "FROM debian:12\nUSER ''", want: ""},
		"in small letters":                     {text: "from debian:12 as a\nuser 1000\nfrom A", want: "1000"},
		"inherited from a stage":               {text: "FROM debian:12 AS a\nUSER 1000\nFROM a AS b\nFROM b", want: "1000"},
		"not from a stage that it copies":      {text: "FROM debian:12 AS a\nUSER 1000\nFROM scratch\nCOPY --from=a /x /x", want: "-"},
		"not from a stage before it":           {text: "FROM debian:12\nUSER 1000\nFROM debian:12", want: "-"},
		"the newest stage of a name":           {text: "FROM debian:12 AS a\nUSER 1\nFROM debian:12 AS a\nUSER 2\nFROM a", want: "2"},
		"of a target":                          {text: "FROM debian:12 AS a\nUSER 1\nFROM a AS b\nUSER 2", build: Build{Target: "A"}, want: "1"},
		"of a target by number":                {text: "FROM debian:12 AS a\nUSER 1\nFROM a AS b\nUSER 2", build: Build{Target: "0"}, want: "1"},
		"ARG before FROM is empty after it":    {text: "ARG WHO=1000\nFROM debian:12\nUSER $WHO", want: ""},
		"ARG before FROM, declared again":      {text: "ARG WHO=1000\nFROM debian:12\nARG WHO\nUSER $WHO", want: "1000"},
		"ARG with another value":               {text: "ARG WHO=1000\nFROM debian:12\nARG WHO=1001\nUSER $WHO", want: "1001"},
		"ARG that the build passes":            {text: "FROM debian:12\nARG WHO=1000\nUSER $WHO", build: Build{Args: map[string]string{"WHO": "0"}}, want: "0"},
		"ARG without a value":                  {text: "FROM debian:12\nARG WHO\nUSER $WHO", want: ""},
		"ARG without a value, with a default":  {text: "FROM debian:12\nARG WHO\nUSER ${WHO:-1000}", want: "1000"},
		"ARG of the stage below":               {text: "FROM debian:12 AS a\nARG WHO=1000\nFROM a\nUSER $WHO", want: "1000"},
		"ARG of another stage":                 {text: "FROM debian:12 AS a\nARG WHO=1000\nFROM scratch\nUSER $WHO", want: ""},
		"ENV":                                  {text: "FROM debian:12\nENV A=1000 B=x\nUSER $A", want: "1000"},
		"ENV in the old form":                  {text: "FROM debian:12\nENV A 1000\nUSER ${A}", want: "1000"},
		"ENV of ARG":                           {text: "FROM debian:12\nARG A=7\nENV B=$A\nUSER $B", want: "7"},
		"ENV is expanded with what was before": {text: "FROM debian:12\nENV A=1\nENV A=2 B=$A\nUSER $B", want: "1"},
		"ENV and ARG differ":                   {text: "FROM debian:12\nENV A=1\nARG A=0\nUSER $A", want: "", unknown: "A"},
		"ENV after ARG":                        {text: "FROM debian:12\nARG A=0\nENV A=1\nUSER $A", want: "1"},
		"of the base image's ENV":              {text: "FROM debian:12\nUSER $APP", want: "", unknown: "APP"},
		"a default, over the base's ENV":       {text: "FROM debian:12\nUSER ${APP:-1000}", want: "1000", unknown: "APP"},
		"through another variable":             {text: "FROM debian:12\nENV A=$APP\nUSER $A", want: "", unknown: "A"},
		"no variable of scratch":               {text: "FROM scratch\nUSER $APP", want: ""},
		"what the builder sets":                {text: "FROM debian:12\nARG TARGETARCH\nUSER $TARGETARCH", want: "", unknown: "TARGETARCH"},
		"ONBUILD is for children":              {text: "FROM debian:12\nUSER 1000\nONBUILD USER root", want: "1000"},
		"ONBUILD of the stage below":           {text: "FROM debian:12 AS a\nUSER 1000\nONBUILD USER root\nFROM a", want: "root"},
		"ONBUILD of the stage below that":      {text: "FROM debian:12 AS a\nUSER 1000\nONBUILD USER 7\nFROM a AS b\nUSER 1\nFROM b", want: "1"},
		"within a heredoc":                     {text: "FROM debian:12\nUSER 1000\nRUN <<EOT\nUSER root\nEOT", want: "1000"},
		"with another escape":                  {text: "# escape=`\nFROM debian:12\nUSER `\n 1000", want: "1000"},
		"with a byte order mark and CRLF":      {text: "\ufeffFROM debian:12\r\nUSER 1000\r\n", want: "1000"},
		"two words":                            {text: "FROM debian:12\nUSER app extra", want: "app extra"},
	} {
		t.Run(name, func(t *testing.T) {
			got, unknown := "-", ""
			if user := planOf(t, tt.text, tt.build).User; user != nil {
				got, unknown = user.Text, strings.Join(user.Unknown, " ")
			}
			if got != tt.want || unknown != tt.unknown {
				t.Errorf("got %q, unknown %q; want %q, unknown %q", got, unknown, tt.want, tt.unknown)
			}
		})
	}
}

func TestImages(t *testing.T) {
	const digest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	plan := planOf(t, `ARG TAG=12
ARG NONE
FROM --platform=$BUILDPLATFORM debian:$TAG AS build
RUN --mount=type=bind,from=busybox:1,target=/x --mount=type=cache,target=/y make
FROM build AS other
FROM debian`+digest+`
COPY --from=build /a /b
COPY --from=0 /a /b
COPY --from=alpine:3 /a /b
FROM debian:$NONE
FROM scratch
`, Build{})
	var got []string
	for _, image := range plan.Images {
		line := image.Name
		if len(image.Unknown) > 0 {
			line += " unknown " + strings.Join(image.Unknown, " ")
		}
		if image.Pinned() {
			line += " pinned"
		}
		got = append(got, line)
	}
	want := []string{"debian:12", "busybox:1", "debian" + digest + " pinned", "alpine:3", "debian: unknown NONE", "scratch pinned"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !plan.Base.Scratch() {
		t.Errorf("the base is %+v", plan.Base)
	}
	if base := planOf(t, "FROM debian:12 AS a\nFROM a AS b\nFROM b", Build{}).Base; base.Name != "debian:12" || base.Line != 1 {
		t.Errorf("the base is %+v", base)
	}
}

func TestVariables(t *testing.T) {
	plan := planOf(t, `FROM debian:12
ARG TOKEN
ARG KEY="" SECRET=a
ENV A=1 B="two words" C=
ENV D four words
RUN <<EOT
export PASSWORD=x
EOT
`, Build{})
	want := []Variable{{"SECRET", "a", 3}, {"A", "1", 4}, {"B", "two words", 4}, {"D", "four words", 5}}
	if diff := cmp.Diff(want, plan.Variables); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(plan.Commands) != 1 || !strings.Contains(plan.Commands[0].Text, "export PASSWORD=x") {
		t.Errorf("the commands are %+v", plan.Commands)
	}
}

func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "it isn't a valid Dockerfile",
		"# nothing":                    "line 1 isn't valid in a Dockerfile",
		"ARG A=1":                      "it has no FROM",
		"RUN make\nFROM a":             "line 1 has an instruction before the first FROM",
		"FROM a\nUSRE b":               "line 2 has no instruction of a Dockerfile",
		"FROM a b":                     "line 1 isn't valid in a Dockerfile; write it like FROM debian:12 AS build",
		"FROM a\nUSER":                 "line 2 has a USER without a name",
		"FROM a\nUSER ${A":             "line 2 has a variable that can't be replaced",
		"FROM a\nENV A":                "line 2 isn't valid in a Dockerfile",
		"FROM a\nRUN <<EOT\n":          "line 2 isn't valid in a Dockerfile",
		strings.Repeat("#\n", MaxSize): "it is larger than 256 KiB",
		"FROM a\nENV A=0123456789\n" + strings.Repeat("ENV A=$A$A\n", 40): "the variables on line 15 are longer than 64 KiB",
		strings.Repeat("FROM a\n", 201):                                   "it has more than 200 stages",
		"FROM a\n" + strings.Repeat("RUN a\n", 2000):                      "it has more than 2000 instructions",
		"FROM a\nRUN secret=\"a\nUSRE x":                                  "line 3 has no instruction of a Dockerfile",
	} {
		if _, err := Read(strings.NewReader(text), Build{}); err == nil || err.Error() != want {
			t.Errorf("%.40q: got %v, want %s", text, err, want)
		}
	}
	if _, err := Read(strings.NewReader("FROM a"), Build{Target: "b"}); err == nil || err.Error() != `it has no stage "b"` {
		t.Errorf("got %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("ARG A=1\nFROM a:$A AS b\nARG A\nENV B=$A C=${B:-x}\nONBUILD USER root\nFROM b\nUSER ${C}:1\nCOPY --from=x a b\n", "A", "2", "b")
	f.Add("# escape=`\nFROM scratch\nRUN <<E\nx\nE\nUSER \"$A\"", "", "", "0")
	f.Add("FROM a\nUSER ${A:?x}${B##*}${C/a/b}", "B", "aa", "")
	f.Add("FROM a\nONBUILD ONBUILD USER x\nENV a\\ b=c 'd'=e", "", "", "")
	f.Fuzz(func(t *testing.T, text, arg, value, target string) {
		build := Build{Args: map[string]string{arg: value}, Target: target}
		plan, err := Read(strings.NewReader(text), build)
		if err != nil {
			if strings.Contains(err.Error(), "\n") || len(err.Error()) > 200+4*len(target) {
				t.Errorf("the error is %q", err)
			}
			return
		}
		if plan.Base.Name == "" && len(plan.Base.Unknown) == 0 && !strings.Contains(text, "$") && !strings.ContainsAny(text, `'"`+"\\`") {
			t.Errorf("no base of %q", text)
		}
		if plan.User != nil && plan.User.Line == 0 {
			t.Errorf("a user from nowhere: %+v", plan.User)
		}
	})
}
