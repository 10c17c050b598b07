package engine_test

import (
	"crypto/ed25519"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// enrolled is an enrolment as somebody may write it.
type enrolled struct {
	office, node events.Place
	by           events.Place // the office that writes
	at           events.Source
	number       uint64
	key          string // signs the event
	host         string // key of the node that hosts from now on
	prev         *events.Event
	former       *events.Former
}

func (w enrolled) event(t testing.TB) events.Event {
	is := is.New(t)
	body := encode(t, events.Enrolled{Office: w.office.ID(), Node: w.node.ID(), SignKey: public(w.host), LinkKey: public("link " + w.host), Address: "127.0.0.1:7411", Former: w.former})
	s := events.NodeSubject(w.office)
	d := events.Draft{ID: id(int(w.number) + 100*w.office.Level()), Type: events.TypeEnrolled, Subject: s, Office: w.by, Actor: "adm", Time: noon, Recorded: noon, Code: s.ID, Edition: "test", Body: body}
	if w.prev != nil {
		d.Prev = w.prev.Hash()
	}
	e, err := events.Sign(d, author(w.at.Node, w.at.Run, w.number, w.key))
	is.NoErr(err)
	return e
}

// note is an event that somebody signs for an office.
func note(t testing.TB, node, office events.Place, r events.Run, number uint64, key string) events.Event {
	e, err := events.Sign(events.Draft{
		ID: id(int(number)), Type: events.TypeContributed, Subject: child, Office: office, Actor: "W-1", Time: noon, Recorded: noon,
		Code: "K7Q-F2MD", Edition: "test", Body: []byte(`{"kind":"sighting"}`),
	}, author(node, r, number, key))
	is.New(t).NoErr(err)
	return e
}

// hierarchy is a nation, a district and a sector that hosts all below it.
type hierarchy struct {
	*engine.Authority
	nation, district, sector events.Event
}

func newHierarchy(t testing.TB) hierarchy {
	at := func(p events.Place) events.Source { return events.Source{Node: p, Run: run(1)} }
	h := hierarchy{
		Authority: engine.NewAuthority(public("root")),
		nation:    enrolled{office: nation, node: nation, by: nation, at: at(nation), number: 1, key: "root", host: "nation"}.event(t),
		district:  enrolled{office: district, node: district, by: nation, at: at(nation), number: 2, key: "nation", host: "district"}.event(t),
		sector:    enrolled{office: sector, node: sector, by: district, at: at(district), number: 1, key: "district", host: "sector"}.event(t),
	}
	for _, e := range []events.Event{h.nation, h.district, h.sector} {
		is.New(t).Equal(h.Check(e), engine.Fault("")) // each follows from those before
		h.Add(e)
	}
	return h
}

// TestAuthority: who may sign for which office, and who may not.
func TestAuthority(t *testing.T) {
	h := newHierarchy(t)
	for name, tt := range map[string]struct {
		event events.Event
		want  engine.Fault
	}{
		"a node for its own office":         {note(t, sector, sector, run(1), 1, "sector"), ""},
		"for an office that it hosts":       {note(t, sector, village, run(1), 2, "sector"), ""},
		"for an office above":               {note(t, sector, district, run(1), 3, "sector"), engine.FaultAuthor},
		"for an office below with a node":   {note(t, district, sector, run(1), 4, "district"), engine.FaultAuthor},
		"with the key of another node":      {note(t, sector, sector, run(1), 5, "district"), engine.FaultAuthor},
		"with a key that nobody enrolled":   {note(t, sector, sector, run(1), 6, "thief"), engine.FaultAuthor},
		"a node that nobody enrolled":       {note(t, cell, cell, run(1), 7, "sector"), engine.FaultAuthor},
		"an office off the subject's path":  {note(t, foreign, foreign, run(1), 8, "sector"), engine.FaultAuthor},
		"the root key on anything else":     {note(t, nation, nation, run(1), 9, "root"), engine.FaultAuthor},
		"a forged signature":                {forged(t, note(t, sector, sector, run(1), 10, "sector")), engine.FaultSignature},
		"a second nation by another root":   {enrolled{office: nation, node: nation, by: nation, at: events.Source{Node: nation, Run: run(1)}, number: 1, key: "thief", host: "thief"}.event(t), engine.FaultAuthor},
		"an enrolment by the office itself": {enrolled{office: sector, node: sector, by: sector, at: events.Source{Node: sector, Run: run(1)}, number: 9, key: "sector", host: "thief", prev: &h.sector}.event(t), ""}, // authentic, without effect
	} {
		t.Run(name, func(t *testing.T) { is.New(t).Equal(h.Check(tt.event), tt.want) })
	}
}

// forged is the event with another body under the old signature.
func forged(t testing.TB, e events.Event) events.Event {
	out, err := events.Parse(e.Subject.String(), e.Header(), []byte(`{"kind":"forged"}`))
	is.New(t).NoErr(err)
	return out
}

// TestEnrolmentByAnother: only the office above writes who hosts an office;
// another's word is authentic and has no effect.
func TestEnrolmentByAnother(t *testing.T) {
	is := is.New(t)
	h := newHierarchy(t)
	h.Add(enrolled{office: sector, node: sector, by: sector, at: events.Source{Node: sector, Run: run(1)}, number: 9, key: "sector", host: "thief", prev: &h.sector}.event(t))
	h.Add(enrolled{office: sector, node: sector, by: nation, at: events.Source{Node: nation, Run: run(1)}, number: 9, key: "nation", host: "thief", prev: &h.sector}.event(t))
	host, ok := h.Host(sector)
	is.True(ok)
	is.Equal(host.SignKey, public("sector"))
	is.Equal(h.Offices(), []events.Place{nation, district, sector})
}

// TestEnrolmentRead: what an enrolment says falsely is not read.
func TestEnrolmentRead(t *testing.T) {
	for name, change := range map[string]func(*events.Enrolled){
		"another office":        func(b *events.Enrolled) { b.Office = village.ID() },
		"a node off the path":   func(b *events.Enrolled) { b.Node = foreign.ID() },
		"half a key":            func(b *events.Enrolled) { b.SignKey = b.SignKey[:16] },
		"no link key":           func(b *events.Enrolled) { b.LinkKey = nil },
		"a former off the path": func(b *events.Enrolled) { b.Former = &events.Former{Node: foreign.ID(), Run: run(1), Last: 1} },
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			h := newHierarchy(t)
			good := enrolled{office: cell, node: cell, by: sector, at: events.Source{Node: sector, Run: run(1)}, number: 20, key: "sector", host: "cell"}.event(t)
			var b events.Enrolled
			is.NoErr(good.Decode(&b))
			change(&b)
			d := good.Draft
			d.Body = encode(t, b)
			e, err := events.Sign(d, author(sector, run(1), 20, "sector"))
			is.NoErr(err)
			h.Add(e)
			_, _, ok := h.Enrolment(cell)
			is.True(!ok)
			h.Add(good)
			_, _, ok = h.Enrolment(cell)
			is.True(ok)
		})
	}
}

