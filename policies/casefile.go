package policies

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// CaseFile is a case with the result that it wants: how an author of a pack
// says what the pack is for, and how a test holds it to that.
type CaseFile struct {
	Name string
	Why  string          // the rule and the paragraph that drive the result
	Case json.RawMessage // a case document
	Want Want
}

// Want is what a result must be. A list holds what must be among the result's,
// which may hold more; what is nil is not checked.
type Want struct {
	Outcome          string
	EscalateTo       *string
	DivertTo         []string
	MissingIncludes  []string
	FindingsInclude  []string
	FindingsExclude  []string
	DeadlinesInclude []string
}

// CaseFileError says what is wrong in a case file, and where.
type CaseFileError struct {
	Path    string // "want.divert_to"; "" is the file itself
	Problem string
}

func (e *CaseFileError) Error() string {
	if e.Path == "" {
		return "case file: " + e.Problem
	}
	return "case file: " + e.Path + ": " + e.Problem
}

func badFile(path, format string, args ...any) *CaseFileError {
	return &CaseFileError{path, fmt.Sprintf(format, args...)}
}

// ReadCaseFile reads a case file strictly: a misspelled key would make a test
// that cannot fail. The case itself is read by Pack.Read.
func ReadCaseFile(raw []byte) (*CaseFile, error) {
	if len(raw) > documentMost {
		return nil, badFile("", "it has %d bytes, at most %d are read", len(raw), documentMost)
	}
	f := &CaseFile{}
	keys := map[string]any{"name": &f.Name, "why": &f.Why, "case": &f.Case, "want": &f.Want}
	if err := readKeys(raw, "", keys); err != nil {
		return nil, err
	}
	switch {
	case f.Name == "":
		return nil, badFile("name", "missing")
	case f.Case == nil:
		return nil, badFile("case", "missing")
	case f.Want.Outcome == "":
		return nil, badFile("want.outcome", "missing")
	}
	return f, nil
}

// UnmarshalJSON reads what is wanted as strictly as the file around it.
func (w *Want) UnmarshalJSON(raw []byte) error {
	return readKeys(raw, "want", map[string]any{
		"outcome": &w.Outcome, "escalate_to": &w.EscalateTo, "divert_to": &w.DivertTo, "missing_includes": &w.MissingIncludes,
		"findings_include": &w.FindingsInclude, "findings_exclude": &w.FindingsExclude, "deadlines_include": &w.DeadlinesInclude,
	})
}

// readKeys reads an object key by key; each may stand there once.
func readKeys(raw []byte, path string, into map[string]any) error {
	fields, err := fieldsOf(raw)
	if err != nil {
		return badFile(path, "%s", err)
	}
	seen := map[string]bool{}
	for _, f := range fields {
		at := join(path, clip(f.name))
		target, known := into[f.name]
		switch {
		case !known:
			return badFile(at, "unknown key")
		case seen[f.name]:
			return badFile(at, "this key stands there twice")
		case string(f.raw) == "null":
			return badFile(at, "null is not a value: leave the key out")
		}
		seen[f.name] = true
		if err := f.into(target); err != nil {
			var inner *CaseFileError
			if errors.As(err, &inner) {
				return inner
			}
			return badFile(at, "%s", err)
		}
	}
	return nil
}

// rawField is a key of an object and its value as it was written.
type rawField struct {
	name string
	raw  json.RawMessage
}

// into puts the value where it belongs; what is kept as it was written was
// looked at already.
func (f rawField) into(target any) error {
	switch t := target.(type) {
	case *json.RawMessage:
		*t = bytes.Clone(f.raw)
		return nil
	case *Want:
		return t.UnmarshalJSON(f.raw)
	case *string:
		q := quickJSON{src: string(f.raw)}
		if text, ok := q.text(); ok && utf8.ValidString(text) {
			*t = text
			return nil
		}
	}
	return json.Unmarshal(f.raw, target)
}

