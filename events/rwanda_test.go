package events

import (
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/matryer/is"
)

func rwanda(is *is.I) *Places {
	is.Helper()
	p, err := Rwanda()
	is.NoErr(err)
	return p
}

// TestRwandaIsTheWholeList: written out as CSV again, the embedded list is the
// file that it was made from, byte for byte.
func TestRwandaIsTheWholeList(t *testing.T) {
	is := is.New(t)
	var text strings.Builder
	w := csv.NewWriter(&text)
	is.NoErr(w.Write([]string{"code", "level", "name", "parent_code"}))
	rows := 0
	for p := range rwanda(is).All() {
		code, upper := p.Code, strings.TrimPrefix(p.Upper, "RW")
		if p.Upper == "" {
			code = p.ID
		} else if upper == "" {
			upper = "RW"
		}
		is.NoErr(w.Write([]string{code, p.Level, p.Name, upper}))
		rows++
	}
	w.Flush()
	is.Equal(rows, 17_437)
	is.Equal(fmt.Sprintf("%x", sha256.Sum256([]byte(text.String()))), rwandaSHA256)
}

// rwandaSHA256 is the digest of the CSV of edition RwandaEdition.
const rwandaSHA256 = "52e7ca94923a3439261ad895931b8b9565d03b56a02bf8307195f7f810e42cde"

// TestRwandaLevels: how many places each level has, and that every office is
// found by each of its names and lies where its address says.
func TestRwandaLevels(t *testing.T) {
	is := is.New(t)
	p := rwanda(is)
	is.Equal(p.Edition(), RwandaEdition)
	levels, offices := map[string]int{}, 0
	for info := range p.All() {
		levels[info.Level]++
		if !info.HasOffice() {
			is.Equal(info.Level, "province")
			continue
		}
		offices++
		is.Equal(info.Place.ID(), info.ID)
		for _, text := range []string{info.ID, string(info.Place)} {
			found, err := p.Resolve(text)
			is.NoErr(err)
			is.Equal(found, info)
		}
		if up, ok := info.Place.Upper(); ok {
			found, err := p.ByPath(info.FullName) // no path of Rwanda is ambiguous
			is.NoErr(err)
			is.Equal(found, info)
			_, ok = p.Get(up)
			is.True(ok)
		}
	}
	is.Equal(levels, map[string]int{"national": 1, "province": 5, "district": 30, "sector": 416, "cell": 2148, "village": 14837})
	below := 0
	for info := range p.All() {
		below += len(p.Lower(info.Place))
	}
	is.Equal(below, offices-1) // every office but the nation's lies below one
}

// TestProvinces: a province is found and named, has no office and no part in
// an address or a path.
func TestProvinces(t *testing.T) {
	is := is.New(t)
	p := rwanda(is)
	village, err := p.Resolve("Bugesera/Rilima/Nyabagendwa/Kamabuye")
	is.NoErr(err)
	is.Equal(village.Place, Place("RW.57.12.05.03"))
	bugesera, ok := p.Get("RW.57")
	is.True(ok)
	is.Equal(bugesera.Upper, "RW5")
	is.Equal(len(p.Lower("RW")), 30) // districts

	east, err := p.ByID("5")
	is.NoErr(err)
	is.Equal(east, PlaceInfo{ID: "RW5", Code: "5", Name: "Eastern Province", FullName: "Eastern Province", Level: "province", Upper: "RW"})
	is.Equal(p.ByName("eastern province"), []PlaceInfo{east})
	_, ok = p.Get("RW.5")
	is.True(!ok)
	for _, text := range []string{"RW5", "5", "Eastern Province"} {
		_, err := p.Resolve(text)
		var unknown *UnknownPlaceError
		is.True(errors.As(err, &unknown))
		is.Equal(unknown.In, east)
		is.Equal(ids(unknown.Candidates), []string{"RW51", "RW52", "RW53", "RW54", "RW55", "RW56", "RW57"})
		is.True(strings.Contains(err.Error(), "no province has an office; name a place in it: Rwamagana (RW51)"))
	}
	_, err = p.ByPath("Eastern Province/Bugesera")
	is.True(err != nil)
}

// TestKabeza: a name that 148 villages and 10 cells bear names none of them.
func TestKabeza(t *testing.T) {
	is := is.New(t)
	p := rwanda(is)
	levels := map[string]int{}
	for _, info := range p.ByName("kabeza") {
		is.True(strings.HasSuffix(info.FullName, "/Kabeza"))
		levels[info.Level]++
	}
	is.Equal(levels, map[string]int{"cell": 10, "village": 148})
	_, err := p.Resolve("Kabeza")
	var ambiguous *AmbiguousPlaceError
	is.True(errors.As(err, &ambiguous))
	is.Equal(len(ambiguous.Candidates), 158)
	is.True(strings.HasSuffix(err.Error(), "and 148 more"))
}

// TestPlacesTogether: a list is read by many at once (run with -race).
func TestPlacesTogether(t *testing.T) {
	is := is.New(t)
	p := rwanda(is)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 50 {
				_, _ = p.Resolve("Bugesera/Rilima")
				_, _ = p.Resolve(fmt.Sprint("Kabeza", i))
				p.Lower("RW.57")
			}
		})
	}
	wg.Wait()
	info, err := p.Resolve("Bugesera/Rilima")
	is.NoErr(err)
	is.Equal(info.ID, "RW5712")
}

// TestPlacesNotice: the licence goes wherever the list goes.
func TestPlacesNotice(t *testing.T) {
	is := is.New(t)
	for _, part := range []string{"\"rwanda\"", "2.1.6", "NISR", "MIT License", "Copyright (c) 2020 Igwaneza Bruce", "WITHOUT WARRANTY OF ANY KIND"} {
		is.True(strings.Contains(PlacesNotice(), part))
	}
}

// TestUnpackTreeRefuses: a damaged list is an error, never a shorter list.
func TestUnpackTreeRefuses(t *testing.T) {
	is := is.New(t)
	levels := []PlaceLevel{{Name: "national"}, {Name: "district"}}
	_, err := unpackTree(strings.NewReader(rwandaTree[:len(rwandaTree)-1]), levels)
	is.True(err != nil) // cut
	flipped := []byte(rwandaTree)
	flipped[len(flipped)/2] ^= 1
	_, err = unpackTree(strings.NewReader(string(flipped)), levels)
	is.True(err != nil)
	for _, line := range []string{"", "0Rwanda", "2Gasabo", "Gasabo", "1Gasabo"} { // the last has no code before it to follow
		_, err := treeRow(line, levels, make([]string, 2))
		is.True(err != nil)
	}
	_, err = treeRow("1Gasabo", levels, []string{"", "99"}) // nothing follows 99
	is.True(err != nil)

	levels, at := append(levels, PlaceLevel{Name: "sector"}), make([]string, 3)
	for _, line := range []string{"11Nyarugenge", "201Gitega", "2Kanyinya", "1Gasabo"} {
		_, err = treeRow(line, levels, at)
		is.NoErr(err)
	}
	_, err = treeRow("2Bumbogo", levels, at) // Kanyinya lies in another district
	is.True(err != nil)
}

// BenchmarkRwanda unpacks and indexes the whole list.
func BenchmarkRwanda(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Rwanda(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkResolve finds a village by its path.
func BenchmarkResolve(b *testing.B) {
	p := rwanda(is.New(b))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Resolve("Bugesera/Rilima/Nyabagendwa/Kamabuye"); err != nil {
			b.Fatal(err)
		}
	}
}
