// Package gonogo_test holds what is true of the repository as a whole: which
// folder may import which, that the README's tour names the folders there are,
// and that Slack accepts the manifest. It reads the sources itself, since what
// `go list` says is not seen by go test's cache.
package gonogo_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// module is the prefix of our own import paths.
const module = "gonogo"

// rooms says which of our rooms each room may import. A room is a folder with
// the folders below it that are not rooms themselves, and may import itself.
// "x/..." stands for x and all rooms below it.
var rooms = map[string][]string{
	"readiness":           {"phrase", "readiness/alert", "readiness/answer", "readiness/build", "readiness/checklist", "readiness/event", "readiness/history", "readiness/work"},
	"readiness/delivery":  {"readiness/build", "readiness/event", "readiness/history", "readiness/work"},
	"readiness/history":   {"readiness/alert", "readiness/answer", "readiness/build", "readiness/event", "readiness/work"},
	"readiness/event":     {"readiness/alert", "readiness/answer", "readiness/build", "readiness/work"},
	"readiness/work":      {"readiness/answer", "readiness/build"},
	"readiness/alert":     {},
	"readiness/checklist": {"readiness/answer"},
	"readiness/answer":    {"readiness/build"},
	"readiness/build":     {},

	"redact":            {"redact/visible"},
	"redact/visible":    {},
	"phrase":            {},
	"spelling":          {},
	"suite":             {},
	"clients":           {"clients/outgoing", "gates/form", "redact"},
	"clients/outgoing":  {},
	"playground":        {},
	"examples":          {"playground"},
	"storage":           {"readiness/..."},
	"storage/bolt":      {"readiness/...", "storage"},
	"storage/postgres":  {"storage"},
	"storage/store":     {"storage", "storage/bolt", "storage/postgres"},
	"gates/form":        {},
	"gates/limit":       {"gates/form"},
	"gates/report":      {"phrase"},
	"gates/findings":    {"gates/limit", "gates/report", "phrase", "readiness/..."},
	"gates/glob":        {},
	"gates/files":       {},
	"gates/network":     {},
	"gates/database":    {"gates/network", "phrase", "readiness/..."},
	"gates/odoo":        {"gates/database"},
	"gates/schema":      {"gates/database"},
	"gates/certificate": {},
	"gates/handshake":   {"gates/network"},
	"gates/sshlogin":    {},
	"gates/fetch":       {"clients/outgoing", "gates/network", "phrase", "readiness/..."},
	"gates/load":        {},
	"gates/logs":        {"gates/limit", "phrase", "readiness/..."},
	"gates/alertpath":   {},
	"gates/oncall":      {"readiness/..."},
	"gates/metrics":     {"clients", "gates/limit", "phrase", "readiness/..."},
	"gates/nameserver":  {"clients", "gates/network"},
	"gates/numbers":     {"gates/form", "gates/limit", "gates/report", "phrase", "readiness/..."},
	"gates/repository":  {"clients", "gates/limit", "phrase", "readiness/..."},
	"gates":             {"clients", "clients/outgoing", "gates/alertpath", "gates/limit", "gates/network", "gates/oncall", "readiness/...", "redact", "spelling"},
	"gates/container":   {},
	"gates/dockerfile":  {},
	"gates/image":       {"clients/outgoing", "gates/network", "phrase"},
	"gates/archive":     {},
	"gates/artifacts":   {"clients", "gates", "gates/archive", "gates/container", "gates/dockerfile", "gates/files", "gates/findings", "gates/form", "gates/glob", "gates/image", "gates/limit", "gates/report", "phrase", "readiness/..."},
	"gates/data":        {"clients", "gates", "gates/database", "gates/limit", "gates/odoo", "gates/schema", "phrase", "readiness/..."},
	"gates/exec":        {"gates", "gates/limit", "phrase", "readiness/...", "redact"},
	"gates/github":      {"clients", "gates", "gates/form", "gates/limit", "gates/repository", "readiness/..."},
	"gates/monitoring":  {"clients", "gates", "gates/alertpath", "gates/files", "gates/limit", "gates/logs", "gates/metrics", "gates/oncall", "phrase", "readiness/..."},
	"gates/platform":    {"clients", "gates", "gates/certificate", "gates/files", "gates/limit", "phrase", "readiness/..."},
	"gates/web":         {"clients", "clients/outgoing", "gates", "gates/certificate", "gates/fetch", "gates/files", "gates/form", "gates/handshake", "gates/limit", "gates/load", "gates/nameserver", "gates/network", "gates/numbers", "gates/report", "gates/sshlogin", "phrase", "readiness/...", "redact"},
	"gates/kinds":       {"gates", "gates/artifacts", "gates/data", "gates/exec", "gates/github", "gates/monitoring", "gates/platform", "gates/web"},
	"deploy":            {"clients", "gates", "gates/database", "gates/limit", "gates/program", "phrase", "readiness/...", "redact"},
	"deploy/bluegreen":  {"clients", "deploy", "gates", "gates/fetch", "gates/nameserver", "phrase", "readiness/..."},
	"deploy/script":     {"deploy", "gates", "gates/limit", "gates/program", "phrase", "readiness/...", "redact"},
	"deploy/workflow":   {"clients", "deploy", "gates", "gates/fetch", "gates/limit", "phrase", "readiness/..."},
	"runs":              {"clients", "deploy", "gates", "phrase", "readiness/...", "redact", "runs/retry", "runs/runbook", "runs/transcript", "storage"},
	"runs/incidents":    {"clients", "deploy", "gates", "phrase", "readiness/...", "redact", "runs/retry", "storage"},
	"runs/issues":       {"clients", "phrase", "readiness/...", "redact", "runs/retry", "storage"},
	"runs/reviews":      {"clients", "phrase", "readiness/...", "redact", "runs/commits", "runs/retry", "storage"},
	"runs/commits":      {"clients", "phrase", "readiness/...", "redact", "runs/retry", "storage"},
	"runs/runbook":      {},
	"runs/transcript":   {"gates"},
	"runs/retry":        {},
	"commands":          {"commands/cards", "commands/deploying", "commands/grammar", "commands/looking", "commands/pages", "commands/preparing", "commands/reply", "commands/verb", "commands/wording", "readiness/..."},
	"bot/web":           append(below("commands"), "bot/watch", "gates/alertpath"),
	"bot":               append(below("commands"), "storage/store", "bot/chat", "bot/config", "bot/doctor", "bot/doctor/finding", "bot/scaffold", "bot/watch", "bot/web", "bot/chat/slackerr", "bot/chat/socket", "commands", "commands/deploying", "examples", "playground", "runs/commits", "runs/incidents", "runs/issues", "runs/reviews", "runs/runbook"),

	"bot/watch":         {"clients", "readiness/...", "redact", "runs/retry", "storage"},
	"bot/chat":          append(below("commands"), "bot/chat/lane", "bot/chat/pace", "bot/chat/people", "bot/chat/render", "bot/chat/scopes", "bot/chat/slackerr", "bot/chat/socket", "bot/watch"),
	"bot/chat/examine":  {"bot/chat/people", "bot/chat/scopes", "bot/chat/slackerr", "bot/doctor/finding", "readiness/..."},
	"bot/chat/lane":     {},
	"bot/chat/pace":     {"bot/chat/slackerr"},
	"bot/chat/people":   {"bot/chat/pace", "bot/chat/slackerr", "bot/chat/socket", "commands", "commands/roster", "readiness/..."},
	"bot/chat/render":   {"commands", "commands/reply", "phrase", "redact/visible"},
	"bot/chat/scopes":   {},
	"bot/chat/slackerr": {},
	"bot/chat/socket":   {"bot/chat/slackerr"},

	"commands/cards":     {"commands/reply", "commands/roster", "commands/wording", "phrase", "readiness/..."},
	"commands/deploying": {"commands/cards", "commands/moment", "commands/reply", "commands/verb", "commands/wording", "deploy", "phrase", "readiness/...", "runs", "runs/commits", "storage"},
	"commands/looking":   {"commands/cards", "commands/grammar", "commands/pages", "commands/reply", "commands/roster", "commands/verb", "commands/wording", "phrase", "readiness/..."},
	"commands/pages":     {"commands/cards", "commands/reply", "commands/wording", "phrase", "readiness/..."},
	"commands/preparing": {"commands/cards", "commands/grammar", "commands/moment", "commands/reply", "commands/verb", "commands/wording", "phrase", "readiness/...", "runs", "runs/runbook", "spelling"},
	"commands/verb":      {"commands/cards", "commands/grammar", "commands/pages", "commands/reply", "commands/roster", "commands/wording", "phrase", "readiness/...", "runs", "runs/commits", "storage"},
	"commands/grammar":   {"commands/moment", "commands/reply", "readiness/...", "spelling"},
	"commands/moment":    {"commands/reply", "gates/limit", "phrase", "readiness/..."},
	"commands/reply":     {"phrase", "redact/visible"},
	"commands/wording":   {"commands/reply", "phrase", "readiness/..."},
	"commands/roster":    {"commands/reply", "readiness/..."},

	"bot/config":            append(below("commands"), "bot/config/strictyaml", "clients/outgoing", "deploy/bluegreen", "deploy/script", "deploy/workflow", "gates/alertpath", "gates/kinds", "gates/oncall", "runs/incidents", "runs/runbook", "storage/store"),
	"bot/config/strictyaml": {"redact", "spelling"},

	"bot/doctor":         append(below("commands"), "bot/chat/examine", "bot/config", "bot/doctor/finding", "bot/web", "runs/runbook", "storage/store"),
	"bot/doctor/finding": {},
	"bot/scaffold":       {"phrase", "redact/visible"},
}

