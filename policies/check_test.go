package policies

import (
	"bytes"
	"encoding/json"
	"sync"
	"testing"

	"github.com/matryer/is"
)

// Sittings are used again: what one check left must not show in another, also
// where many run at once.
func TestChecksAtOnceDoNotMeet(t *testing.T) {
	p := testPack(t)
	var cases []*Case
	var want [][]byte
	for _, doc := range withGaps(t, 4) {
		if c, err := p.Read(doc); err == nil {
			cases, want = append(cases, c), append(want, Check(p, c).JSON())
		}
	}
	if len(cases) == 0 {
		t.Fatal("no case was read")
	}
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for n := range 3 * len(cases) {
				i := (n*7 + worker) % len(cases)
				if got := Check(p, cases[i]).JSON(); !bytes.Equal(got, want[i]) {
					t.Errorf("case %d: %s\nalone: %s", i, got, want[i])
					return
				}
			}
		})
	}
	all.Wait()
}

// A case is asked under the codes of the pack that it is checked by; what that
// pack does not know is asked for.
func TestACaseUnderAnotherPackAsksForWhatThatOneDoesNotKnow(t *testing.T) {
	is := is.New(t)
	p := testPack(t)
	c, err := p.Read([]byte(exprDoc))
	is.NoErr(err)
	other := *p
	other.lists = map[string]*codeList{}
	for name, l := range p.lists {
		shifted := &codeList{codes: []string{"new"}, cells: map[string]cell{"new": firstWord}, labels: l.labels}
		for _, code := range l.codes {
			if code != "foster_short" {
				shifted.cells[code] = firstWord + cell(len(shifted.codes))
				shifted.codes = append(shifted.codes, code)
			}
		}
		other.lists[name] = shifted
	}
	moved := c.under(&codebook{other.lists})
	is.Equal(moved.Decision(), "placement")
	is.Equal(moved.Care(), "") // foster_short
	is.Equal(c.Care(), "foster_short")
	is.True(bytes.Contains(moved.JSON(), []byte(`"reasons":["poverty","food"]`)))
}

func TestAListCutOutOfOneDoesNotReachTheNext(t *testing.T) {
	is := is.New(t)
	p := testPack(t)
	c, err := p.Read([]byte(`{"pack":"rwanda","at":"2026-11-22T09:00:00Z","decision":"placement","unknowable":[{"path":"child.religion"}]}`))
	is.NoErr(err)
	r := Check(p, c)
	before := Check(p, c).JSON()
	is.True(len(r.Missing) > 0)
	for _, list := range [][]string{r.DivertTo, r.Missing, r.Unknowable} {
		is.Equal(append(list, "x")[len(list)], "x")
	}
	is.Equal(r.JSON(), before)
}

func TestFiguresAreOneObjectInJSON(t *testing.T) {
	is := is.New(t)
	f := &Figures{{"age_months", int64(30)}, {"care", "foster_short"}, {"heard", true}}
	raw, err := json.Marshal(Finding{Rule: "G12", With: f})
	is.NoErr(err)
	is.True(bytes.Contains(raw, []byte(`"with":{"age_months":30,"care":"foster_short","heard":true}`)))
	var back Finding
	is.NoErr(json.Unmarshal(raw, &back))
	is.Equal(back.With, f)
	is.Equal(back.With.Of("age_months"), int64(30))
	is.Equal(back.With.Of("nobody"), nil)
	is.Equal((*Figures)(nil).Of("age_months"), nil)
	for _, bad := range []string{`{"with":{"x":1.5}}`, `{"with":{"x":[1]}}`, `{"with":[1]}`, `{"with":{"x":null}}`} {
		is.True(json.Unmarshal([]byte(bad), &back) != nil) // bad
	}
}

func TestMarksHoldMoreThanAWord(t *testing.T) {
	is := is.New(t)
	m := room(130)
	for _, i := range []int{129, 0, 64, 63, 129} {
		m.set(i)
	}
	var got []int
	m.each(func(i int) { got = append(got, i) })
	is.Equal(got, []int{0, 63, 64, 129})
	is.Equal(m.count(), 4)
	clear(m)
	is.Equal(m.count(), 0)
}

// A list of more codes than a mask has bits is asked code by code.
func TestACodeOfALongListIsFound(t *testing.T) {
	is := is.New(t)
	b := newPlanner(0, nil)
	at := &spot{spotKey{at: 0}, isBool, "x"}
	const most = 100
	for _, code := range []cell{firstWord, 40, 70, firstWord + most - 1} {
		c := b.among(at, code, most)
		run, not := b.run(c), b.run(b.not(c))
		for _, there := range []cell{absent, nothing, firstWord, 40, 70, 71, firstWord + most - 1} {
			f := &frame{cells: []cell{there}}
			want := unknown
			if there != absent {
				want = truthOf(there == code)
			}
			is.Equal(run(f), want)
			is.Equal(not(f), want.not())
		}
	}
}
