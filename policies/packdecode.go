package policies

import (
	"reflect"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// packDecoder makes a pack's file of the tree that was read, and keeps the
// first problem. What is not known is one: a misspelled key must not be lost.
type packDecoder struct {
	file    string
	problem *PackError
}

func (d *packDecoder) fail(at *yamlTree, format string, args ...any) {
	if d.problem == nil {
		d.problem = place{d.file, at.line}.fail(format, args...)
	}
}

// nothing: a key without a value says as much as no key.
func (t *yamlTree) nothing() bool {
	if t.kind != yaml.ScalarNode || !t.plain {
		return false
	}
	switch t.text {
	case "", "~", "null", "Null", "NULL":
		return true
	}
	return false
}

// few is how many keys are compared one by one.
const few = 32

// keys visits what a map holds under each key; a key that the visitor does not
// know, or that stands there twice, is a problem.
func (d *packDecoder) keys(t *yamlTree, visit func(key string, v *yamlTree) (known bool)) {
	if t.nothing() {
		return
	}
	if t.kind != yaml.MappingNode {
		d.fail(t, "keys and values are expected")
		return
	}
	var seen map[string]bool
	if len(t.parts) > 2*few {
		seen = make(map[string]bool, len(t.parts)/2)
	}
	for i := 0; i+1 < len(t.parts) && d.problem == nil; i += 2 {
		key, v := &t.parts[i], &t.parts[i+1]
		switch {
		case key.kind != yaml.ScalarNode:
			d.fail(key, "a key is a single word")
		case seen[key.text] || seen == nil && twice(t.parts[:i], key.text):
			d.fail(key, "the key %q stands there twice", clip(key.text))
		case !visit(key.text, v):
			d.fail(key, "the key %q is not known here", clip(key.text))
		}
		if seen != nil {
			seen[key.text] = true
		}
	}
}

func twice(before []yamlTree, key string) bool {
	for i := 0; i < len(before); i += 2 {
		if before[i].text == key {
			return true
		}
	}
	return false
}

// keysOf are the keys of every struct that a file is made of, and their fields.
var keysOf = map[reflect.Type]map[string]int{}

func init() { learnKeys(reflect.TypeFor[packFile]()) }

func learnKeys(t reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		learnKeys(t.Elem())
	case reflect.Struct:
		if keysOf[t] != nil || t == sourceType {
			return
		}
		keys := map[string]int{}
		keysOf[t] = keys
		for i := range t.NumField() {
			if key, tagged := t.Field(i).Tag.Lookup("yaml"); tagged {
				keys[key] = i
				learnKeys(t.Field(i).Type)
			}
		}
	}
}

var sourceType = reflect.TypeFor[source]()

// decode puts a value into a field; one that says nothing leaves it as it is.
func (d *packDecoder) decode(t *yamlTree, into reflect.Value) {
	if t.nothing() || d.problem != nil {
		return
	}
	switch into.Kind() {
	case reflect.String:
		into.SetString(d.text(t))
	case reflect.Bool:
		into.SetBool(d.truth(t))
	case reflect.Int, reflect.Int64:
		into.SetInt(d.number(t))
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		d.decode(t, into.Elem())
	case reflect.Slice:
		d.list(t, into)
	case reflect.Map:
		d.mapped(t, into)
	default:
		d.record(t, into)
	}
}

func (d *packDecoder) record(t *yamlTree, into reflect.Value) {
	if s, ok := into.Addr().Interface().(*source); ok {
		*s = d.source(t)
		return
	}
	known := keysOf[into.Type()]
	d.keys(t, func(key string, v *yamlTree) bool {
		i, ok := known[key]
		if ok {
			d.decode(v, into.Field(i))
		}
		return ok
	})
}

func (d *packDecoder) list(t *yamlTree, into reflect.Value) {
	if t.kind != yaml.SequenceNode {
		d.fail(t, "a list is expected")
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(t.parts), len(t.parts)))
	for i := range t.parts {
		d.decode(&t.parts[i], into.Index(i))
	}
}

func (d *packDecoder) mapped(t *yamlTree, into reflect.Value) {
	into.Set(reflect.MakeMapWithSize(into.Type(), len(t.parts)/2))
	d.keys(t, func(key string, v *yamlTree) bool {
		one := reflect.New(into.Type().Elem()).Elem()
		d.decode(v, one)
		into.SetMapIndex(reflect.ValueOf(key), one)
		return true
	})
}

func (d *packDecoder) text(t *yamlTree) string {
	if t.kind != yaml.ScalarNode {
		d.fail(t, "a single value is expected")
	}
	return t.text
}

// source keeps the line; in a block the text begins one line below.
func (d *packDecoder) source(t *yamlTree) source {
	text := d.text(t)
	if t.block {
		return source{text, t.line + 1}
	}
	return source{text, t.line}
}

func (d *packDecoder) truth(t *yamlTree) bool {
	text := d.text(t)
	if !t.plain || text != "true" && text != "false" {
		d.fail(t, "true or false is expected, not %q", clip(text))
	}
	return text == "true"
}

func (d *packDecoder) number(t *yamlTree) int64 {
	text := d.text(t)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !t.plain {
		d.fail(t, "a whole number is expected, not %q", clip(text))
	}
	return n
}