// TestOfficeMoves: what the former host wrote up to the number that the move
// names counts, what it writes later does not; and back again.
func TestOfficeMoves(t *testing.T) {
	is := is.New(t)
	h := newHierarchy(t)
	at := func(n uint64) events.Source { return events.Source{Node: sector, Run: run(n)} }
	moved := enrolled{office: cell, node: cell, by: sector, at: at(2), number: 20, key: "sector", host: "cell",
		former: &events.Former{Node: sector.ID(), Run: run(2), Last: 19}}.event(t)
	h.Add(moved)
	author := engine.FaultAuthor
	for name, tt := range map[string]struct {
		event events.Event
		want  engine.Fault
	}{
		"the former host, before":          {note(t, sector, cell, run(2), 19, "sector"), ""},
		"in an earlier run":                {note(t, sector, cell, run(1), 500, "sector"), ""},
		"after the move":                   {note(t, sector, cell, run(2), 21, "sector"), author},
		"in a later run":                   {note(t, sector, cell, run(3), 1, "sector"), author},
		"in another run of that number":    {note(t, sector, cell, events.Run{Number: 2, Mark: "x"}, 1, "sector"), author},
		"for an office below what moved":   {note(t, sector, village, run(2), 21, "sector"), author},
		"the new host":                     {note(t, cell, cell, run(1), 1, "cell"), ""},
		"the new host for what lies below": {note(t, cell, village, run(1), 2, "cell"), ""},
		"the sector for itself":            {note(t, sector, sector, run(3), 2, "sector"), ""},
	} {
		t.Run(name, func(t *testing.T) { is.New(t).Equal(h.Check(tt.event), tt.want) })
	}
	host, _ := h.Host(village)
	is.Equal(host.Node, cell)

	back := enrolled{office: cell, node: sector, by: sector, at: at(3), number: 30, key: "sector", host: "sector", prev: &moved,
		former: &events.Former{Node: cell.ID(), Run: run(1), Last: 2}}.event(t)
	h.Add(back)
	is.Equal(h.Check(note(t, cell, cell, run(1), 2, "cell")), engine.Fault(""))
	is.Equal(h.Check(note(t, cell, cell, run(1), 3, "cell")), author)
	is.Equal(h.Check(note(t, sector, cell, run(3), 29, "sector")), author)           // between the two moves
	is.Equal(h.Check(note(t, sector, cell, run(3), 31, "sector")), engine.Fault("")) // and after the second
	is.Equal(h.Check(note(t, sector, cell, run(2), 19, "sector")), engine.Fault("")) // what counted goes on to count
}

