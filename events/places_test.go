package events

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// A country that is nowhere: three levels of offices below the nation, codes
// that bear the country, names with slashes, accents and apostrophes.
const testList = `code,level,name,parent_code
KE,national,Kenya,
KE047,county,Nairobi,KE
KE001,county,Mombasa,KE
KE001006,subcounty,Mvita,KE001
KE001007,subcounty,Likoni,KE001
KE047001,subcounty,Chuka/Igambang'ombe,KE047
KE0010060026,ward,Mji wa Kale/Makadara,KE001006
KE0010060027,ward,Tudor,KE001006
KE0010070001,ward,Tudor,KE001007
KE0010070002,ward,Sacatepéquez,KE001007
KE0470010001,ward,Sa Pa,KE047001
KE0470010002,ward,Sa Pả,KE047001
`

func testOptions() PlaceOptions {
	return PlaceOptions{Edition: "test-1", Levels: []PlaceLevel{{Name: "national"}, {Name: "county"}, {Name: "subcounty"}, {Name: "ward"}}}
}

func testPlaces(is *is.I) *Places {
	is.Helper()
	p, err := LoadPlaces(strings.NewReader(testList), testOptions())
	is.NoErr(err)
	return p
}

// TestLoadAnotherCountry: nothing in the list's code assumes Rwanda's levels.
func TestLoadAnotherCountry(t *testing.T) {
	is := is.New(t)
	p := testPlaces(is)
	is.Equal(p.Edition(), "test-1")
	info, ok := p.Get("KE.001.006.0026")
	is.True(ok)
	is.Equal(info, PlaceInfo{
		Place: "KE.001.006.0026", ID: "KE0010060026", Code: "0010060026", Name: "Mji wa Kale/Makadara",
		FullName: "Mombasa/Mvita/Mji wa Kale/Makadara", Level: "ward", Upper: "KE001006",
	})
	is.Equal(p.Name("KE.001"), "Mombasa")
	is.Equal(p.Level("KE.001.006"), "subcounty")
	is.Equal(p.FullName("KE"), "Kenya")
	is.Equal(ids(p.Lower("KE")), []string{"KE001", "KE047"}) // by code, not by row
	is.Equal(ids(p.Lower("KE.001.007")), []string{"KE0010070001", "KE0010070002"})
	is.Equal(len(p.Lower("KE.001.007.0001")), 0)
}

// TestUnknownAddress: an address that an edition does not have is shown by its
// id, because it outlives editions.
func TestUnknownAddress(t *testing.T) {
	is := is.New(t)
	p := testPlaces(is)
	for _, place := range []Place{"KE.002", "KE.0.01", "KE.00.1", "RW", ""} { // KE.0.01 has the id of KE.001
		_, ok := p.Get(place)
		is.True(!ok)
		is.Equal(p.Name(place), place.ID())
		is.Equal(p.FullName(place), place.ID())
		is.Equal(p.Level(place), "")
		is.Equal(len(p.Lower(place)), 0)
	}
}

// TestResolve: every way in which a person may name a place.
func TestResolve(t *testing.T) {
	for text, want := range map[string]string{
		"KE0010060027": "KE0010060027", "0010060027": "KE0010060027", "ke001": "KE001", " 001 ": "KE001",
		"KE.001.006": "KE001006", "ke.001": "KE001", "KE": "KE", "Kenya": "KE",
		"Mombasa/Mvita/Tudor": "KE0010060027", "mombasa / LIKONI / tudor": "KE0010070001", "/Mombasa/": "KE001",
		"Mombasa/Mvita/Mji wa Kale/Makadara": "KE0010060026", // a slash in the last name
		"nairobi/chuka/igambangombe":         "KE047001",     // and no apostrophe
		"Nairobi/Chuka/Igambang’ombe":        "KE047001",     // or another
		"Mji-wa-Kale/Makadara":               "KE0010060026", // a name with a slash is no path
		"sacatepequez":                       "KE0010070002",
		"SACATEPÉQUEZ":                       "KE0010070002",
		"Sacatepe\u0301quez":                 "KE0010070002", // accents as marks of their own
		"  likoni ":                          "KE001007",
	} {
		t.Run(text, func(t *testing.T) {
			is := is.New(t)
			info, err := testPlaces(is).Resolve(text)
			is.NoErr(err)
			is.Equal(info.ID, want)
		})
	}
}

