package link

import (
	"maps"
	"slices"
	"testing"

	"umuryango/engine"
	"umuryango/events"
)

// besieged is an upper node that takes whatever a lower one sends.
type besieged struct {
	*pair
	shelf *shelf
	good  Batch // what an honest node would send
}

func besiege(t testing.TB) *besieged {
	p := newPair(t)
	s := &shelf{self: nation}
	p.upper.end.Keys, p.upper.end.Asks = s, NewAsks(nil)
	p.greet()
	r := p.lower.raise()
	p.lower.note(r.Subject)
	b := &besieged{pair: p, shelf: s, good: p.offerUp()}
	b.good.Wraps = []engine.Wrap{wrapFor(1, nation), wrapFor(2, nation)}
	b.good.Asks = []engine.Ask{{Case: caseOf(1), Node: district, Keys: []string{"AAAAAAAAAAAAAAAA"}}}
	return b
}

// take brings bytes as they come over the link. The session is made the right
// one, or hardly anything would come as far as the checks.
func (b *besieged) take(raw []byte) {
	message, err := Decode(raw)
	batch, ok := message.(Batch)
	if err != nil || !ok {
		return
	}
	batch.Session, batch.After = b.good.Session, b.good.After
	if _, err := b.upper.end.Take(ctx, batch); err != nil {
		b.t.Fatalf("a batch made the end fail: %v", err)
	}
}

// unharmed: in the store stands nothing that its author did not sign, nothing
// twice, and nothing that is not due on this link; no wrap is kept that is none.
func (b *besieged) unharmed(from uint64) {
	records, err := b.upper.journal.Read(ctx, from+1, 10*BatchRecordsMax)
	if err != nil {
		b.t.Fatal(err)
	}
	ids := map[events.ID]bool{}
	for _, r := range records {
		if r.Event.Source.Node != nation && !r.Event.Subject.Due(district) {
			b.t.Fatalf("%s is stored, which is not due on this link", r.Event.Subject)
		}
		if fault := b.upper.authority.Check(r.Event); fault != "" {
			b.t.Fatalf("event %s is stored, which is refused as %s", r.Event.ID, fault)
		}
		if ids[r.Event.ID] {
			b.t.Fatalf("event %s is stored twice", r.Event.ID)
		}
		ids[r.Event.ID] = true
	}
	for _, w := range append(b.shelf.own, b.shelf.way...) {
		if err := w.Check(); err != nil || !district.Covers(w.Case.Place) {
			b.t.Fatalf("a wrap of %s is kept: %v", w.Case, err)
		}
	}
}

// renewAfter bounds what one besieged node comes to hold.
const renewAfter = 200

// change alters one field of a batch, so that all the rest of it still fits.
func change(b Batch, at uint16, name, value string) Batch {
	b.Items, b.Wraps, b.Asks = slices.Clone(b.Items), slices.Clone(b.Wraps), slices.Clone(b.Asks)
	which := int(at >> 4)
	if n := len(b.Items); n > 0 {
		i := &b.Items[which%n]
		switch at & 15 {
		case 1:
			i.Subject = value
		case 2:
			i.Body = []byte(value)
		case 3, 4:
			i.Header = maps.Clone(i.Header)
			if i.Header[name] = []string{value}; at&15 == 4 {
				delete(i.Header, name)
			}
		case 5:
			i.Header = maps.Clone(i.Header)
			i.Header[name] = append(slices.Clone(i.Header[name]), value)
		case 6:
			i.At.Seq, i.At.Run.Mark = uint64(at), value
		case 7:
			b.Items = append(b.Items, *i)
		}
	}
	if n := len(b.Wraps); n > 0 {
		w := &b.Wraps[which%n]
		switch at & 15 {
		case 8:
			w.Data = []byte(value)
		case 9:
			w.HolderKey = value
		case 10:
			w.Holder = events.Place(value)
		case 11:
			w.By = events.Place(value)
		case 12:
			w.Keys = append(slices.Clone(w.Keys), engine.CaseKey{ID: name, Class: engine.Class(value)})
		case 13:
			w.Case = events.Subject{Place: events.Place(name), Kind: events.KindCase, ID: value}
		}
	}
	if n := len(b.Asks); n > 0 {
		a := &b.Asks[which%n]
		switch at & 15 {
		case 14:
			a.Node = events.Place(value)
		case 15:
			a.Keys = append(slices.Clone(a.Keys), value)
		}
	}
	return b
}

// FuzzIngest: no bytes that come over a link make a node panic, fail, or store
// what nobody signed; nor do those of an honest batch in which one field is
// another.
func FuzzIngest(f *testing.F) {
	b := besiege(f)
	f.Add(Encode(b.good), uint16(0), "", "")
	for field := range uint16(16) {
		for name := range b.good.Items[0].Header {
			f.Add([]byte{}, field, name, b.good.Items[1].Header[name][0])
		}
		f.Add([]byte{}, field, "ce-note", `{"kind":"sighting"}`)
		f.Add([]byte{}, 16|field, "RW.56.01.01.01", "RW.56")
	}
	tries := 0
	f.Fuzz(func(t *testing.T, raw []byte, at uint16, name, value string) {
		if tries++; tries%renewAfter == 1 {
			b = besiege(t)
		}
		b.t, b.is = t, b.is.New(t)
		before := b.upper.journal.Head()
		if len(raw) > 0 {
			b.take(raw)
		} else {
			b.take(Encode(change(b.good, at, name, value)))
		}
		b.unharmed(before)
	})
}

// TestTheSeedsOfTheFuzzingAreTaken: otherwise it would try the way to the checks
// alone, and nothing behind them.
func TestTheSeedsOfTheFuzzingAreTaken(t *testing.T) {
	b := besiege(t)
	before := b.upper.journal.Head()
	b.take(Encode(b.good))
	b.unharmed(before)
	b.is.True(len(b.good.Items) >= 2)
	b.is.Equal(b.upper.journal.Head(), before+uint64(len(b.good.Items)))
	b.is.Equal(len(b.shelf.own), len(b.good.Wraps))
	b.is.Equal(len(b.upper.end.Asks.Open(nation)), 1)
}
