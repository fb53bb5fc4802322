package page_test

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/slack-go/slack"
)

// TestLook shows a day's work in both themes and two widths, and checks that nothing sticks out of the window. With
// -screenshots it writes pictures to judge by eye.
func TestLook(t *testing.T) {
	w := newWorld(t)
	taken := w.connect(func(envelope) any { return nil })
	root := w.aDaysWork()
	for _, look := range []struct {
		name          string
		width, height int64
		theme         string
	}{
		{"wide-light", 1280, 800, "light"}, {"wide-dark", 1280, 800, "dark"}, {"narrow-light", 400, 800, "light"}, {"narrow-dark", 400, 800, "dark"},
	} {
		b := open(t, w.as("U0TL", "C0RELEASES"))
		b.window(look.width, look.height, look.theme)
		b.sees("#messages", "Sign-off for production")
		b.fits(look.name + "-channel")
		b.evaluate(`location.hash = %s`, "#/U0TL/C0RELEASES/"+root)
		b.sees("#thread", "Install the OCA dependencies")
		b.fits(look.name + "-thread")
		b.openPanel()
		b.fits(look.name + "-panel")
		b.click(`[aria-label="Close the practice panel"]`)
		b.evaluate(`location.hash = "#/U0TL/home"`)
		b.sees("#home", "Waiting for you")
		b.fits(look.name + "-home")
		b.evaluate(`location.hash = "#/U0TL/C0RELEASES"`)
		b.click(`[data-action-id="waive"]`)
		w.openWaiver(w.take(taken, "interactive"))
		b.sees("dialog.modal", "Waive an item")
		b.fits(look.name + "-modal")
		b.click("dialog.modal [data-submit]")
		b.sees("dialog.modal .field-error", "Please complete this required field.")
		b.fits(look.name + "-modal-errors")
		b.click("dialog.modal [data-close]")
		b.misses("dialog.modal")
	}
}

func (b *tab) window(width, height int64, theme string) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height))
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, media); err != nil {
		b.t.Fatal(err)
	}
	b.until(`matchMedia(%s).matches`, "(prefers-color-scheme: "+theme+")")
}

// openPanel opens the practice panel and waits for it.
func (b *tab) openPanel() {
	b.t.Helper()
	b.evaluate(`document.getElementById("panel-button").click()`)
	b.sees("#panel", "Staging site")
}

// fits takes the picture and checks that the window needs no scrolling sideways.
func (b *tab) fits(name string) {
	b.t.Helper()
	b.picture(name)
	if got := b.evaluate(`document.documentElement.scrollWidth - innerWidth`); got != "0" {
		b.t.Errorf("%s: the page is %s px wider than its window", name, got)
	}
}

// aDaysWork fills the workspace with what a release brings, and answers the message whose thread tells of it.
func (w *world) aDaysWork() string {
	w.t.Helper()
	if err := w.Say("U0PM", "C0RELEASES", "", "Morning! Are we *on track* for 19.0.1? <@U0TL> <!subteam^S0ONCALL>"); err != nil {
		w.t.Fatal(err)
	}
	root := w.post("C0RELEASES", slack.MsgOptionText("Readiness of 19.0.1: 75 %, NO-GO", false), slack.MsgOptionBlocks(statusBlocks()...))
	w.post("C0RELEASES", slack.MsgOptionTS(root), slack.MsgOptionText("Running", false), slack.MsgOptionBlocks(planBlocks()...))
	w.post("C0RELEASES", slack.MsgOptionTS(root), slack.MsgOptionText(":x: `oca-dependencies` failed: base_tier_validation is *uninstalled*", false))
	if err := w.Say("U0TL", "C0RELEASES", root, "Installing it now."); err != nil {
		w.t.Fatal(err)
	}
	w.post("C0RELEASES", slack.MsgOptionText("Sign-off for production", false), slack.MsgOptionBlocks(signOffBlocks()...))
	if _, err := w.api.PostEphemeral("C0RELEASES", "U0TL", slack.MsgOptionText("You can approve as *Technical Lead*. Missing: Product Owner, Security Officer.", false)); err != nil {
		w.t.Fatal(err)
	}
	w.publishHome()
	return root
}