// below are the rooms under the roof of one: it and what it stands on.
func below(room string) []string {
	return []string{room, "clients", "commands/cards", "commands/reply", "commands/roster", "deploy", "gates", "gates/form", "gates/limit", "phrase", "readiness/...", "redact", "runs", "spelling", "storage"}
}

// vendors says which folders may import each library that is not ours. Whoever
// wants to change a library, or its version, looks there and nowhere else. The
// playground, which imitates the services, and tests may import any of them.
var vendors = map[string][]string{
	"github.com/yuin/goldmark":                {"bot/scaffold"},
	"code.dny.dev/ssrf":                       {"clients/outgoing"},
	"github.com/bradleyfalzon/ghinstallation": {"clients/github"},
	"github.com/digitalocean/godo":            {"clients/digitalocean"},
	"github.com/miekg/dns":                    {"clients/dns"},
	"github.com/go-json-experiment/json":      {"gates/report"}, // what encoding/json/v2 is to be; jsontext alone
	"github.com/invopop/jsonschema":           {"bot/config"},
	"github.com/goccy/go-yaml":                {"bot/config/strictyaml"},
	"github.com/google/go-containerregistry":  {"gates/image"},
	"github.com/google/go-github":             {"clients/github"},
	"github.com/gorilla/websocket":            {"bot/chat/socket"},
	"github.com/jackc/pgx":                    {"gates/database", "storage/postgres"},
	"github.com/mozillazg/go-unidecode":       {"bot/scaffold"},
	"github.com/moby/buildkit":                {"gates/dockerfile"}, // its parser of Dockerfiles alone
	"github.com/prometheus/client_golang":     {"bot/web"},
	"github.com/slack-go/slack":               {"bot/chat", "bot/chat/examine", "bot/chat/people", "bot/chat/render", "bot/chat/slackerr", "bot/chat/socket"},
	"github.com/spf13/cobra":                  {"bot"},
	"github.com/cli/browser":                  {"bot"},
	"github.com/spf13/pflag":                  {"bot"}, // cobra's flags
	"github.com/tsenart/vegeta":               {"gates/load"},
	"go.etcd.io/bbolt":                        {"storage/bolt"},
}

