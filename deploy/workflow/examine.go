package workflow

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gonogo/deploy"
)

var _ deploy.Examiner = (*strategy)(nil)

// Examine implements [deploy.Examiner].
func (g *strategy) Examine(ctx context.Context) (faults, warnings []string) {
	calls := []workflowCall{g.out()}
	if back := g.back(); back.file != g.Workflow || back.ref != g.Ref || !maps.Equal(back.inputs, g.Inputs) {
		calls = append(calls, back)
	}
	for _, call := range calls {
		bad, warned := g.examine(ctx, call)
		faults, warnings = append(faults, bad...), append(warnings, warned...)
	}
	return faults, warnings
}

func (g *strategy) examine(ctx context.Context, call workflowCall) (faults, warnings []string) {
	found, err := g.client.Workflow(ctx, call.file)
	switch {
	case err != nil:
		return []string{err.Error()}, nil
	case found.State != "active":
		return []string{fmt.Sprintf("the workflow %s is off (%s); enable it at GitHub, under Actions", call.file, found.State)}, nil
	}
	ref := call.ref
	if deploy.Placeholder.MatchString(ref) {
		ref = "" // the release is not known yet: as it is on the default branch
	}
	text, err := g.client.File(ctx, found.Path, ref)
	if err != nil {
		return nil, []string{"it isn't known whether the workflow takes its inputs: " + err.Error()}
	}
	var file workflowText
	if err := g.yaml(text, &file); err != nil {
		return nil, []string{fmt.Sprintf("it isn't known whether the workflow takes its inputs: %s can't be read: %v", call.file, err)}
	}
	return file.takes(call)
}

// workflowText is what is read of a workflow's file.
type workflowText struct {
	On   any    `yaml:"on"` // a trigger, a list of them, or a mapping
	Name string `yaml:"run-name"`
}

// takes says what is wrong with what a workflow is given.
func (f workflowText) takes(call workflowCall) (faults, warnings []string) {
	inputs, manual := f.inputs()
	if !manual {
		return []string{fmt.Sprintf("the workflow %s has no workflow_dispatch under on, so it can't be started; add it, with its inputs", call.file)}, nil
	}
	for _, name := range slices.Sorted(maps.Keys(call.inputs)) {
		if _, known := inputs[name]; !known {
			faults = append(faults, fmt.Sprintf("the workflow %s has no input %s, and GitHub refuses unknown ones; add it under workflow_dispatch, or remove it from inputs", call.file, name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		if _, given := call.inputs[name]; !given && required(inputs[name]) {
			faults = append(faults, fmt.Sprintf("the workflow %s needs the input %s; add it to inputs", call.file, name))
		}
	}
	return faults, f.unshown(call)
}

// unshown warns of runs that gonogo can't find again after a crash.
func (f workflowText) unshown(call workflowCall) []string {
	for name, text := range call.inputs {
		if shown := regexp.MustCompile(`inputs\.` + regexp.QuoteMeta(name) + `\b`); strings.Contains(text, "{run}") && shown.MatchString(f.Name) {
			return nil
		}
	}
	const why = "gonogo can't find its run again after a crash, and asks a person then"
	if !call.marked() {
		return []string{fmt.Sprintf("the workflow %s gets no input with {run}, so %s; add one, and show it in run-name", call.file, why)}
	}
	return []string{fmt.Sprintf("the run-name of the workflow %s doesn't show the input with {run}, so %s; add ${{ inputs.NAME }} to it", call.file, why)}
}

// inputs are the inputs of workflow_dispatch; manual is false if there is none.
func (f workflowText) inputs() (inputs map[string]any, manual bool) {
	const trigger = "workflow_dispatch"
	switch on := f.On.(type) {
	case string:
		return nil, on == trigger
	case []any:
		return nil, slices.Contains(on, trigger)
	case map[string]any:
		how, manual := on[trigger]
		settings, _ := how.(map[string]any)
		inputs, _ = settings["inputs"].(map[string]any)
		return inputs, manual
	}
	return nil, false
}

// required reports whether an input must be given.
func required(input any) bool {
	settings, _ := input.(map[string]any)
	_, usual := settings["default"]
	return settings["required"] == true && !usual
}
