package events

import (
	"testing"

	"github.com/matryer/is"
)

// TestCovers: a place covers itself and what lies below it, by tokens, never by
// the beginning of a text.
func TestCovers(t *testing.T) {
	for _, c := range []struct {
		p, q          Place
		covers, above bool
	}{
		{"RW", "RW", true, false},
		{"RW", "RW.57", true, true},
		{"RW.57", "RW.57.12.05.03", true, true},
		{"RW.57", "RW.57", true, false},
		{"RW.57", "RW", false, false},
		{"RW.5", "RW.57", false, false},
		{"RW.57", "RW.5", false, false},
		{"RW.57.1", "RW.57.12", false, false},
		{"RW.57.12", "RW.57.1.2", false, false}, // the same id, another place
		{"RW.57", "KE.57", false, false},
		{"", "RW", false, false},
		{"RW", "", false, false},
	} {
		t.Run(string(c.p+" "+c.q), func(t *testing.T) {
			is := is.New(t)
			is.Equal(c.p.Covers(c.q), c.covers)
			is.Equal(c.p.Above(c.q), c.above)
		})
	}
}

// TestPlacePaths: id, level, path and the way up, for countries of any depth.
func TestPlacePaths(t *testing.T) {
	for _, c := range []struct {
		place Place
		id    string
		path  []Place
	}{
		{"RW", "RW", []Place{"RW"}},
		{"RW.57.12.05.03", "RW57120503", []Place{"RW", "RW.57", "RW.57.12", "RW.57.12.05", "RW.57.12.05.03"}},
		{"KE.047.290.1450", "KE0472901450", []Place{"KE", "KE.047", "KE.047.290", "KE.047.290.1450"}},
	} {
		t.Run(c.id, func(t *testing.T) {
			is := is.New(t)
			p, err := ParsePlace(string(c.place))
			is.NoErr(err)
			is.Equal(p, c.place)
			is.Equal(p.ID(), c.id)
			is.Equal(p.Country(), c.id[:2])
			is.Equal(p.Level(), len(c.path)-1)
			is.Equal(p.Path(), c.path)
			up, ok := p, true
			for i := len(c.path) - 1; i >= 0; i-- {
				is.True(ok)
				is.Equal(up, c.path[i])
				up, ok = up.Upper()
			}
			is.True(!ok) // nothing lies above a nation
		})
	}
}

// TestOn: an office is found on a path by its id, and only there.
func TestOn(t *testing.T) {
	is := is.New(t)
	const village = Place("RW.57.12.05.03")
	for id, want := range map[string]Place{"RW": "RW", "RW57": "RW.57", "RW571205": "RW.57.12.05", "RW57120503": village} {
		p, ok := village.On(id)
		is.True(ok)
		is.Equal(p, want)
	}
	for _, id := range []string{"", "RW5", "RW5713", "RW5712050301", "KE", "rw57", "RW.57"} {
		_, ok := village.On(id)
		is.True(!ok)
	}
}

// TestParsePlaceRefuses: an address is a country and digits.
func TestParsePlaceRefuses(t *testing.T) {
	for _, bad := range []string{
		"", ".", "57", "rw.57", "R", "RWA", "RW.", ".RW", "RW..57", "RW.5a", "RW.-1", "RW. 57", "RW57",
		"RW.1.2.3.4.5.6.7.8.9.10", "RW.1234567890", "RW.٥", "RW.57\n",
	} {
		t.Run(bad, func(t *testing.T) {
			_, err := ParsePlace(bad)
			is.New(t).True(err != nil)
		})
	}
}
