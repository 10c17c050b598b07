package policies_test

import (
	"errors"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/policies"
)

func TestADocumentIsOpenedUnderThePackThatItNames(t *testing.T) {
	is := is.New(t)
	l, err := policies.Embedded()
	is.NoErr(err)
	doc := []byte(`{"pack":"rwanda","at":"2026-11-22T09:00:00Z","decision":"closure"}`)
	p, c, err := l.Open(doc, policies.Instead{})
	is.NoErr(err)
	is.Equal(p.ID(), "rwanda")
	is.Equal(c.At(), time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))

	later := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	_, c, err = l.Open(doc, policies.Instead{At: later})
	is.NoErr(err)
	is.Equal(c.At(), later)

	_, c, err = l.Open([]byte(`{"decision":"closure"}`), policies.Instead{Pack: "rwanda", At: later})
	is.NoErr(err)
	is.Equal(c.Decision(), "closure")
}

func TestADocumentThatCannotBeOpenedIsAnErrorWithThePath(t *testing.T) {
	l, err := policies.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, doc, path string
		instead         policies.Instead
	}{
		{"not JSON", `{`, "", policies.Instead{}},
		{"no pack", `{"at":"2026-11-22T09:00:00Z"}`, "pack", policies.Instead{}},
		{"no instant", `{"pack":"rwanda"}`, "at", policies.Instead{}},
		{"a pack that is a number", `{"pack":7,"at":"2026-11-22T09:00:00Z"}`, "pack", policies.Instead{}},
		{"no instant at all", `{"pack":"rwanda","at":"today"}`, "at", policies.Instead{}},
		{"no such pack", `{"pack":"atlantis","at":"2026-11-22T09:00:00Z"}`, "pack", policies.Instead{}},
		{"the other pack", `{"pack":"rwanda","at":"2026-11-22T09:00:00Z","decision":"closure"}`, "pack", policies.Instead{Pack: "atlantis"}},
		{"before any version", `{"pack":"rwanda","at":"1999-11-22T09:00:00Z","decision":"closure"}`, "pack", policies.Instead{}},
		{"a key twice, also when replaced", `{"pack":"rwanda","pack":"x","at":"2026-11-22T09:00:00Z","decision":"closure"}`, "pack", policies.Instead{Pack: "rwanda"}},
		{"the case itself", `{"pack":"rwanda","at":"2026-11-22T09:00:00Z","decision":"closure","child":{"age":3}}`, "child.age", policies.Instead{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			is := is.New(t)
			_, _, err := l.Open([]byte(c.doc), c.instead)
			var bad *policies.Error
			is.True(errors.As(err, &bad))
			is.Equal(bad.Path, c.path)
		})
	}
}
