package policies

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"
	"go.yaml.in/yaml/v4"
)

// schemaOf reads the published schema.
func schemaOf(t *testing.T) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(Schema(), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// packFilesOf are all files of the packs in the program, as an editor sees them.
func packFilesOf(t *testing.T) map[string]any {
	t.Helper()
	out := map[string]any{}
	err := fs.WalkDir(embedded, "packs", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".yaml") {
			return err
		}
		raw, err := fs.ReadFile(embedded, name)
		if err != nil {
			return err
		}
		out[name] = asJSON(t, string(raw))
		return nil
	})
	if err != nil || len(out) == 0 {
		t.Fatalf("read the packs: %v", err)
	}
	return out
}

func asJSON(t *testing.T, text string) any {
	t.Helper()
	var tree, out any
	if err := yaml.Unmarshal([]byte(text), &tree); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEveryFileOfThePacksMeetsThePublishedSchema(t *testing.T) {
	v := validator{root: schemaOf(t)}
	for name, file := range packFilesOf(t) {
		if problem := v.check(v.root, file, ""); problem != "" {
			t.Errorf("%s: %s", name, problem)
		}
	}
}

func TestAFileWithAFaultDoesNotMeetTheSchema(t *testing.T) {
	v := validator{root: schemaOf(t)}
	const rule = `rules: [{id: X, title: t, cites: c, class: absolute, on: [placement], parts: [{part: "", when: "true", says: {en: a, fr: b, rw: c}%s}]}]`
	if problem := v.check(v.root, asJSON(t, fmt.Sprintf(rule, "")), ""); problem != "" {
		t.Fatal(problem)
	}
	for name, text := range map[string]string{
		"unknown part of a file": `rule: []`,
		"no version":             `pack: {id: x, language: 1, from: "2026-01-01"}`,
		"another language":       `pack: {id: x, version: "1", language: 2, from: "2026-01-01"}`,
		"no day":                 `pack: {id: x, version: "1", language: 1}`,
		"a number for a text":    `decides: 7`,
		"both days and hours":    `clocks: {review: {days: 1, hours: 1}}`,
		"a negative param":       `params: {a: {value: -1}}`,
		"a capital in a code":    `lists: {care_types: [{code: Foster, en: x}]}`,
		"no English":             `lists: {care_types: [{code: foster, fr: x}]}`,
		"unknown key of a part":  fmt.Sprintf(rule, ", effects: blocked"),
		"unknown effect":         fmt.Sprintf(rule, ", effect: deny"),
		"unknown level":          fmt.Sprintf(rule, ", escalate_to: province"),
		"a place without a care": fmt.Sprintf(rule, ", divert_to: [{when: x}]"),
		"no reason to accept":    fmt.Sprintf(rule, `, accepts: {untested: ""}`),
	} {
		if v.check(v.root, asJSON(t, text), "") == "" {
			t.Errorf("%s meets the schema", name)
		}
	}
}

// The schema and the reader of packs know the same keys.
func TestTheSchemaHasTheKeysThatThePackReaderHas(t *testing.T) {
	root := schemaOf(t)
	at := func(path ...string) map[string]any {
		node := root
		for _, step := range path {
			node = node[step].(map[string]any)
		}
		return node
	}
	entry := func(name string) map[string]any {
		return at("properties", name)["additionalProperties"].(map[string]any)
	}
	part := at("$defs", "part", "properties")
	for _, c := range []struct {
		of     any
		schema map[string]any
	}{
		{packFile{}, root},
		{headerFile{}, at("properties", "pack")},
		{levelFile{}, at("properties", "levels", "items")},
		{paramFile{}, entry("params")},
		{clockFile{}, entry("clocks")},
		{setFile{}, entry("sets")},
		{codeFile{}, entry("lists")["items"].(map[string]any)},
		{termFile{}, entry("terms")},
		{labels{}, at("$defs", "text")},
		{labels{}, part["says"].(map[string]any)},
		{ruleFile{}, at("$defs", "rule")},
		{partFile{}, at("$defs", "part")},
		{targetFile{}, part["divert_to"].(map[string]any)["items"].(map[string]any)},
		{eachFile{}, at("$defs", "each")},
		{deadlineFile{}, part["deadlines"].(map[string]any)["items"].(map[string]any)},
		{changeFile{}, at("$defs", "change")},
	} {
		t.Run(reflect.TypeOf(c.of).Name(), func(t *testing.T) {
			is := is.New(t)
			var keys []string
			for f := range reflect.TypeOf(c.of).Fields() {
				if tag := f.Tag.Get("yaml"); tag != "" {
					keys = append(keys, tag)
				}
			}
			slices.Sort(keys)
			is.Equal(keys, sorted(c.schema["properties"].(map[string]any)))
		})
	}
}

// validator knows as much of JSON Schema as the published one uses; a word of
// it that it does not know fails the test.
type validator struct{ root map[string]any }

func (v validator) check(schema map[string]any, value any, path string) string {
	for _, word := range sorted(schema) {
		if problem := v.word(word, schema, value, path); problem != "" {
			return problem
		}
	}
	return ""
}

func (v validator) word(word string, schema map[string]any, value any, path string) string {
	rule := schema[word]
	object, _ := value.(map[string]any)
	list, _ := value.([]any)
	text, isText := value.(string)
	number, isNumber := value.(float64)
	bad := func(yes bool, what string) string {
		if yes {
			return path + ": " + what
		}
		return ""
	}
	switch word {
	case "$schema", "$id", "$defs", "title", "description":
		return ""
	case "$ref":
		name := strings.TrimPrefix(rule.(string), "#/$defs/")
		return v.check(v.root["$defs"].(map[string]any)[name].(map[string]any), value, path)
	case "type":
		return bad(!isOfType(rule, value), fmt.Sprintf("%v is not of type %v", value, rule))
	case "enum":
		return bad(!slices.Contains(rule.([]any), value), fmt.Sprintf("%v is none of %v", value, rule))
	case "const":
		return bad(value != rule, fmt.Sprintf("%v is not %v", value, rule))
	case "pattern":
		return bad(isText && !regexp.MustCompile(rule.(string)).MatchString(text), text+" has another form")
	case "minLength":
		return bad(isText && text == "", "empty")
	case "minItems":
		return bad(value != nil && len(list) == 0, "empty")
	case "minimum":
		return bad(isNumber && number < rule.(float64), "too small")
	case "maximum":
		return bad(isNumber && number > rule.(float64), "too large")
	case "required":
		for _, key := range rule.([]any) {
			if _, there := object[key.(string)]; !there {
				return bad(true, "lacks "+key.(string))
			}
		}
		return ""
	case "oneOf", "anyOf":
		met := 0
		for _, s := range rule.([]any) {
			if v.check(s.(map[string]any), value, path) == "" {
				met++
			}
		}
		return bad(met == 0 || word == "oneOf" && met > 1, "it meets no way, or too many")
	case "items":
		for i, e := range list {
			if problem := v.check(rule.(map[string]any), e, fmt.Sprintf("%s[%d]", path, i)); problem != "" {
				return problem
			}
		}
		return ""
	case "properties", "additionalProperties", "propertyNames":
		return v.keys(word, schema, object, path)
	}
	return bad(true, "the test does not know the word "+word)
}

func (v validator) keys(word string, schema, object map[string]any, path string) string {
	named, _ := schema["properties"].(map[string]any)
	for _, key := range sorted(object) {
		at := join(path, key)
		var problem string
		of, there := named[key].(map[string]any)
		more, typed := schema["additionalProperties"].(map[string]any)
		switch {
		case word == "propertyNames":
			problem = v.check(schema[word].(map[string]any), key, at)
		case word == "properties" && there:
			problem = v.check(of, object[key], at)
		case word == "additionalProperties" && !there && typed:
			problem = v.check(more, object[key], at)
		case word == "additionalProperties" && !there:
			problem = at + ": unknown key"
		}
		if problem != "" {
			return problem
		}
	}
	return ""
}

func isOfType(rule, value any) bool {
	if many, ok := rule.([]any); ok {
		return slices.ContainsFunc(many, func(r any) bool { return isOfType(r, value) })
	}
	switch v := value.(type) {
	case map[string]any:
		return rule == "object"
	case []any:
		return rule == "array"
	case string:
		return rule == "string"
	case bool:
		return rule == "boolean"
	case float64:
		return rule == "number" || rule == "integer" && v == float64(int64(v))
	}
	return false
}
