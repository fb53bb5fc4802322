package report

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// What tests printed is left out but for its line breaks; all else stays as it is.
func TestOutputIsLeftOut(t *testing.T) {
	for text, want := range map[string]string{
		"<a><system-out>one\ntwo &amp;</system-out>x</a>":                        "<a><system-out>\n</system-out>x</a>",
		"<system-err><![CDATA[a <b> ]] >\n]]></system-err>":                      "<system-err><![CDATA[\n]]></system-err>",
		"<system-out/>kept<system-out x='/'>gone</system-out>":                   "<system-out/>kept<system-out x='/'></system-out>",
		"<s:system-out\n>gone</s:system-out >kept":                               "<s:system-out\n></s:system-out >kept",
		"<a b='x\"><system-out>'>kept</a>":                                       "<a b='x\"><system-out>'>kept</a>",
		"<!-- <system-out> --> <?x <system-out> ?>kept":                          "<!-- <system-out> --> <?x <system-out> ?>kept",
		"<![CDATA[<system-out>]]>kept":                                           "<![CDATA[<system-out>]]>kept",
		"<!-->-->kept":                                                           "<!-->-->kept",
		"</system-out>kept":                                                      "</system-out>kept",
		"<system-outs>kept</system-outs>":                                        "<system-outs>kept</system-outs>",
		"<system-out>a<system-out>b</system-out>c</system-out>kept":              "<system-out><system-out></system-out></system-out>kept",
		"<a><![CDATA[torn":                                                       "<a><![CDATA[torn",
		"<a torn='":                                                              "<a torn='",
		"<failure>" + strings.Repeat("1 &amp;\n", maxTexts/8) + "gone</failure>": "<failure>" + strings.Repeat("1 &amp;\n", maxTexts/8) + "</failure>",
	} {
		for name, report := range map[string]io.Reader{"at once": strings.NewReader(text), "byte by byte": iotest.OneByteReader(strings.NewReader(text))} {
			got, err := io.ReadAll(newOutputFilter(report))
			if err != nil || string(got) != want {
				t.Errorf("%s, %s: got %v %s, want %s", last(text), name, err, last(string(got)), last(want))
			}
		}
	}
}

func last(text string) string { return text[max(0, len(text)-200):] }

// A text that is cut is cut between words, wherever the buffer ends, and each test has as
// much room; a line number is true below it.
func TestLongTextIsCut(t *testing.T) {
	failure := "<failure>" + strings.Repeat("quantity &lt; ünï\n", 100_000) + "</failure>"
	report, err := readJUnit(strings.NewReader("<testsuite><testcase name='a'>" + failure + "</testcase><testcase name='b'>" + failure + "</testcase></testsuite>"))
	if err != nil || len(report.cases) != 2 || report.cases[1].messages[0] != report.cases[0].messages[0] || !strings.HasPrefix(report.cases[0].messages[0], "quantity < ünï") {
		t.Errorf("got %v %+v", err, report.cases)
	}
	if _, err = readJUnit(strings.NewReader("<testsuite><testcase name='a'>" + failure + "</b>")); err == nil || !strings.Contains(err.Error(), "at line 100001;") {
		t.Errorf("got %v, want the line of the wrong end", err)
	}
}

// What fails while a report is read is an error, not its end.
func TestOutputFilterTellsErrors(t *testing.T) {
	_, err := io.ReadAll(newOutputFilter(io.MultiReader(strings.NewReader("<system-out>a"), iotest.ErrReader(io.ErrClosedPipe))))
	if err != io.ErrClosedPipe {
		t.Errorf("got %v", err)
	}
}
