package alertmanager

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Alert is what a Prometheus reports, and the API takes.
type Alert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"` // zero: now
	EndsAt       time.Time         `json:"endsAt"`   // zero: it fires until it is resolved
	GeneratorURL string            `json:"generatorURL"`
}

// alert is one that was received. What it holds is not changed but by Resolve.
type alert struct {
	Alert
	fingerprint string
	updated     time.Time
}

func (a *Alert) resolved(now time.Time) bool { return !a.EndsAt.IsZero() && !a.EndsAt.After(now) }

// only are the alert's labels that have one of the names.
func (a *Alert) only(names []string) map[string]string {
	some := map[string]string{}
	for _, name := range names {
		if value, ok := a.Labels[name]; ok {
			some[name] = value
		}
	}
	return some
}

// fingerprint is the same for equal labels: FNV-1a over names and values in
// order, each ended by a byte that UTF-8 has not (labelSetToFingerprint in
// https://github.com/prometheus/common/blob/main/model/signature.go).
func fingerprint(labels map[string]string) string {
	sum := fnv.New64a()
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		io.WriteString(sum, name+"\xff"+labels[name]+"\xff")
	}
	return fmt.Sprintf("%016x", sum.Sum64())
}

// groupKey names a group of the top route: {}:{alertname="X", job="y"}.
func groupKey(labels map[string]string) string {
	pairs := make([]string, 0, len(labels))
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		pairs = append(pairs, fmt.Sprintf("%s=%q", name, labels[name]))
	}
	return "{}:{" + strings.Join(pairs, ", ") + "}"
}

// sorted puts alerts in the order of a post: by job, then instance, then all
// labels (AlertSlice in Alertmanager's sources).
func sorted(alerts []alert) []alert {
	return slices.SortedFunc(slices.Values(alerts), func(a, b alert) int {
		return cmp.Or(
			cmp.Compare(a.Labels["job"], b.Labels["job"]),
			cmp.Compare(a.Labels["instance"], b.Labels["instance"]),
			cmp.Compare(groupKey(a.Labels), groupKey(b.Labels)),
		)
	})
}
