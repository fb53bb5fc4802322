package github

import (
	"fmt"
	"slices"
	"strings"
)

// refOf is the ref that is asked about, in full; empty: the default branch.
func (r *request) refOf() string {
	ref := r.URL.Query().Get("ref")
	switch {
	case ref == "":
		return "refs/heads/" + defaultBranch
	case strings.HasPrefix(ref, "refs/"):
		return ref
	}
	return "refs/heads/" + ref
}

// analysesOf are the analyses of a ref, the newest first.
func (s Security) analysesOf(ref string) []Analysis {
	return slices.DeleteFunc(slices.Clone(s.Analyses), func(one Analysis) bool { return one.Ref != ref })
}

// listAnalyses is https://docs.github.com/rest/code-scanning/code-scanning#list-code-scanning-analyses-for-a-repository.
func (h *Host) listAnalyses(r *request) (any, error) {
	if err := r.query("CodeScanningAnalysis", "tool_name", "ref", "direction", "sort", "per_page", "page"); err != nil {
		return nil, err
	}
	if no := h.security.refused(CodeScanning); no != nil {
		return nil, no
	}
	found := h.security.Analyses
	if r.URL.Query().Get("ref") != "" {
		found = h.security.analysesOf(r.refOf())
	}
	if len(found) == 0 {
		return nil, errNoAnalysis
	}
	return pageOf(r, found, func(one Analysis) any { return h.viewAnalysis(r.base, one) }), nil
}

func (h *Host) viewAnalysis(base string, one Analysis) object {
	number := id(one.Tool + one.Category + one.Ref + one.SHA)
	return object{
		"ref": one.Ref, "commit_sha": one.SHA, "analysis_key": ".github/workflows/scan.yml:scan", "environment": "{}", "category": one.Category,
		"error": one.Error, "warning": "", "created_at": stamp(one.At), "results_count": len(h.security.Code), "rules_count": 67, "id": number,
		"url":      fmt.Sprintf("%s/code-scanning/analyses/%d", h.apiURL(base), number),
		"sarif_id": fmt.Sprintf("%08x-0000-4000-8000-%012x", number, number), "deletable": true, "tool": viewTool(one.Tool),
	}
}

func viewTool(name string) object {
	return object{"name": name, "guid": nil, "version": "2.19.1"}
}

// listCodeAlerts is https://docs.github.com/rest/code-scanning/code-scanning#list-code-scanning-alerts-for-a-repository.
func (h *Host) listCodeAlerts(r *request) (any, error) {
	if err := r.query("CodeScanningAlert", "tool_name", "ref", "direction", "sort", "state", "per_page", "page"); err != nil {
		return nil, err
	}
	if no := h.security.refused(CodeScanning); no != nil {
		return nil, no
	}
	analyses := h.security.analysesOf(r.refOf())
	if len(analyses) == 0 {
		return nil, errNoAnalysis
	}
	return pageOf(r, h.security.Code, func(one Alert) any { return h.viewCodeAlert(r.base, one, analyses[0]) }), nil
}

func (h *Host) viewCodeAlert(base string, one Alert, at Analysis) object {
	address := fmt.Sprintf("%s/code-scanning/alerts/%d", h.apiURL(base), one.Number)
	rule := object{"id": one.Title, "name": one.Title, "description": one.Title, "severity": textOrNull(one.Level), "tags": []string{"security"}}
	rule["security_severity_level"] = textOrNull(one.Severity)
	return object{
		"number": one.Number, "created_at": stamp(one.At), "updated_at": stamp(one.At), "url": address, "instances_url": address + "/instances",
		"html_url": fmt.Sprintf("%s/security/code-scanning/%d", h.pageURL(base), one.Number),
		"state":    open, "fixed_at": nil, "dismissed_by": nil, "dismissed_at": nil, "dismissed_reason": nil, "dismissed_comment": nil,
		"rule": rule, "tool": viewTool(one.Tool),
		"most_recent_instance": object{
			"ref": at.Ref, "analysis_key": ".github/workflows/scan.yml:scan", "environment": "{}", "category": at.Category, "state": open, "commit_sha": at.SHA,
			"message":  object{"text": one.Title},
			"location": object{"path": "addons/ipai_core/models/login.py", "start_line": 7, "end_line": 7, "start_column": 1, "end_column": 20}, "classifications": []string{},
		},
	}
}

