package events

import (
	"fmt"
	"slices"
	"strings"
)

// candidatesShown is how many an error's text names, so that it stays a line to
// read; the error itself has them all.
const candidatesShown = 10

// UnknownPlaceError says that a list does not have a place, and what it has
// where it was looked for.
type UnknownPlaceError struct {
	Text       string      // what was asked for
	In         PlaceInfo   // the place as far as it is known; the nation, if nothing is
	Candidates []PlaceInfo // what lies below that and has an office

	why   string
	blunt string // why, without a word of Text; empty where why has none
	way   string // leads to the candidates
}

func (e *UnknownPlaceError) Error() string {
	return fmt.Sprintf("place %q: %s", clip(e.Text), e.why) + e.candidates()
}

// Blunt says the same without what was asked for, which may be somebody's name
// in the wrong field.
func (e *UnknownPlaceError) Blunt() string {
	if e.blunt != "" {
		return e.blunt + e.candidates()
	}
	return e.why + e.candidates()
}

// More reports whether there are more candidates than the texts name.
func (e *UnknownPlaceError) More() bool { return len(e.Candidates) > candidatesShown }

func (e *UnknownPlaceError) candidates() string {
	if len(e.Candidates) == 0 {
		return ""
	}
	return e.way + ": " + listPlaces(e.Candidates, func(c PlaceInfo) string { return c.Name + " (" + c.ID + ")" })
}

// AmbiguousPlaceError says that several places answer to a text.
type AmbiguousPlaceError struct {
	Text       string
	Candidates []PlaceInfo // all of them, upper levels first, by code

	way string // what to write instead
}

func (e *AmbiguousPlaceError) Error() string {
	list := listPlaces(e.Candidates, func(c PlaceInfo) string {
		return c.ID + " (" + c.Level + " " + c.FullName + ")"
	})
	return fmt.Sprintf("place %q: %d places answer to it; write %s: %s", clip(e.Text), len(e.Candidates), e.way, list)
}

