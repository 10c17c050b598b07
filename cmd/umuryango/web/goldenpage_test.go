package web

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// linesOf is what a person reads of a page, a line for each that says something.
func linesOf(page string) string {
	var out []string
	for line := range strings.Lines(wordsOf(page)) {
		if words := strings.Join(strings.Fields(line), " "); words != "" {
			out = append(out, words)
		}
	}
	return strings.Join(out, "\n") + "\n"
}

// steady puts what changes with each run into names.
func steady(text string) string {
	text = regexp.MustCompile(`\b[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{4}\b`).ReplaceAllString(text, "<code>")
	return regexp.MustCompile(`20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}`).ReplaceAllString(text, "<time>")
}

// What people read of a sealed record, in their languages: opened, by codes, in
// a list, kept from others, locked and erased.
func TestPagesOfARecordAreGolden(t *testing.T) {
	w := newTown(t)
	done := w.raiseMarked(1)
	_, err := w.client.OpenRecord(t.Context(), done.Code, "", OpenRequest{ActRequest: by(country, "NAT-1"), Reason: "audit"})
	must(t, err)
	pages := []struct{ title, path string }{
		{"a case by codes", "/cases/" + done.Code + "?office=" + cell},
		{"a case opened", "/cases/" + done.Code + "?office=" + cell + "&actor=CEL-1"},
		{"the district's list", "/?office=" + district + "&actor=DIS-3"},
		{"opened pages", "/reads?actor=DIS-3"},
	}
	var out strings.Builder
	show := func(lang string) {
		for _, p := range pages {
			joint := "?"
			if strings.Contains(p.path, "?") {
				joint = "&"
			}
			fmt.Fprintf(&out, "== %s, %s\n%s\n", p.title, lang, linesOf(string(w.send("GET", p.path+joint+"lang="+lang, "").body)))
		}
	}
	for _, lang := range langs {
		show(lang.Code)
	}
	w.server.Node.Lock()
	pages = []struct{ title, path string }{{"a case on a locked node", "/cases/" + done.Code + "?office=" + cell + "&actor=CEL-1"}}
	show("en")
	goldenText(t, "pages.txt", steady(out.String()))
}
