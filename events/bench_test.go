package events

import (
	"testing"

	"github.com/matryer/is"
)

// The events of the benchmarks: the largest and the smallest of the walk.
var benchTypes = []Type{TypeDecided, TypeForwarded}

// BenchmarkSign makes an event of a draft.
func BenchmarkSign(b *testing.B) {
	golden := goldenEvents(is.New(b))
	for _, typ := range benchTypes {
		b.Run(string(typ), func(b *testing.B) {
			e := golden[typ]
			a := Author{Source: e.Source, Number: e.Number, Key: e.Key, Sign: testAuthor("/RW/1-a", 1, nil).Sign}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Sign(e.Draft, a); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkParse reads an event from a message; Verify is apart.
func BenchmarkParse(b *testing.B) {
	golden := goldenEvents(is.New(b))
	for _, typ := range benchTypes {
		b.Run(string(typ), func(b *testing.B) {
			e := golden[typ]
			subject, header := e.Subject.String(), e.Header()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(subject, header, e.Body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkVerify checks a signature.
func BenchmarkVerify(b *testing.B) {
	e, key := goldenEvents(is.New(b))[TypeDecided], publicKey(testKey())
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Verify(key); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecode reads the largest body.
func BenchmarkDecode(b *testing.B) {
	e := goldenEvents(is.New(b))[TypeDecided]
	b.ReportAllocs()
	for b.Loop() {
		var d Decided
		if err := e.Decode(&d); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCheckKeys is the part of Decode that is ours.
func BenchmarkCheckKeys(b *testing.B) {
	e := goldenEvents(is.New(b))[TypeDecided]
	b.ReportAllocs()
	for b.Loop() {
		if err := checkKeys(e.Body); err != nil {
			b.Fatal(err)
		}
	}
}
