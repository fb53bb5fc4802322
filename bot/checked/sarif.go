package checked

import (
	"cmp"
	"encoding/json"
	"io"
	"path/filepath"

	"gonogo/readiness/answer"
)

// The parts of SARIF 2.1.0 (OASIS, 2020) that a report needs.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"` // empty, not absent: nothing was found
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string       `json:"id"`
		Short sarifMessage `json:"shortDescription"`
	}
	sarifInvocation struct {
		Successful bool `json:"executionSuccessful"`
	}
	sarifResult struct {
		Rule      string          `json:"ruleId"`
		Level     string          `json:"level"`
		Message   sarifMessage    `json:"message"`
		Locations []sarifLocation `json:"locations"`
		// Fingerprints tell code scanning that it is the same result as in the last run.
		Fingerprints map[string]string `json:"partialFingerprints"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifLocation struct {
		Physical sarifPlace `json:"physicalLocation"`
	}
	sarifPlace struct {
		Artifact sarifArtifact `json:"artifactLocation"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
)

// sarif prints what is not in order. Each result points to the configuration, where its
// gate is: code scanning shows none without a file.
func (r *Report) sarif(out io.Writer) error {
	run := sarifRun{Tool: sarifTool{sarifDriver{Name: "gonogo"}}, Results: []sarifResult{}}
	run.Tool.Driver.Rules = []sarifRule{}
	measured, known := true, map[string]bool{}
	for _, item := range r.Items {
		if !known[item.Item] {
			known[item.Item] = true
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{item.Item, sarifMessage{line(item.Title)}})
		}
		measured = measured && item.Verdict != answer.Errored
		if level := item.sarifLevel(); level != "" {
			run.Results = append(run.Results, sarifResult{item.Item, level, sarifMessage{line(item.Title + ": " + cmp.Or(item.Summary, word(item.Verdict)))},
				[]sarifLocation{{sarifPlace{sarifArtifact{filepath.ToSlash(cmp.Or(r.Configuration, "gonogo.yml"))}}}}, map[string]string{"gonogoItem/v1": item.Name()}})
		}
	}
	run.Invocations = []sarifInvocation{{measured}}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

// sarifLevel is how bad a result is; empty: it is in order, or not known yet.
func (i Item) sarifLevel() string {
	switch {
	case i.Blocks():
		return "error"
	case i.Verdict == answer.Warned:
		return "warning"
	}
	return ""
}
