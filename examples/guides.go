package examples

import "gonogo/playground/guide"

// The people and channels of the practice workspace.
const (
	productOwner    = "U0PO"
	technicalLead   = "U0TL"
	securityOfficer = "U0SO"
	projectManager  = "U0PM"
	deployer        = "U0DEV"
	onCall          = "U0ONCALL"

	releases   = "C0RELEASES"
	onCallRoom = "C0ONCALL"
)

// Story leads through [OnePage]: a release goes out, goes wrong, and goes back.
var Story = &guide.Guide{
	Name:  "story",
	Title: "A release in five minutes",
	Steps: []guide.Step{{
		ID: "open", Chapter: "A gate fails", Title: "Open a release",
		About: "What is measured from now on counts for this version.",
		As:    []string{deployer}, Channel: releases, Type: "/ready release 19.0.2",
		Signs: []guide.Sign{{Channel: releases, Text: "19.0.2 is open"}},
	}, {
		ID: "measure", Title: "Run all gates",
		About: "Two modules are missing on each database. Look into the thread: it links to the GitHub issue that gonogo opened.",
		As:    []string{deployer}, Channel: releases, Type: "/ready run all",
		Signs: []guide.Sign{{Channel: releases, Text: "could not be measured, of 3"}, {Channel: releases, Text: "All gates: all 3 passed"}},
	}, {
		ID: "blocked", Title: "Try to deploy",
		About: "NO-GO. The plan lists every blocker with the command that clears it.",
		As:    []string{deployer}, Channel: releases, Type: "/deploy staging",
		Signs: []guide.Sign{{Person: deployer, Text: "NO-GO"}, {Channel: releases, Text: "Plan: 19.0.2 to staging"}},
	}, {
		ID: "adopt-staging", Title: "Say that staging runs a good version",
		About: "19.0.1 went out before there was a gonogo. From now on a rollback may go back to it.",
		As:    []string{deployer}, Channel: releases, Type: "/deploy adopt staging",
		Signs: []guide.Sign{{Person: deployer, Text: "19.0.1 counts as live on staging"}},
	}, {
		ID: "adopt-production", Title: "The same for production",
		About: "Each environment has its own past.",
		As:    []string{deployer}, Channel: releases, Type: "/deploy adopt production",
		Signs: []guide.Sign{{Person: deployer, Text: "19.0.1 counts as live on production"}},
	}, {
		ID: "fix-staging", Chapter: "It is fixed", Title: "Install the modules on staging",
		About: "A runbook does it, with its output in a thread, and the item is measured again.",
		As:    []string{technicalLead}, Channel: releases, Type: "/ready fix install-oca staging",
		Press: []guide.Press{{Under: "Plan: Install the OCA dependencies on staging", Label: "Start"}},
		Signs: []guide.Sign{{Channel: releases, Text: "Install the OCA dependencies on staging: done"}},
	}, {
		ID: "fix-production", Title: "And on production",
		About: "Only the technical lead may run this runbook. Try it as somebody else first.",
		As:    []string{technicalLead}, Channel: releases, Type: "/ready fix install-oca production",
		Press: []guide.Press{{Under: "Plan: Install the OCA dependencies on production", Label: "Start"}},
		Signs: []guide.Sign{{Channel: releases, Text: "Install the OCA dependencies on production: done"}},
	}, {
		ID: "tests", Title: "Let the tests pass",
		About: "This is what your test runner would do: write its reports where the gate reads them.",
		As:    []string{deployer}, Channel: releases, Turn: &guide.Turn{Switch: "test-run", State: "all-pass"},
		Signs: []guide.Sign{{Turned: &guide.Turn{Switch: "test-run", State: "all-pass"}}},
	}, {
		ID: "measure-again", Title: "Run all gates again",
		About: "They pass, and gonogo closes its issue.",
		As:    []string{deployer}, Channel: releases, Type: "/ready run all",
		Signs: []guide.Sign{{Channel: releases, Text: "All gates: all 3 passed"}},
	}, {
		ID: "reviewed", Title: "Check what only a person can",
		About: "A manual item takes a person with the right role, and here a link as evidence.",
		As:    []string{technicalLead}, Channel: releases, Type: "/ready check reviewed https://example.com/pull/7",
		Signs: []guide.Sign{{Person: technicalLead, Text: "is checked"}},
	}, {
		ID: "staging", Chapter: "It goes out", Title: "Deploy to staging",
		About: "GO. The card's bar shows each step against the usual time, and the thread the platform's own steps.",
		As:    []string{deployer}, Channel: releases, Type: "/deploy staging",
		Press: []guide.Press{{Under: "Plan: 19.0.2 to staging", Label: "Start"}},
		Signs: []guide.Sign{{Channel: releases, Text: "19.0.2 to staging: live and verified"}},
	}, {
		ID: "ask", Title: "Ask for approvals",
		About: "Four roles must approve for production, and whoever deploys can't be one of them.",
		As:    []string{deployer}, Channel: releases, Type: "/ready signoff production",
		Signs: []guide.Sign{{Channel: releases, Text: "Sign-off: 19.0.2 for production"}},
	}, {
		ID: "approve", Title: "Approve, as each of the four",
		About: "The card changes for everybody as they press.",
		As:    []string{productOwner, technicalLead, securityOfficer, projectManager}, Channel: releases,
		Press: []guide.Press{{Under: "Sign-off: 19.0.2 for production", Label: "Approve"}},
		Signs: []guide.Sign{{Channel: releases, Text: "Sign-off: 19.0.2 for production, 4 of 4"}},
	}, {
		ID: "production", Title: "Deploy to production",
		About: "Everything is judged once more at the press.",
		As:    []string{deployer}, Channel: releases, Type: "/deploy production",
		Press: []guide.Press{{Under: "Plan: 19.0.2 to production", Label: "Start"}},
		Signs: []guide.Sign{{Channel: releases, Text: "19.0.2 to production: live and verified"}},
	}, {
		ID: "errors", Chapter: "It goes wrong, and back", Title: "Let the new version fail",
		About: "Within half a minute Alertmanager tells gonogo, and #on-call gets one card, which names the deployment before it.",
		As:    []string{onCall}, Channel: onCallRoom, Turn: &guide.Turn{Switch: "production-errors", State: "newest"},
		Signs: []guide.Sign{{Channel: onCallRoom, Text: "Firing: HighErrorRate"}},
	}, {
		ID: "back", Title: "Roll back",
		About: "The confirmation says what comes back and what is lost. Nothing can hold a rollback up.",
		As:    []string{onCall}, Channel: onCallRoom,
		Press: []guide.Press{{Under: "Firing: HighErrorRate", Label: "Roll back to 19.0.1"}, {Under: "Roll production back to 19.0.1?", Label: "Roll back to 19.0.1", Own: true}},
		Signs: []guide.Sign{{Channel: onCallRoom, Text: "19.0.1 is live and pinned"}},
	}, {
		ID: "keep", Title: "Keep the earlier version",
		About: "19.0.1 is live. Once the alert has ended, keep it, or return to 19.0.2.",
		As:    []string{onCall}, Channel: onCallRoom,
		Press: []guide.Press{{Under: "Rolling production back to 19.0.1", Label: "Keep 19.0.1"}},
		Signs: []guide.Sign{{Channel: onCallRoom, Text: "Production back to 19.0.1: done, 19.0.1 is kept"}},
	}, {
		ID: "lift", Title: "Allow it again",
		About: "A version that was rolled back stays blocked until somebody lifts that, with a reason that everybody can read.",
		As:    []string{projectManager}, Channel: releases, Type: "/deploy lift rolled-back@production 19.0.2 the database was full",
		Signs: []guide.Sign{{Channel: releases, Text: "Hold lifted on production for 19.0.2"}},
	}},
	After: []string{
		"Type /ready history to read all of it again, or /ready status item suite-passes for one item.",
		"Press gonogo under Apps for the Home tab of whoever you are.",
		"Break something else in the practice panel, and see who is told.",
		"docs/getting-started.md takes you to a workspace of your own in ten minutes.",
	},
}