// listSecretAlerts is https://docs.github.com/rest/secret-scanning/secret-scanning#list-secret-scanning-alerts-for-a-repository.
func (h *Host) listSecretAlerts(r *request) (any, error) {
	if err := r.query("SecretScanningAlert", "state", "hide_secret", "sort", "direction", "before", "after", "per_page", "page"); err != nil {
		return nil, err
	}
	if no := h.security.refused(SecretScanning); no != nil {
		return nil, no
	}
	found := h.security.Secrets
	if r.URL.Query().Get("state") == "resolved" {
		found = nil
	}
	hidden := r.URL.Query().Get("hide_secret") == "true"
	return pageOf(r, found, func(one Alert) any { return h.viewSecretAlert(r.base, one, hidden) }), nil
}

func (h *Host) viewSecretAlert(base string, one Alert, hidden bool) object {
	address := fmt.Sprintf("%s/secret-scanning/alerts/%d", h.apiURL(base), one.Number)
	view := object{
		"number": one.Number, "created_at": stamp(one.At), "updated_at": nil, "url": address, "locations_url": address + "/locations",
		"html_url": fmt.Sprintf("%s/security/secret-scanning/%d", h.pageURL(base), one.Number),
		"state":    open, "resolution": nil, "resolved_at": nil, "resolved_by": nil, "resolution_comment": nil,
		"secret_type": one.Title, "secret_type_display_name": strings.ReplaceAll(one.Title, "_", " "), "secret": one.Secret, "validity": "unknown",
		"push_protection_bypassed": false, "push_protection_bypassed_by": nil, "push_protection_bypassed_at": nil, "publicly_leaked": false, "multi_repo": false,
	}
	if hidden {
		delete(view, "secret")
	}
	return view
}

// listDependabotAlerts is https://docs.github.com/rest/dependabot/alerts#list-dependabot-alerts-for-a-repository.
// Its pages are turned by cursors alone.
func (h *Host) listDependabotAlerts(r *request) (any, error) {
	if err := r.query("DependabotAlert", "state", "severity", "ecosystem", "package", "scope", "sort", "direction", "before", "after", "per_page"); err != nil {
		return nil, err
	}
	if no := h.security.refused(Dependabot); no != nil {
		return nil, no
	}
	found := h.security.Packages
	if state := r.URL.Query().Get("state"); state != "" && !slices.Contains(strings.Split(state, ","), open) {
		found = nil
	}
	return cursored(r, found, func(one Alert) any { return h.viewDependabotAlert(r.base, one) })
}

func (h *Host) viewDependabotAlert(base string, one Alert) object {
	address := fmt.Sprintf("%s/dependabot/alerts/%d", h.apiURL(base), one.Number)
	library := object{"ecosystem": "pip", "name": one.Title}
	vulnerability := object{"package": library, "severity": one.Severity, "vulnerable_version_range": "< 2.0.0", "first_patched_version": object{"identifier": "2.0.0"}}
	return object{
		"number": one.Number, "state": open, "url": address, "html_url": fmt.Sprintf("%s/security/dependabot/%d", h.pageURL(base), one.Number),
		"dependency":             object{"package": library, "manifest_path": "requirements.txt", "scope": "runtime"},
		"security_vulnerability": vulnerability,
		"security_advisory": object{
			"ghsa_id": "GHSA-8f4m-hccc-8qph", "cve_id": nil, "summary": one.Title + " has a fault", "description": "A fault.", "vulnerabilities": []object{vulnerability},
			"severity": one.Severity, "cvss": object{"score": 7.5, "vector_string": nil}, "cwes": []object{},
			"identifiers": []object{{"type": "GHSA", "value": "GHSA-8f4m-hccc-8qph"}}, "references": []object{},
			"published_at": stamp(one.At), "updated_at": stamp(one.At), "withdrawn_at": nil,
		},
		"created_at": stamp(one.At), "updated_at": stamp(one.At), "dismissed_at": nil, "dismissed_by": nil, "dismissed_reason": nil, "dismissed_comment": nil,
		"fixed_at": nil, "auto_dismissed_at": nil,
	}
}
