package policies_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// document is a case document that a test changes key by key.
type document map[string]any

// facts are changes to a document by path; gone takes the key out.
type facts map[string]any

type absent struct{}

var gone = absent{}

func documentOf(t testing.TB, raw []byte) document {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	var d document
	if err := dec.Decode(&d); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d document) json(t testing.TB) []byte {
	t.Helper()
	raw, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// with is the document with facts laid over it; values are written in JSON.
func (d document) with(t testing.TB, changes facts) document {
	t.Helper()
	out := document(copied(map[string]any(d)).(map[string]any))
	for _, path := range slices.Sorted(maps.Keys(changes)) {
		out.set(t, path, changes[path])
	}
	return out
}

// copied is a value that shares nothing with the one it was made from.
func copied(v any) any {
	switch v := v.(type) {
	case document:
		return copied(map[string]any(v))
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, e := range v {
			out[key] = copied(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = copied(e)
		}
		return out
	}
	return v
}

var entryForm = regexp.MustCompile(`^(\w+)\[(\d+)\]$`)

func (d document) set(t testing.TB, path string, v any) {
	t.Helper()
	at := map[string]any(d)
	steps := strings.Split(path, ".")
	for _, step := range steps[:len(steps)-1] {
		next, ok := child(at, step).(map[string]any)
		if !ok {
			next = map[string]any{}
			at[step] = next
		}
		at = next
	}
	last := steps[len(steps)-1]
	if v == gone {
		delete(at, last)
		return
	}
	raw, err := json.Marshal(v)
	if s, ok := v.(string); ok && err == nil && strings.HasPrefix(s, "json:") {
		raw = []byte(s[len("json:"):])
	}
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	at[last] = value
}

func child(at map[string]any, step string) any {
	m := entryForm.FindStringSubmatch(step)
	if m == nil {
		return at[step]
	}
	list, _ := at[m[1]].([]any)
	if i, _ := strconv.Atoi(m[2]); i < len(list) {
		return list[i]
	}
	return nil
}

// quiet are cases in which no rule objects, for a test to disturb.
func quiet(t testing.TB) map[string]document {
	t.Helper()
	v := vignettes(t)
	of := func(name string, changes facts) document { return documentOf(t, v[name].Case).with(t, changes) }
	foster := of("29-abuse-alleged-in-foster-home.json", facts{"provider.open_allegation": false})
	residential := of("30-arrested-for-theft.json", facts{
		"child.justice": "none", "request.care": "residential_institution", "provider.kind": "institution",
	})
	return map[string]document{
		"foster":      foster,
		"ratify":      foster.with(t, facts{"decision": "ratification", "history.provisional_since": "2026-11-21T09:00:00Z"}),
		"review":      foster.with(t, facts{"decision": "review", "from": "json:{}"}),
		"residential": residential,
		"admission":   residential.with(t, facts{"decision": "admission"}),
		"kin":         of("walk-aunt-taken.json", nil),
		"kafaalah":    of("06-kafaalah-orphan-of-six.json", nil),
		"alone":       of("09-seventeen-lives-alone.json", nil),
		"move":        of("10-foster-carer-moves-district.json", facts{"request.preparation_done": true}),
		"return":      of("17-funding-ends-if-child-leaves.json", facts{"from.paid_per_child": false}),
		"intake":      of("31-referred-twice-in-three-days.json", facts{"referral.similar_open": 0}),
		"closure":     foster.with(t, facts{"decision": "closure"}),
		"night":       of("07-beaten-at-night.json", nil),
	}
}
