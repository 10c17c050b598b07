package engine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

// stood is a change of a node's standing as somebody may write it.
type stood struct {
	do     events.Type
	office events.Place
	by     events.Place
	at     events.Source
	number uint64
	key    string
	prev   *events.Event
	last   *events.Former
}

func (w stood) event(t testing.TB) events.Event {
	is := is.New(t)
	body := encode(t, events.Stood{Office: w.office.ID(), Node: w.office.ID(), Key: "k", Last: w.last, Reason: "stolen"})
	s := events.NodeSubject(w.office)
	e, err := events.Sign(events.Draft{
		ID: id(int(w.number) + 1000*w.office.Level()), Type: w.do, Subject: s, Office: w.by, Actor: "adm", Time: noon, Recorded: noon,
		Code: s.ID, Edition: "test", Prev: w.prev.Hash(), Body: body,
	}, author(w.at.Node, w.at.Run, w.number, w.key))
	is.NoErr(err)
	return e
}

func at(p events.Place, n uint64) events.Source { return events.Source{Node: p, Run: run(n)} }

// upTo names the sector's numbers that count: all of run 1, and of run 2 up to
// last.
func sectorUpTo(last uint64) *events.Former {
	return &events.Former{Node: sector.ID(), Run: run(2), Last: last, Runs: events.RunEnds{{Run: run(1), Last: 40}, {Run: run(2), Last: last}}}
}

func (h hierarchy) stand(t testing.TB, do events.Type, number uint64, prev *events.Event, last *events.Former) events.Event {
	e := stood{do: do, office: sector, by: district, at: at(district, 1), number: number, key: "district", prev: prev, last: last}.event(t)
	is.New(t).Equal(h.Check(e), engine.Fault(""))
	h.Add(e)
	return e
}

// TestStandings: what counts of a node that is suspended, resumed, revoked and
// replaced, and who speaks for its office and those below meanwhile.
func TestStandings(t *testing.T) {
	author := engine.FaultAuthor
	strange := events.Run{Number: 1, Mark: "x"} // a run that never was
	type want struct {
		known, later, strangeRun, aboveBefore, above, village, replaced engine.Fault
	}
	for _, tt := range []struct {
		name string
		do   func(t *testing.T, h hierarchy)
		own  engine.Standing
		host events.Place
		want want
	}{
		{"active", func(*testing.T, hierarchy) {}, engine.StandingActive, sector, want{above: author, aboveBefore: author, replaced: author}},
		{"suspended", func(t *testing.T, h hierarchy) { h.stand(t, events.TypeSuspended, 20, &h.sector, sectorUpTo(7)) },
			engine.StandingSuspended, district, want{later: author, strangeRun: author, aboveBefore: author, replaced: author}},
		{"resumed: what it wrote meanwhile counts", func(t *testing.T, h hierarchy) {
			e := h.stand(t, events.TypeSuspended, 20, &h.sector, sectorUpTo(7))
			h.stand(t, events.TypeResumed, 40, &e, &events.Former{Node: district.ID(), Run: run(1), Last: 39})
		}, engine.StandingActive, sector, want{aboveBefore: author, replaced: author}},
		{"revoked", func(t *testing.T, h hierarchy) { h.stand(t, events.TypeRevoked, 20, &h.sector, sectorUpTo(7)) },
			engine.StandingRevoked, district, want{later: author, strangeRun: author, aboveBefore: author, replaced: author}},
		{"revoked while it was suspended", func(t *testing.T, h hierarchy) {
			e := h.stand(t, events.TypeSuspended, 20, &h.sector, sectorUpTo(7))
			h.stand(t, events.TypeRevoked, 40, &e, sectorUpTo(7))
		}, engine.StandingRevoked, district, want{later: author, strangeRun: author, aboveBefore: author, replaced: author}},
		{"resumed after it was revoked: nothing changes", func(t *testing.T, h hierarchy) {
			e := h.stand(t, events.TypeRevoked, 20, &h.sector, sectorUpTo(7))
			h.stand(t, events.TypeResumed, 40, &e, &events.Former{Node: district.ID(), Run: run(1), Last: 39})
		}, engine.StandingRevoked, district, want{later: author, strangeRun: author, aboveBefore: author, replaced: author}},
		{"replaced without having been revoked", func(t *testing.T, h hierarchy) {
			h.Add(enrolled{office: sector, node: sector, by: district, at: at(district, 1), number: 20, key: "district", host: "sector 2", prev: &h.sector, former: sectorUpTo(7)}.event(t))
		}, engine.StandingActive, sector, want{later: author, strangeRun: author, aboveBefore: author, above: author}},
		{"revoked and replaced", func(t *testing.T, h hierarchy) {
			e := h.stand(t, events.TypeRevoked, 20, &h.sector, sectorUpTo(7))
			h.Add(enrolled{office: sector, node: sector, by: district, at: at(district, 1), number: 40, key: "district", host: "sector 2", prev: &e,
				former: &events.Former{Node: district.ID(), Run: run(1), Last: 39}}.event(t))
		}, engine.StandingActive, sector, want{later: author, strangeRun: author, aboveBefore: author}},
		{"suspended and replaced", func(t *testing.T, h hierarchy) {
			e := h.stand(t, events.TypeSuspended, 20, &h.sector, sectorUpTo(7))
			h.Add(enrolled{office: sector, node: sector, by: district, at: at(district, 1), number: 40, key: "district", host: "sector 2", prev: &e,
				former: &events.Former{Node: district.ID(), Run: run(1), Last: 39}}.event(t))
		}, engine.StandingActive, sector, want{later: author, strangeRun: author, aboveBefore: author}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			is := is.New(t)
			h := newHierarchy(t)
			tt.do(t, h)
			own, standing := h.OwnNode(sector)
			is.Equal(standing, tt.own)
			is.True(own.Node == sector)
			host, ok := h.Host(cell)
			is.True(ok)
			is.Equal(host.Node, tt.host)
			is.Equal(want{
				known:       h.Check(note(t, sector, sector, run(2), 7, "sector")),
				later:       h.Check(note(t, sector, cell, run(2), 8, "sector")),
				strangeRun:  h.Check(note(t, sector, sector, strange, 1, "sector")),
				aboveBefore: h.Check(note(t, district, sector, run(1), 19, "district")),
				above:       h.Check(note(t, district, sector, run(1), 21, "district")),
				village:     h.Check(note(t, sector, village, run(1), 40, "sector")),
				replaced:    h.Check(note(t, sector, sector, events.Run{Number: 1, Mark: "new"}, 1, "sector 2")),
			}, tt.want)
			is.Equal(h.Check(note(t, district, district, run(1), 90, "district")), engine.Fault("")) // others are not touched
			_, _, linked := h.ByLinkKey(public("link sector"))
			is.Equal(linked, tt.own != engine.StandingRevoked && tt.want.replaced == author) // its link key
			is.Equal(h.Spent(sector, public("sector")), !linked)
		})
	}
}

