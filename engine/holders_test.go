package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// holding is an authority in which every office has a node but the village,
// which the cell hosts.
func holding(t testing.TB) *engine.Authority {
	h := newHierarchy(t)
	e := enrolled{office: cell, node: cell, by: sector, at: events.Source{Node: sector, Run: run(1)}, number: 1, key: "sector", host: "cell"}.event(t)
	is.New(t).Equal(h.Check(e), engine.Fault(""))
	h.Add(e)
	return h.Authority
}

// written is who holds what, in a line.
func written(all []engine.Holder) string {
	var out []string
	for _, h := range all {
		var classes strings.Builder
		for _, c := range h.Classes {
			classes.WriteByte(c[0])
		}
		out = append(out, fmt.Sprintf("%s:%s", h.Node.ID(), classes.String()))
	}
	return strings.Join(out, " ")
}

// TestHolders: the path up to the deciding level holds what belongs to it, the
// supervisor alone who reported; who is kept out holds nothing, who breaks the
// glass does for as long as that lasts, and the nation never an identity.
func TestHolders(t *testing.T) {
	a := holding(t)
	later := noon.Add(time.Hour)
	on := act{"on", "accept", cell, to(district), 1}
	received := act{"in", "on", district, events.Accepted{}, 1}
	for name, tt := range map[string]struct {
		acts    []act
		decides int
		at      time.Time
		want    string // i, n, f, a and r by their first letters
	}{
		"raised":                   {[]act{opened}, 1, noon, "RW57:infa RW5712:infa RW571205:infar"},
		"accepted by the cell":     {[]act{opened, accepted}, 1, noon, "RW57:infa RW5712:infar RW571205:infa"},
		"with the deciding office": {[]act{opened, accepted, on, received}, 1, noon, "RW57:infar RW5712:infa RW571205:infa"},
		"where sectors decide":     {[]act{opened, accepted, on, received}, 2, noon, "RW5712:infar RW571205:infa"},
		"where villages decide":    {[]act{opened}, 9, noon, "RW571205:infar"},
		"not opened here":          {nil, 1, noon, "RW57:infa RW5712:infa RW571205:infar"},
		"opened by the nation":     {[]act{opened, openedBy(nation, nation, later, "identity", "facts")}, 1, noon, "RW:f RW57:infa RW5712:infa RW571205:infar"},
		"that is over":             {[]act{opened, openedBy(nation, nation, later, "facts")}, 1, later, "RW57:infa RW5712:infa RW571205:infar"},
		"opened for another node":  {[]act{opened, openedBy(village, nation, later, "identity", "facts")}, 1, noon, "RW:f RW57:infa RW5712:infa RW571205:infar"},
		"opened for no node":       {[]act{opened, openedBy(village, village, later, "identity")}, 1, noon, "RW57:infa RW5712:infa RW571205:infar"},
		"kept from one":            {[]act{opened, accepted, {"keep", "accept", cell, events.Restricted{Restrictions: []events.Restriction{kept(sector, "")}}, 1}}, 1, noon, "RW57:infar RW571205:infa"},
		"kept from a person":       {[]act{opened, accepted, {"keep", "accept", cell, events.Restricted{Restrictions: []events.Restriction{kept(sector, "W-9")}}, 1}}, 1, noon, "RW57:infa RW5712:infar RW571205:infa"},
		"kept from one office of a node": {[]act{opened, accepted, {"keep", "accept", cell, events.Restricted{Restrictions: []events.Restriction{kept(village, "")}}, 1}}, 1, noon,
			"RW57:infa RW5712:infar RW571205:infa"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			is.Equal(written(engine.Holders(fold(t, tt.acts...), a, tt.decides, tt.at)), tt.want)
		})
	}
	t.Run("while nobody is enrolled", func(t *testing.T) {
		is := is.New(t)
		is.Equal(engine.Holders(fold(t, opened), engine.NewAuthority(public("root")), 1, noon), []engine.Holder{})
	})
}

func TestSupervisors(t *testing.T) {
	of := func(node events.Place, key string, classes ...engine.Class) engine.Holder {
		return engine.Holder{Node: node, Key: []byte(key), Classes: classes}
	}
	list := []engine.Holder{
		of(district, "d", engine.ClassIdentity),
		of(sector, "s", engine.ClassIdentity, engine.ClassReporter),
		of(cell, "", engine.ClassReporter), // it is not known to have a key
	}
	for name, tt := range map[string]struct {
		self events.Place
		want []string
	}{
		"who may not":     {village, []string{engine.SealKeyID([]byte("s"))}},
		"the supervisor":  {sector, nil},
		"another of them": {cell, nil},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			is.Equal(engine.Supervisors(list, tt.self), tt.want)
		})
	}
}

// TestAnOpeningThatIsDatedAhead counts from then on, for its hours: not for the
// years until then.
func TestAnOpeningThatIsDatedAhead(t *testing.T) {
	is := is.New(t)
	a, then := holding(t), noon.AddDate(10, 0, 0)
	s := fold(t, opened, openedBy(nation, nation, then.Add(time.Hour), "facts"))
	s.Contributions[0].Recorded = then
	for at, want := range map[time.Time]string{
		noon: "", noon.AddDate(9, 0, 0): "", then.Add(-events.ClockLead - 1): "", then.Add(-events.ClockLead): "RW:f ", then: "RW:f ", then.Add(time.Hour): "",
	} {
		is.Equal(written(engine.Holders(s, a, 1, at)), want+"RW57:infa RW5712:infa RW571205:infar")
	}
	is.True(strings.HasPrefix(written(engine.HoldersOnce(s, a, 1)), "RW:f ")) // it may have come by them
}