// common are the extensions of the standard library, which may be used anywhere.
const common = "golang.org/x/"

// source is one Go file.
type source struct {
	name    string // slash-separated, from the root
	folder  string
	test    bool // compiled into tests only
	file    *ast.File
	imports []string
}

// sources parses every Go file of the repository, for every platform.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); name != "." && (strings.HasPrefix(base, ".") || base == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		s, err := parse(name)
		all = append(all, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func parse(name string) (source, error) {
	file, err := parser.ParseFile(token.NewFileSet(), filepath.FromSlash(name), nil, parser.SkipObjectResolution)
	if err != nil {
		return source{}, err
	}
	s := source{name: name, folder: path.Dir(name), file: file}
	// Folders like storagetest hold what several rooms' tests share.
	s.test = strings.HasSuffix(name, "_test.go") || strings.HasSuffix(s.folder, "test")
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return source{}, fmt.Errorf("%s: %w", name, err)
		}
		s.imports = append(s.imports, imported)
	}
	return s, nil
}

// roomOf finds the room that a folder belongs to; "" if it belongs to none.
func roomOf(folder string) string {
	for ; folder != "."; folder = path.Dir(folder) {
		if _, ok := rooms[folder]; ok {
			return folder
		}
	}
	return ""
}

// trespass says what is wrong with an import, or "".
func trespass(s source, imported string) string {
	first, _, _ := strings.Cut(imported, "/")
	switch {
	case s.test:
		return pastTheFactory(s.folder, imported)
	case imported == module || strings.HasPrefix(imported, module+"/"):
		return betweenRooms(s.folder, strings.TrimPrefix(imported, module+"/"))
	case !strings.Contains(first, "."), strings.HasPrefix(imported, common):
		return ""
	}
	return fromVendor(s.folder, imported)
}