func listPlaces(places []PlaceInfo, write func(PlaceInfo) string) string {
	var out []string
	for _, c := range places[:min(len(places), candidatesShown)] {
		out = append(out, write(c))
	}
	if more := len(places) - candidatesShown; more > 0 {
		out = append(out, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(out, ", ")
}

// Resolve finds the one place with an office that a person means by a text: an
// id with or without the country ("RW57120503", "57120503"), an address
// ("RW.57.12.05.03"), a path of names ("Bugesera/Rilima/…") or a name that only
// one place bears. It fails with an UnknownPlaceError or an
// AmbiguousPlaceError, and never guesses.
func (p *Places) Resolve(text string) (PlaceInfo, error) {
	text = strings.TrimSpace(text)
	if place, err := ParsePlace(strings.ToUpper(text)); err == nil {
		if info, ok := p.Get(place); ok {
			return info, nil
		}
		if strings.Contains(text, ".") { // else a name of two letters
			return PlaceInfo{}, p.unknownID(text, place.ID())
		}
	}
	hits := p.names[foldName(text)]
	if i, ok := p.ids[p.idOf(text)]; ok {
		hits = []int32{i}
	}
	offices := slices.DeleteFunc(slices.Clone(hits), func(i int32) bool { return p.all[i].place == "" })
	switch {
	case len(offices) == 1:
		return p.info(offices[0]), nil
	case len(offices) > 1:
		return PlaceInfo{}, &AmbiguousPlaceError{Text: text, Candidates: p.infos(offices), way: "an id or the path from the top"}
	case len(hits) > 0:
		return PlaceInfo{}, p.withoutOffice(text, hits[0])
	case strings.Contains(text, "/"):
		return p.ByPath(text)
	case strings.Trim(strings.TrimPrefix(p.idOf(text), p.all[0].id), "0123456789") == "" && text != "":
		return PlaceInfo{}, p.unknownID(text, p.idOf(text))
	}
	return PlaceInfo{}, p.unknown(text, 0, p.edition+" has no such name; write an id or a path", " that begins with one of")
}

// ByID finds a place by its id, with or without the country before it, also
// one of a level without offices.
func (p *Places) ByID(id string) (PlaceInfo, error) {
	full := p.idOf(id)
	if i, ok := p.ids[full]; ok {
		return p.info(i), nil
	}
	return PlaceInfo{}, p.unknownID(id, full)
}

func (p *Places) idOf(text string) string {
	text = strings.ToUpper(strings.TrimSpace(text))
	if text != "" && '0' <= text[0] && text[0] <= '9' {
		return p.all[0].id + text
	}
	return text
}

// ByName returns all places of a name, in any level, upper levels first.
func (p *Places) ByName(name string) []PlaceInfo { return p.infos(p.names[foldName(name)]) }

// ByPath finds a place by the names of its path from the top level below the
// nation, parted by slashes. A slash inside a name needs no care. It fails with
// an UnknownPlaceError or an AmbiguousPlaceError; also where only an accent
// parts two names, because phones leave accents out.
func (p *Places) ByPath(path string) (PlaceInfo, error) {
	walk := pathWalk{Places: p, rest: strings.Trim(foldName(path), "/")}
	walk.short = walk.rest
	walk.step(0, walk.rest)
	switch len(walk.hits) {
	case 1:
		return p.info(walk.hits[0]), nil
	case 0:
		return PlaceInfo{}, walk.unknown(path)
	}
	return PlaceInfo{}, &AmbiguousPlaceError{Text: path, Candidates: p.infos(walk.hits), way: "the id of one"}
}

// pathWalk tries every reading of a path, and remembers how far the best came.
type pathWalk struct {
	*Places
	rest  string
	hits  []int32
	best  int32
	short string // what was left of the path at best
}

func (w *pathWalk) step(at int32, rest string) {
	if len(rest) < len(w.short) {
		w.best, w.short = at, rest
	}
	for _, l := range w.all[at].lower {
		after, ok := strings.CutPrefix(rest, w.all[l].folded)
		switch {
		case !ok:
		case after == "":
			w.hits = append(w.hits, l)
		case after[0] == '/':
			w.step(l, after[1:])
		}
	}
}

func (w *pathWalk) unknown(path string) error {
	parts := strings.Split(strings.Trim(strings.TrimSpace(path), "/"), "/")
	part := parts[max(0, len(parts)-1-strings.Count(w.short, "/"))]
	in := w.all[w.best]
	err := w.Places.unknown(path, w.best, "", ", but")
	has := fmt.Sprintf("%s (%s) has no ", in.name, w.levels[in.level].Name)
	err.why, err.blunt = has+fmt.Sprintf("%q below it", clip(strings.TrimSpace(part))), has+"such place below it"
	return err
}

func (p *Places) unknown(text string, in int32, why, way string) *UnknownPlaceError {
	return &UnknownPlaceError{Text: text, In: p.info(in), Candidates: p.infos(p.all[in].lower), why: why, way: way}
}

// unknownID points at the last place that the id's digits lead to.
func (p *Places) unknownID(text, id string) error {
	in := int32(0)
	for n := len(id) - 1; n > 0; n-- {
		if i, ok := p.ids[id[:n]]; ok && p.all[i].place != "" {
			in = i
			break
		}
	}
	why := fmt.Sprintf("%s has no such id; the nearest is %s (%s)", p.edition, p.all[in].id, p.fullName(in))
	return p.unknown(text, in, why, ", and below it")
}

// withoutOffice lists the offices next below a place that has none itself.
func (p *Places) withoutOffice(text string, at int32) error {
	var below []int32
	for i := range p.all {
		for up := p.all[i].upper; p.all[i].place != "" && up >= 0 && p.all[up].place == ""; up = p.all[up].upper {
			if up == at {
				below = append(below, int32(i))
			}
		}
	}
	info := p.info(at)
	why := fmt.Sprintf("%s is a %s, and no %s has an office; name a place in it", info.Name, info.Level, info.Level)
	return &UnknownPlaceError{Text: text, In: info, Candidates: p.infos(below), why: why}
}