// TestStandsByAnother: what nobody but the office above may write, and what
// makes no sense, changes nothing.
func TestStandsByAnother(t *testing.T) {
	for name, w := range map[string]stood{
		"by the office itself":             {do: events.TypeRevoked, office: sector, by: sector, at: at(sector, 1), number: 9, key: "sector"},
		"by the nation":                    {do: events.TypeRevoked, office: sector, by: nation, at: at(nation, 1), number: 9, key: "nation"},
		"with a key that was not enrolled": {do: events.TypeRevoked, office: sector, by: district, at: at(district, 1), number: 9, key: "thief"},
		"a resumption of what is active":   {do: events.TypeResumed, office: sector, by: district, at: at(district, 1), number: 9, key: "district"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			h := newHierarchy(t)
			w.prev = &h.sector
			h.Add(w.event(t))
			_, standing := h.OwnNode(sector)
			is.Equal(standing, engine.StandingActive)
			is.Equal(h.Check(note(t, sector, sector, run(1), 7, "sector")), engine.Fault(""))
		})
	}
}

// TestAThiefsEnrolments: what a revoked node had enrolled beyond its last
// number is undone with it, and what it had enrolled before goes on to count.
func TestAThiefsEnrolments(t *testing.T) {
	is := is.New(t)
	h := newHierarchy(t)
	before := enrolled{office: cell, node: cell, by: sector, at: at(sector, 2), number: 7, key: "sector", host: "cell"}.event(t)
	thiefs := enrolled{office: cell, node: cell, by: sector, at: at(sector, 2), number: 8, key: "sector", host: "thief", prev: &before}.event(t)
	for _, e := range []events.Event{before, thiefs} {
		is.Equal(h.Check(e), engine.Fault(""))
		h.Add(e)
	}
	host, _ := h.Host(cell)
	is.Equal(host.SignKey, public("thief"))
	h.stand(t, events.TypeRevoked, 20, &h.sector, sectorUpTo(7))
	host, _ = h.Host(cell)
	is.Equal(host.SignKey, public("cell"))
	is.Equal(h.Check(note(t, cell, cell, run(1), 1, "thief")), engine.FaultAuthor)
	is.Equal(h.Check(note(t, cell, village, run(1), 1, "cell")), engine.Fault(""))
	is.Equal(len(h.Chain(cell)), 5) // and is told to nobody
}

