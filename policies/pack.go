package policies

import (
	"slices"
	"strings"
	"time"
)

// Pack is one version of a country's policy, with what it inherits.
type Pack struct {
	id, version, hash string
	from              time.Time
	levels            []levelFile
	decides           int
	params            map[string]int64
	clocks            map[string]time.Duration
	sets              map[string]codeSet
	lists             map[string]*codeList
	terms             map[string]*term
	phrases           map[string]labels
	emergency         *plan
	strict            *plan
	parts             map[string][]*part // by decision, in the order of rule ids
	byName            map[string]*part
	derogations       []string
	assumptions       []Assumption
	unchecked         map[string]bool // languages that no native speaker has read
	written           written         // what its author wrote, to explain and to lint
	files             []File          // what it was read from, to keep it
	prepared
}

// Assumption is something of a pack for which no statute was found.
type Assumption struct {
	Name, Source string
}

type codeList struct {
	codes  []string
	cells  map[string]cell // of each code
	labels map[string]labels
}

// ID is the pack's name in a case document: "rwanda".
func (p *Pack) ID() string { return p.id }

// Version names this version of it.
func (p *Pack) Version() string { return p.version }

// Hash is over every byte of the pack and of what it inherits.
func (p *Pack) Hash() string { return p.hash }

// From is the instant from which this version is in force.
func (p *Pack) From() time.Time { return p.from }

// Assumptions lists what the pack says without a statute behind it.
func (p *Pack) Assumptions() []Assumption { return slices.Clone(p.assumptions) }

// Knows reports whether a code is in a list.
func (p *Pack) Knows(list, code string) bool {
	l, ok := p.lists[list]
	if !ok {
		return false
	}
	_, ok = l.labels[code]
	return ok
}

// Codes are those of a list, in its order; nil for an unknown list.
func (p *Pack) Codes(list string) []string {
	if l, ok := p.lists[list]; ok {
		return slices.Clone(l.codes)
	}
	return nil
}

// Label is what people call a code in en, fr or rw; it falls back to English,
// then to the code.
func (p *Pack) Label(list, code, lang string) string {
	l, ok := p.lists[list]
	if !ok {
		return code
	}
	names, ok := l.labels[code]
	if !ok {
		return code
	}
	if s := names.in(lang); s != "" {
		return s
	}
	if names.En != "" {
		return names.En
	}
	return code
}

// Level names the level at a depth below the nation, which is 0; "" below the
// deepest.
func (p *Pack) Level(depth int) string {
	if depth < 0 || depth >= len(p.levels) {
		return ""
	}
	return p.levels[depth].Name
}

// Decides is the depth of the level that decides on a placement.
func (p *Pack) Decides() int { return p.decides }

// Clock is how long something may take, by the name of a deadline or of what
// waits in an inbox.
func (p *Pack) Clock(name string) (time.Duration, bool) {
	d, ok := p.clocks[name]
	return d, ok
}

// What a pack says on the erasure of records, which no rule reads.
const (
	ErasureGrounds = "erasure_grounds"       // list: the legal grounds
	HoldYears      = "hold_years"            // number: how long the record of a child who was placed is kept
	Majority       = "majority"              // number: months
	LiftedByCourt  = "hold_lifted_by_court"  // set of grounds
	LiftedByPerson = "hold_lifted_by_person" // set of grounds, once of age
	OfAdult        = "erasure_of_adult"      // set of grounds on which one adult's data may go
)

// Number is one of the pack's numbers, by name.
func (p *Pack) Number(name string) (int64, bool) { return p.param(name) }

// In reports whether a code is in one of the pack's sets.
func (p *Pack) In(set, code string) bool { return slices.Contains(p.sets[set].codes, code) }

func (p *Pack) param(name string) (int64, bool) { v, ok := p.params[name]; return v, ok }
func (p *Pack) set(name string) (codeSet, bool) { s, ok := p.sets[name]; return s, ok }
func (p *Pack) term(name string) (*term, bool)  { t, ok := p.terms[name]; return t, ok }
func (p *Pack) clockHours(name string) (int64, bool) {
	d, ok := p.clocks[name]
	return int64(d / time.Hour), ok
}

// levelsShared counts the levels below the nation that two place codes share.
func (p *Pack) levelsShared(a, b string) int {
	const country = 2
	if len(a) < country || len(b) < country || a[:country] != b[:country] {
		return 0
	}
	shared, end := 0, country
	for _, l := range p.levels[1:] {
		end += l.Digits
		if len(a) < end || len(b) < end || a[:end] != b[:end] {
			break
		}
		shared++
	}
	return shared
}

// Court stands above every level of a country.
const Court = "court"

// height orders levels: the higher one is the greater.
func (p *Pack) height(level string) int {
	if level == Court {
		return len(p.levels) + 1
	}
	for depth, l := range p.levels {
		if l.Name == level {
			return len(p.levels) - depth
		}
	}
	return 0
}

// Parts names every part of every rule that this pack asks: the rule, and the
// part where it has several.
func (p *Pack) Parts() []string {
	out := make([]string, 0, len(p.byName))
	for _, name := range sorted(p.byName) {
		out = append(out, strings.TrimSpace(name))
	}
	return out
}