// stores are the packages that keep a ledger, each in its way. What else there is
// gets one from the factory, its tests too: they hold for every store then.
var stores = []string{"storage/bolt", "storage/postgres"}

const factory = "storage/store"

// pastTheFactory says what is wrong with a test's import of a store, or "".
func pastTheFactory(folder, imported string) string {
	name := strings.TrimPrefix(imported, module+"/")
	if !slices.Contains(stores, name) || folder == name || folder == factory {
		return ""
	}
	return fmt.Sprintf("only %s may import %s, in tests too", factory, name)
}

func betweenRooms(from, to string) string {
	room, other := roomOf(from), roomOf(to)
	switch {
	case room == "":
		return from + " is no room; give it a place in the table of rooms"
	case room == other, slices.ContainsFunc(rooms[room], func(entry string) bool { return covers(entry, other) }):
		return ""
	}
	return fmt.Sprintf("%s may not import %s", room, to)
}

// covers reports whether an entry of the table of rooms allows a room.
func covers(entry, room string) bool {
	all, below := strings.CutSuffix(entry, "/...")
	return entry == room || below && (room == all || strings.HasPrefix(room, all+"/"))
}

func fromVendor(folder, imported string) string {
	if roomOf(folder) == "playground" {
		return ""
	}
	for library, folders := range vendors {
		if imported != library && !strings.HasPrefix(imported, library+"/") {
			continue
		}
		if slices.Contains(folders, folder) {
			return ""
		}
		return fmt.Sprintf("only %s may import %s", strings.Join(folders, " and "), library)
	}
	return imported + " has no place in the table of vendors"
}

func TestWalls(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		seen[roomOf(s.folder)] = true
		if s.folder != "." && roomOf(s.folder) == "" {
			t.Errorf("%s: %s is no room; give it a place in the table of rooms", s.name, s.folder)
		}
		for _, imported := range s.imports {
			if wrong := trespass(s, imported); wrong != "" {
				t.Errorf("%s: %s", s.name, wrong)
			}
		}
	}
	for _, room := range []string{"readiness", "storage", "gates", "runs", "commands", "bot", "bot/chat", "playground"} {
		if !seen[room] {
			t.Errorf("no source of %s was found: the walls were not looked at", room)
		}
	}
}

