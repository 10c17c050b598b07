package link

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// TestIngest: what is not authentic is refused, by its reason; nothing else is.
func TestIngest(t *testing.T) {
	same := func(i Item) Item { return i }
	for name, tt := range map[string]struct {
		draft func(p *pair, d *events.Draft)
		item  func(Item) Item
		want  engine.Fault
	}{
		"authentic":                 {nil, same, ""},
		"its clock is wrong":        {func(_ *pair, d *events.Draft) { d.Time = noon.AddDate(30, 0, 0) }, same, ""},
		"an office below":           {func(_ *pair, d *events.Draft) { d.Office = village }, same, ""},
		"a type of a newer program": {func(_ *pair, d *events.Draft) { d.Type = "rw.umuryango.case.joined.v9" }, same, ""},
		"a line act without right":  {func(_ *pair, d *events.Draft) { d.Type, d.Body = events.TypeDecided, []byte(`{}`) }, same, ""},
		"an office above":           {func(_ *pair, d *events.Draft) { d.Office = nation }, same, engine.FaultAuthor},
		"a foreign subject":         {func(_ *pair, d *events.Draft) { d.Subject.Place, d.Office = "RW.11", nation }, same, engine.FaultSubject},
		"a case of the nation":      {func(_ *pair, d *events.Draft) { d.Subject.Place, d.Office = nation, nation }, same, engine.FaultSubject},
		"a changed body":            {nil, func(i Item) Item { i.Body = []byte(`{"kind":"other"}`); return i }, engine.FaultSignature},
		"no JSON":                   {nil, func(i Item) Item { i.Body = []byte(`kind`); return i }, engine.FaultForm},
		"no subject":                {nil, func(i Item) Item { i.Subject = "ev"; return i }, engine.FaultForm},
		"a header twice":            {nil, func(i Item) Item { i.Header["ce-id"] = append(i.Header["ce-id"], "x"); return i }, engine.FaultForm},
		"over 64 kB":                {nil, func(i Item) Item { i.Body = []byte(`{"kind":"` + strings.Repeat("x", events.SizeMax) + `"}`); return i }, engine.FaultSize},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			p := newPair(t)
			e := p.sign(1, func(d *events.Draft) {
				if tt.draft != nil {
					tt.draft(p, d)
				}
			})
			in := ingest{authority: p.upper.authority, index: p.upper.history, peer: district, lower: district}
			taken, err := in.take([]Item{tt.item(itemOf(e))})
			is.NoErr(err)
			if tt.want == "" {
				is.Equal(len(taken.refused), 0)
				is.Equal(len(taken.records), 1)
				is.Equal(taken.records[0].Event.Hash(), e.Hash())
				is.Equal(taken.records[0].From, engine.Origin{Node: district, Position: engine.Position{Run: run(7), Seq: 1}})
				return
			}
			is.Equal(len(taken.records), 0)
			is.Equal(len(taken.refused), 1)
			is.Equal(taken.refused[0].Fault, tt.want)
			is.Equal(taken.refused[0].Peer, district)
		})
	}
}

// TestClone: a number or an id that comes a second time with other content is
// refused, in one batch and in another; the same event is skipped.
func TestClone(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	first := p.sign(1, as)
	sameNumber := p.sign(1, as)
	sameID := p.sign(2, func(d *events.Draft) { d.ID = first.ID })
	in := ingest{authority: p.upper.authority, index: p.upper.history, peer: district, lower: district}
	taken, err := in.take([]Item{itemOf(first), itemOf(sameNumber), itemOf(first), itemOf(sameID)})
	is.NoErr(err)
	is.Equal(len(taken.records), 1)
	is.Equal(len(taken.refused), 2)
	is.Equal(taken.refused[0].Fault, engine.FaultClone)
	is.Equal(taken.refused[1].Fault, engine.FaultClone)

	b := p.batch(itemOf(first))
	_, err = p.up(b)
	is.NoErr(err)
	_, err = p.up(p.batch(itemOf(sameNumber), itemOf(sameID)))
	is.NoErr(err)
	is.Equal(len(p.upper.kept), 2)
	is.True(p.upper.holds(first))
}

// batch is one that the lower node might send now, of these items alone.
func (p *pair) batch(items ...Item) Batch {
	if !p.met {
		p.greet()
	}
	session, _ := p.lower.end.Sending()
	return Batch{Session: Session{From: session.To, To: session.From}, After: p.passed, Upto: engine.Position{Run: session.To, Seq: p.passed}, Items: items}
}