// TestAMovedOfficeUnderNewKeysAbove: an upper node that changes its keys speaks
// no more for what had moved away before, and goes on for what it took back.
func TestAMovedOfficeUnderNewKeysAbove(t *testing.T) {
	is := is.New(t)
	h := newHierarchy(t)
	moved := enrolled{office: cell, node: cell, by: sector, at: at(sector, 2), number: 10, key: "sector", host: "cell", former: &events.Former{Node: sector.ID(), Run: run(2), Last: 9}}.event(t)
	h.Add(moved)
	rotated := sectorUpTo(50)
	h.Add(enrolled{office: sector, node: sector, by: district, at: at(district, 1), number: 20, key: "district", host: "sector 2", prev: &h.sector, former: rotated}.event(t))
	is.Equal(h.Check(note(t, sector, cell, run(2), 9, "sector")), engine.Fault(""))
	is.Equal(h.Check(note(t, sector, cell, run(2), 30, "sector")), engine.FaultAuthor)
	is.Equal(h.Check(note(t, sector, cell, run(2), 60, "sector 2")), engine.FaultAuthor)
	h.Add(enrolled{office: cell, node: sector, by: sector, at: at(sector, 2), number: 70, key: "sector 2", host: "sector 2", prev: &moved,
		former: &events.Former{Node: cell.ID(), Run: run(1), Last: 3, Runs: events.RunEnds{{Run: run(1), Last: 3}}}}.event(t))
	is.Equal(h.Check(note(t, sector, cell, run(2), 71, "sector 2")), engine.Fault(""))
	h.Add(enrolled{office: sector, node: sector, by: district, at: at(district, 1), number: 21, key: "district", host: "sector 3",
		prev: ptr(h.Chain(sector)[3]), former: sectorUpTo(80)}.event(t))
	is.Equal(h.Check(note(t, sector, village, run(2), 81, "sector 3")), engine.Fault("")) // it took the cell back with older keys
	is.Equal(h.Check(note(t, sector, village, run(2), 81, "sector 2")), engine.FaultAuthor)
}

func ptr[T any](v T) *T { return &v }

// TestTheNationsOwnKeys: it enrols its next key with the present one; a stolen
// one is got rid of with the root key, whatever the thief wrote meanwhile.
func TestTheNationsOwnKeys(t *testing.T) {
	is := is.New(t)
	h := newHierarchy(t)
	nationUpTo := func(last uint64) *events.Former {
		return &events.Former{Node: nation.ID(), Run: run(1), Last: last, Runs: events.RunEnds{{Run: run(1), Last: last}}}
	}
	second := enrolled{office: nation, node: nation, by: nation, at: at(nation, 1), number: 30, key: "nation", host: "nation 2", prev: &h.nation, former: nationUpTo(30)}.event(t)
	h.Add(second)
	is.Equal(h.Check(second), engine.Fault(""))
	is.Equal(h.Check(note(t, nation, nation, run(1), 30, "nation")), engine.Fault(""))
	is.Equal(h.Check(note(t, nation, nation, run(1), 31, "nation")), engine.FaultAuthor)
	is.Equal(h.Check(note(t, nation, nation, run(1), 31, "nation 2")), engine.Fault(""))
	is.Equal(h.Check(h.district), engine.Fault("")) // what it enrolled before

	thief := enrolled{office: nation, node: nation, by: nation, at: at(nation, 1), number: 32, key: "nation 2", host: "thief", prev: &second, former: nationUpTo(32)}.event(t)
	h.Add(thief)
	is.Equal(h.Check(note(t, nation, nation, run(1), 33, "thief")), engine.Fault("")) // who has the key speaks
	saved := enrolled{office: nation, node: nation, by: nation, at: events.Source{Node: nation, Run: run(2)}, number: 1, key: "root", host: "nation 3", prev: &second, former: nationUpTo(31)}.event(t)
	is.Equal(h.Check(saved), engine.Fault(""))
	h.Add(saved)
	host, _ := h.Host(nation)
	is.Equal(host.SignKey, public("nation 3"))
	is.Equal(h.Check(note(t, nation, nation, run(1), 33, "thief")), engine.FaultAuthor)
	is.Equal(h.Check(note(t, nation, nation, run(1), 31, "nation 2")), engine.Fault(""))
	is.Equal(h.Check(note(t, nation, nation, run(1), 32, "nation 2")), engine.FaultAuthor)
	is.Equal(h.Check(note(t, nation, nation, run(2), 2, "nation 3")), engine.Fault(""))
	host, _ = h.Host(district)
	is.Equal(host.SignKey, public("district"))
}