// TestMayOpen: of the offices that one node speaks for each opens what is its
// own, whatever the node holds.
func TestMayOpen(t *testing.T) {
	of := func(s engine.State, decides int, office events.Place, at time.Time) string {
		return written([]engine.Holder{{Node: office, Classes: engine.MayOpen(s, office, decides, at)}})
	}
	kept := act{"keep", "accept", cell, events.Restricted{Restrictions: []events.Restriction{{Office: sector.ID(), Reason: "works_there"}}}, 1}
	for name, tt := range map[string]struct {
		acts    []act
		decides int
		office  events.Place
		after   time.Duration
		want    string
	}{
		"the home":               {[]act{opened}, 1, village, 0, "RW57120503:infa"},
		"its supervisor":         {[]act{opened}, 1, cell, 0, "RW571205:infar"},
		"the one that decides":   {[]act{opened}, 1, district, 0, "RW57:infa"},
		"above it":               {[]act{opened}, 1, nation, 0, "RW:"},
		"where sectors decide":   {[]act{opened}, 2, district, 0, "RW57:"},
		"another village":        {[]act{opened}, 1, "RW.57.12.05.04", 0, "RW57120504:"},
		"another district":       {[]act{opened}, 1, foreign, 0, "RW11:"},
		"kept out":               {[]act{opened, accepted, kept}, 1, sector, 0, "RW5712:"},
		"the next one above":     {[]act{opened, accepted, kept}, 1, district, 0, "RW57:infar"},
		"who breaks the glass":   {[]act{opened, openedBy(nation, nation, noon.Add(time.Hour), "facts")}, 1, nation, 0, "RW:f"},
		"for as long as that":    {[]act{opened, openedBy(nation, nation, noon.Add(time.Hour), "facts")}, 1, nation, time.Hour, "RW:"},
		"another than who did":   {[]act{opened, openedBy(nation, nation, noon.Add(time.Hour), "facts")}, 2, district, 0, "RW57:"},
		"of a case not here yet": {nil, 1, village, 0, "RW57120503:infa"},
	} {
		t.Run(name, func(t *testing.T) {
			is.New(t).Equal(of(fold(t, tt.acts...), tt.decides, tt.office, noon.Add(tt.after)), tt.want)
		})
	}
}

// recalledCell is the same authority after the cell's node was recalled.
func recalledCell(t testing.TB) *engine.Authority {
	h := newHierarchy(t)
	at := events.Source{Node: sector, Run: run(1)}
	joined := enrolled{office: cell, node: cell, by: sector, at: at, number: 1, key: "sector", host: "cell"}.event(t)
	for _, e := range []events.Event{joined, enrolled{office: cell, node: sector, by: sector, at: at, number: 2, key: "sector", host: "sector", prev: &joined}.event(t)} {
		is.New(t).Equal(h.Check(e), engine.Fault(""))
		h.Add(e)
	}
	return h.Authority
}

// TestMayHold: what may come to a node some day. The nation is never given who
// the child is; an office above the one that decides may break the glass for it;
// who reported may come to every office that the case can have as a supervisor.
func TestMayHold(t *testing.T) {
	a, recalled := holding(t), recalledCell(t)
	for name, tt := range map[string]struct {
		home      events.Place
		authority *engine.Authority
		decides   int
		node      events.Place
		want      string // as in TestHolders
	}{
		"the nation":                           {village, a, 1, nation, "nf"},
		"the nation, where sectors decide":     {village, a, 2, nation, "nf"},
		"of a case at home in the nation":      {nation, a, 1, nation, "infar"},
		"the district, which decides":          {village, a, 1, district, "infar"},
		"the district, where sectors decide":   {village, a, 2, district, "inf"},
		"the sector":                           {village, a, 1, sector, "infar"},
		"the sector, of a case at home there":  {sector, a, 1, sector, "infa"},
		"the cell, for itself and its village": {village, a, 1, cell, "infar"},
		"the cell, of a case at home there":    {cell, a, 1, cell, "infa"},
		"the cell, where villages decide":      {village, a, 9, cell, "infar"},
		"a village that another node hosts":    {village, a, 1, village, ""},
		"a cell whose node was recalled":       {village, recalled, 1, cell, ""},
		"who hosts it then":                    {village, recalled, 1, sector, "infar"},
		"an office off the path":               {foreign, a, 1, sector, ""},
		"while nobody is enrolled":             {village, engine.NewAuthority(public("root")), 1, district, ""},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			c := events.Subject{Place: tt.home, Kind: events.KindCase, ID: string(id(1))}
			var got strings.Builder
			for _, class := range engine.MayHold(c, tt.authority, tt.decides, tt.node) {
				got.WriteByte(class[0])
			}
			is.Equal(got.String(), tt.want)
		})
	}
}

// What a case gives a node at any step is what MayHold says it may hold; also
// once a restriction is lifted, or another office answers for the child.
func TestMayHoldCoversHolders(t *testing.T) {
	is, a := is.New(t), holding(t)
	later := noon.Add(time.Hour)
	for _, acts := range [][]act{
		{opened},
		{opened, accepted},
		{opened, accepted, {"on", "accept", cell, to(district), 1}, {"in", "on", district, events.Accepted{}, 1}},
		{opened, accepted, {"keep", "accept", cell, events.Restricted{Restrictions: []events.Restriction{kept(sector, "")}}, 1}},
		{opened, openedBy(nation, nation, later, "identity", "narrative", "facts")},
		{opened, openedBy(district, district, later, "identity", "facts")},
	} {
		for decides := 1; decides < 5; decides++ {
			s := fold(t, acts...)
			for _, h := range engine.Holders(s, a, decides, noon) {
				may := engine.MayHold(s.Subject, a, decides, h.Node)
				for _, class := range h.Classes {
					is.True(slices.Contains(may, class))
				}
			}
		}
	}
}
