package link

import (
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

func positions(list ...uint64) (out []engine.Position) { // run, sequence, run, sequence, …
	for i := 0; i+1 < len(list); i += 2 {
		out = append(out, engine.Position{Run: run(list[i]), Seq: list[i+1]})
	}
	return out
}

// TestResume: where a sender goes on, for every relation between its runs and
// what the other knows of them (engine/DESIGN.md §6).
func TestResume(t *testing.T) {
	for name, tt := range map[string]struct {
		runs, known []engine.Position
		want        uint64
	}{
		"two empty stores":                     {nil, nil, 0},
		"the other knows nothing":              {positions(1, 9), nil, 0},
		"this store is empty":                  {nil, positions(1, 9), 0},
		"in the present run":                   {positions(1, 9, 2, 20), positions(1, 9, 2, 15), 15},
		"all of it":                            {positions(1, 9, 2, 20), positions(2, 20), 20},
		"the newest run that both know":        {positions(1, 9, 2, 20, 3, 30), positions(1, 4, 2, 18), 18},
		"in an older run only":                 {positions(1, 9, 2, 20), positions(1, 7), 7},
		"restored: cut at the end of a run":    {positions(1, 9, 2, 12), positions(1, 9, 2, 20), 12},
		"restored: a run that is gone":         {positions(1, 9, 3, 14), positions(1, 9, 2, 20), 9},
		"another store altogether":             {positions(5, 9), positions(1, 30, 2, 40), 0},
		"the order is that of the stream":      {positions(3, 9, 2, 12), positions(3, 9, 2, 10), 10},
		"an enrolment sent ahead says nothing": {positions(1, 9, 2, 20), positions(2, 0, 1, 7), 7},
		"two starts of one number differ":      {[]engine.Position{{Run: events.Run{Number: 1, Mark: "x"}, Seq: 9}}, positions(1, 5), 0},
	} {
		t.Run(name, func(t *testing.T) { is.New(t).Equal(resume(tt.runs, tt.known), tt.want) })
	}
}

// TestEcho: what came from the neighbour is not sent back while the neighbour
// still holds it, and is when it does not.
func TestEcho(t *testing.T) {
	s := newSender(district, Greeting{Run: run(1)}, Greeting{Node: district, Run: run(9), Runs: positions(2, 20, 3, 25)})
	from := func(node events.Place, r, seq uint64) engine.Origin {
		return engine.Origin{Node: node, Position: engine.Position{Run: run(r), Seq: seq}}
	}
	for name, tt := range map[string]struct {
		from engine.Origin
		want bool
	}{
		"written here":                      {engine.Origin{}, false},
		"from another neighbour":            {from(nation, 2, 5), false},
		"within what the neighbour lists":   {from(district, 2, 20), true},
		"beyond the end of its run":         {from(district, 2, 21), false},
		"of a run that the neighbour lost":  {from(district, 4, 1), false},
		"of its present run, stored since":  {from(district, 9, 400), true},
		"sent ahead, in its present run":    {from(district, 9, 0), false},
		"sent ahead, in a run before":       {from(district, 2, 0), false},
		"of a run of the same number, lost": {engine.Origin{Node: district, Position: engine.Position{Run: events.Run{Number: 2, Mark: "x"}, Seq: 1}}, false},
	} {
		t.Run(name, func(t *testing.T) { is.New(t).Equal(s.echo(tt.from), tt.want) })
	}
}

// records makes a stretch of a stream: one event a sequence, due for the
// district unless its place says otherwise.
func records(p *pair, places ...events.Place) (out []engine.Record) {
	for i, place := range places {
		e := p.sign(uint64(i+1), func(d *events.Draft) {
			d.Subject.Place, d.Office = place, place
			if !place.Covers(district) && !district.Covers(place) {
				d.Office = place
			}
		})
		out = append(out, engine.Record{Event: e, Seq: uint64(i + 1), Run: run(1)})
	}
	return out
}

// TestFill: a batch holds what is due, its end moves over what is not, and
// enrolments and asked-for numbers go before.
func TestFill(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	s := newSender(district, Greeting{Run: run(3)}, Greeting{Node: district, Run: run(9), Runs: positions(2, 20)})
	all := records(p, village, "RW.11", sector, "RW.11", "RW.11")
	all[2].From = engine.Origin{Node: district, Position: engine.Position{Run: run(2), Seq: 7}}

	b := s.fill(0, nil, nil, all)
	is.Equal(len(b.Items), 1) // the rest is foreign, or came from there
	is.Equal(b.Items[0].At, engine.Position{Run: run(1), Seq: 1})
	is.Equal(b.Upto, engine.Position{Run: run(1), Seq: 5})
	is.Equal(b.Session, Session{From: run(3), To: run(9)})

	b = s.fill(5, nil, nil, nil)
	is.Equal(b.Upto, engine.Position{Run: run(3), Seq: 5}) // nothing more: it stays

	chain := []events.Event{all[0].Event}
	b = s.fill(3, chain, all[:4], all[3:])
	is.Equal(len(b.Items), 1+3) // what lies ahead comes in its order, and only once
	is.Equal(b.Items[0].At.Seq, uint64(0))
	is.Equal(b.Upto.Seq, uint64(5))
}

// TestFillBounds: a batch ends before it is too large, and an event that alone
// is large still goes.
func TestFillBounds(t *testing.T) {
	is := is.New(t)
	p := newPair(t)
	s := newSender(district, Greeting{Run: run(3)}, Greeting{Node: district})
	big := p.sign(1, func(d *events.Draft) { d.Body = []byte(`{"kind":"` + strings.Repeat("x", 63<<10) + `"}`) })
	var all []engine.Record
	for i := range 40 {
		all = append(all, engine.Record{Event: big, Seq: uint64(i + 1), Run: run(1)})
	}
	b := s.fill(0, nil, nil, all)
	is.Equal(len(b.Items), BatchBytesMax/big.Size())
	is.Equal(b.Upto.Seq, uint64(len(b.Items)))
	is.True(len(Encode(b)) < 1<<20)

	small := p.sign(2, as)
	all = nil
	for i := range BatchRecordsMax + 10 {
		all = append(all, engine.Record{Event: small, Seq: uint64(i + 1), Run: run(1)})
	}
	b = s.fill(0, nil, nil, all)
	is.Equal(len(b.Items), BatchRecordsMax)
	is.Equal(b.Upto.Seq, uint64(BatchRecordsMax))
}

// TestBookmark: what was passed without storing counts until the next start.
func TestBookmark(t *testing.T) {
	is := is.New(t)
	is.Equal(withBookmark(positions(1, 5), engine.Position{}), positions(1, 5))
	is.Equal(withBookmark(positions(1, 5), engine.Position{Run: run(1), Seq: 9}), positions(1, 9))
	is.Equal(withBookmark(positions(1, 5), engine.Position{Run: run(1), Seq: 3}), positions(1, 5))
	is.Equal(withBookmark(positions(1, 5), engine.Position{Run: run(2), Seq: 9}), positions(1, 5, 2, 9))
}
