package events

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
)

// signedAndRead is Sign as it is meant: what was written is read back by Parse.
func signedAndRead(d Draft, a Author) (Event, error) {
	e := Event{Draft: d, Source: a.Source, Number: a.Number, Before: a.Before, Key: a.Key}
	e.Time, e.Recorded = d.Time.UTC().Truncate(time.Millisecond), d.Recorded.UTC().Truncate(time.Millisecond)
	e.office = d.Office.ID()
	e.header = e.write()
	var err error
	if e.sig, err = a.Sign(e.SignedBytes()); err != nil {
		return Event{}, err
	}
	return Parse(e.Subject.String(), e.Header(), e.Body)
}

// TestWhatIsSignedReadsBackWithoutParsing: the drafts of every golden event go
// the short way, and come out as Parse reads them.
func TestWhatIsSignedReadsBackWithoutParsing(t *testing.T) {
	for typ, golden := range goldenEvents(is.New(t)) {
		t.Run(string(typ), func(t *testing.T) {
			is := is.New(t)
			a := Author{Source: golden.Source, Number: golden.Number, Before: golden.Before, Key: golden.Key, Sign: testAuthor("/RW/1-a", 1, nil).Sign}
			e, err := Sign(golden.Draft, a)
			is.NoErr(err)
			is.True(e.readsBack())
			want, err := signedAndRead(golden.Draft, a)
			is.NoErr(err)
			is.True(reflect.DeepEqual(e, want))
		})
	}
}

// FuzzSign: whatever the draft, Sign takes what Parse reads back, refuses what
// it does not, and returns the very event that Parse returns.
func FuzzSign(f *testing.F) {
	d := testDraft()
	add := func(change func(*Draft), run Run, number, last uint64) {
		d := d
		change(&d)
		f.Add(string(d.ID), string(d.Type), string(d.Subject.Place), string(d.Subject.Kind), d.Subject.ID, string(d.Office),
			d.Actor, d.Time.Unix(), int64(d.Time.Nanosecond()), d.Code, d.Edition, d.Policy, d.Body, "RW.57.12", run.Number, run.Mark, number, last, "k1")
	}
	run := Run{7, "k3f9"}
	add(func(*Draft) {}, run, 4, 0)
	for _, text := range []string{"", "W 7", "é", "%41", `"`, "\n", "\xff", "\u0085", "ev.RW", "RW.11", strings.Repeat("x", 250)} {
		add(func(d *Draft) { d.Actor = text }, run, 4, 0)
		add(func(d *Draft) { d.Type = Type(text) }, run, 4, 1)
		add(func(d *Draft) { d.Policy = text }, Run{7, text}, 4, 0)
		add(func(d *Draft) { d.Office = Place(text) }, run, 4, 0)
		add(func(d *Draft) { d.Subject = Subject{Place(text), KindCarer, "a"} }, run, 4, 0)
		add(func(d *Draft) { d.Subject = Subject{"RW", KindCarer, text} }, run, 4, 0)
		add(func(d *Draft) { d.Body = []byte(text) }, run, 0, 0)
	}
	add(func(d *Draft) { d.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, run, 4, 0)
	add(func(d *Draft) { d.Time = time.Date(-1, 1, 1, 0, 0, 0, 1, time.UTC) }, Run{}, 4, 7)
	add(func(d *Draft) { d.Body = []byte(`{"a":"` + strings.Repeat("x", SizeMax) + `"}`) }, run, 4, 0)
	f.Fuzz(func(t *testing.T, id, typ, place, kind, aggregate, office, actor string, at, nanos int64, code, edition, policy string,
		body []byte, node string, runNumber uint64, mark string, number, last uint64, key string) {
		is := is.New(t)
		when := time.Unix(at, nanos)
		d := Draft{
			ID: ID(id), Type: Type(typ), Subject: Subject{Place(place), Kind(kind), aggregate}, Office: Place(office), Actor: actor,
			Time: when, Recorded: when.Add(time.Minute), Code: code, Edition: edition, Policy: policy, Body: body,
		}
		a := Author{Source: Source{Place(node), Run{runNumber, mark}}, Number: number, Key: key, Sign: SignWith(testKey())}
		if last > 0 {
			d.Prev, a.Before = Hash{byte(last)}, &RunEnd{Run{runNumber, mark}, last}
		}
		got, err := Sign(d, a)
		want, wantErr := signedAndRead(d, a)
		is.Equal(err == nil, wantErr == nil)
		is.True(reflect.DeepEqual(got, want))
		is.Equal(got.Hash(), want.Hash())
	})
}
