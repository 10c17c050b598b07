package journal

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/nats-io/nats.go/jetstream"

	"umuryango/engine"
	"umuryango/events"
)

const (
	cell     = events.Place("RW.57.12.05")
	sector   = events.Place("RW.57.12")
	district = events.Place("RW.57")
	village  = events.Place("RW.57.12.05.03")
)

func caseOf(n int) events.Subject {
	return events.Subject{Place: village, Kind: events.KindCase, ID: fmt.Sprintf("01936f5e-7a1b-7c3d-8e4f-%012x", n)}
}

func keyID(text string) string { return engine.SealKeyID([]byte(text)) }

// wrapOf is a wrap whose sealed bytes are like no other's.
func wrapOf(n int, holder events.Place, key string) engine.Wrap {
	data := bytes.Repeat([]byte(fmt.Sprintf("sealed %d %s %s|", n, holder, key)), 20)
	return engine.Wrap{
		Case: caseOf(n), Keys: []engine.CaseKey{{ID: keyID(fmt.Sprint(n, key)), Class: engine.Class(key)}},
		Holder: holder, HolderKey: keyID(string(holder)), By: village, Data: data,
	}
}

func (s *store) keys(self events.Place, moved func(engine.Wrap)) *Keys {
	s.t.Helper()
	k, err := OpenKeys(ctx, s.connect(&line{store: s}), Config{SyncAlways: true}, self, moved)
	if err != nil {
		s.t.Fatal(err)
	}
	return k
}

func (s *store) restart() {
	s.stop()
	s.start()
}

func above(holder events.Place) bool { return holder.Above(cell) }

func TestWrapsAreKeptGivenAndPassedOnAcrossARestart(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	var moved []string
	k := s.keys(cell, func(w engine.Wrap) { moved = append(moved, w.ID()) })
	own, up, down := wrapOf(1, cell, "identity"), wrapOf(1, sector, "identity"), wrapOf(1, village, "identity")
	is.NoErr(k.Put(ctx, []engine.Wrap{own, up, down}))
	is.NoErr(k.Put(ctx, []engine.Wrap{up, down}))
	is.Equal(moved, []string{up.ID(), down.ID(), own.ID()}) // once each; its own last

	check := func(k *Keys) {
		list, err := k.Own(ctx, caseOf(1))
		is.NoErr(err)
		is.Equal(list, []engine.Wrap{own})
		passing, err := k.Passing(ctx, above, 10, 1<<20)
		is.NoErr(err)
		is.Equal(passing, []engine.Wrap{up})
		given, err := k.Given(ctx, caseOf(1))
		is.NoErr(err)
		is.Equal(given, []engine.Given{
			{Key: own.Keys[0].ID, HolderKey: own.HolderKey}, {Key: up.Keys[0].ID, HolderKey: up.HolderKey}, {Key: down.Keys[0].ID, HolderKey: down.HolderKey},
		})
		is.Equal(k.Held(), []events.Subject{caseOf(1)})
		is.Equal(k.Has(caseOf(1)), []string{own.Keys[0].ID})
		is.Equal(k.Sent(caseOf(1), up.HolderKey), []string{up.Keys[0].ID})
		is.Equal(len(k.Sent(caseOf(1), own.HolderKey)), 0)
	}
	check(k)
	s.restart()
	check(s.keys(cell, nil))
}

// Anybody on the way could make up a wrap that names the keys of a case, before
// the true one comes.
func TestAnotherWrapOfTheSameKeysIsKeptBesideTheFirst(t *testing.T) {
	is := is.New(t)
	k := newStore(t).keys(cell, nil)
	first, second := wrapOf(1, cell, "facts"), wrapOf(1, cell, "facts")
	second.Data = []byte("sealed anew")
	is.NoErr(k.Arrived(ctx, village, []engine.Wrap{first}))
	is.NoErr(k.Arrived(ctx, village, []engine.Wrap{second}))
	list, err := k.Own(ctx, caseOf(1))
	is.NoErr(err)
	is.Equal(list, []engine.Wrap{first, second})
}

