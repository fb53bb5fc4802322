package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
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
	b := openWindow(p, "U0DEV", "C0RELEASES")

	b.write("/ready", "Practice next is not measured yet")
	b.press("Run all gates", "1 failed and 1 could not be measured, of 3")
	b.sees("134 of 134 tests pass")

	p.set("oca-dependencies", "installed")
	p.set("test-run", "all-pass")
	b.press("Run oca again", "Oca: passed")
	b.write("/ready signoff", "Sign-off: next for staging, 0 of 4")

	b.visit("U0PO", "C0RELEASES")
	b.press("Approve", "Your approval of next for staging as Product Owner is recorded")
	b.sees("Sign-off: next for staging, 1 of 4")
	b.press("Reject", "What is wrong")
}

// TestStoryPressedThrough tells the story with mouse and keyboard: two
// deployments, an alert, and the rollback that a person keeps.
func TestStoryPressedThrough(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.useExample("story.yml")
	p.start()
	b := openWindow(p, "U0DEV", "C0RELEASES")
	b.write("/ready release 19.0.2", "19.0.2 is open")
	p.set("oca-dependencies", "installed")
	p.set("test-run", "all-pass") // reports from before the release count for nothing
	b.press("Run all gates", "All gates: all 3 passed")
	for _, environment := range []string{"staging", "production"} {
		b.write("/deploy adopt "+environment, "19.0.1 counts as live on "+environment)
	}
	b.visit("U0TL", "C0RELEASES")
	b.sees("Technical Lead")
	b.write("/ready check reviewed https://example.com/pull/7", "The code is reviewed: checked")

	b.visit("U0DEV", "C0RELEASES")
	b.sees("Deployer")
	b.write("/deploy staging", "Plan: 19.0.2 to staging")
	b.press("Start", "19.0.2 to staging: live and verified")
	b.write("/ready signoff production", "Sign-off: 19.0.2 for production, 0 of 4")
	for _, user := range []string{"U0PO", "U0TL", "U0SO", "U0PM"} {
		b.visit(user, "C0RELEASES")
		b.press("Approve", "Your approval of 19.0.2 for production")
	}
	b.visit("U0DEV", "C0RELEASES")
	b.sees("Deployer") // the page is that person's by now
	b.write("/deploy production", "Plan: 19.0.2 to production")
	b.press("Start", "19.0.2 to production: live and verified")

	p.set("production-errors", "newest")
	b.visit("U0ONCALL", "C0ONCALL")
	b.sees("Firing: HighErrorRate")
	b.press("Roll back to 19.0.1", "Roll production back to 19.0.1?")
	b.press("Roll back to 19.0.1", "19.0.1 is live and pinned: keep it, or return to 19.0.2?")
	b.press("Keep 19.0.1", "Production back to 19.0.1: done, 19.0.1 is kept")
}

// window is the page in a browser.
type window struct {
	*practice
	t      *testing.T
	ctx    context.Context // of the browser, until the test ends
	within context.Context // ctx, until the practice gives up
}

// openWindow starts Chromium with a profile of its own, talking to nobody but
// the page, as a person in a channel.
func openWindow(p *practice, user, channel string) *window {
	t := p.t.(*testing.T)
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
	allocator, endProcess := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, endBrowser := chromedp.NewContext(allocator)
	within, giveUp := context.WithCancel(ctx)
	context.AfterFunc(p.ctx, giveUp)
	t.Cleanup(func() { giveUp(); endBrowser(); endProcess() })
	w := &window{p, t, ctx, within}
	w.visit(user, channel)
	return w
}

// visit opens a channel as a person and waits until the page is theirs: what is
// pressed before that is pressed by whoever it belonged to.
func (w *window) visit(user, channel string) {
	w.t.Helper()
	if err := chromedp.Do(w.within, chromedp.Navigate(w.world.URL()+"/#/"+user+"/"+channel)); err != nil {
		w.t.Fatal(err)
	}
	w.until(`[...document.querySelectorAll('#sidebar a')].some((e) => e.getAttribute('href').includes(%s))`, "/"+user+"/")
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
	if _, err := chromedp.Run(w.within, chromedp.Evaluate[bool](loop, chromedp.EvalAwaitPromise)); err != nil {
		w.t.Fatalf("waiting for %s: %v; the page shows:\n%s\nthe last to be said:\n%s\nthe bot logged:\n%s", holds, err, w.text(), w.lastSaid(), w.logs)
	}
}

// text is what the page shows.
func (w *window) text() string {
	ctx, cancel := context.WithTimeout(w.ctx, 20*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}

// sees waits until the page shows a text.
func (w *window) sees(text string) {
	w.t.Helper()
	w.until(`document.body.innerText.includes(%s)`, text)
}

// pressNewest is JavaScript that presses the newest button with a label, and closes
// what Slack said about an earlier press. It is false where there is no such button.
const pressNewest = `((label) => {
	const newest = () => [...document.querySelectorAll('button')].filter((e) => e.checkVisibility() && e.textContent.trim() === label).at(-1);
	if (!newest()) return false;
	document.querySelectorAll('.notice [data-dismiss]').forEach((e) => e.click());
	newest().click();
	return true;
})(%s)`

// press presses the newest button with a label until the page shows a text. It does
// as a person would when Slack tells them that the app did not respond, or that it
// has changed the message: it presses again.
func (w *window) press(label, want string) {
	w.t.Helper()
	w.until(pressNewest, label)
	w.until(`document.body.innerText.includes(%s) || (/did not respond in time|look at it again/.test(document.querySelector('.notice .notice-text')?.textContent) && `+pressNewest+`, false)`, want, label)
}

// write types a line into the channel, sends it with the Enter key, and waits until
// the page shows a text.
func (w *window) write(line, want string) {
	w.t.Helper()
	w.until(`document.querySelector('#place-title').textContent.includes('releases')`)
	w.until(`(() => { const e = document.querySelector('#composer textarea'); if (!e) return false; e.focus(); e.value = %s; e.dispatchEvent(new Event('input', {bubbles: true})); return document.activeElement === e; })()`, line+" ")
	w.until(`document.querySelector('#composer textarea').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', code: 'Enter', bubbles: true, cancelable: true})) === false`)
	w.sees(want)
}