// TestUnknownPlaces: an error says how far the text was understood and what
// there is from there.
func TestUnknownPlaces(t *testing.T) {
	top := []string{"KE001", "KE047"}
	for text, c := range map[string]struct {
		in         string
		candidates []string
		says       string
	}{
		"Mombassa/Mvita":            {"KE", top, `Kenya (national) has no "Mombassa" below it, but: Mombasa (KE001), Nairobi (KE047)`},
		"Mombasa/Mwita/Tudor":       {"KE001", []string{"KE001006", "KE001007"}, `Mombasa (county) has no "Mwita" below it`},
		"Mombasa/Mvita/Tudor/x":     {"KE0010060027", nil, `Tudor (ward) has no "x" below it`},
		"Mombasa//Tudor":            {"KE001", []string{"KE001006", "KE001007"}, `has no ""`},
		"Nairobi/Chuka/Igamba":      {"KE047", []string{"KE047001"}, `has no "Chuka"`},
		"MombasaxMvita/Tudor":       {"KE", top, `has no "MombasaxMvita"`},
		"Nowhere":                   {"KE", top, "test-1 has no such name; write an id or a path that begins with one of: Mombasa (KE001)"},
		"":                          {"KE", top, "no such name"},
		"/":                         {"KE", top, `has no ""`},
		"KE0010060099":              {"KE001006", []string{"KE0010060026", "KE0010060027"}, "the nearest is KE001006 (Mombasa/Mvita), and below it: Mji wa"},
		"KE.001.9":                  {"KE001", []string{"KE001006", "KE001007"}, "the nearest is KE001 (Mombasa)"},
		"9":                         {"KE", top, "no such id"},
		"RW57":                      {"KE", top, "no such name"},
		strings.Repeat("x/", 40000): {"KE", top, "…"},
	} {
		t.Run(clip(text), func(t *testing.T) {
			is := is.New(t)
			_, err := testPlaces(is).Resolve(text)
			var unknown *UnknownPlaceError
			is.True(errors.As(err, &unknown))
			is.Equal(unknown.Text, text)
			is.Equal(unknown.In.ID, c.in)
			is.Equal(ids(unknown.Candidates), c.candidates)
			is.True(strings.Contains(err.Error(), c.says))
			is.True(len(err.Error()) < 500)
		})
	}
}

// TestManyCandidates: an error is a line to read, and has all candidates for
// who can list them.
func TestManyCandidates(t *testing.T) {
	is := is.New(t)
	p, err := Rwanda()
	is.NoErr(err)
	for _, text := range []string{"Atlantis", "Atlantis/Rilima"} {
		_, err = p.Resolve(text)
		var unknown *UnknownPlaceError
		is.True(errors.As(err, &unknown))
		is.True(unknown.More())
		is.Equal(len(unknown.Candidates), 30)
		is.True(strings.HasSuffix(err.Error(), "and 20 more"))
		is.True(strings.HasSuffix(unknown.Blunt(), "and 20 more") && !strings.Contains(unknown.Blunt(), "Atlantis"))
	}
}

// TestAmbiguousPlaces: of two places none is guessed, also where only an accent
// parts them.
func TestAmbiguousPlaces(t *testing.T) {
	for text, c := range map[string]struct {
		want []string
		says string
	}{
		"tudor":                             {[]string{"KE0010060027", "KE0010070001"}, "2 places answer to it; write an id or the path from the top: KE0010060027 (ward Mombasa/Mvita/Tudor)"},
		"Nairobi/Chuka/Igambang'ombe/Sa Pa": {[]string{"KE0470010001", "KE0470010002"}, "write the id of one: KE0470010001"},
	} {
		t.Run(text, func(t *testing.T) {
			is := is.New(t)
			_, err := testPlaces(is).Resolve(text)
			var ambiguous *AmbiguousPlaceError
			is.True(errors.As(err, &ambiguous))
			is.Equal(ambiguous.Text, text)
			is.Equal(ids(ambiguous.Candidates), c.want)
			is.True(strings.Contains(err.Error(), c.says))
		})
	}
	is := is.New(t)
	is.Equal(ids(testPlaces(is).ByName("TUDOR")), []string{"KE0010060027", "KE0010070001"})
	is.Equal(len(testPlaces(is).ByName("nobody")), 0)
}