// TestRefusalInABatch: an event that is refused first, in the middle, last or
// alone holds nothing back: the rest of the batch stands, the office above
// shows no gap, the next event arrives, and the author hears what was refused.
func TestRefusalInABatch(t *testing.T) {
	for name, at := range map[string]int{"first": 0, "middle": 1, "last": 2, "alone": -1, "all": -2} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			p := newPair(t)
			c := p.lower.raise()
			p.sync()
			bad := func(d *events.Draft) { d.Subject, d.Office, d.Code = c.Subject, nation, c.Code }
			var sent []events.Event
			wrong := map[int]bool{at: true}
			count := 3
			switch at {
			case -1:
				wrong, count = map[int]bool{0: true}, 1
			case -2:
				wrong = map[int]bool{0: true, 1: true, 2: true}
			}
			for i := range count {
				if wrong[i] {
					sent = append(sent, p.lower.write(bad))
				} else {
					sent = append(sent, p.lower.note(c.Subject))
				}
			}
			batch := p.offerUp()
			is.Equal(len(batch.Items), count)
			answer, err := p.upper.end.Take(ctx, batch)
			is.NoErr(err)
			is.Equal(answer.Refused, len(wrong))
			is.NoErr(p.upper.history.Wait(ctx, p.upper.journal.Head()))
			answer, err = p.upper.end.Take(ctx, batch)
			is.NoErr(err)
			is.Equal(answer.Refused, 0) // it is known
			_, err = p.up(batch)
			is.NoErr(err)
			for i, e := range sent {
				is.Equal(p.upper.holds(e), !wrong[i])
			}
			is.Equal(p.upper.gaps(), nil)
			is.Equal(len(p.upper.kept), len(wrong))
			is.Equal(p.upper.kept[0].Body, []byte(`{"kind":"sighting"}`)) // the bytes, beside the journal

			next := p.lower.note(c.Subject)
			p.sync()
			is.True(p.upper.holds(next))
			is.Equal(p.upper.gaps(), nil)
			told := p.lower.refusals()
			is.Equal(len(told), len(wrong))
			i := slices.IndexFunc(sent, func(e events.Event) bool { return e.Hash() == told[0].Hash })
			is.True(wrong[i])
			is.Equal(told[0], events.Refused{Node: "RW57", Run: sent[i].Source.Run, Number: sent[i].Number, Hash: sent[i].Hash(), From: "RW57", Reason: "author"})
		})
	}
}

// write lets a node write an event into its own stream that is none of its
// acts.
func (n *node) write(change func(*events.Draft)) events.Event {
	n.pair.is.Helper()
	d := events.Draft{
		ID: n.pair.id(), Type: events.TypeContributed, Office: n.place, Actor: "W-1", Time: noon, Recorded: noon, Edition: "test", Body: []byte(`{"kind":"sighting"}`),
	}
	change(&d)
	records, err := n.service.Writer.Write(ctx, func() (engine.Plan, error) { return engine.Plan{Drafts: []engine.Draft{{Draft: d}}}, nil })
	n.pair.is.NoErr(err)
	return records[0].Event
}

// TestRefusedOnce: the same bytes, offered again in the same batch, the next, or
// after a restart, make no second refusal.
func TestRefusedOnce(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	bad := itemOf(p.sign(1, func(d *events.Draft) { d.Office = nation }))
	for range 2 {
		_, err := p.up(p.batch(bad, bad))
		is.NoErr(err)
		is.NoErr(p.upper.history.Wait(ctx, p.upper.journal.Head()))
	}
	is.Equal(len(p.upper.refusals()), 1)
	p.upper.begin()
	_, err := p.up(p.batch(bad))
	is.NoErr(err)
	is.Equal(len(p.upper.refusals()), 1)
}

// TestTrueBytesLater: a true event is taken although bytes with its number, or
// its very content under another signature, were refused before.
func TestTrueBytesLater(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	e := p.sign(1, as)
	forged := itemOf(e)
	forged.Header = e.Header()
	forged.Header["ce-sig"] = []string{strings.Repeat("A", len(e.Header()["ce-sig"][0]))}
	other := itemOf(e)
	other.Body = []byte(`{"kind":"other"}`)
	_, err := p.up(p.batch(forged, other))
	is.NoErr(err)
	is.True(!p.upper.holds(e))
	is.Equal(len(p.upper.kept), 2)
	_, err = p.up(p.batch(itemOf(e)))
	is.NoErr(err)
	is.True(p.upper.holds(e))
}

// TestForgedNumberIsNoGap: what a refused event claims of numbers and runs
// makes no gap, as it may be forged.
func TestForgedNumberIsNoGap(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	e, err := events.Sign(p.sign(1, func(d *events.Draft) { d.Office = nation }).Draft, events.Author{
		Source: events.Source{Node: district, Run: events.Run{Number: 1 << 62, Mark: "far"}}, Number: 1 << 40, Key: p.lower.Key(), Sign: p.lower.Sign,
	})
	is.NoErr(err)
	_, err = p.up(p.batch(itemOf(e)))
	is.NoErr(err)
	is.Equal(len(p.upper.refusals()), 1)
	is.Equal(p.upper.gaps(), nil)
	last, _, err := p.upper.history.Last(district)
	is.NoErr(err)
	is.True(last.Run.Number < 1<<62)
}

// TestNothingIsKept: where the refused bytes cannot be kept, nothing of the
// batch is stored, and it comes again.
func TestNothingIsKept(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	good := p.sign(2, as)
	b := p.batch(itemOf(p.sign(1, func(d *events.Draft) { d.Office = nation })), itemOf(good))
	head := p.upper.journal.Head()
	p.upper.full = true
	_, err := p.up(b)
	is.True(err != nil)
	is.True(!errors.Is(err, ErrGreet))
	is.Equal(p.upper.journal.Head(), head)
	p.upper.full = false
	_, err = p.up(b)
	is.NoErr(err)
	is.True(p.upper.holds(good))
}

// TestRefusedFromAbove: what a lower node refuses of its upper one is told under
// the lower node's place, and reaches the upper one.
func TestRefusedFromAbove(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	c := p.lower.raise()
	p.sync()
	bad := p.upper.write(func(d *events.Draft) { d.Subject, d.Office, d.Code = c.Subject, district, c.Code })
	p.sync()
	is.True(!p.lower.holds(bad))
	is.Equal(len(p.upper.refusals()), 1)
	is.Equal(p.upper.refusals()[0].Reason, "author")
	is.Equal(p.upper.refusals()[0].From, "RW")
}
