package policies

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

func FuzzRead(f *testing.F) {
	p := testPack(f)
	files, err := filepath.Glob("testdata/cases/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if i := bytes.Index(raw, []byte(`"case":`)); i > 0 {
			f.Add(raw[i+7:])
		}
	}
	f.Add([]byte(exprDoc))
	f.Add([]byte(`{"pack":"rwanda","at":"2026-11-22T09:00:00Z","decision":"review","unknowable":[{"path":"child"}]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		c, err := p.Read(doc)
		if err != nil {
			var bad *Error
			if !errors.As(err, &bad) {
				t.Fatalf("not an *Error: %v", err)
			}
			return
		}
		again, err := p.Read(c.JSON())
		if err != nil || !bytes.Equal(again.JSON(), c.JSON()) {
			t.Fatalf("the one form is not read again: %v\n%s", err, c.JSON())
		}
		r := Check(p, c)
		if !bytes.Equal(r.JSON(), Check(p, c.WithoutTexts()).JSON()) {
			t.Fatalf("the recorded document gives other bytes: %s", c.JSON())
		}
		for _, path := range r.Missing {
			if u, covered := c.covering(path); covered {
				t.Fatalf("%s is asked for although %s cannot be known", path, u)
			}
		}
	})
}

func FuzzExpression(f *testing.F) {
	p := testPack(f)
	for _, t := range p.terms {
		f.Add(t.body.text)
	}
	for _, src := range []string{
		`child.age_months < 36 && !(harm_by in ["household", "unknown"])`, `caregivers.exists(c, c.status == "dead")`,
		`size(panel.members.filter(m, m.present && !m.recused)) >= params.quorum`, `days(request.starts, request.planned_end) <= 90`,
		`danger.imminent ? only_poverty() : full_quorum()`, `empty(reasons) || "food" in reasons`, `((`, `"`, `- - 1`, `a.b(c)`, `// x`,
	} {
		f.Add(src)
	}
	c, err := p.Read([]byte(exprDoc))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, src string) {
		_, run, frame, err := planned(p, c, src)
		if err != nil {
			var bad *exprError
			if !errors.As(err, &bad) || bad.line < 1 || bad.col < 1 {
				t.Fatalf("no place in the error: %v", err)
			}
			return
		}
		_, twice, again, err := planned(p, c, "!!("+src+")")
		if err != nil {
			return // too long, or too deep, by so much
		}
		if run(frame) != twice(again) {
			t.Fatalf("%q: twice not is something else", src)
		}
	})
}

// compileAll compiles the rules of a file as if they stood in this pack.
func compileAll(p *Pack, f *packFile) error {
	q := *p
	q.byName, q.parts = map[string]*part{}, map[string][]*part{}
	q.begin()
	var err error
	for _, when := range []struct {
		of  **plan
		src string
	}{{&q.emergency, "emergency_active()"}, {&q.strict, "true"}} {
		if *when.of, err = compileTruth(&q, when.src); err != nil {
			return err
		}
	}
	for _, r := range f.Rules {
		rc := ruleCompiler{&q, ruleOf{r, f}}
		if err := rc.compile(); err != nil {
			return err
		}
	}
	q.ready()
	c, err := q.Read([]byte(exprDoc))
	if err != nil {
		return err
	}
	Check(&q, c).JSON()
	return nil
}

func FuzzPack(f *testing.F) {
	for _, name := range []string{"rwanda/pack.yaml", "rwanda/lists.yaml", "base/rules/G12.yaml", "base/rules/G10.yaml", "base/rules/G27.yaml", "base/terms.yaml", "base/sets.yaml"} {
		raw, err := embedded.ReadFile("packs/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte("rules: [{id: X, parts: [{part: a, when: 'true'}]}]"))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("tighten: [{rule: G12, why: x}]\nderogations: [{rule: G10, why: x}]"))
	p := testPack(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var bad *PackError
		if _, err := LoadFS(fstest.MapFS{"x/pack.yaml": {Data: raw}}); err != nil && !errors.As(err, &bad) {
			t.Fatalf("not a *PackError: %v", err)
		}
		file, err := new(quick).readPackFile("x.yaml", raw)
		if err == nil {
			err = compileAll(p, file)
		}
		if err != nil && !errors.As(err, &bad) {
			t.Fatalf("not a *PackError: %v", err)
		}
	})
}
