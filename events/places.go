package events

import "iter"

// PlaceLevel is one level of a country, as its list names it.
type PlaceLevel struct {
	Name string
	// Lookup marks a level that has no offices, as Rwanda's provinces: its
	// places are found by id and name, and addresses and paths pass over them.
	Lookup bool
}

// PlaceOptions say how a list is to be read.
type PlaceOptions struct {
	// Edition names this edition of the list; events carry it, because a code
	// means a place only together with its edition.
	Edition string
	// Levels of the country from the nation down. A place may lie in one of any
	// level before its own, so two kinds of town at one height are two levels.
	Levels []PlaceLevel
}

// PlaceInfo is what a list says of one place.
type PlaceInfo struct {
	Place    Place  // address of its office; empty at a level without offices
	ID       string // country and code, as people write it: "RW57120503"
	Code     string // the list's own code, without the country: "57120503"
	Name     string
	FullName string // names from below the nation down: "Bugesera/Rilima/…"
	Level    string // name of its level: "village"
	Upper    string // id of the next place up, with or without office; empty for the nation
}

// HasOffice reports whether the place is of a level that has offices.
func (i PlaceInfo) HasOffice() bool { return i.Place != "" }

// Places is one edition of a country's list of places. It never changes after
// it was loaded, so any number of goroutines may use it.
type Places struct {
	edition string
	levels  []PlaceLevel
	all     []entry // by level, then code; the nation first
	ids     map[string]int32
	names   map[string][]int32 // by folded name
}

type entry struct {
	place        Place
	id, code     string
	name, folded string
	level        int32
	upper        int32 // next place up; -1 for the nation
	office       int32 // next place up that has an office; -1 for the nation
	lower        []int32
}

// Edition names this edition of the list, as events carry it.
func (p *Places) Edition() string { return p.edition }

// All yields every place, upper levels first, each level by code.
func (p *Places) All() iter.Seq[PlaceInfo] {
	return func(yield func(PlaceInfo) bool) {
		for i := range p.all {
			if !yield(p.info(int32(i))) {
				return
			}
		}
	}
}

// Get returns what the list says of an address; false where it does not have it.
func (p *Places) Get(place Place) (PlaceInfo, bool) {
	i, ok := p.find(place)
	if !ok {
		return PlaceInfo{}, false
	}
	return p.info(i), true
}

// Name is the name of a place, or its id where the list does not have it: an
// address outlives the editions that know it.
func (p *Places) Name(place Place) string {
	if i, ok := p.find(place); ok {
		return p.all[i].name
	}
	return place.ID()
}

// FullName is the path of names from the top level below the nation,
// "Bugesera/Rilima/Nyabagendwa/Kamabuye", or the id where the list does not
// have the place. The nation's is its name.
func (p *Places) FullName(place Place) string {
	if i, ok := p.find(place); ok {
		return p.fullName(i)
	}
	return place.ID()
}

// Level is the name of a place's level, "village"; empty where the list does
// not have the place.
func (p *Places) Level(place Place) string {
	if i, ok := p.find(place); ok {
		return p.levels[p.all[i].level].Name
	}
	return ""
}

// Lower returns the places with an office next below, by level and code.
func (p *Places) Lower(place Place) []PlaceInfo {
	i, ok := p.find(place)
	if !ok {
		return nil
	}
	return p.infos(p.all[i].lower)
}

func (p *Places) find(place Place) (int32, bool) {
	i, ok := p.ids[place.ID()]
	return i, ok && p.all[i].place == place
}

func (p *Places) infos(of []int32) []PlaceInfo {
	out := make([]PlaceInfo, len(of))
	for i, at := range of {
		out[i] = p.info(at)
	}
	return out
}

func (p *Places) info(i int32) PlaceInfo {
	e := &p.all[i]
	info := PlaceInfo{
		Place: e.place, ID: e.id, Code: e.code, Name: e.name,
		FullName: p.fullName(i), Level: p.levels[e.level].Name,
	}
	if e.upper >= 0 {
		info.Upper = p.all[e.upper].id
	}
	return info
}

func (p *Places) fullName(i int32) string {
	e := &p.all[i]
	if e.office <= 0 { // the nation, or next below it
		return e.name
	}
	return p.fullName(e.office) + "/" + e.name
}