// TestAuthorityInAnyOrder: law 3. From the same events, in whatever order they
// came and as far as each could be checked when it came, every node says the
// same of every signature.
func TestAuthorityInAnyOrder(t *testing.T) {
	h := newHierarchy(t)
	all := []events.Event{h.nation, h.district, h.sector}
	add := func(e events.Event) *events.Event {
		all = append(all, e)
		h.Add(e)
		return &all[len(all)-1]
	}
	cellAt := add(enrolled{office: cell, node: cell, by: sector, at: at(sector, 2), number: 5, key: "sector", host: "cell", former: &events.Former{Node: sector.ID(), Run: run(2), Last: 4}}.event(t))
	suspended := add(h.stand(t, events.TypeSuspended, 20, &h.sector, sectorUpTo(7)))
	add(stood{do: events.TypeRevoked, office: cell, by: sector, at: at(district, 1), number: 21, key: "district", prev: cellAt,
		last: &events.Former{Node: cell.ID(), Run: run(1), Last: 3, Runs: events.RunEnds{{Run: run(1), Last: 3}}}}.event(t))
	resumed := add(h.stand(t, events.TypeResumed, 40, suspended, &events.Former{Node: district.ID(), Run: run(1), Last: 39}))
	again := add(enrolled{office: sector, node: sector, by: district, at: at(district, 1), number: 50, key: "district", host: "sector 2", prev: resumed, former: sectorUpTo(60)}.event(t))
	add(h.stand(t, events.TypeRevoked, 70, again, &events.Former{Node: sector.ID(), Run: run(3), Last: 2, Runs: events.RunEnds{{Run: run(1), Last: 40}, {Run: run(2), Last: 60}, {Run: run(3), Last: 2}}}))
	add(enrolled{office: cell, node: cell, by: sector, at: at(sector, 3), number: 3, key: "sector 2", host: "thief", prev: cellAt}.event(t)) // beyond what counts
	add(enrolled{office: district, node: district, by: nation, at: at(nation, 1), number: 90, key: "nation", host: "district 2", prev: &h.district,
		former: &events.Former{Node: district.ID(), Run: run(1), Last: 80, Runs: events.RunEnds{{Run: run(1), Last: 80}}}}.event(t))

	var probes []events.Event
	for _, office := range []events.Place{nation, district, sector, cell, village} {
		for _, node := range office.Path() {
			for _, key := range []string{"nation", "district", "district 2", "sector", "sector 2", "cell", "thief"} {
				for _, number := range []uint64{1, 2, 3, 4, 7, 8, 19, 22, 39, 45, 60, 61, 75, 81} {
					probes = append(probes, note(t, node, office, run(number%3+1), number, key))
				}
			}
		}
	}
	said := func(a *engine.Authority) string {
		out := ""
		for _, e := range probes {
			out += fmt.Sprintf("%.1s", a.Check(e)+"-")
		}
		for _, office := range []events.Place{nation, district, sector, cell, village} {
			host, ok := a.Host(office)
			own, standing := a.OwnNode(office)
			out += fmt.Sprint(office, host, ok, own, standing, len(a.Chain(office)))
		}
		return out
	}
	is := is.New(t)
	want := said(h.Authority)
	is.True(len(want) > len(probes))
	r := rand.New(rand.NewPCG(1, 2))
	const orders = 300
	for range orders {
		a := engine.NewAuthority(public("root"))
		waiting := append([]events.Event(nil), all...)
		r.Shuffle(len(waiting), func(i, j int) { waiting[i], waiting[j] = waiting[j], waiting[i] })
		for progress := true; progress; {
			var left []events.Event
			for _, e := range waiting {
				if a.Check(e) != "" {
					left = append(left, e)
					continue
				}
				a.Add(e)
			}
			progress, waiting = len(left) < len(waiting), left
		}
		is.Equal(said(a), want)
	}
}
