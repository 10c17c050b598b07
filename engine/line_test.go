package engine_test

import (
	"slices"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/audit"
	"umuryango/events"
)

// act is one event of a case in a test: what it follows is named, its id is its
// place in the list.
type act struct {
	name   string
	prev   string // "": the beginning
	office events.Place
	do     any
	run    uint64 // 0: 1
}

func typeOf(body any) events.Type {
	switch body.(type) {
	case events.Raised:
		return events.TypeRaised
	case events.Forwarded:
		return events.TypeForwarded
	case events.Accepted:
		return events.TypeAccepted
	case events.SentBack:
		return events.TypeSentBack
	case events.Assessed:
		return events.TypeAssessed
	case events.Proposed:
		return events.TypeProposed
	case events.Decided:
		return events.TypeDecided
	case events.TakenOver:
		return events.TypeTakenOver
	case events.Contributed:
		return events.TypeContributed
	case events.Restricted:
		return events.TypeRestricted
	case events.Opened:
		return events.TypeOpened
	case events.Erased:
		return events.TypeErased
	case events.ErasedHere:
		return events.TypeErasedHere
	}
	return "rw.umuryango.case.joined.v9"
}

// sign makes the events of a test, by name.
func sign(t testing.TB, acts []act) map[string]events.Event {
	is := is.New(t)
	is.Helper()
	out := map[string]events.Event{}
	for i, a := range acts {
		d := events.Draft{
			ID: id(i + 1), Type: typeOf(a.do), Subject: child, Office: a.office, Actor: "W-1", Time: noon, Recorded: noon,
			Code: events.CodeOf(id(1)), Edition: "test", Body: encode(t, a.do),
		}
		if a.prev == "?" { // one that is not here
			d.Prev = events.Hash{9}
		} else if a.prev != "" {
			before, here := out[a.prev]
			is.True(here) // a test names what it follows before
			d.Prev = before.Hash()
		}
		e, err := events.Sign(d, author(a.office, run(max(a.run, 1)), uint64(i+1), string(a.office)))
		is.NoErr(err)
		out[a.name] = e
	}
	return out
}

func raised(to events.Place) events.Raised {
	return events.Raised{To: to.ID(), Source: "izu", Facts: events.Facts(`{}`)}
}

func to(p events.Place) events.Forwarded { return events.Forwarded{To: p.ID()} }

var (
	opened   = act{"raise", "", village, raised(cell), 1}
	accepted = act{"accept", "raise", cell, events.Accepted{}, 1}
	assessed = events.Assessed{Facts: events.Facts(`{}`)}
	unheard  = events.TakenOver{From: "RW571205", Reason: "unheard"}
)