// The walls themselves: what must be let through, and what must not.
func TestWallsStand(t *testing.T) {
	for _, tt := range []struct{ name, imported, want string }{
		{"gates/web/http.go", "net/http", ""},
		{"gates/web/http.go", "golang.org/x/sync/errgroup", ""},
		{"gates/web/http.go", "gonogo/readiness", ""},
		{"gates/web/http.go", "gonogo/gates/gatestest", ""},
		{"gates/web/http.go", "gonogo/storage", "gates/web may not import storage"},
		{"gates/limit/limit.go", "gonogo/gates/form", ""},
		{"gates/odoo/odoo.go", "gonogo/gates/database", ""},
		{"gates/database/tx.go", "gonogo/gates", "gates/database may not import gates"},
		{"gates/fetch/fetch.go", "gonogo/gates", "gates/fetch may not import gates"},
		{"gates/network/addresses.go", "gonogo/readiness", "gates/network may not import readiness"},
		{"gates/limit/limit.go", "gonogo/readiness", "gates/limit may not import readiness"},
		{"gates/report/junit.go", "gonogo/gates/limit", "gates/report may not import gates/limit"},
		{"gates/limit/limit.go", "gonogo/gates", "gates/limit may not import gates"},
		{"readiness/view.go", "gonogo/gates", "readiness may not import gates"},
		{"readiness/view.go", "gonogo/readiness/history", ""},
		{"readiness/history/state.go", "gonogo/readiness", "readiness/history may not import readiness"},
		{"readiness/event/run.go", "gonogo/readiness/history", "readiness/event may not import readiness/history"},
		{"readiness/answer/answer.go", "gonogo/readiness/event", "readiness/answer may not import readiness/event"},
		{"gates/web/http.go", "gonogo/readiness/answer", ""},
		{"redact/terminal/terminal.go", "gonogo/readiness/answer", "redact may not import readiness/answer"},
		{"redact/terminal/terminal.go", "gonogo/readiness", "redact may not import readiness"},
		{"clients/dns/dns.go", "gonogo/redact", ""},
		{"storage/bolt/open.go", "gonogo/readiness", ""},
		{"storage/bolt/open.go", "gonogo/storage", ""},
		{"storage/bolt/open.go", "gonogo/runs", "storage/bolt may not import runs"},
		{"storage/store/store.go", "gonogo/storage/bolt", ""},
		{"storage/ledger.go", "gonogo/storage/bolt", "storage may not import storage/bolt"},
		{"bot/app.go", "gonogo/storage/store", ""},
		{"bot/app.go", "gonogo/storage/bolt", "bot may not import storage/bolt"},
		{"bot/app_test.go", "gonogo/storage/bolt", "only storage/store may import storage/bolt, in tests too"},
		{"storage/storagetest/suite.go", "gonogo/storage/bolt", "only storage/store may import storage/bolt, in tests too"},
		{"storage/bolt/log_test.go", "gonogo/storage/bolt", ""},
		{"storage/store/store_test.go", "gonogo/storage/bolt", ""},
		{"bot/chat/chat.go", "gonogo/bot/web", "bot/chat may not import bot/web"},
		{"bot/chat/chat.go", "gonogo/commands", ""},
		{"bot/chat/socket/pool.go", "gonogo/commands", "bot/chat/socket may not import commands"},
		{"bot/chat/chat.go", "gonogo/bot/chat/examine", "bot/chat may not import bot/chat/examine"},
		{"bot/doctor/doctor.go", "gonogo/bot/chat", "bot/doctor may not import bot/chat"},
		{"bot/chat/lane/lane.go", "gonogo/bot/chat/pace", "bot/chat/lane may not import bot/chat/pace"},
		{"bot/chat/pace/caller.go", "gonogo/bot/chat", "bot/chat/pace may not import bot/chat"},
		{"bot/chat/people/directory.go", "gonogo/bot/chat", "bot/chat/people may not import bot/chat"},
		{"bot/chat/people/directory.go", "gonogo/runs", "bot/chat/people may not import runs"},
		{"bot/chat/render/page.go", "gonogo/runs", "bot/chat/render may not import runs"},
		{"commands/parse.go", "gonogo/bot/chat", "commands may not import bot/chat"},
		{"commands/preparing/run.go", "gonogo/commands/verb", ""},
		{"commands/preparing/run.go", "gonogo/commands/deploying", "commands/preparing may not import commands/deploying"},
		{"commands/verb/call.go", "gonogo/commands", "commands/verb may not import commands"},
		{"commands/cards/change.go", "gonogo/runs", "commands/cards may not import runs"},
		{"commands/cards/change.go", "gonogo/commands/pages", "commands/cards may not import commands/pages"},
		{"commands/reply/reply.go", "gonogo/readiness", "commands/reply may not import readiness"},
		{"bot/app.go", "gonogo/bot/chat", ""},
		{"playground/world.go", "gonogo/playground/workspace", ""},
		{"playground/world.go", "gonogo/commands", "playground may not import commands"},
		{"misc/x.go", "gonogo/readiness", "misc is no room; give it a place in the table of rooms"},
		{"bot/chat/chat.go", "github.com/slack-go/slack", ""},
		{"bot/chat/chat.go", "github.com/slack-go/slack/socketmode", ""},
		{"commands/preparing/run.go", "github.com/slack-go/slack", "only bot/chat and bot/chat/examine and bot/chat/people and bot/chat/render and bot/chat/slackerr and bot/chat/socket may import github.com/slack-go/slack"},
		{"storage/ledger.go", "go.etcd.io/bbolt", "only storage/bolt may import go.etcd.io/bbolt"},
		{"gates/database/database.go", "github.com/jackc/pgx/v5/pgconn", ""},
		{"gates/data/postgres.go", "github.com/jackc/pgx/v5", "only gates/database and storage/postgres may import github.com/jackc/pgx"},
		{"gates/web/http.go", "github.com/slack-golang/x", "github.com/slack-golang/x has no place in the table of vendors"},
		{"playground/workspace/sockets.go", "github.com/gorilla/websocket", ""},
		{"commands/run_test.go", "github.com/slack-go/slack", ""},
		{"storage/storagetest/suite.go", "github.com/google/go-cmp/cmp", ""},
	} {
		s := source{name: tt.name, folder: path.Dir(tt.name)}
		s.test = strings.HasSuffix(tt.name, "_test.go") || strings.HasSuffix(s.folder, "test")
		if got := trespass(s, tt.imported); got != tt.want {
			t.Errorf("%s imports %s: got %q, want %q", tt.name, tt.imported, got, tt.want)
		}
	}
}

