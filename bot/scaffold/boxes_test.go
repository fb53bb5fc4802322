package scaffold

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// taken is what each box of a text became, a line each, and the lines that were left out.
func taken(t *testing.T, text string) (boxes []string, missed []int) {
	t.Helper()
	list, err := Read([]byte(text), noWord)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list.Sections {
		for _, task := range s.Tasks {
			mark := "-"
			if task.Ticked {
				mark = "x"
			}
			boxes = append(boxes, fmt.Sprintf("%d %s %s", task.Line, mark, task.Title))
		}
	}
	return boxes, list.Missed
}

// A box within another, or within a plain line, says what it is part of.
func TestNestedBoxes(t *testing.T) {
	got, _ := taken(t, `- [ ] **Credentials**:
  - [x] Rotate them
    - [ ] in staging
- Backups
  1. [ ] are made

     - [ ] nightly
- [ ] Last
`)
	want := []string{"1 - Credentials:", "2 x Credentials: Rotate them", "3 - Credentials: Rotate them: in staging",
		"5 - Backups: are made", "7 - Backups: are made: nightly", "8 - Last"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// However long and deep the lines above are, the title keeps the line's own words.
func TestDeepBoxes(t *testing.T) {
	var b strings.Builder
	for depth := range 30 {
		fmt.Fprintf(&b, "%s- [ ] %d %s\n", strings.Repeat("  ", depth), depth, strings.Repeat("word ", 40))
	}
	got, _ := taken(t, b.String()+strings.Repeat("  ", 30)+"- [ ] the end\n")
	if last := got[len(got)-1]; !strings.HasSuffix(last, ": the end") || len(last) > 600 {
		t.Errorf("the last of %d is %q", len(got), last)
	}
}

// Boxes in tables are taken, one for each; a row with several is told apart by the heads
// of their columns.
func TestBoxesInTables(t *testing.T) {
	got, missed := taken(t, `| # | Check | Owner | Done |
|---|---|---|---|
| 1 | Backups are made | Ben | ☐ |
| 2 | Logs<br>are kept | | ☑ |
| | | | [ ] |
| - [x] Alerts | fire | | |

| Check | Staging | Production |
|---|---|---|
| Smoke tests | [x] | [ ] |
| Access | ☐ read | ☒ write |
| `+"`[ ]`"+` | is a box | ✅ |
| Other | ⬜ | |
`)
	want := []string{"3 - 1, Backups are made, Ben", "4 x 2, Logs are kept", "5 - Done", "6 x Alerts, fire",
		"10 x Smoke tests: Staging", "10 - Smoke tests: Production", "11 - Access: read", "11 x Access: write"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{13}, missed); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
}

// The signs for boxes count where [ ] does, and are named where they don't.
func TestSignsForBoxes(t *testing.T) {
	got, missed := taken(t, "- ☐ a\n* ☑ b\n  - ☒ c\n\n☐ d\n\n[ ] e\n\n- ⬜ f\n\n[1] a note\n\n<!--\n- [ ] g\n-->\n")
	if diff := cmp.Diff([]string{"1 - a", "2 x b", "3 x b: c"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{5, 7, 9, 14}, missed); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
}

// Comments are for whoever writes the file.
func TestCommentsInTitles(t *testing.T) {
	got, _ := taken(t, "# Tests <!-- todo -->\n\n- [ ] All pass <!-- ask\n  Ben --> and <b>soon</b> <!---->\n- [ ] <!-- later -->\n")
	if diff := cmp.Diff([]string{"3 - All pass and <b>soon</b>", "5 - Untitled"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if list, err := Read([]byte("# Tests <!-- todo -->\n\n- [ ] a\n"), noWord); err != nil || list.Title != "Tests" {
		t.Errorf("title %q, %v", list.Title, err)
	}
}