// TestLineRule: which events count, who has the pen, what is late and what
// waits, whatever the order in which they came (DESIGN.md §4).
func TestLineRule(t *testing.T) {
	for name, tt := range map[string]struct {
		acts     []act
		line     []string
		late     []string
		unjoined []string
		pen      events.Place
	}{
		"nothing": {pen: ""},
		"raised and accepted": {
			acts: []act{opened, accepted},
			line: []string{"raise", "accept"}, pen: cell,
		},
		"forwarded over two levels": {
			acts: []act{opened, accepted, {"on", "accept", cell, to(district), 1}},
			line: []string{"raise", "accept", "on"}, pen: district,
		},
		"sent back": {
			acts: []act{opened, {"back", "raise", cell, events.SentBack{To: village.ID(), Reason: "other_office"}, 1}},
			line: []string{"raise", "back"}, pen: village,
		},
		"of two by the pen the lower run counts": {
			acts: []act{opened, {"new", "raise", cell, events.Accepted{}, 3}, {"old", "raise", cell, events.Accepted{}, 2}},
			line: []string{"raise", "old"}, late: []string{"new"}, pen: cell,
		},
		"of two in one run the smaller id": {
			acts: []act{opened, {"first", "raise", cell, events.Accepted{}, 2}, {"second", "raise", cell, events.Accepted{}, 2}},
			line: []string{"raise", "first"}, late: []string{"second"}, pen: cell,
		},
		"a take-over counts before an act of the pen": {
			acts: []act{opened, accepted, {"act", "accept", cell, assessed, 1}, {"over", "accept", district, unheard, 5}},
			line: []string{"raise", "accept", "over"}, late: []string{"act"}, pen: district,
		},
		"of two take-overs the highest office's": {
			acts: []act{opened, {"sector", "raise", sector, unheard, 1}, {"nation", "raise", nation, unheard, 9}, {"district", "raise", district, unheard, 1}},
			line: []string{"raise", "nation"}, late: []string{"district", "sector"}, pen: nation,
		},
		"a whole branch is late": {
			acts: []act{opened, accepted, {"over", "accept", sector, unheard, 1}, {"a", "accept", cell, assessed, 1}, {"b", "a", cell, to(sector), 1}, {"c", "b", sector, events.Accepted{}, 1}},
			line: []string{"raise", "accept", "over"}, late: []string{"a", "b", "c"}, pen: sector,
		},
		"after a take-over the line goes on": {
			acts: []act{opened, {"over", "raise", sector, unheard, 1}, {"act", "over", sector, assessed, 1}, {"again", "act", nation, unheard, 1}},
			line: []string{"raise", "over", "act", "again"}, pen: nation,
		},
		"nobody takes over from an office above": {
			acts: []act{opened, {"on", "raise", cell, to(district), 1}, {"over", "on", sector, unheard, 1}},
			line: []string{"raise", "on"}, late: []string{"over"}, pen: district,
		},
		"nor from itself": {
			acts: []act{opened, {"over", "raise", cell, unheard, 1}},
			line: []string{"raise"}, late: []string{"over"}, pen: cell,
		},
		"an act without the pen": {
			acts: []act{opened, {"act", "raise", village, assessed, 1}, {"above", "raise", district, events.Accepted{}, 1}},
			line: []string{"raise"}, late: []string{"above", "act"}, pen: cell,
		},
		"a hand-over to an office off the path": {
			acts: []act{opened, {"away", "raise", cell, to(foreign), 1}},
			line: []string{"raise"}, late: []string{"away"}, pen: cell,
		},
		"a case that begins off the path": {
			acts: []act{{"raise", "", village, raised(foreign), 1}},
			late: []string{"raise"}, pen: "",
		},
		"two openings: the higher office's": {
			acts: []act{opened, {"other", "", sector, raised(district), 1}},
			line: []string{"other"}, late: []string{"raise"}, pen: district,
		},
		"an opening that follows": {
			acts: []act{opened, {"again", "raise", cell, raised(sector), 1}},
			line: []string{"raise"}, late: []string{"again"}, pen: cell,
		},
		"a first event that opens nothing": {
			acts: []act{{"accept", "", cell, events.Accepted{}, 1}},
			late: []string{"accept"}, pen: "",
		},
		"what it follows is not here": {
			acts: []act{opened, {"far", "?", cell, assessed, 1}, {"further", "far", cell, to(sector), 1}},
			line: []string{"raise"}, unjoined: []string{"far", "further"}, pen: cell,
		},
		"all waits for its beginning": {
			acts:     []act{{"far", "?", cell, assessed, 1}},
			unjoined: []string{"far"}, pen: "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			byName := sign(t, tt.acts)
			var all []events.Event
			for _, a := range tt.acts {
				all = append(all, byName[a.name])
			}
			s := engine.Fold(child, all)
			is.Equal(names(byName, s.Line), tt.line)
			is.Equal(sorted(names(byName, s.Late)), tt.late)
			is.Equal(sorted(names(byName, s.Unjoined)), tt.unjoined)
			is.Equal(s.Pen, tt.pen)
			for i := range all { // law 3
				turned := append(slices.Clone(all[i:]), all[:i]...)
				is.Equal(audit.Digest(engine.Fold(child, turned)), audit.Digest(s))
				slices.Reverse(turned)
				is.Equal(audit.Digest(engine.Fold(child, append(turned, turned...))), audit.Digest(s)) // and twice
			}
		})
	}
}

func names(byName map[string]events.Event, list []events.Event) []string {
	var out []string
	for _, e := range list {
		for name, other := range byName {
			if other.Hash() == e.Hash() {
				out = append(out, name)
			}
		}
	}
	return out
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

// TestUnjoinedJoins: what waits for its predecessor takes effect when that
// comes.
func TestUnjoinedJoins(t *testing.T) {
	is := is.New(t)
	e := sign(t, []act{opened, accepted, {"on", "accept", cell, to(sector), 1}})
	s := engine.Fold(child, []events.Event{e["on"], e["raise"]})
	is.Equal(s.Pen, cell)
	is.Equal(names(e, s.Unjoined), []string{"on"})
	s = engine.Fold(child, []events.Event{e["on"], e["raise"], e["accept"]})
	is.Equal(s.Pen, sector)
	is.Equal(s.Unjoined, nil)
}

// TestBrokenBody: a line event whose body another program wrote otherwise is
// kept and has no effect.
func TestBrokenBody(t *testing.T) {
	is := is.New(t)
	e := sign(t, []act{opened, accepted})
	d := e["accept"].Draft
	d.Body = []byte(`{"new":1}`)
	odd, err := events.Sign(d, author(cell, run(1), 2, string(cell)))
	is.NoErr(err)
	s := engine.Fold(child, []events.Event{e["raise"], odd})
	is.True(s.Awaiting)
	is.Equal(s.Late, []events.Event{odd})
}