func statusBlocks() []slack.Block {
	return []slack.Block{
		slack.NewHeaderBlock(plain("Readiness of 19.0.1")),
		slack.NewSectionBlock(mrkdwn(":no_entry: *NO-GO* for production, 2 blockers\n:white_check_mark: *GO* for staging"), []*slack.TextBlockObject{
			mrkdwn("*Score*\n75 % (21 of 28)"), mrkdwn("*ETA*\n<!date^1790000000^{date_short_pretty} {time}|soon>"),
		}, slack.NewAccessory(slack.NewOverflowBlockElement("more", slack.NewOptionBlockObject("history", plain("History"), nil), slack.NewOptionBlockObject("report", plain("Report"), nil)))),
		slack.NewSectionBlock(mrkdwn(lines("*Blockers*", "• `oca-dependencies` is failed: _base_tier_validation_ is not installed", "• `login-page` is errored: the site did not answer")), nil, nil),
		slack.NewContextBlock("", mrkdwn(":hourglass: measured 3 minutes ago by <@U0DEV>"), mrkdwn("commit `4f2c91a`")),
		slack.NewDividerBlock(),
		slack.NewActionBlock("status", slack.NewButtonBlockElement("run", "all", plain("Run the gates")).WithStyle(slack.StylePrimary),
			slack.NewButtonBlockElement("waive", "oca-dependencies", plain("Waive…")),
			slack.NewButtonBlockElement("cancel", "", plain("Cancel")).WithStyle(slack.StyleDanger)),
	}
}

func planBlocks() []slack.Block {
	details := func(text string) *slack.RichTextBlock {
		return slack.NewRichTextBlock("", slack.NewRichTextSection(slack.NewRichTextSectionTextElement(text, nil)))
	}
	plan := slack.NewPlanBlock("Deploying 19.0.1 to staging").WithTasks(
		slack.NewTaskCardBlock("modules", "Install the OCA dependencies").WithStatus(slack.TaskCardStatusComplete).WithOutput(details("2 modules in 41 s")),
		slack.NewTaskCardBlock("deploy", "Deploy").WithStatus(slack.TaskCardStatusInProgress).WithDetails(details("Building the image")),
		slack.NewTaskCardBlock("smoke", "Smoke tests").WithStatus(slack.TaskCardStatusError).WithDetails(details("/web/login answered 502")),
		slack.NewTaskCardBlock("bake", "Bake").WithStatus(slack.TaskCardStatusPending))
	cell := slack.NewTableRawTextCell
	table := slack.NewTableBlock("").AddRow(cell("Gate"), cell("Value"), cell("Limit")).AddRow(cell("p95"), cell("2.1 s"), cell("< 3 s")).AddRow(cell("tests"), cell("134"), cell(">= 134"))
	return []slack.Block{plan, table}
}

func signOffBlocks() []slack.Block {
	confirm := slack.NewConfirmationBlockObject(plain("Approve 19.0.1?"), mrkdwn("You approve *production* as Technical Lead."), plain("Approve"), plain("Not yet"))
	return []slack.Block{
		slack.NewSectionBlock(mrkdwn("*Sign-off for production*\n2 of 4 roles have approved. One item is waived: `coverage`, until Friday."), nil, nil),
		slack.NewActionBlock("signoff", slack.NewButtonBlockElement("approve", "19.0.1", plain("Approve")).WithStyle(slack.StylePrimary).WithConfirm(confirm),
			slack.NewButtonBlockElement("reject", "19.0.1", plain("Reject")).WithStyle(slack.StyleDanger)),
	}
}

func (w *world) publishHome() {
	w.t.Helper()
	home := slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: []slack.Block{
		slack.NewHeaderBlock(plain("Waiting for you")),
		slack.NewSectionBlock(mrkdwn("*19.0.1 for production* needs the Technical Lead."), nil, slack.NewAccessory(slack.NewButtonBlockElement("show", "19.0.1", plain("Show")))),
		slack.NewDividerBlock(),
		slack.NewSectionBlock(mrkdwn(":lock: *production* is locked by <@U0ONCALL>: incident 42"), nil, nil),
	}}}
	if _, err := w.api.PublishView("U0TL", home, ""); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) openWaiver(press object) {
	w.t.Helper()
	if _, err := w.api.OpenView(press["trigger_id"].(string), waiver()); err != nil {
		w.t.Fatal(err)
	}
}

func waiver() slack.ModalViewRequest {
	option := func(value, text string) *slack.OptionBlockObject {
		return slack.NewOptionBlockObject(value, plain(text), nil)
	}
	reason := slack.NewPlainTextInputBlockElement(plain("Why may it go out like this?"), "reason")
	reason.Multiline = true
	until := slack.NewDatePickerBlockElement("until")
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: plain("Waive an item"), Submit: plain("Waive"), Close: plain("Cancel"), CallbackID: "waive",
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewSectionBlock(mrkdwn("`oca-dependencies` is *failed*. A waiver lets it count as met."), nil, nil),
			slack.NewInputBlock("environment", plain("Environment"), nil, slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain("Choose one"), "environment", option("staging", "staging"), option("production", "production"))),
			slack.NewInputBlock("reason", plain("Reason"), plain("Everyone can read it."), reason),
			slack.NewInputBlock("until", plain("Until"), nil, until),
			slack.NewInputBlock("tell", plain("Tell"), nil, slack.NewCheckboxGroupsBlockElement("tell", option("roles", "The roles that sign off"), option("oncall", "On call"))).WithOptional(true),
		}},
	}
}
