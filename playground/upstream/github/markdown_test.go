package github

import "testing"

func TestMarkdown(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"a paragraph", "One\ntwo\n\nthree", "<p>One<br>\ntwo</p>\n<p>three</p>\n"},
		{"headings", "## Two ##\n#none", "<h2>Two</h2>\n<p>#none</p>\n"},
		{"a list in a list", "- a\n  - b\n  - c\n- d", "<ul>\n<li>a<ul>\n<li>b</li>\n<li>c</li>\n</ul>\n</li>\n<li>d</li>\n</ul>\n"},
		{"numbers", "3. a\n4. b\n\nc", "<ol start=\"3\">\n<li>a</li>\n<li>b</li>\n</ol>\n<p>c</p>\n"},
		{"tasks", "- [x] a\n- [ ] b", "<ul>\n<li><input type=\"checkbox\" disabled checked> a</li>\n<li><input type=\"checkbox\" disabled> b</li>\n</ul>\n"},
		{"code in a list", "1. a\n   ```sh\n   b <c>\n   ```", "<ol start=\"1\">\n<li>a<pre><code>b &lt;c&gt;\n</code></pre>\n</li>\n</ol>\n"},
		{"a table", "|a|b|\n|---|--:|\n|`x`|1 \\| 2|\n", "<div class=\"table\"><table><thead>\n<tr><th>a</th><th class=\"right\">b</th></tr>\n</thead><tbody>\n<tr><td><code>x</code></td><td class=\"right\">1 | 2</td></tr>\n</tbody></table></div>\n"},
		{"a quotation", "> a\n> > b", "<blockquote>\n<p>a</p>\n<blockquote>\n<p>b</p>\n</blockquote>\n</blockquote>\n"},
		{"a rule", "a\n\n---\nb", "<p>a</p>\n<hr>\n<p>b</p>\n"},
		{"code that is not closed", "```\na", "<pre><code>a\n</code></pre>\n"},
		{"comments", "<!-- a\nb -->\nc <!-- d -->e `<!-- f -->`", "<p>c e <code>&lt;!-- f --&gt;</code></p>\n"},
		{"HTML", "<img src=x onerror=alert(1)> & \"q\"", "<p>&lt;img src=x onerror=alert(1)&gt; &amp; &#34;q&#34;</p>\n"},
		{"emphasis", "**a *b* c** _d_ ~~e~~ f_g_h 2 * 3 * 4", "<p><strong>a <em>b</em> c</strong> <em>d</em> <del>e</del> f_g_h 2 * 3 * 4</p>\n"},
		{"escapes", `\*a\* \<b`, "<p>*a* &lt;b</p>\n"},
		{"a link", "[a **b**](https://x.test/?a=1&b=2)", `<p><a href="https://x.test/?a=1&amp;b=2" rel="nofollow noopener noreferrer">a <strong>b</strong></a></p>` + "\n"},
		{"a bare address", "See https://x.test/a_b_c.", `<p>See <a href="https://x.test/a_b_c" rel="nofollow noopener noreferrer">https://x.test/a_b_c</a>.</p>` + "\n"},
		{"an address as a link's text", "[https://x.test](https://y.test)", `<p><a href="https://y.test" rel="nofollow noopener noreferrer">https://x.test</a></p>` + "\n"},
		{"a link to a script", "[a](javascript:alert(1)) [b](data:x)", "<p>a b</p>\n"},
		{"a link out of its attribute", `[a](https://x.test/"onclick=alert)`, `<p><a href="https://x.test/%22onclick=alert" rel="nofollow noopener noreferrer">a</a></p>` + "\n"},
	} {
		if got := string(markdown(test.text)); got != test.want {
			t.Errorf("%s: %q is\n%s\nwant\n%s", test.name, test.text, got, test.want)
		}
	}
}

// FuzzMarkdown looks for texts that never end or fall over.
func FuzzMarkdown(f *testing.F) {
	f.Add("- a\n\n  b\n* c\n1. d\n> e\n|f|\n|-|\n```\ng")
	f.Add("[](#) <!-- \\ `` **")
	f.Fuzz(func(_ *testing.T, text string) { markdown(text) })
}