// fieldsOf takes an object apart in its order, and keeps what stands twice.
func fieldsOf(raw []byte) ([]rawField, error) {
	if out, ok := quickFields(raw); ok {
		return out, nil
	}
	return slowFields(raw)
}

func slowFields(raw []byte) ([]rawField, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	t, err := dec.Token()
	if err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if t != json.Delim('{') {
		return nil, errors.New("an object is expected")
	}
	var out []rawField
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("not JSON: %w", err)
		}
		f := rawField{name: t.(string)} // the decoder takes nothing else for a key
		if err := dec.Decode(&f.raw); err != nil {
			return nil, fmt.Errorf("not JSON: %w", err)
		}
		out = append(out, f)
	}
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows its end")
	}
	return out, nil
}

// Test reads the file's case under the pack and says what differs from what it
// wants. A want that speaks of what the pack does not know is an error: it
// would be met, or missed, for a reason that nobody sees.
func (f *CaseFile) Test(p *Pack) (differs []string, err error) {
	if err := f.Want.check(p); err != nil {
		return nil, err
	}
	c, err := p.Read(f.Case)
	if err != nil {
		return nil, fmt.Errorf("read the case: %w", err)
	}
	return f.Want.Differences(Check(p, c)), nil
}

func (w Want) check(p *Pack) error {
	if w.Outcome != NoObjection && !slices.Contains(outcomes, w.Outcome) {
		return badFile("want.outcome", "%q is no outcome", clip(w.Outcome))
	}
	if to := w.EscalateTo; to != nil && *to != "" && p.height(*to) == 0 {
		return badFile("want.escalate_to", "%q is no level of pack %s", clip(*to), p.id)
	}
	for _, l := range []struct {
		path  string
		items []string
		known func(string) bool
	}{
		{"want.divert_to", w.DivertTo, func(s string) bool { return p.Knows(listCare, s) }},
		{"want.findings_include", w.FindingsInclude, p.hasRule},
		{"want.findings_exclude", w.FindingsExclude, p.hasRule},
		{"want.deadlines_include", w.DeadlinesInclude, func(s string) bool { return p.clocks[s] > 0 }},
		{"want.missing_includes", w.MissingIncludes, func(s string) bool { return pathProblem(s) == "" }},
	} {
		for i, item := range l.items {
			if !l.known(item) {
				return badFile(fmt.Sprintf("%s[%d]", l.path, i), "pack %s does not know %q", p.id, clip(item))
			}
		}
	}
	return nil
}

func (p *Pack) hasRule(id string) bool {
	for name := range p.byName {
		if rule, _, _ := strings.Cut(name, " "); rule == id {
			return true
		}
	}
	return false
}

// Differences says in what a result is not as wanted; nil when it is.
func (w Want) Differences(r Result) []string {
	var out []string
	if r.Outcome != w.Outcome {
		out = append(out, fmt.Sprintf("outcome is %s, wanted is %s", r.Outcome, w.Outcome))
	}
	if w.EscalateTo != nil && r.EscalateTo != *w.EscalateTo {
		out = append(out, fmt.Sprintf("escalate_to is %q, wanted is %q", r.EscalateTo, *w.EscalateTo))
	}
	var rules, whats []string
	for _, f := range r.Findings {
		rules = append(rules, f.Rule)
	}
	for _, d := range r.Deadlines {
		whats = append(whats, d.What)
	}
	out = append(out, lacking("divert_to", w.DivertTo, r.DivertTo)...)
	out = append(out, lacking("missing", w.MissingIncludes, r.Missing)...)
	out = append(out, lacking("findings", w.FindingsInclude, rules)...)
	out = append(out, lacking("deadlines", w.DeadlinesInclude, whats)...)
	for _, id := range w.FindingsExclude {
		if slices.Contains(rules, id) {
			out = append(out, "findings hold "+id+", which is not wanted")
		}
	}
	return out
}

func lacking(what string, wanted, got []string) []string {
	var out []string
	for _, item := range wanted {
		if !slices.Contains(got, item) {
			out = append(out, what+" lacks "+item)
		}
	}
	return out
}
