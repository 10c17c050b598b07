package policies_test

import (
	"testing"

	"umuryango/policies"
)

func BenchmarkCheck(b *testing.B) {
	p := rwanda(b)
	c := read(b, p, vignettes(b)["02-no-food-no-rent.json"].Case)
	b.ReportAllocs()
	for b.Loop() {
		policies.Check(p, c)
	}
}

func BenchmarkReadAndCheckAndWrite(b *testing.B) {
	p := rwanda(b)
	doc := read(b, p, vignettes(b)["02-no-food-no-rent.json"].Case).JSON()
	b.ReportAllocs()
	for b.Loop() {
		c, err := p.Read(doc)
		if err != nil {
			b.Fatal(err)
		}
		policies.Check(p, c).JSON()
	}
}

func BenchmarkEmbedded(b *testing.B) {
	for b.Loop() {
		if _, err := policies.Embedded(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLint(b *testing.B) {
	l, err := policies.Embedded()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Lint("rwanda", nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLintWithCases(b *testing.B) {
	l, err := policies.Embedded()
	if err != nil {
		b.Fatal(err)
	}
	cases := publicCases(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Lint("rwanda", cases); err != nil {
			b.Fatal(err)
		}
	}
}