// The domain does no I/O and reads no clock: the moment comes in from outside.
func TestReadinessIsPure(t *testing.T) {
	outside := []string{"net", "os", "io/fs", "context", "log", "log/slog", "math/rand", "math/rand/v2", "sync"}
	clock := []string{"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTimer", "NewTicker"}
	for _, s := range sources(t) {
		if !covers("readiness/...", roomOf(s.folder)) || s.test {
			continue
		}
		for _, imported := range s.imports {
			if slices.Contains(outside, imported) || strings.HasPrefix(imported, "net/") || strings.HasPrefix(imported, "os/") {
				t.Errorf("%s imports %s", s.name, imported)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if call, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := call.X.(*ast.Ident); ok && pkg.Name == "time" && slices.Contains(clock, call.Sel.Name) {
					t.Errorf("%s reads the clock: time.%s", s.name, call.Sel.Name)
				}
			}
			return true
		})
	}
}

// The rooms are put together once, by their constructors: newApp sets nothing on what
// it has built.
func TestAssemblySetsNothingAfterwards(t *testing.T) {
	app, err := parse("bot/app.go")
	if err != nil {
		t.Fatal(err)
	}
	looked := false
	for _, decl := range app.file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Name.Name != "newApp" {
			continue
		}
		looked = true
		ast.Inspect(f, func(n ast.Node) bool {
			if set, ok := n.(*ast.AssignStmt); ok {
				for _, left := range set.Lhs {
					if field, ok := left.(*ast.SelectorExpr); ok && field.Sel.IsExported() {
						t.Errorf("newApp sets %s after it was built", field.Sel.Name)
					}
				}
			}
			return true
		})
	}
	if !looked {
		t.Error("bot/app.go has no newApp")
	}
}

var tourLine = regexp.MustCompile("(?m)^- `([^`]+)/` ")

func TestTourNamesTheFoldersThereAre(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var toured []string
	for _, line := range tourLine.FindAllStringSubmatch(string(readme), -1) {
		toured = append(toured, line[1])
	}
	folders := map[string]bool{}
	for _, s := range sources(t) {
		if s.folder != "." {
			folders[s.folder] = true
		}
	}
	slices.Sort(toured)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(folders)), toured); diff != "" {
		t.Errorf("folders with Go in them, and the README's tour (-there +toured):\n%s", diff)
	}
}