// The wraps of many cases are those of each, however many there are; of a case
// that is not here, or was erased, there are none.
func TestTheWrapsOfManyCases(t *testing.T) {
	is := is.New(t)
	k := newStore(t).keys(cell, nil)
	const cases = lastMax + 20
	var wanted []events.Subject
	for n := range cases {
		wanted = append(wanted, caseOf(n))
		is.NoErr(k.Arrived(ctx, village, []engine.Wrap{wrapOf(n, cell, "facts"), wrapOf(n, sector, "facts"), wrapOf(n, cell, "identity")}))
	}
	_, err := k.Destroy(ctx, caseOf(7), "")
	is.NoErr(err)
	many, err := k.OwnOf(ctx, append(wanted, caseOf(cases)))
	is.NoErr(err)
	for _, c := range wanted {
		own, err := k.Own(ctx, c)
		is.NoErr(err)
		same, err := many(c)
		is.NoErr(err)
		is.Equal(same, own)
		is.True(len(own) == 2 || c == caseOf(7))
	}
	for _, c := range []events.Subject{caseOf(7), caseOf(cases)} {
		none, err := many(c)
		is.NoErr(err)
		is.Equal(len(none), 0)
	}
}

func TestADeliveredWrapIsGoneAndStaysGiven(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	k := s.keys(cell, nil)
	up, down := wrapOf(1, sector, "facts"), wrapOf(1, village, "facts")
	is.NoErr(k.Put(ctx, []engine.Wrap{up, down}))
	is.NoErr(k.Delivered(ctx, []string{up.ID(), down.ID()}, above)) // the upper node can take only what goes there
	passing, err := k.Passing(ctx, func(events.Place) bool { return true }, 10, 1<<20)
	is.NoErr(err)
	is.Equal(passing, []engine.Wrap{down})
	is.Equal(s.find(up.Data), nil)
	is.True(len(s.find(down.Data)) > 0) // the search finds what is there

	given, err := k.Given(ctx, caseOf(1))
	is.NoErr(err)
	is.Equal(len(given), 2)
}

func TestDroppingLeavesWhatIsOnItsWay(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	k := s.keys(cell, nil)
	own, up := wrapOf(1, cell, "facts"), wrapOf(1, sector, "facts")
	is.NoErr(k.Put(ctx, []engine.Wrap{own, up}))
	is.NoErr(k.Drop(ctx, caseOf(1)))
	is.Equal(len(k.Has(caseOf(1))), 0)
	is.Equal(s.find(own.Data), nil)
	is.Equal(k.Sent(caseOf(1), up.HolderKey), []string{up.Keys[0].ID})
	own.Data = []byte("sealed anew, for another opening")
	is.NoErr(k.Arrived(ctx, village, []engine.Wrap{own})) // it may come again
	is.Equal(len(k.Has(caseOf(1))), 1)
}

// A key goes only behind a wrap for somebody else that was made after it had
// come: two nodes that both gave it to the other never let go of it both.
func TestLettingGoLeavesAKeySomewhere(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	k := s.keys(cell, nil)
	first, up := wrapOf(1, cell, "reporter"), wrapOf(1, sector, "reporter")
	to := []string{up.HolderKey}
	letGo := func(class engine.Class, to []string) []string {
		t.Helper()
		gone, err := k.LetGo(ctx, caseOf(1), class, to)
		is.NoErr(err)
		return gone
	}
	comes := func(w engine.Wrap, data string) {
		t.Helper()
		w.Data = []byte(data)
		is.NoErr(k.Arrived(ctx, sector, []engine.Wrap{w}))
		is.True(k.HasOf(caseOf(1), "reporter"))
	}
	gives := func(data string) {
		t.Helper()
		w := up
		w.Data = []byte(data)
		is.NoErr(k.Put(ctx, []engine.Wrap{w}))
	}
	is.NoErr(k.Put(ctx, []engine.Wrap{first}))
	is.Equal(letGo("reporter", to), nil) // nobody has it
	for _, time := range []string{"1", "2", "3"} {
		gives("given " + time)
		is.Equal(letGo("facts", to), nil)
		is.Equal(letGo("reporter", []string{engine.SealKeyID([]byte("another"))}), nil)
		is.Equal(letGo("reporter", to), []string{first.Keys[0].ID})
		is.True(!k.HasOf(caseOf(1), "reporter"))
		comes(first, "back "+time)
		is.Equal(letGo("reporter", to), nil) // that was before
		s.restart()
		k = s.keys(cell, nil)
		is.Equal(letGo("reporter", to), nil)
	}
}

