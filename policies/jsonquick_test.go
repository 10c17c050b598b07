package policies

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/matryer/is"
)

// slowly reads a document with the standard decoder alone.
func slowly(p *Pack, doc []byte) (*Case, error) { return p.readTokens(newSlowJSON(doc)) }

// sameTokens: what is cut quickly is cut so by the standard decoder too.
func sameTokens(t *testing.T, doc string) (quickly bool) {
	t.Helper()
	quick, dec := &quickJSON{src: doc}, newSlowJSON([]byte(doc))
	for {
		more := quick.More()
		token, err := quick.next()
		if quick.gaveUp {
			return false
		}
		if want := dec.More(); more != want {
			t.Fatalf("%q: more to come: %v, want %v", doc, more, want)
		}
		want, wantErr := dec.next()
		if token != want || (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: token %v (%v), want %v (%v)", doc, token, err, want, wantErr)
		}
		if err != nil {
			return true
		}
	}
}

var jsonBits = []string{
	"{", "}", "[", "]", ",", ":", `"a"`, `"b":`, `"c":1`, "1", "-2", "0", "01", "1.5", "2e3", "true", "false", "null", "tru", " ", "\n", `"\u0041"`, `"é"`, `"`, "-", "\x00", "{}", "[]",
	`{"d":[`, `],"e":`, `"f",`, "1,", "}}",
}

func TestWhatIsCutQuicklyIsCutAsTheStandardDecoderDoes(t *testing.T) {
	is := is.New(t)
	r := rand.New(rand.NewPCG(5, 1))
	quickly := 0
	for range jsonChances {
		var doc strings.Builder
		for range 1 + r.IntN(9) {
			doc.WriteString(jsonBits[r.IntN(len(jsonBits))])
		}
		if sameTokens(t, doc.String()) {
			quickly++
		}
	}
	is.True(quickly > jsonChances/100) // enough are cut quickly to tell
}

const jsonChances = 50_000

func TestADocumentIsReadQuicklyAsItIsReadSlowly(t *testing.T) {
	is := is.New(t)
	p := testPack(t)
	for _, doc := range []string{
		exprDoc, strings.Replace(exprDoc, `"*"`, `"a \"b\""`, 1), strings.Replace(exprDoc, "30", "3e1", 1), strings.Replace(exprDoc, "30", "1.5", 1), exprDoc + "1", exprDoc[:100], exprDoc[:len(exprDoc)-1],
		strings.Replace(exprDoc, `"home"`, `"hoome"`, 1), strings.Replace(exprDoc, "true", "null", 1), strings.Replace(exprDoc, "{", "[", 2), `{"pack":"rwanda",}`, "", "[", "nul", `"a"`,
	} {
		c, err := p.Read([]byte(doc))
		slow, slowErr := slowly(p, []byte(doc))
		is.Equal(err, slowErr)
		if err == nil {
			is.Equal(c.JSON(), slow.JSON())
		}
	}
}

func TestAnObjectIsTakenApartQuicklyAsItIsSlowly(t *testing.T) {
	is := is.New(t)
	for _, doc := range []string{exprDoc, `{}`, ` { "a" : [1, {"b": "c"}] , "d":"e" } `, `{"a":1,"a":2}`} {
		quick, ok := quickFields([]byte(doc))
		is.True(ok)
		slow, err := slowFields([]byte(doc))
		is.NoErr(err)
		is.Equal(quick, slow)
	}
	for _, doc := range []string{"", "[]", `{"a":1,}`, `{"a":1}{}`, `{"a":1.5}`, `{"a":}`, `{"a"`, "{\"a\":\"\xff\"}"} {
		_, ok := quickFields([]byte(doc))
		is.True(!ok) // left to the standard decoder
	}
}

func FuzzJSON(f *testing.F) {
	for _, s := range append(jsonBits, exprDoc, `{"a":[1,{"b":null}],"c":"d"}`) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		if utf8.ValidString(doc) { // others are refused before they are cut
			sameTokens(t, doc)
		}
	})
}
