package events

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// PlacesMax bounds the rows of a list: the largest country has some 650,000
	// villages.
	PlacesMax = 1 << 20
	// placeNameMax bounds a name in bytes: more would break every page.
	placeNameMax = 200
)

// LoadPlaces reads a list from CSV with the header
// "code,level,name,parent_code", in any order of rows, in UTF-8. Codes are
// digits, with or without the country before them; the nation's code is the
// country's two letters. Where a code begins with the code of the office above
// it, as in most countries, the rest is what its level adds to the address;
// else the whole code is. It fails on the first row that cannot be used, with
// its line.
func LoadPlaces(list io.Reader, o PlaceOptions) (*Places, error) {
	rows, err := readPlaces(list)
	if err == nil {
		var p *Places
		if p, err = newPlaces(rows, o); err == nil {
			return p, nil
		}
	}
	return nil, fmt.Errorf("load the places of edition %q: %w", clip(o.Edition), err)
}

type placeRow struct {
	line                     int
	code, level, name, upper string
	depth                    int32 // index of the level
}

func readPlaces(list io.Reader) ([]placeRow, error) {
	const header = "code,level,name,parent_code"
	r := csv.NewReader(list)
	r.FieldsPerRecord, r.ReuseRecord = 4, true
	first, err := r.Read()
	if err != nil || strings.TrimPrefix(strings.Join(first, ","), "\ufeff") != header {
		return nil, fmt.Errorf("line 1: the header %s is expected", header)
	}
	var rows []placeRow
	for {
		record, err := r.Read()
		switch {
		case err == io.EOF:
			return rows, nil
		case err != nil:
			return nil, err
		case len(rows) == PlacesMax:
			return nil, fmt.Errorf("more than %d places", PlacesMax)
		}
		line, _ := r.FieldPos(0)
		rows = append(rows, placeRow{line: line, code: record[0], level: record[1], name: record[2], upper: record[3]})
	}
}

func newPlaces(rows []placeRow, o PlaceOptions) (*Places, error) {
	levels, err := o.check()
	if err != nil {
		return nil, err
	}
	for i := range rows {
		r, ok := &rows[i], false
		if r.depth, ok = levels[r.level]; !ok {
			return nil, fmt.Errorf("line %d: level %q is not among the levels declared for this list", r.line, clip(r.level))
		}
	}
	// Upper places first: every later step may rely on them.
	slices.SortStableFunc(rows, func(a, b placeRow) int {
		return cmp.Or(cmp.Compare(a.depth, b.depth), strings.Compare(a.code, b.code))
	})
	b := placeBuilder{
		Places: &Places{
			edition: o.Edition, levels: slices.Clone(o.Levels), all: make([]entry, 0, len(rows)),
			ids: make(map[string]int32, len(rows)), names: make(map[string][]int32, len(rows)/2),
		},
		codes: make(map[string]int32, len(rows)),
	}
	for _, r := range rows {
		if err := b.add(r); err != nil {
			return nil, fmt.Errorf("line %d: place %q (%s): %w", r.line, clip(r.name), clip(r.code), err)
		}
	}
	if len(b.all) == 0 {
		return nil, fmt.Errorf("no row of level %s", o.Levels[0].Name)
	}
	for i := range b.all[1:] {
		if e := &b.all[i+1]; e.place != "" {
			upper := &b.all[e.office]
			upper.lower = append(upper.lower, int32(i+1))
		}
	}
	return b.Places, nil
}

func (o PlaceOptions) check() (map[string]int32, error) {
	levels, offices := make(map[string]int32, len(o.Levels)), 0
	for i, l := range o.Levels {
		if _, twice := levels[l.Name]; twice || l.Name == "" {
			return nil, fmt.Errorf("level %d, %q: a name of its own is expected", i+1, clip(l.Name))
		}
		levels[l.Name] = int32(i)
		if !l.Lookup {
			offices++
		}
	}
	switch {
	case o.Edition == "":
		return nil, errors.New("an edition is expected, as in " + RwandaEdition)
	case len(o.Levels) == 0 || o.Levels[0].Lookup:
		return nil, errors.New("levels are expected, the nation first, which has an office")
	case offices > LevelsMax+1:
		return nil, fmt.Errorf("%d levels below the nation, at most %d have offices", offices-1, LevelsMax)
	}
	return levels, nil
}

// placeBuilder adds rows, upper places first.
type placeBuilder struct {
	*Places
	codes map[string]int32 // as the list writes them
}

func (b *placeBuilder) add(r placeRow) error {
	e := entry{code: r.code, name: r.name, folded: foldName(r.name), level: r.depth, upper: -1, office: -1}
	if err := checkPlaceName(r.name, e.folded); err != nil {
		return err
	}
	if _, twice := b.codes[r.code]; twice {
		return errors.New("its code stands twice in the list")
	}
	var err error
	switch {
	case len(b.all) > 0:
		err = b.addBelow(&e, r.upper)
	case r.depth != 0:
		err = fmt.Errorf("no nation above it: one row of level %s is expected", b.levels[0].Name)
	case !isCountry(r.code) || r.upper != "":
		err = errors.New("a nation's code is its country's two capital letters, and nothing is above it")
	default:
		e.place, e.id, e.code = Place(r.code), r.code, ""
	}
	if err != nil {
		return err
	}
	return b.keep(e, r.code)
}

// addBelow gives the entry its place in the country: address and id.
func (b *placeBuilder) addBelow(e *entry, upperCode string) error {
	upper, ok := b.codes[upperCode]
	switch {
	case e.level == 0:
		return errors.New("a second nation; a list is of one country")
	case !ok || b.all[upper].level >= e.level:
		return fmt.Errorf("the place above it, %q, is not in a level above", clip(upperCode))
	}
	nation := b.all[0]
	e.code = strings.TrimPrefix(e.code, nation.id)
	if strings.Trim(e.code, "0123456789") != "" || e.code == "" || len(e.code) > LevelsMax*tokenMax {
		return fmt.Errorf("its code is not digits, with or without %s before them", nation.id)
	}
	e.upper, e.office = upper, upper
	for b.all[e.office].place == "" {
		e.office = b.all[e.office].upper
	}
	if b.levels[e.level].Lookup {
		e.id = nation.id + e.code
		return nil
	}
	token, nested := strings.CutPrefix(e.code, b.all[e.office].code)
	if !nested || token == "" {
		token = e.code
	}
	if !isDigits(token) {
		return fmt.Errorf("its level adds %q, at most %d digits can stand in an address", clip(token), tokenMax)
	}
	e.place = b.all[e.office].place + "." + Place(token)
	e.id = e.place.ID()
	return nil
}

// keep enters the place under its id, and under its code where that is another.
func (b *placeBuilder) keep(e entry, code string) error {
	at := int32(len(b.all))
	known := []string{e.id}
	if country := e.id[:2]; e.id[2:] != e.code {
		known = append(known, country+e.code)
	}
	for _, id := range known {
		if other, taken := b.ids[id]; taken {
			return fmt.Errorf("its id %s is also that of %q", id, b.all[other].name)
		}
		b.ids[id] = at
	}
	b.codes[code] = at
	b.names[e.folded] = append(b.names[e.folded], at)
	b.all = append(b.all, e)
	return nil
}

func checkPlaceName(name, folded string) error {
	switch {
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return errors.New("a name is printable UTF-8")
	case len(name) > placeNameMax:
		return fmt.Errorf("a name has at most %d bytes", placeNameMax)
	case strings.Trim(folded, "/") == "":
		return errors.New("a name has a letter or a digit")
	}
	return nil
}
