package web

import (
	"bytes"
	"reflect"
	"testing"
	"testing/iotest"
)

// FuzzDelivery reads whatever is posted to the alert webhook. The result doesn't depend
// on how the bytes arrive, and what is kept stays within its limits.
func FuzzDelivery(f *testing.F) {
	for _, body := range []string{
		`{"version":"4","groupKey":"{}:{alertname=\"A\"}","truncatedAlerts":0,"status":"firing","receiver":"gonogo","groupLabels":{"alertname":"A"},"commonLabels":{"alertname":"A","severity":"critical"},"commonAnnotations":{"summary":"s"},"externalURL":"http://am.example","alerts":[{"status":"firing","labels":{"alertname":"A","severity":"critical"},"annotations":{"summary":"s"},"startsAt":"2026-11-28T10:00:00Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://prom.example","fingerprint":"f1"}]}`,
		`{"version":"4","groupKey":"k","status":"resolved","alerts":[{"status":"resolved","labels":{"alertname":"A"},"startsAt":"2026-11-28T10:00:00Z","endsAt":"2026-11-28T10:05:00Z","fingerprint":"f1"}]}`,
		`{"version":"4","groupKey":"k","status":"firing","alerts":null,"other":[1,{"a":"b"}]}`,
		`{"alerts":[{}]}`, `[]`, ``, `{"version":"4"} {}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		whole, err := readDelivery(bytes.NewReader(body))
		piecewise, errAgain := readDelivery(iotest.OneByteReader(bytes.NewReader(body)))
		if (err == nil) != (errAgain == nil) || !reflect.DeepEqual(whole, piecewise) {
			t.Fatalf("byte by byte it reads differently: %v and %v", err, errAgain)
		}
		if err == nil && (whole.GroupKey == "" || whole.Truncated < 0 || whole.Unnamed > whole.Truncated) {
			t.Fatalf("took %+v", whole)
		}
	})
}