func TestPassingIsBoundedByNumberAndBytes(t *testing.T) {
	is := is.New(t)
	k := newStore(t).keys(cell, nil)
	var all []engine.Wrap
	for n := range 10 {
		all = append(all, wrapOf(n, sector, "facts"))
		is.NoErr(k.Put(ctx, all[n:]))
	}
	list, err := k.Passing(ctx, above, 3, 1<<20)
	is.NoErr(err)
	is.Equal(list, all[:3])
	list, err = k.Passing(ctx, above, 10, len(all[0].Data)+1)
	is.NoErr(err)
	is.Equal(list, all[:2])
}

func TestWhatANeighbourBringsIsCheckedAndCapped(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	k := s.keys(cell, nil)
	own, off := wrapOf(1, cell, "facts"), wrapOf(2, "RW.58", "facts")
	is.NoErr(k.Arrived(ctx, village, []engine.Wrap{own, off, own}))
	list, err := k.Own(ctx, caseOf(1))
	is.NoErr(err)
	is.Equal(list, []engine.Wrap{own})
	is.Equal(s.find(off.Data), nil)

	k.index.from[village] = PassingMax - 1 // as if so many waited
	first, second := wrapOf(3, sector, "facts"), wrapOf(4, sector, "facts")
	is.NoErr(k.Arrived(ctx, village, []engine.Wrap{first, second, wrapOf(5, cell, "facts")}))
	passing, err := k.Passing(ctx, above, 10, 1<<20)
	is.NoErr(err)
	is.Equal(passing, []engine.Wrap{first})
	is.Equal(len(k.Held()), 2) // those for this node have another bound
}

func TestNothingOfADestroyedWrapRemainsInAnyFile(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	k := s.keys(cell, nil)
	var kept, gone []engine.Wrap
	for n := range 40 {
		w := []engine.Wrap{wrapOf(n, cell, "facts"), wrapOf(n, sector, "facts"), wrapOf(n, district, "facts")}
		is.NoErr(k.Put(ctx, w))
		if n%4 == 0 {
			gone = append(gone, w...)
		} else {
			kept = append(kept, w...)
		}
	}
	for _, w := range append(gone, kept...) {
		is.True(len(s.find(w.Data)) > 0) // until then it is there
	}
	for n := 0; n < 40; n += 4 {
		held, err := k.Destroy(ctx, caseOf(n), "")
		is.NoErr(err)
		is.True(held)
	}
	check := func() {
		t.Helper()
		for _, w := range gone {
			is.Equal(s.find(w.Data), nil)
		}
		for _, w := range kept {
			is.True(len(s.find(w.Data)) > 0)
		}
	}
	check()
	s.restart()
	check()
	k = s.keys(cell, nil)
	list, err := k.Own(ctx, caseOf(0))
	is.NoErr(err)
	is.Equal(len(list), 0)
	for n := range 200 { // more than a block's worth of garbage, so that the store compacts
		is.NoErr(k.Put(ctx, []engine.Wrap{wrapOf(1000+n, cell, "facts")}))
		_, err := k.Destroy(ctx, caseOf(1000+n), "")
		is.NoErr(err)
	}
	check()
}

func TestAWrapThatComesAfterItsErasureIsNotKept(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	k := s.keys(cell, nil)
	_, err := k.Destroy(ctx, caseOf(1), "")
	is.NoErr(err)
	own, other := wrapOf(1, cell, "facts"), wrapOf(2, cell, "facts")
	is.True(errors.Is(k.Put(ctx, []engine.Wrap{own}), engine.ErrErased))
	is.True(k.Put(ctx, []engine.Wrap{other, own}) != nil) // of two cases
	is.NoErr(k.Arrived(ctx, village, []engine.Wrap{own}))
	is.Equal(s.find(own.Data), nil)
	is.Equal(s.find(other.Data), nil) // all or none
}

func TestOneAdultsKeyIsDestroyedAlone(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	k := s.keys(cell, nil)
	adult, facts := wrapOf(1, cell, "adult"), wrapOf(1, cell, "facts")
	is.NoErr(k.Put(ctx, []engine.Wrap{adult, facts}))
	held, err := k.Destroy(ctx, caseOf(1), adult.Keys[0].ID)
	is.NoErr(err)
	is.True(held)
	list, err := k.Own(ctx, caseOf(1))
	is.NoErr(err)
	is.Equal(list, []engine.Wrap{facts})
	is.Equal(s.find(adult.Data), nil)
	is.True(errors.Is(k.Put(ctx, []engine.Wrap{adult}), engine.ErrErased))
}

