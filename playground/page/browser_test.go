package page_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"go.uber.org/goleak"
)

// patience is how long a test waits for the page before it fails; it only ends a hang, on a machine that is ten times as slow
// as usual too.
const patience = 6 * time.Minute

var screenshots = flag.String("screenshots", "", "folder to write pictures of the page into; empty writes none")

// TestMain ends the browser before it looks for goroutines that were left behind.
func TestMain(m *testing.M) {
	flag.Parse()
	goleak.VerifyTestMain(withBrowser{m})
}

type withBrowser struct{ *testing.M }

func (w withBrowser) Run() int {
	defer func() { closeBrowser() }()
	return w.M.Run()
}

// closeBrowser ends the browser, if a test started one.
var closeBrowser = func() {}

// browser starts Chromium once for all tests, with a profile of its own, talking to nobody but the pages under test.
var browser = sync.OnceValues(func() (context.Context, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, err
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.NoFirstRun, chromedp.DisableGPU, chromedp.WindowSize(1280, 800),
	}
	for _, flag := range []string{
		"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage",
		"disable-default-apps", "disable-extensions", "disable-backgrounding-occluded-windows", "disable-renderer-backgrounding",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	allocator, endProcess := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, endBrowser := chromedp.NewContext(allocator)
	closeBrowser = func() { endBrowser(); endProcess() }
	return ctx, chromedp.Do(ctx)
})

// tab is one window of the page, driven as a person would.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// open shows an address in a new window with storage of its own. Errors of its scripts fail the test.
func open(t *testing.T, url string) *tab {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	running, err := browser()
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatalf("install Debian's chromium: %v", err)
	case err != nil:
		t.Skipf("install Debian's chromium: %v", err)
	}
	limited, cancel := context.WithTimeout(running, patience)
	ctx, closeTab := chromedp.NewContext(limited, chromedp.WithNewBrowserContext())
	b := &tab{t, ctx}
	messages := chromedp.Console(ctx)
	b.do(chromedp.Navigate(url))
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for m, err := range messages {
			if err == nil && (m.IsException() || m.Type == "error") && m.Source != "network" {
				t.Errorf("the page's console says: %s", m)
			}
		}
	}()
	t.Cleanup(func() { closeTab(); cancel(); <-watched })
	return b
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// until waits for an expression of JavaScript to become true, looking again in every frame that the browser draws.
func (b *tab) until(format string, args ...any) {
	b.t.Helper()
	for i, arg := range args {
		quoted, _ := json.Marshal(arg) // of a string or a number
		args[i] = string(quoted)
	}
	holds := fmt.Sprintf(format, args...)
	const loop = `new Promise((resolve) => { const look = () => { (%s) ? resolve(true) : setTimeout(look, 15); }; look(); })`
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](fmt.Sprintf(loop, holds), chromedp.EvalAwaitPromise)); err != nil {
		b.t.Fatalf("waiting for %s: %v", holds, err)
	}
}

// sees waits until an element that the selector names shows the text.
func (b *tab) sees(selector, text string) {
	b.t.Helper()
	b.until(`[...document.querySelectorAll(%s)].some((e) => e.checkVisibility() && e.textContent.includes(%s))`, selector, text)
}

// misses waits until nothing that the selector names is visible.
func (b *tab) misses(selector string) {
	b.t.Helper()
	b.until(`![...document.querySelectorAll(%s)].some((e) => e.checkVisibility())`, selector)
}

// click clicks with the mouse on the element that the selector names. The page may draw the element anew or move it between
// chromedp's finding it and pressing there; what the mouse missed is clicked again, as a person would.
func (b *tab) click(selector string) {
	b.t.Helper()
	const listen = `(() => { window.hit = false; document.addEventListener("click", (e) => { window.hit ||= e.target.closest(%s) !== null; }, {capture: true, once: true}); })()`
	var err error
	for b.ctx.Err() == nil {
		b.evaluate(listen, selector)
		if err = chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(selector))); err == nil && b.evaluate(`window.hit`) == "true" {
			return
		}
	}
	b.t.Fatalf("clicking %s: %v", selector, err)
}

// enter types into the element that the selector names; "\r" is the Enter key.
func (b *tab) enter(selector, keys string) {
	b.t.Helper()
	b.do(chromedp.Focus(chromedp.CSS(selector)))
	for i, text := range strings.Split(keys, "\r") {
		if i > 0 {
			b.pressEnter()
		}
		b.do(chromedp.KeyEvent(text))
	}
}

// pressEnter presses Enter as a keyboard does: one press that holds its character, so that a page which takes the key for
// itself gets no line break. What chromedp types by itself is a press and a character apart.
func (b *tab) pressEnter() {
	b.t.Helper()
	enter := input.DispatchKeyEventParams{Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13}
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		enter.Type = kind
		if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, enter); err != nil {
			b.t.Fatal(err)
		}
		enter.Text = ""
	}
}

// set gives a field a value as choosing one does.
func (b *tab) set(selector, value string) {
	b.t.Helper()
	const choose = `(() => { const e = document.querySelector(%s); e.value = %s; e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})); })()`
	b.evaluate(choose, selector, value)
}

func (b *tab) evaluate(format string, args ...any) string {
	b.t.Helper()
	for i, arg := range args {
		quoted, _ := json.Marshal(arg) // of a string or a number
		args[i] = string(quoted)
	}
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[any](fmt.Sprintf(format, args...)))
	if err != nil {
		b.t.Fatal(err)
	}
	return fmt.Sprint(got)
}

// text is what an element shows, with its white space made one.
func (b *tab) text(selector string) string {
	b.t.Helper()
	b.until(`document.querySelector(%s)`, selector)
	return strings.Join(strings.Fields(b.evaluate(`document.querySelector(%s).innerText`, selector)), " ")
}

// picture writes what the window shows, if pictures are wanted.
func (b *tab) picture(name string) {
	b.t.Helper()
	if *screenshots == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(*screenshots+"/"+name+".png", png, 0o644)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}
