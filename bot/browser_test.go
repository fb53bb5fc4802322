package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestPressedThrough does with mouse and keyboard, in Chromium, what the
// README's tour of the demo says: look, run the gates, mend an upstream, run
// again, ask for the sign-off and approve as somebody else.
func TestPressedThrough(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.start()
	b := openWindow(t, p.world.URL()+"/#/U0DEV/C0RELEASES")

	b.write("/ready")
	b.sees("Practice next is 0 % ready")
	b.click("Run all gates")
	b.sees("1 failed and 1 could not be measured, of 3")
	b.sees("134 of 134 tests pass")

	p.set("oca-dependencies", "installed")
	p.set("test-run", "all-pass")
	b.click("Run oca again")
	b.sees("Oca: passed")
	b.write("/ready signoff")
	b.sees("Sign-off: next for staging, 0 of 4")

	b.visit(p.world.URL() + "/#/U0PO/C0RELEASES")
	b.click("Approve")
	b.sees("Your approval of next for staging as Product Owner is recorded")
	b.sees("Sign-off: next for staging, 1 of 4")
	b.click("Reject")
	b.sees("What is wrong")
}

// TestStoryPressedThrough tells the story with mouse and keyboard: two
// deployments, an alert, and the rollback that a person keeps.
func TestStoryPressedThrough(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.useExample("story.yml")
	p.start()
	b := openWindow(t, p.world.URL()+"/#/U0DEV/C0RELEASES")
	b.write("/ready release 19.0.2")
	b.sees("19.0.2 is open")
	p.set("oca-dependencies", "installed")
	p.set("test-run", "all-pass") // reports from before the release count for nothing
	b.click("Run all gates")
	b.sees("All gates: all 3 passed")
	for _, environment := range []string{"staging", "production"} {
		b.write("/deploy adopt " + environment)
		b.sees("19.0.1 counts as live on " + environment)
	}
	b.visit(p.world.URL() + "/#/U0TL/C0RELEASES")
	b.sees("Technical Lead")
	b.write("/ready check reviewed https://example.com/pull/7")
	b.sees("The code is reviewed is checked")

	b.visit(p.world.URL() + "/#/U0DEV/C0RELEASES")
	b.sees("Deployer")
	b.write("/deploy staging")
	b.click("Start")
	b.sees("19.0.2 to staging: live and verified")
	b.write("/ready signoff production")
	for _, user := range []string{"U0PO", "U0TL", "U0SO", "U0PM"} {
		b.visit(p.world.URL() + "/#/" + user + "/C0RELEASES")
		b.click("Approve")
		b.sees("Your approval of 19.0.2 for production")
	}
	b.visit(p.world.URL() + "/#/U0DEV/C0RELEASES")
	b.sees("Deployer") // the page is that person's by now
	b.write("/deploy production")
	b.sees("Plan: 19.0.2 to production")
	b.click("Start")
	b.sees("19.0.2 to production: live and verified")

	p.set("production-errors", "newest")
	b.visit(p.world.URL() + "/#/U0ONCALL/C0ONCALL")
	b.sees("Firing: HighErrorRate")
	b.click("Roll back to 19.0.1")
	b.sees("Roll production back to 19.0.1?")
	b.click("Roll back to 19.0.1")
	b.sees("19.0.1 is live and pinned: keep it, or return to 19.0.2?")
	b.click("Keep 19.0.1")
	b.sees("production back to 19.0.1: done, 19.0.1 is kept")
}

// window is the page in a browser.
type window struct {
	t   *testing.T
	ctx context.Context
}

// openWindow starts Chromium with a profile of its own, talking to nobody but
// the page.
func openWindow(t *testing.T, url string) *window {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("install Debian's chromium")
	} else if err != nil {
		t.Fatal("install Debian's chromium")
	}
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.NoFirstRun, chromedp.DisableGPU, chromedp.WindowSize(1280, 900)}
	for _, flag := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage"} {
		options = append(options, chromedp.Flag(flag, true))
	}
	limited, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	allocator, endProcess := chromedp.NewExecAllocator(limited, options...)
	ctx, endBrowser := chromedp.NewContext(allocator)
	t.Cleanup(func() { endBrowser(); endProcess(); cancel() })
	w := &window{t, ctx}
	w.visit(url)
	return w
}

// visit opens an address and, where it names a person, waits until the page is theirs:
// what is pressed before that is pressed by whoever it belonged to.
func (w *window) visit(url string) {
	w.t.Helper()
	if err := chromedp.Do(w.ctx, chromedp.Navigate(url)); err != nil {
		w.t.Fatal(err)
	}
	if _, place, ok := strings.Cut(url, "#/"); ok {
		user, _, _ := strings.Cut(place, "/")
		w.until(`[...document.querySelectorAll('#sidebar a')].some((e) => e.getAttribute('href').includes(%s))`, "/"+user+"/")
	}
}

// until waits for an expression of JavaScript to become true.
func (w *window) until(format string, args ...any) {
	w.t.Helper()
	for i, arg := range args {
		quoted, _ := json.Marshal(arg) // of a string
		args[i] = string(quoted)
	}
	holds := fmt.Sprintf(format, args...)
	loop := fmt.Sprintf(`new Promise((yes) => { const look = () => (%s) ? yes(true) : setTimeout(look, 20); look(); })`, holds)
	if _, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool](loop, chromedp.EvalAwaitPromise)); err != nil {
		w.t.Fatalf("waiting for %s: %v", holds, err)
	}
}

// sees waits until the page shows a text.
func (w *window) sees(text string) {
	w.t.Helper()
	w.until(`document.body.innerText.includes(%s)`, text)
}

// click presses the newest button with a label.
func (w *window) click(label string) {
	w.t.Helper()
	w.until(`(() => { const found = [...document.querySelectorAll('button')].filter((e) => e.checkVisibility() && e.textContent.trim() === %s); if (found.length) found.at(-1).click(); return found.length > 0; })()`, label)
}

// write types a line into the channel and sends it with the Enter key.
func (w *window) write(line string) {
	w.t.Helper()
	w.until(`document.querySelector('#place-title').textContent.includes('releases')`)
	w.until(`(() => { const e = document.querySelector('#composer textarea'); if (!e) return false; e.focus(); e.value = %s; e.dispatchEvent(new Event('input', {bubbles: true})); return document.activeElement === e; })()`, line+" ")
	w.until(`document.querySelector('#composer textarea').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', code: 'Enter', bubbles: true, cancelable: true})) === false`)
}
