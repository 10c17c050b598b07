package events

import (
	"compress/gzip"
	_ "embed" // the list and its licence
	"errors"
	"fmt"
	"io"
	"strings"
)

// RwandaEdition names the embedded list of Rwanda's places.
const RwandaEdition = "rwanda-2.1.6"

// rwandaTree is written by internal/makeplaces from a CSV that LoadPlaces
// reads:
//
//	go run ./events/internal/makeplaces <rwanda.csv >events/places/rwanda-2.1.6.tree.gz
//
//go:embed places/rwanda-2.1.6.tree.gz
var rwandaTree string

//go:embed places/rwanda-2.1.6.LICENSE
var rwandaNotice string

// PlacesNotice is the licence notice of the embedded list, to be shown wherever
// the program's licences are.
func PlacesNotice() string { return rwandaNotice }

// Rwanda unpacks the embedded list: the nation, 5 provinces, 30 districts, 416
// sectors, 2,148 cells and 14,837 villages. Provinces have no office. Each call
// unpacks anew, so the caller keeps what it got.
func Rwanda() (*Places, error) {
	levels := []PlaceLevel{
		{Name: "national"}, {Name: "province", Lookup: true}, {Name: "district"},
		{Name: "sector"}, {Name: "cell"}, {Name: "village"},
	}
	rows, err := unpackTree(strings.NewReader(rwandaTree), levels)
	if err == nil {
		var p *Places
		if p, err = newPlaces(rows, PlaceOptions{Edition: RwandaEdition, Levels: levels}); err == nil {
			return p, nil
		}
	}
	return nil, fmt.Errorf("unpack the places of edition %s: %w", RwandaEdition, err)
}

// unpackTree reads a gzipped tree: one place a line, each before those below
// it, as its level (a digit), the digits that it adds to the code above it, and
// its name. The first line is the nation, with its letters for digits and a
// space. A code that is one higher than that of the place before it in the same
// level and place is left out; so most lines are a level and a name.
func unpackTree(packed io.Reader, levels []PlaceLevel) ([]placeRow, error) {
	unzip, err := gzip.NewReader(packed)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(unzip)
	if err != nil {
		return nil, err
	}
	nation, rest, _ := strings.Cut(string(text), "\n")
	code, name, _ := strings.Cut(nation, " ")
	rows := []placeRow{{line: 1, code: code, level: levels[0].Name, name: name}}
	at := make([]string, len(levels)) // code of the last place in each level
	for line := range strings.Lines(rest) {
		row, err := treeRow(strings.TrimSuffix(line, "\n"), levels, at)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", len(rows)+1, err)
		}
		if row.line = len(rows) + 1; row.upper == "" {
			row.upper = code
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func treeRow(line string, levels []PlaceLevel, at []string) (placeRow, error) {
	if line == "" || line[0] <= '0' || int(line[0]-'0') >= len(levels) {
		return placeRow{}, errors.New("a level below the nation is expected")
	}
	level := int(line[0] - '0')
	name := strings.TrimLeft(line[1:], "0123456789")
	digits := line[1 : len(line)-len(name)]
	upper := ""
	for _, code := range at[:level] {
		if code != "" {
			upper = code
		}
	}
	code := upper + digits
	if digits == "" {
		code = nextCode(at[level])
	}
	if len(code) <= len(upper) {
		return placeRow{}, fmt.Errorf("%q has no code", clip(name))
	}
	at[level] = code
	clear(at[level+1:])
	return placeRow{code: code, level: levels[level].Name, name: name, upper: upper}, nil
}

// nextCode adds one to a code of digits and keeps its length; "" where it
// cannot.
func nextCode(code string) string {
	i := strings.LastIndexFunc(code, func(r rune) bool { return r != '9' })
	if i < 0 {
		return ""
	}
	return code[:i] + string(code[i]+1) + strings.Repeat("0", len(code)-1-i)
}