// A crash between the server's note that a message is deleted and its
// overwriting leaves the bytes: that is what an ordinary delete does.
func TestADestructionThatWasCutShortIsEndedAtTheNextStart(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	k := s.keys(cell, nil)
	gone, half, kept := wrapOf(1, cell, "facts"), wrapOf(2, cell, "facts"), wrapOf(3, cell, "facts")
	for _, w := range []engine.Wrap{gone, half, kept} {
		is.NoErr(k.Put(ctx, []engine.Wrap{w}))
	}
	var seqs []uint64
	for _, n := range []int{1, 2} {
		for _, e := range k.index.cases[caseOf(n)] {
			seqs = append(seqs, e.seq)
		}
	}
	_, err := k.mark(ctx, seqs)
	is.NoErr(err)
	is.NoErr(k.stream.DeleteMsg(ctx, k.index.of(caseOf(1), k.index.own)[0].seq))
	is.True(len(s.find(gone.Data)) > 0) // the bytes are in the file and out of reach
	s.restart()

	k = s.keys(cell, nil)
	s.within(func() bool { return s.find(gone.Data) == nil && s.find(half.Data) == nil })
	list, err := k.Own(ctx, caseOf(3))
	is.NoErr(err)
	is.Equal(list, []engine.Wrap{kept})
	is.Equal(k.Held(), []events.Subject{caseOf(3)})
	given, err := k.Given(ctx, caseOf(3))
	is.NoErr(err)
	is.Equal(len(given), 1)
	_, mark, err := k.cutShort(ctx)
	is.NoErr(err)
	is.Equal(mark, uint64(0)) // and nothing is left to end
}

func TestACopyThatWasCutShortLosesNothing(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	k := s.keys(cell, nil)
	kept, gone := wrapOf(1, cell, "facts"), wrapOf(2, cell, "facts")
	is.NoErr(k.Put(ctx, []engine.Wrap{kept}))
	is.NoErr(k.Put(ctx, []engine.Wrap{gone}))
	check := func(why string) {
		t.Helper()
		s.restart()
		k = s.keys(cell, nil)
		list, err := k.Own(ctx, caseOf(1))
		is.NoErr(err)
		is.Equal(list, []engine.Wrap{kept})
		_, err = k.js.Stream(ctx, streamCopy)
		is.True(errors.Is(err, jetstream.ErrStreamNotFound)) // the copy is gone
	}
	_, err := k.js.CreateStream(ctx, keysConfig(streamCopy, subjectsCopy, -1))
	is.NoErr(err)
	check("before anything was copied")

	is.NoErr(k.copy(ctx, []uint64{k.index.of(caseOf(2), k.index.own)[0].seq}))
	is.NoErr(k.js.DeleteStream(ctx, StreamKeys))
	check("after KEYS was removed")
	s.within(func() bool { return s.find(gone.Data) == nil })

	is.NoErr(k.copy(ctx, nil))
	check("before KEYS was removed")
}

func TestALostAnswerIsSettledByReading(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	l := &line{store: s}
	k, err := OpenKeys(ctx, s.connect(l), Config{SyncAlways: true}, cell, nil)
	is.NoErr(err)
	w := wrapOf(1, cell, "facts")
	l.next.Store(loseAnswer)
	short, cancel := contextWithin(200 * time.Millisecond)
	defer cancel()
	is.True(k.Put(short, []engine.Wrap{w}) != nil)
	is.NoErr(k.Put(ctx, []engine.Wrap{w}))
	list, err := k.Own(ctx, caseOf(1))
	is.NoErr(err)
	is.Equal(list, []engine.Wrap{w})
}

// The caller leaves, the connection breaks, the server goes on.
func TestADestructionWhoseAnswerIsLostIsEndedLater(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	k := s.keys(cell, nil)
	gone, kept := wrapOf(1, cell, "facts"), wrapOf(2, cell, "facts")
	is.NoErr(k.Put(ctx, []engine.Wrap{gone}))
	is.NoErr(k.Put(ctx, []engine.Wrap{kept}))
	_, err := k.mark(ctx, []uint64{k.index.of(caseOf(1), k.index.own)[0].seq})
	is.NoErr(err)
	k.stale = true
	list, err := k.Own(ctx, caseOf(1))
	is.NoErr(err)
	is.Equal(len(list), 0)
	is.Equal(s.find(gone.Data), nil)
	list, err = k.Own(ctx, caseOf(2))
	is.NoErr(err)
	is.Equal(list, []engine.Wrap{kept})

	left, leave := context.WithCancel(ctx)
	leave()
	_, err = k.Destroy(left, caseOf(2), "") // nobody waits for it any more
	is.NoErr(err)
	is.Equal(s.find(kept.Data), nil)
}

