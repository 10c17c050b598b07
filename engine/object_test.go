package engine

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/matryer/is"

	"umuryango/events"
)

// TestMergeLaysFactsOver: objects key by key at any depth, anything else whole,
// and the same whatever stands between the tokens.
func TestMergeLaysFactsOver(t *testing.T) {
	for name, c := range map[string]struct{ below, above, want string }{
		"a new key":             {`{"a":1}`, `{"b":2}`, `{"a":1,"b":2}`},
		"replaced":              {`{"a":1,"b":2}`, `{"a":3}`, `{"a":3,"b":2}`},
		"inside":                {`{"a":{"b":1,"c":2}}`, `{"a":{"c":3}}`, `{"a":{"b":1,"c":3}}`},
		"deep inside":           {`{"a":{"b":{"c":1}}}`, `{"a":{"b":{"d":2}}}`, `{"a":{"b":{"c":1,"d":2}}}`},
		"a list whole":          {`{"a":[1,{"b":2}]}`, `{"a":[3]}`, `{"a":[3]}`},
		"an object by null":     {`{"a":{"b":1}}`, `{"a":null}`, `{"a":null}`},
		"null by an object":     {`{"a":null}`, `{"a":{"b":1}}`, `{"a":{"b":1}}`},
		"an object by none":     {`{"a":{"b":1}}`, `{"a":{}}`, `{"a":{"b":1}}`},
		"nothing over":          {`{"a":1}`, `{}`, `{"a":1}`},
		"nothing below":         {`{}`, `{"a":"}"}`, `{"a":"}"}`},
		"braces in texts":       {`{"a":"{[,:\"\\"}`, `{"b":{"c":"]},\\"}}`, `{"a":"{[,:\"\\","b":{"c":"]},\\"}}`},
		"space between":         {" {\n \"a\" : { \"b\" : 1 } ,\t\"c\":2}\r\n", `{ "a": {"d" :[ 1 , 2 ]} }`, `{"a":{"b":1,"d":[ 1 , 2 ]},"c":2}`},
		"truth and numbers":     {`{"a":true,"b":-1.5e3}`, `{"c":false}`, `{"a":true,"b":-1.5e3,"c":false}`},
		"an empty key":          {`{"":1}`, `{"":{"":2}}`, `{"":{"":2}}`},
		"a key inside a string": {`{"a":"\"b\":1"}`, `{"b":2}`, `{"a":"\"b\":1","b":2}`},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			below, ok := readObject([]byte(c.below))
			is.True(ok)
			above, ok := readObject([]byte(c.above))
			is.True(ok)
			below.merge(above)
			is.Equal(string(below.text()), c.want)
		})
	}
}

// TestOnlyObjectsAreCut: what is no object has no members.
func TestOnlyObjectsAreCut(t *testing.T) {
	is := is.New(t)
	for _, other := range []string{"", " ", "null", "[]", `"{"`, "1"} {
		_, ok := readObject([]byte(other))
		is.True(!ok)
	}
}

// FuzzMerge: what a body may say is merged as Go's own reader of JSON would.
func FuzzMerge(f *testing.F) {
	f.Add([]byte(`{"child":{"age_months":18},"kin":[{"id":"a"}]}`), []byte(`{"child":{"sex":"f"},"kin":[]}`), "izu")
	f.Add([]byte(` {"a" : "\\\"}" , "b":{"c":{}}} `), []byte(`{"b":{"c":{"d":[{},"]"]}},"a":null}`), "\x00\xff<é\"")
	f.Fuzz(func(t *testing.T, below, above []byte, s string) {
		is := is.New(t)
		quoted, err := json.Marshal(s)
		is.NoErr(err)
		is.Equal(decoded(is, text(s)), decoded(is, quoted))
		if events.CheckBody(below) != nil || events.CheckBody(above) != nil {
			return
		}
		under, ok := readObject(below)
		over, also := readObject(above)
		want, isObject := decoded(is, below).(map[string]any)
		more, alsoObject := decoded(is, above).(map[string]any)
		is.Equal(ok, isObject)
		is.Equal(also, alsoObject)
		if !ok || !also {
			return
		}
		under.merge(over)
		mergeMaps(want, more)
		is.NoErr(events.CheckBody(under.text()))
		is.Equal(decoded(is, under.text()), any(want))
	})
}

func decoded(is *is.I, raw []byte) (v any) {
	is.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	is.NoErr(d.Decode(&v))
	return v
}

func mergeMaps(below, above map[string]any) {
	for key, value := range above {
		under, ok := below[key].(map[string]any)
		over, also := value.(map[string]any)
		if ok && also {
			mergeMaps(under, over)
			continue
		}
		below[key] = value
	}
}
