package engine_test

import (
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// parts are sealed fields as an event carries them.
func parts(fields ...string) events.Sealed {
	var out events.Sealed
	for _, f := range fields {
		out = append(out, events.SealedPart{Field: f, Key: "AAAAAAAAAAAAAAA" + f[:1], Data: []byte{1}})
	}
	return out
}

// A lost machine could open every class that its node was ever entitled to and
// of which something was told, also what was handed on or restricted since; what
// it said that it destroyed it could not.
func TestExposed(t *testing.T) {
	a := holding(t)
	told := events.Raised{To: cell.ID(), Source: "izu", Facts: events.Facts(`{}`), Sealed: parts("identity", "facts", "reporter")}
	opened := act{"raise", "", village, told, 1}
	restricted := act{"keep", "accept", cell, events.Restricted{Restrictions: []events.Restriction{kept(sector, "")}}, 1}
	for name, tt := range map[string]struct {
		acts    []act
		node    events.Place
		want    []engine.Class
		erasing bool
	}{
		"who hosts the village":        {[]act{opened}, cell, []engine.Class{engine.ClassIdentity, engine.ClassFacts, engine.ClassReporter}, false},
		"the sector above":             {[]act{opened}, sector, []engine.Class{engine.ClassIdentity, engine.ClassFacts}, false},
		"who was the supervisor once":  {[]act{opened, accepted}, cell, []engine.Class{engine.ClassIdentity, engine.ClassFacts, engine.ClassReporter}, false},
		"who it is kept from by now":   {[]act{opened, accepted, restricted}, sector, []engine.Class{engine.ClassIdentity, engine.ClassFacts, engine.ClassReporter}, false},
		"the nation":                   {[]act{opened}, nation, nil, false},
		"the nation once it opened it": {[]act{opened, openedBy(nation, nation, noon.Add(time.Hour), "facts", "identity")}, nation, []engine.Class{engine.ClassFacts}, false},
		"erased, not yet there":        {[]act{opened, {"erase", "raise", district, events.Erased{Ground: "court_order"}, 1}}, cell, []engine.Class{engine.ClassIdentity, engine.ClassFacts, engine.ClassReporter}, true},
		"erased there": {[]act{
			opened, {"erase", "raise", district, events.Erased{Ground: "court_order"}, 1},
			{"here", "raise", cell, events.ErasedHere{Node: cell.ID(), Erased: id(2)}, 1},
		}, cell, nil, false},
		"who wrote it, and speaks for nobody here now": {[]act{opened}, village, []engine.Class{engine.ClassIdentity, engine.ClassFacts}, false},
		"a case of no names":                           {[]act{{"raise", "", village, raised(cell), 1}}, cell, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			got := engine.Exposed(fold(t, tt.acts...), a, 1, tt.node)
			is.Equal(got.Classes, tt.want)
			is.Equal(got.Erasing, tt.erasing)
			is.Equal(got.Case, child)
		})
	}
}