func TestKeysRefusesAWeakerStream(t *testing.T) {
	is := is.New(t)
	good := keysConfig(StreamKeys, subjectsKeys, keysBytesMax)
	good.MaxMsgs = -1
	is.NoErr(checkKeySettings(good, keysBytesMax))
	for setting, change := range map[string]func(*jetstream.StreamConfig){
		"deny_delete":             func(c *jetstream.StreamConfig) { c.DenyDelete = true },
		"storage":                 func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage },
		"discard_new_per_subject": func(c *jetstream.StreamConfig) { c.DiscardNewPerSubject = false },
		"max_msgs_per_subject":    func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = -1 },
		"compression":             func(c *jetstream.StreamConfig) { c.Compression = jetstream.S2Compression },
		"republish":               func(c *jetstream.StreamConfig) { c.RePublish = &jetstream.RePublish{} },
		"mirror":                  func(c *jetstream.StreamConfig) { c.Mirror = &jetstream.StreamSource{} },
	} {
		c := good
		change(&c)
		err := checkKeySettings(c, keysBytesMax)
		is.True(err != nil)                                   // refused
		is.True(strings.Contains(err.Error(), setting+" is")) // and named
	}
	_, err := OpenKeys(ctx, nil, Config{}, cell, nil)
	is.True(err != nil) // a server that does not sync always
}

// What stands in a store must be read by every later program.
func TestAStoredWrapKeepsItsForm(t *testing.T) {
	is := is.New(t)
	w := wrapOf(1, sector, "facts")
	w.Data = []byte("sealed")
	noted := newNote(w.Case, []engine.Wrap{w})
	for form, s := range map[string]stored{
		`key.01936f5e-7a1b-7c3d-8e4f-000000000001.RW-57-12.` + w.ID() + ` {"Case":{"Place":"RW.57.12.05.03","Kind":"case","ID":"01936f5e-7a1b-7c3d-8e4f-000000000001"},` +
			`"Keys":[{"ID":"` + w.Keys[0].ID + `","Class":"facts"}],"Holder":"RW.57.12","HolderKey":"` + w.HolderKey + `","By":"RW.57.12.05.03","Data":"c2VhbGVk","From":"RW.57.12.05.03"}`: {Wrap: w, From: village},
		`key.01936f5e-7a1b-7c3d-8e4f-000000000001.given.` + noted.id() + ` {"Case":{"Place":"RW.57.12.05.03","Kind":"case","ID":"01936f5e-7a1b-7c3d-8e4f-000000000001"},` +
			`"Given":[{"Key":"` + w.Keys[0].ID + `","HolderKey":"` + w.HolderKey + `"}]}`: noted,
	} {
		m, err := s.message()
		is.NoErr(err)
		is.Equal(m.Subject+" "+string(m.Data), form)
		back, err := readStored(m.Subject, m.Data)
		is.NoErr(err)
		is.Equal(back, s)
		_, err = readStored(m.Subject+"x", m.Data)
		is.True(err != nil) // under another's subject
	}
}

func FuzzReadStored(f *testing.F) {
	w := wrapOf(1, sector, "facts")
	for _, s := range []stored{{Wrap: w, From: village}, newNote(w.Case, []engine.Wrap{w})} {
		m, err := s.message()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(m.Subject, m.Data)
	}
	f.Fuzz(func(t *testing.T, subject string, data []byte) {
		s, err := readStored(subject, data)
		if err == nil && s.subject() != subject {
			t.Fatalf("%q is read as %q", subject, s.subject())
		}
	})
}

// find names the files of the store that hold data, raw, as hex or as base64
// of any alignment.
func (s *store) find(data []byte) []string {
	s.t.Helper()
	needles := [][]byte{data[:64], []byte(hex.EncodeToString(data[:64]))}
	for shift := range 3 {
		needles = append(needles, []byte(base64.RawStdEncoding.EncodeToString(data[shift:shift+60])))
	}
	var out []string
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, n := range needles {
			if bytes.Contains(raw, n) {
				out = append(out, path)
				break
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.t.Fatal(err)
	}
	return out
}

// within waits until the server has removed files in its background.
func (s *store) within(done func() bool) {
	s.t.Helper()
	limit, cancel := contextWithin(10 * time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-limit.Done():
			s.t.Fatal("not done in time")
		}
	}
}

func contextWithin(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d)
}