// TestMoveWithoutFormer: an enrolment that names no last number ends what the
// host before may write at once.
func TestMoveWithoutFormer(t *testing.T) {
	is := is.New(t)
	h := newHierarchy(t)
	h.Add(enrolled{office: cell, node: cell, by: sector, at: events.Source{Node: sector, Run: run(1)}, number: 5, key: "sector", host: "cell"}.event(t))
	is.Equal(h.Check(note(t, sector, cell, run(1), 4, "sector")), engine.FaultAuthor)
}

// TestKeyChanged: a node's new key signs from its enrolment on; the old one's
// events stay authentic as far as the enrolment says.
func TestKeyChanged(t *testing.T) {
	is := is.New(t)
	h := newHierarchy(t)
	h.Add(enrolled{office: sector, node: sector, by: district, at: events.Source{Node: district, Run: run(1)}, number: 2, key: "district", host: "sector 2", prev: &h.sector,
		former: &events.Former{Node: sector.ID(), Run: run(1), Last: 7}}.event(t))
	is.Equal(h.Check(note(t, sector, sector, run(1), 7, "sector")), engine.Fault(""))
	is.Equal(h.Check(note(t, sector, sector, run(1), 8, "sector")), engine.FaultAuthor)
	is.Equal(h.Check(note(t, sector, sector, run(1), 8, "sector 2")), engine.Fault(""))
	host, _, ok := h.ByLinkKey(public("link sector 2"))
	is.True(ok)
	is.Equal(host.Node, sector)
	_, _, ok = h.ByLinkKey(public("link sector")) // no longer
	is.True(!ok)
}

// TestChain: the enrolments that a node must hold to check those above it, in
// order, whatever the order in which they were added.
func TestChain(t *testing.T) {
	is := is.New(t)
	h := newHierarchy(t)
	moved := enrolled{office: sector, node: sector, by: district, at: events.Source{Node: district, Run: run(1)}, number: 2, key: "district", host: "sector 2", prev: &h.sector}.event(t)
	want := []events.Event{h.nation, h.district, h.sector, moved}
	late := engine.NewAuthority(public("root"))
	for i := range want {
		late.Add(want[len(want)-1-i])
	}
	is.Equal(late.Chain(village), want)
	fresh := engine.NewAuthority(public("root"))
	for _, e := range late.Chain(village) {
		is.Equal(fresh.Check(e), engine.Fault(""))
		fresh.Add(e)
		fresh.Add(e) // again changes nothing
	}
	is.Equal(fresh.Chain(village), want)
	is.Equal(fresh.Root(), public("root"))
	is.Equal(fresh.Root().Equal(ed25519.PublicKey(public("thief"))), false)
}
