package events

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/matryer/is"
)

// FuzzParse: no bytes make Parse panic, and what it takes it gives back: the
// same wire form, the same signed bytes, the same fields.
func FuzzParse(f *testing.F) {
	goldens, err := filepath.Glob(filepath.Join(goldenDir, "*.txt"))
	if err != nil || len(goldens) == 0 {
		f.Fatal("no golden events to begin with: ", err)
	}
	for _, name := range goldens {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		f.Add(bytes.Replace(text, []byte("ce-actor:W"), []byte("ce-actor:%C3%A9"), 1))
		f.Add(bytes.Replace(text, []byte("ce-actor"), []byte("Ce-Actor"), 1))
		f.Add(bytes.Replace(text, []byte("\n\n"), []byte("\nNats-Msg-Id:1\nce-later:%20\n\n"), 1))
	}
	f.Add([]byte("ev.RW.pack.a\nce-sig:\n\n{}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		is := is.New(t)
		subject, header, body := unwire(text)
		e, err := Parse(subject, header, body)
		if err != nil {
			return
		}
		is.True(e.Size() <= SizeMax)
		is.Equal(e.Subject.String(), subject)
		again, err := Parse(e.Subject.String(), e.Header(), e.Body)
		is.NoErr(err)
		is.True(reflect.DeepEqual(again, e))
		is.Equal(string(again.SignedBytes()), string(e.SignedBytes()))
		is.Equal(again.Hash(), e.Hash())
		_ = e.Verify(publicKey(testKey()))
		for name, values := range e.Header() {
			is.Equal(values, header[name]) // nothing was rewritten
		}
	})
}

// FuzzDecode: a body decodes into a type and back, or not at all.
func FuzzDecode(f *testing.F) {
	for i, g := range goldenBodies() {
		body, err := Encode(g.body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), body)
	}
	f.Add(uint8(0), []byte(`{"facts":{"a":"\\\"","b":[{"a":{}}]}}`))
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		is := is.New(t)
		bodies := goldenBodies()
		into := reflect.New(reflect.TypeOf(bodies[int(which)%len(bodies)].body))
		if (Event{Draft: Draft{Body: body}}).Decode(into.Interface()) != nil {
			return
		}
		text, err := Encode(into.Elem().Interface())
		if err != nil {
			return // a part that no Go value can hold, as a broken run
		}
		again := reflect.New(into.Elem().Type())
		is.NoErr(Event{Draft: Draft{Body: text}}.Decode(again.Interface()))
		second, err := Encode(again.Elem().Interface())
		is.NoErr(err)
		is.Equal(string(second), string(text))
	})
}

// FuzzSubject: a subject has one spelling, and its place covers itself.
func FuzzSubject(f *testing.F) {
	for _, s := range []string{
		"ev.RW.57.12.05.03.case." + testCaseID, "ev.RW.pack.rwanda", "ev.RW.57.node.RW57", "ev.RW.57.worker.W-7", "ev.RW..case.>", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		is := is.New(t)
		s, err := ParseSubject(text)
		if err != nil {
			return
		}
		is.Equal(s.String(), text)
		is.True(!strings.ContainsAny(text, "*> \t\r\n"))
		is.True(s.Due(s.Place))
		p, err := ParsePlace(string(s.Place))
		is.NoErr(err)
		on, ok := p.On(p.ID())
		is.True(ok)
		is.Equal(on, p)
		path := p.Path()
		is.Equal(len(path), p.Level()+1)
		for _, up := range path {
			is.True(up.Covers(p))
			is.True(up == p || !p.Covers(up))
		}
	})
}

// FuzzSource: a source, its run and a run's end have one spelling each.
func FuzzSource(f *testing.F) {
	for _, s := range []string{"/RW/57/12/7-k3f9", "/RW/1-a", "/RW/0-a", "/RW.57/1-a", "7-k3f9.42", "18446744073709551615-z.0", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		is := is.New(t)
		if s, err := ParseSource(text); err == nil {
			is.Equal(s.String(), text)
			is.Equal(s.Run.Compare(s.Run), 0)
		}
		if end, err := parseRunEnd(text); err == nil {
			is.Equal(end.String(), text)
		}
	})
}