// Tour leads through the first looks at [InsightPulse], which takes a team days to bring to GO.
var Tour = &guide.Guide{
	Name:  "tour",
	Title: "A first look around",
	Steps: []guide.Step{{
		ID: "open", Title: "Open a release",
		About: "What is measured from now on counts for this version.",
		As:    []string{deployer}, Channel: releases, Type: "/ready release 19.0.2",
		Signs: []guide.Sign{{Channel: releases, Text: "19.0.2 is open"}},
	}, {
		ID: "ready", Title: "Ask whether it is ready",
		About: "396 lines on one screen: the decision for each environment, and the three steps that clear most.",
		As:    []string{productOwner}, Channel: releases, Type: "/ready",
		Signs: []guide.Sign{{Person: productOwner, Text: "NO-GO"}},
	}, {
		ID: "measure", Title: "Run all gates",
		About: "They run side by side, and the thread folds what passes. gonogo opens a GitHub issue for what fails.",
		As:    []string{deployer}, Channel: releases, Type: "/ready run all",
		Signs: []guide.Sign{{Channel: releases, Text: "All gates: "}},
	}, {
		ID: "section", Title: "Look into a section",
		About: "Each item says what was measured, when, and what to do next.",
		As:    []string{technicalLead}, Channel: releases, Type: "/ready status critical-tls",
		Signs: []guide.Sign{{Person: technicalLead, Text: "Critical 7: SSL/TLS"}},
	}, {
		ID: "timeline", Title: "When could it be live?",
		About: "From what is still to do and how long each of it takes.",
		As:    []string{productOwner}, Channel: releases, Type: "/ready timeline",
		Signs: []guide.Sign{{Person: productOwner, Text: "Timeline of "}},
	}, {
		ID: "errors", Title: "Break production",
		About: "Within half a minute Alertmanager tells gonogo, and #on-call gets one card.",
		As:    []string{onCall}, Channel: onCallRoom, Turn: &guide.Turn{Switch: "production-errors", State: "every"},
		Signs: []guide.Sign{{Channel: onCallRoom, Text: "Firing: HighErrorRate"}},
	}, {
		ID: "acknowledge", Title: "Take the alert",
		About: "Whoever presses has it, and gonogo stops looking for somebody who does.",
		As:    []string{onCall}, Channel: onCallRoom,
		Press: []guide.Press{{Under: "Firing: HighErrorRate", Label: "Acknowledge"}},
		Signs: []guide.Sign{{Channel: onCallRoom, Text: "Acknowledged "}},
	}, {
		ID: "fix", Title: "Fix production",
		About: "The alert ends, and its card says how long it took.",
		As:    []string{onCall}, Channel: onCallRoom, Turn: &guide.Turn{Switch: "production-errors", State: "none"},
		Signs: []guide.Sign{{Channel: onCallRoom, Text: "Resolved: HighErrorRate"}},
	}},
	After: []string{
		"Stop the demo, and play the whole story, out and back: gonogo demo --story",
		"Press gonogo under Apps for the Home tab of whoever you are.",
		"Break something else in the practice panel, and see who is told.",
	},
}
