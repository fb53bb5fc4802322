package github

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed pages
var files embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"markdown": markdown,
	"moment":   moment,
	"bot":      isBot,
	"name":     func(login string) string { return strings.TrimSuffix(login, bot) },
	"plural":   plural,
	"rows":     func(page string, commits []tagged) rows { return rows{page, commits} },
}).ParseFS(files, "pages/*.html", "pages/style.css"))

// moment is a time as people read it, with the machine's beside it.
func moment(t time.Time) template.HTML {
	t = t.UTC()
	return template.HTML(fmt.Sprintf(`<time datetime="%s">%s</time>`, t.Format(time.RFC3339), t.Format("2 Jan 2006, 15:04 UTC")))
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

// pages serves what people read. It is there while the API is down.
func (h *Host) pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{owner}/{repo}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, h.pageURL(h.base(r))+"/issues", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /{owner}/{repo}/issues", h.show("issues", h.issuesPage))
	mux.HandleFunc("GET /{owner}/{repo}/issues/{number}", h.show("issue", h.issuePage))
	mux.HandleFunc("GET /{owner}/{repo}/pull/{number}", h.show("issue", h.issuePage))
	mux.HandleFunc("GET /{owner}/{repo}/commits", h.show("commits", h.commitsPage))
	mux.HandleFunc("GET /{owner}/{repo}/commit/{ref...}", h.show("commit", h.commitPage))
	mux.HandleFunc("GET /{owner}/{repo}/compare/{basehead...}", h.show("compare", h.comparePage))
	mux.HandleFunc("GET /avatars/{login}", avatar)
	return mux
}

// sheet is what every page has.
type sheet struct {
	Root       string // the host's address
	Page       string // the repository's
	Repository string
	Tab        string
	Title      string
	Content    any
}

// show draws a page of the repository. The content of a page that is not there
// is nil.
func (h *Host) show(name string, read func(*http.Request) (title string, content any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		title, content := read(r)
		h.mu.Unlock()
		if content == nil || !h.ours(r) {
			http.NotFound(w, r)
			return
		}
		root := h.base(r)
		var page bytes.Buffer
		err := templates.ExecuteTemplate(&page, name+".html", sheet{root, h.pageURL(root), h.opts.Repository, name, title, content})
		if err != nil {
			h.opts.Log.Error("practice GitHub's page", "page", name, "error", err)
			http.Error(w, "the page cannot be drawn", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'")
		_, _ = page.WriteTo(w) // the reader may have gone away; there is nobody to tell
	}
}

// shown is an issue as a page has it: a copy, so that it can be drawn while
// the host goes on.
type shown struct {
	Issue
	Labels []Label
	Events []event // in order of time
}

// event is a comment or a turn of an issue.
type event struct {
	At      time.Time
	Comment *Comment
	Turn    *Turn
}

func (h *Host) shown(issue *Issue) shown {
	s := shown{Issue: issue.clone()}
	for _, name := range issue.Labels {
		label, _ := h.findLabel(name)
		s.Labels = append(s.Labels, label)
	}
	for i := range s.Comments {
		s.Events = append(s.Events, event{At: s.Comments[i].At, Comment: &s.Comments[i]})
	}
	for i := range s.Turns {
		s.Events = append(s.Events, event{At: s.Turns[i].At, Turn: &s.Turns[i]})
	}
	slices.SortStableFunc(s.Events, func(a, b event) int { return a.At.Compare(b.At) })
	return s
}

// issueList is the list of issues in one state.
type issueList struct {
	State        string
	Open, Closed int
	Issues       []shown
}

func (h *Host) issuesPage(r *http.Request) (string, any) {
	list := issueList{State: open}
	if r.URL.Query().Get("state") == closed {
		list.State = closed
	}
	for _, issue := range h.issues {
		switch {
		case issue.away():
			continue
		case issue.State() == open:
			list.Open++
		default:
			list.Closed++
		}
		if issue.State() == list.State {
			list.Issues = append(list.Issues, h.shown(issue))
		}
	}
	slices.SortFunc(list.Issues, func(a, b shown) int { return cmp.Compare(b.Number, a.Number) })
	return "Issues", list
}

func (h *Host) issuePage(r *http.Request) (string, any) {
	number, _ := strconv.Atoi(r.PathValue("number"))
	issue := h.issue(number)
	if issue == nil || issue.away() {
		return "", nil
	}
	return fmt.Sprintf("%s · #%d", issue.Title, issue.Number), h.shown(issue)
}

// tagged is a commit with its tags.
type tagged struct {
	Commit
	Tags []string
}

// rows are commits as a page lists them.
type rows struct {
	Page    string
	Commits []tagged
}

func (c Code) tagged(commits []Commit) []tagged {
	all := []tagged{}
	for _, commit := range commits {
		all = append(all, tagged{commit, c.tags(commit.SHA)})
	}
	return all
}

// Text is the message after its title.
func (c Commit) Text() string {
	_, text, _ := strings.Cut(c.Message, "\n")
	return strings.TrimSpace(text)
}

func (h *Host) commitsPage(*http.Request) (string, any) {
	code := h.opts.Code
	head, ok := code.find(defaultBranch)
	if !ok {
		return "", nil
	}
	return "Commits", code.tagged(code.history(head))
}

func (h *Host) commitPage(r *http.Request) (string, any) {
	commit, ok := h.opts.Code.find(r.PathValue("ref"))
	if !ok {
		return "", nil
	}
	return commit.Title(), h.opts.Code.tagged([]Commit{commit})[0]
}

// compared is what a comparison's page shows.
type compared struct {
	Base, Head    string // as they were asked for
	Status        string
	Ahead, Behind []tagged
}

func (h *Host) comparePage(r *http.Request) (string, any) {
	found, ok := h.opts.Code.between(r.PathValue("basehead"))
	if !ok {
		return "", nil
	}
	base, head, _ := strings.Cut(r.PathValue("basehead"), "...")
	return "Comparing " + base + " with " + head, compared{
		base, head, found.status(), h.opts.Code.tagged(found.ahead), h.opts.Code.tagged(found.behind),
	}
}

// avatar is somebody's picture: the first letter on a colour of their own.
func avatar(w http.ResponseWriter, r *http.Request) {
	login := r.PathValue("login")
	w.Header().Set("Content-Type", "image/svg+xml")
	err := templates.ExecuteTemplate(w, "avatar.html", struct {
		Hue    int64
		Letter string
	}{id(login) % 360, strings.ToUpper(string([]rune(login)[:1]))})
	if err != nil {
		return // the reader has gone away; there is nobody to tell
	}
}