// FuzzHeaderValue: every text that an attribute may hold survives the wire, no
// other does, and what was decoded is such a text.
func FuzzHeaderValue(f *testing.F) {
	for _, s := range []string{"W-7", "a b", "%", "%41", "é", "%C3%A9", "%C0%AF", "%00", "\x00", "\xff", "%ff", `"`} {
		f.Add(s)
	}
	allowed := func(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) }
	f.Fuzz(func(t *testing.T, s string) {
		is := is.New(t)
		encoded := encodeValue(s)
		is.True(s == "" || validValue(encoded))
		back, err := decodeValue(encoded)
		is.Equal(err == nil, allowed(s))
		if err == nil {
			is.Equal(back, s)
		}
		if !validValue(s) {
			return // Parse does not come so far
		}
		if plain, err := decodeValue(s); err == nil {
			is.True(allowed(plain))
			again, err := decodeValue(encodeValue(plain))
			is.NoErr(err)
			is.Equal(again, plain)
		}
	})
}

// FuzzCode: what is taken for a code is one that this program could have made.
func FuzzCode(f *testing.F) {
	for i, s := range []string{"010-00GX", "oio-oogx", "K7Q-F2MD", "", "-------", "ſſſſſſſ"} {
		f.Add(s, uint32(i)*0x9e3779b9)
	}
	f.Fuzz(func(t *testing.T, text string, random uint32) {
		is := is.New(t)
		made := NewCode(random)
		read, err := ParseCode(made)
		is.NoErr(err)
		is.Equal(read, made)
		if read, err = ParseCode(text); err != nil {
			return
		}
		var bits uint32
		for i, symbol := range strings.Replace(read, "-", "", 1)[:codeSymbols] {
			bits |= uint32(strings.IndexRune(codeAlphabet, symbol)) << (5 * i)
		}
		is.Equal(NewCode(bits), read)
	})
}

// FuzzPlacesCSV: a list is refused or wholly usable: every place is found by
// its id, its address and its name, and hangs below its upper one.
func FuzzPlacesCSV(f *testing.F) {
	f.Add(testList, "Mombasa/Mvita/Tudor")
	f.Add("\ufeffcode,level,name,parent_code\nRW,national,Rwanda,\n1,province,East,RW\n57,county,Bugesera,1\n", "57")
	f.Add("code,level,name,parent_code\nKE,national,Kenya,\nKE1,county,A/,KE\nKE12,ward,/,KE1\n", "A/")
	f.Add("code,level,name,parent_code\nKE,national,\"\n\",\n", "")
	o := testOptions()
	o.Levels = append(o.Levels[:1:1], append([]PlaceLevel{{Name: "province", Lookup: true}}, o.Levels[1:]...)...)
	f.Fuzz(func(t *testing.T, list, text string) {
		is := is.New(t)
		p, err := LoadPlaces(strings.NewReader(list), o)
		if err != nil {
			return
		}
		for info := range p.All() {
			byID, err := p.ByID(info.ID)
			is.NoErr(err)
			is.Equal(byID, info)
			named := p.ByName(info.Name)
			is.True(contains(named, info))
			if !info.HasOffice() {
				continue
			}
			got, ok := p.Get(info.Place)
			is.True(ok)
			is.Equal(got, info)
			_, err = ParsePlace(string(info.Place))
			is.NoErr(err)
			if up, ok := info.Place.Upper(); ok {
				is.True(contains(p.Lower(up), info))
			}
		}
		if found, err := p.Resolve(text); err == nil {
			is.True(found.HasOffice())
		} else {
			is.True(err.Error() != "")
		}
		_, _ = p.ByPath(text)
	})
}

func contains(places []PlaceInfo, one PlaceInfo) bool {
	for _, p := range places {
		if p == one {
			return true
		}
	}
	return false
}