// TestLoadRefuses: a list that cannot be used is refused at its first bad row.
func TestLoadRefuses(t *testing.T) {
	const head = "code,level,name,parent_code\nKE,national,Kenya,\n"
	for name, c := range map[string]struct{ list, want string }{
		"empty":                  {"", "header"},
		"another header":         {"id,level,name,parent\n", "header"},
		"no rows":                {"code,level,name,parent_code\n", "no row of level national"},
		"no nation":              {"code,level,name,parent_code\nKE001,county,Mombasa,KE\n", "line 2: place \"Mombasa\" (KE001): no nation"},
		"two nations":            {head + "UG,national,Uganda,\n", "line 3: place \"Uganda\" (UG): a second nation"},
		"a nation in lower case": {"code,level,name,parent_code\nke,national,Kenya,\n", "capital letters"},
		"a nation below another": {"code,level,name,parent_code\nKE,national,Kenya,AF\n", "capital letters"},
		"unknown level":          {head + "KE001,province,Mombasa,KE\n", "line 3: level \"province\""},
		"unknown upper":          {head + "KE001001,subcounty,Changamwe,KE001\n", "line 3: place \"Changamwe\" (KE001001): the place above it, \"KE001\""},
		"upper of its own level": {head + "KE001,county,A,KE\nKE002,county,B,KE001\n", "line 4"},
		"itself":                 {head + "KE001,county,A,KE001\n", "line 3"},
		"code twice":             {head + "KE001,county,A,KE\nKE001,county,B,KE\n", "line 4: place \"B\" (KE001): its code stands twice"},
		"code twice, unprefixed": {head + "001,county,A,KE\nKE001,county,B,KE\n", "its id KE001 is also that of \"A\""},
		"one id of two codes":    {head + "1,county,A,KE\n2,county,B,KE\n12,subcounty,C,2\n212,subcounty,D,2\n", "its id KE212 is also that of \"C\""},
		"letters in a code":      {head + "KE00A,county,A,KE\n", "not digits"},
		"no code":                {head + ",county,A,KE\n", "not digits"},
		"a long code":            {head + "1234567890,county,A,KE\n", "at most 9 digits"},
		"no name":                {head + "KE001,county,,KE\n", "a letter or a digit"},
		"only signs":             {head + "KE001,county,- / -,KE\n", "a letter or a digit"},
		"line feed in a name":    {head + "KE001,county,\"A\nB\",KE\n", "printable"},
		"Latin-1":                {head + "KE001,county,Caf\xe9,KE\n", "UTF-8"},
		"a long name":            {head + "KE001,county," + strings.Repeat("a", placeNameMax+1) + ",KE\n", "at most 200 bytes"},
		"three fields":           {head + "KE001,county,A\n", "line 3"},
		"a quote":                {head + "KE001,county,A\"B,KE\n", "line 3"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			_, err := LoadPlaces(strings.NewReader(c.list), testOptions())
			is.True(err != nil)
			is.True(strings.Contains(err.Error(), c.want))
			is.True(strings.Contains(err.Error(), `"test-1"`)) // and says which list
		})
	}
}

// TestLoadOptions: what a list must declare.
func TestLoadOptions(t *testing.T) {
	is := is.New(t)
	levels := func(names string) (out []PlaceLevel) {
		for _, n := range strings.Fields(names) {
			out = append(out, PlaceLevel{Name: n})
		}
		return out
	}
	for _, bad := range []PlaceOptions{
		{},
		{Levels: levels("national county")},
		{Edition: "e"},
		{Edition: "e", Levels: levels("national county county")},
		{Edition: "e", Levels: []PlaceLevel{{Name: "national"}, {}}},
		{Edition: "e", Levels: []PlaceLevel{{Name: "national", Lookup: true}}},
		{Edition: "e", Levels: levels("0 1 2 3 4 5 6 7 8 9 10")},
	} {
		_, err := LoadPlaces(strings.NewReader(testList), bad)
		is.True(err != nil)
	}
	_, err := newPlaces(nil, PlaceOptions{Edition: "e", Levels: append(levels("0 1 2 3 4 5 6 7 8 9"), PlaceLevel{Name: "10", Lookup: true})})
	is.True(strings.Contains(err.Error(), "no row")) // a level without offices costs no depth
}

// TestCodesThatDoNotNest: where a code does not begin with the code above it,
// the whole of it stands in the address, and both ids find the place. Levels
// may be left out.
func TestCodesThatDoNotNest(t *testing.T) {
	is := is.New(t)
	p, err := LoadPlaces(strings.NewReader("\ufeffcode,level,name,parent_code\nMD,national,Moldova,\nMD010,raion,Chișinău,MD\nMD2000,ward,Centru,MD010\n"),
		PlaceOptions{Edition: "e", Levels: []PlaceLevel{{Name: "national"}, {Name: "raion"}, {Name: "town"}, {Name: "ward"}}})
	is.NoErr(err)
	for _, text := range []string{"MD2000", "2000", "MD0102000", "MD.010.2000", "Chisinau/Centru"} {
		info, err := p.Resolve(text)
		is.NoErr(err)
		is.Equal(info.Place, Place("MD.010.2000"))
		is.Equal(info.ID, info.Place.ID())
		is.Equal(info.Code, "2000")
	}
}

// TestFoldName: the spellings that are one name, and those that are not.
func TestFoldName(t *testing.T) {
	is := is.New(t)
	for _, same := range [][]string{
		{"Cité", "cite", "CITÉ", "Cite\u0301"},
		{"Murang'a", "murang’a", "Muranga", "MURANGʼA"},
		{"Mji wa Kale / Makadara", "mji-wa  kale/makadara"},
		{"Chișinău", "Chisinau", "Chişinău"},
		{"Thành phố Hà Nội", "thanh pho ha noi"},
		{"Đất Mũi", "Dat Mui"},
		{"St. Mary", "st mary"},
	} {
		for _, s := range same {
			is.Equal(foldName(s), foldName(same[0]))
		}
	}
	distinct := []string{"नेपाल", "नपल", "北京", "Ngoma", "Ngoma I", "Ngoma II", "Ngomaii", "a/b", "ab"}
	var folded []string
	for _, d := range distinct {
		folded = append(folded, foldName(d))
	}
	slices.Sort(folded)
	is.Equal(len(slices.Compact(folded)), len(distinct))
}

func ids(places []PlaceInfo) (out []string) {
	for _, p := range places {
		out = append(out, p.ID)
	}
	return out
}
