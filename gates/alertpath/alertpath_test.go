package alertpath

import "testing"

func TestWatch(t *testing.T) {
	w := &Watch{}
	if err := w.Problem(); err != ErrNotConfigured {
		t.Errorf("got %v", err)
	}
	w.Configure()
	if err := w.Problem(); err != ErrNotServing {
		t.Errorf("got %v", err)
	}
	shut := w.Open()
	if err := w.Problem(); err != nil {
		t.Error(err)
	}
	shut()
	if err := w.Problem(); err != ErrNotServing {
		t.Errorf("got %v", err)
	}
	first, _ := w.Expect("a")
	second, forget := w.Expect("b")
	w.Arrived("c")
	w.Arrived("a")
	w.Arrived("a")
	<-first
	forget()
	w.Arrived("b")
	select {
	case <-second:
		t.Error("what was forgotten has arrived")
	default:
	}
}

func TestMarked(t *testing.T) {
	if id, ok := Marked(Labels("a1")); id != "a1" || !ok {
		t.Errorf("got %q %v", id, ok)
	}
	for _, labels := range []map[string]string{nil, {Label: "a1"}, {"alertname": Name + "-a1"}, {"alertname": Name + "-", Label: ""}, {"alertname": "Slow", Label: "a1"}} {
		if id, ok := Marked(labels); ok {
			t.Errorf("%v is taken for %s", labels, id)
		}
	}
}
