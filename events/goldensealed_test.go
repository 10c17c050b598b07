package events

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// sealedBodies are bodies of which parts are sealed, as they are written since
// there are keys.
func sealedBodies() map[Type]any {
	part := func(field string, fill byte) SealedPart {
		return SealedPart{Field: field, Key: strings.Repeat(string(fill), 16), Data: bytes.Repeat([]byte{fill}, 40)}
	}
	facts := part(FieldFacts, 'F')
	shown := Shown{AgeBand: "0-2", Sex: "female"}
	asked := Checked{Outcome: "divert", Rules: []string{"G10", "G12"}, PackHash: testPackHash}
	taken := Checked{Outcome: "no_objection", PackHash: testPackHash}
	wanted := shown
	wanted.Care = "residential_institution"
	return map[Type]any{
		TypeRaised: Raised{
			To: "RW571205", Source: "izu", Facts: []byte("{}"), Shown: shown, Restricted: []Restriction{{Office: "RW571205", Reason: "works_with_family"}},
			Sealed: Sealed{facts, part(FieldNarrative, 'N'), part(FieldIdentity, 'I'), part(FieldReporter, 'R'), part(FieldAdult, 'A'), part(FieldAdult+".2", 'B')},
		},
		TypeAssessed:    Assessed{Facts: []byte("{}"), Shown: shown, Sealed: Sealed{facts}},
		TypeContributed: Contributed{Kind: "sighting", Sealed: Sealed{facts, part(FieldNarrative, 'N')}},
		TypeProposed:    Proposed{Decision: "placement", Facts: []byte("{}"), Checked: asked, Shown: wanted, Sealed: Sealed{facts}},
		TypeDecided: Decided{
			Care: "kinship_formal", Asked: asked, Taken: &taken, Panel: []Member{{ID: "W-30", Discipline: "social_work", Present: true, Vote: "approve"}},
			Reason: "kin_found_suitable", Answer: "family_care_arranged", Contributions: []ID{}, Sealed: Sealed{facts},
		},
	}
}

// TestGoldenSealed: a sealed body is written and read the same for ever, and
// its parts are found without reading the rest.
func TestGoldenSealed(t *testing.T) {
	for typ, body := range sealedBodies() {
		t.Run(string(typ), func(t *testing.T) {
			is := is.New(t)
			encoded, err := Encode(body)
			is.NoErr(err)
			name := filepath.Join(goldenDir, string(typ)+".sealed.json")
			if *update {
				is.NoErr(os.WriteFile(name, encoded, 0o644))
			}
			want, err := os.ReadFile(name)
			is.NoErr(err)
			is.Equal(string(encoded), string(want)) // the same bytes

			e := Event{Draft: Draft{ID: "1", Type: typ, Body: want}}
			into := reflect.New(reflect.TypeOf(body))
			is.NoErr(e.Decode(into.Interface()))
			is.Equal(into.Elem().Interface(), body) // and the same fields
			sealed, err := SealedOf(e)
			is.NoErr(err)
			is.Equal(sealed, into.Elem().FieldByName("Sealed").Interface()) // found alone
			facts, there := sealed.Part(FieldFacts)
			is.True(there)
			is.Equal(facts.Key, strings.Repeat("F", 16))

			// Sealed after the rest was encoded, the bytes are the same.
			clear := reflect.New(reflect.TypeOf(body)).Elem()
			clear.Set(reflect.ValueOf(body))
			clear.FieldByName("Sealed").SetZero()
			rest, err := Encode(clear.Interface())
			is.NoErr(err)
			again, err := WithSealed(rest, sealed)
			is.NoErr(err)
			is.Equal(string(again), string(want))
		})
	}
}

func TestWithSealed(t *testing.T) {
	is := is.New(t)
	s := Sealed{{Field: FieldFacts, Key: "k", Data: []byte{1}}}
	out, err := WithSealed([]byte("{}"), s)
	is.NoErr(err)
	is.Equal(string(out), `{"sealed":[{"field":"facts","key":"k","data":"AQ=="}]}`) // the first member
	out, err = WithSealed([]byte(`{"a":1}`), nil)
	is.NoErr(err)
	is.Equal(string(out), `{"a":1}`) // nothing to seal
	_, err = WithSealed([]byte(`[1]`), s)
	is.True(err != nil) // no object
}
