package upstream

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// The reports of a scan: gitleaks looks for secrets in the history, ESLint checks the
// website's scripts, and Trivy looks for vulnerable packages in the image.
const (
	secretsName = "gitleaks.sarif"
	lintName    = "eslint.sarif"
	imageName   = "trivy.sarif"
)

// scans is a folder into which scanners write SARIF. Turning the switch runs a scan.
type scans struct {
	dir string
	now func() time.Time
}

// securityScan is the switch of the scanners, which write into a folder.
func securityScan(p Place, dir string) (*Switch, error) {
	s := &scans{dir, p.Now}
	scan := (&Switch{
		ID: "security-scan", Title: "The security scan",
		Help: "Each choice is a new scan, which writes " + secretsName + ", " + lintName + " and " + imageName + " to " + dir + ".",
		States: []State{
			{ID: "not-run", Title: "Not run yet"},
			{ID: "clean", Title: "Nothing is found", Good: true},
			{ID: "secret-found", Title: "A secret is in the history"},
			{ID: "image-vulnerable", Title: "A package in the image has a critical vulnerability"},
			{ID: "tool-failed", Title: "ESLint can't read a file"},
			{ID: "stale", Title: "The reports are a month old"},
		},
		effect: s.write,
	}).restore(p)
	for _, name := range []string{secretsName, lintName, imageName} {
		if _, err := os.Stat(filepath.Join(dir, name)); scan.at != "not-run" && err != nil { // the world was stopped in the middle of writing
			return scan, s.write(scan.at)
		}
	}
	return scan, nil
}

// write replaces the reports of the last scan.
func (s *scans) write(state string) error {
	for _, name := range []string{secretsName, lintName, imageName} {
		file := filepath.Join(s.dir, name)
		if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("remove the last scan's report: %w", err)
		}
		if state == "not-run" {
			continue
		}
		run := map[string]func() sarifRun{
			secretsName: func() sarifRun { return gitleaksRun(state == "secret-found", s.now()) },
			lintName:    func() sarifRun { return eslintRun(state == "tool-failed") },
			imageName:   func() sarifRun { return trivyRun(state == "image-vulnerable") },
		}[name]()
		text, err := json.MarshalIndent(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}}, "", " ")
		if err != nil {
			return err
		}
		if err := writeFile(file, text); err != nil {
			return err
		}
		if month := s.now().AddDate(0, -1, 0); state == "stale" {
			if err := os.Chtimes(file, month, month); err != nil {
				return err
			}
		}
	}
	return nil
}

// The elements of a SARIF log that these tools write (SARIF 2.1.0, OASIS).
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Results     []sarifResult     `json:"results"`
		Invocations []sarifInvocation `json:"invocations,omitempty"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID          string           `json:"id"`
		Description sarifText        `json:"shortDescription"`
		Properties  *sarifProperties `json:"properties,omitempty"`
	}
	sarifProperties struct {
		Severity string   `json:"security-severity"`
		Tags     []string `json:"tags"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		Level        string             `json:"level,omitempty"`
		Message      sarifText          `json:"message"`
		Rule         string             `json:"ruleId"`
		Index        *int               `json:"ruleIndex,omitempty"`
		Locations    []sarifLocation    `json:"locations"`
		Fingerprints map[string]string  `json:"partialFingerprints,omitempty"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		Line    int        `json:"startLine"`
		Column  int        `json:"startColumn"`
		Snippet *sarifText `json:"snippet,omitempty"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
	sarifInvocation struct {
		Notifications []sarifNotification `json:"toolConfigurationNotifications"`
		Successful    bool                `json:"executionSuccessful"`
	}
	sarifNotification struct {
		Level   string    `json:"level"`
		Message sarifText `json:"message"`
	}
)

// locatedAt is the location of a result.
func locatedAt(file string, line int, snippet *sarifText) []sarifLocation {
	return []sarifLocation{{sarifPhysical{sarifArtifact{file}, sarifRegion{line, 1, snippet}}}}
}

// gitleaksRun is a run of gitleaks 8.30.1, which reports no severity, and shows the
// secret and the commit's author. The practice secret protects nothing.
func gitleaksRun(found bool, when time.Time) sarifRun {
	run := sarifRun{
		Tool:    sarifTool{sarifDriver{"gitleaks", "", []sarifRule{{ID: "generic-api-key", Description: sarifText{"A generic API key"}}}}},
		Results: []sarifResult{},
	}
	if found {
		const commit = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
		run.Results = append(run.Results, sarifResult{
			Message:   sarifText{"generic-api-key has detected secret for file deploy/odoo.conf at commit " + commit + "."},
			Rule:      "generic-api-key",
			Locations: locatedAt("deploy/odoo.conf", 12, &sarifText{"practice-secret-that-opens-nothing"}),
			Fingerprints: map[string]string{"commitSha": commit, "author": "Practice Author", "email": "author@practice.test",
				"date": when.UTC().Format(time.RFC3339), "commitMessage": "configure the mail server"},
		})
	}
	return run
}

// eslintRun is a run of ESLint 10 with Microsoft's formatter, with one problem that is
// suppressed in the source. A file that can't be parsed isn't among the results.
func eslintRun(failed bool) sarifRun {
	run := sarifRun{Tool: sarifTool{sarifDriver{"ESLint", "10.15.0", []sarifRule{}}}, Results: []sarifResult{}}
	if failed {
		run.Invocations = []sarifInvocation{{[]sarifNotification{{"error", sarifText{"Parsing error: Unexpected token ="}}}, false}}
		return run
	}
	first := 0
	run.Tool.Driver.Rules = []sarifRule{{ID: "no-eval", Description: sarifText{"Disallow the use of eval()"}}}
	run.Results = []sarifResult{{
		Level: "error", Message: sarifText{"eval can be harmful."}, Rule: "no-eval", Index: &first,
		Locations:    locatedAt("file:///src/addons/ipai_core/static/src/js/formula.js", 40, nil),
		Suppressions: []sarifSuppression{{"inSource", "the formula is our own"}},
	}}
	return run
}

// trivyRun is a run of Trivy 0.67 over the image. It rates each vulnerability twice: as
// a number and as a tag of its rule.
func trivyRun(vulnerable bool) sarifRun {
	run := sarifRun{Tool: sarifTool{sarifDriver{"Trivy", "0.67.2", []sarifRule{}}}, Results: []sarifResult{}}
	add := func(id, text, severity, tag, level string) {
		index := len(run.Tool.Driver.Rules)
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{id, sarifText{text}, &sarifProperties{severity, []string{"vulnerability", "security", tag}}})
		run.Results = append(run.Results, sarifResult{
			Level: level, Message: sarifText{"Package: " + text}, Rule: id, Index: &index, Locations: locatedAt("insightpulse/odoo", 1, nil),
		})
	}
	add("CVE-2000-0001", "a practice finding in tar", "3.1", "LOW", "note")
	if vulnerable {
		add("CVE-2000-0002", "a practice finding in openssl", "9.8", "CRITICAL", "error")
	}
	return run
}
