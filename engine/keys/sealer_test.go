package keys

import (
	"errors"
	"slices"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/events"
)

const told = "found at the market, hungry"

// TestHoldersRead: what a village seals can be read there at once, and on its
// path as soon as the wraps are there; who is no holder reads nothing.
func TestHoldersRead(t *testing.T) {
	is := is.New(t)
	v, d, n := newMachine(t, village), newMachine(t, district), newMachine(t, nation)
	part := v.seal(t, path(v, d), "facts", told)
	text, err := v.reads(village, part)
	is.NoErr(err)
	is.Equal(text, told)

	_, err = d.reads(village, part)
	is.Equal(why(err), engine.ErrNoKey) // the wrap is not here yet
	deliver(v, d, n)
	text, err = d.reads(village, part)
	is.NoErr(err)
	is.Equal(text, told)
	_, err = n.reads(village, part)
	is.Equal(why(err), engine.ErrNoKey)

	// Also where the wrap itself is carried off.
	for _, w := range v.shelf.away {
		w.Holder, w.HolderKey = nation, engine.SealKeyID(n.vault.SealKey())
		n.shelf.own = append(n.shelf.own, w)
	}
	_, err = n.reads(village, part)
	is.Equal(why(err), engine.ErrNoKey)
}

// TestClosed: a locked node, one whose store may be an older copy and one that
// knows of an erasure open nothing, not even what they had opened before.
func TestClosed(t *testing.T) {
	v := newMachine(t, village)
	part := v.seal(t, path(v), "identity", told)
	if _, err := v.reads(village, part); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		set  func(on bool)
		want error
	}{
		"locked":       {func(on bool) { v.vault.locked = on }, engine.ErrLocked},
		"an old copy":  {func(on bool) { v.linked = !on }, engine.ErrNotLinked},
		"case erased":  {func(on bool) { v.erased[""] = on }, engine.ErrErased},
		"key erased":   {func(on bool) { v.erased[part.Key] = on }, engine.ErrErased},
		"other erased": {func(on bool) { v.erased["AAAAAAAAAAAAAAAA"] = on }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			c.set(true)
			_, err := v.reads(village, part)
			is.Equal(why(err), c.want)
			c.set(false)
			_, err = v.reads(village, part)
			is.NoErr(err)
		})
	}
}

// TestReadyForAPage: the keys that a page needs are open before it opens anything;
// a locked node, one whose store may be an older copy and one that knows of an
// erasure make nothing ready.
func TestReadyForAPage(t *testing.T) {
	is := is.New(t)
	v, d := newMachine(t, village), newMachine(t, district)
	parts := []events.SealedPart{v.seal(t, path(v, d), "identity", told), v.seal(t, path(v, d), "narrative", told)}
	deliver(v, d)
	wanted := []engine.KeyOf{{Case: child, ID: "AAAAAAAAAAAAAAAA"}}
	for _, p := range parts {
		wanted = append(wanted, engine.KeyOf{Case: child, ID: p.Key})
	}
	for _, shut := range []func(on bool){
		func(on bool) { d.vault.locked = on },
		func(on bool) { d.linked = !on },
		func(on bool) { d.erased[""] = on },
	} {
		shut(true)
		d.Ready(t.Context(), wanted)
		is.Equal(len(d.open.keys), 0)
		shut(false)
	}
	d.Ready(t.Context(), wanted)
	before := d.shelf.reads.Load()
	for _, p := range parts {
		text, err := d.reads(village, p)
		is.NoErr(err)
		is.Equal(text, told)
	}
	is.Equal(d.shelf.reads.Load(), before) // nothing was left to open
}

// TestLockWipes: at lock every open key is overwritten where it lies.
func TestLockWipes(t *testing.T) {
	is := is.New(t)
	v := newMachine(t, village)
	v.seal(t, path(v), "facts", told)
	var open []*secret
	for _, k := range v.open.keys {
		open = append(open, k.secret)
	}
	is.Equal(len(open), 3) // identity, narrative and facts
	v.Lock()
	for _, s := range open {
		is.Equal(*s, secret{})
	}
	is.Equal(len(v.open.keys), 0)

	part := v.seal(t, path(v), "facts", told)
	_, err := v.reads(village, part)
	is.NoErr(err)
	is.Equal(len(v.open.keys), 3)
	v.Forget(events.Subject{Place: village, Kind: events.KindCase, ID: "other"}, "")
	is.Equal(len(v.open.keys), 3)
	v.Forget(child, part.Key)
	is.Equal(len(v.open.keys), 2)
	v.Forget(child, "")
	is.Equal(len(v.open.keys), 0)
}

// TestKeysOfAPath: a node makes the keys of a case once, together, wrapped to
// each holder in one message; a locked node makes none.
func TestKeysOfAPath(t *testing.T) {
	is := is.New(t)
	v, s, d := newMachine(t, village), newMachine(t, sector), newMachine(t, district)
	first := v.seal(t, path(v, s, d), "facts", told)
	is.Equal([]int{len(v.shelf.own), len(v.shelf.away)}, []int{1, 2})
	again := v.seal(t, path(v, s, d), "facts", told)
	is.Equal(again.Key, first.Key)
	is.True(!slices.Equal(again.Data, first.Data)) // another nonce
	v.seal(t, path(v, s, d), "narrative", told)
	is.Equal([]int{len(v.shelf.own), len(v.shelf.away)}, []int{1, 2}) // made at first

	v.vault.locked = true
	_, err := v.Prepare(t.Context(), child, path(v), []string{"facts"})
	is.Equal(why(err), engine.ErrLocked)
}

// TestAdultsApart: every adult of every event has a key of their own.
func TestAdultsApart(t *testing.T) {
	is := is.New(t)
	v, d := newMachine(t, village), newMachine(t, district)
	seal, err := v.Prepare(t.Context(), child, path(v, d), []string{"adult", "adult.2"})
	is.NoErr(err)
	var parts []events.SealedPart
	for _, field := range []string{"adult", "adult.2"} {
		part, err := seal(binding(village), engine.Secret{Field: field, Plain: []byte(field)})
		is.NoErr(err)
		parts = append(parts, part)
	}
	is.True(parts[0].Key != parts[1].Key)
	is.True(v.seal(t, path(v, d), "adult", told).Key != parts[0].Key)
	deliver(v, d)
	d.erased[parts[0].Key] = true
	_, err = d.reads(village, parts[0])
	is.Equal(why(err), engine.ErrErased)
	text, err := d.reads(village, parts[1])
	is.NoErr(err)
	is.Equal(text, "adult.2")
}

// TestReporter: who reported is for the supervisor's node alone; the node that
// wrote it down cannot read it a moment later.
func TestReporter(t *testing.T) {
	is := is.New(t)
	v, s, d := newMachine(t, village), newMachine(t, sector), newMachine(t, district)
	holders := append(path(v, d), s.holder(append(slices.Clone(ofPath), engine.ClassReporter)...))
	part := v.seal(t, holders, "reporter", told)
	deliver(v, s, d)
	for _, m := range []*machine{v, d} {
		_, err := m.reads(village, part)
		is.Equal(why(err), engine.ErrNoKey)
	}
	text, err := s.reads(village, part)
	is.NoErr(err)
	is.Equal(text, told)
}

// TestNoHolderYet: what nobody can hold yet is kept by who wrote it, for those
// who will be able to.
func TestNoHolderYet(t *testing.T) {
	is := is.New(t)
	v, s := newMachine(t, village), newMachine(t, sector)
	part := v.seal(t, path(v), "reporter", told)
	is.NoErr(v.Give(t.Context(), child, append(path(v), s.holder(engine.ClassReporter))))
	deliver(v, s)
	text, err := s.reads(village, part)
	is.NoErr(err)
	is.Equal(text, told)
}

// TestGivenOnce: who becomes a holder later is given all that this node holds,
// what others had made too, and once.
func TestGivenOnce(t *testing.T) {
	is := is.New(t)
	v, s, d := newMachine(t, village), newMachine(t, sector), newMachine(t, district)
	first := v.seal(t, path(v, s), "facts", told)
	deliver(v, s)
	second := s.seal(t, path(v, s), "facts", told)
	deliver(v, s)
	is.True(first.Key != second.Key)

	for range 2 {
		is.NoErr(s.Give(t.Context(), child, path(v, s, d)))
	}
	var given []engine.Wrap
	for _, w := range s.shelf.away {
		if w.Holder == district {
			given = append(given, w)
		}
	}
	is.Equal(len(given), 1)
	is.Equal(len(ids(given)), 6) // three that the village made, three of the sector
	deliver(v, s, d)
	text, err := d.reads(village, first)
	is.NoErr(err)
	is.Equal(text, told)

	// The district learns from the wrap who was given these keys.
	before := len(d.shelf.away)
	is.NoErr(d.Give(t.Context(), child, path(v, s, d)))
	is.Equal(len(d.shelf.away), before)
}

// TestNoLongerHolder: what is written after an office was shut out, or after a
// machine was replaced, has keys that were never there.
func TestNoLongerHolder(t *testing.T) {
	is := is.New(t)
	v, s, d := newMachine(t, village), newMachine(t, sector), newMachine(t, district)
	before := v.seal(t, path(v, s, d), "narrative", told)
	after := v.seal(t, path(v, d), "narrative", told)
	is.True(before.Key != after.Key)
	is.Equal(v.seal(t, path(v, d), "narrative", told).Key, after.Key)
	deliver(v, s, d)
	_, err := s.reads(village, after)
	is.Equal(why(err), engine.ErrNoKey)
	text, err := d.reads(village, after)
	is.NoErr(err)
	is.Equal(text, told)

	replaced := newMachine(t, district)
	newer := v.seal(t, path(v, replaced), "narrative", told)
	is.True(newer.Key != after.Key)
	deliver(v, replaced)
	for _, part := range []events.SealedPart{before, after, newer} {
		text, err := replaced.reads(village, part) // and it was given the old ones
		is.NoErr(err)
		is.Equal(text, told)
	}
	_, err = d.reads(village, newer)
	is.Equal(why(err), engine.ErrNoKey)
}

// TestNothingWithoutWraps: where the wraps are not on disk, nothing is sealed.
func TestNothingWithoutWraps(t *testing.T) {
	is := is.New(t)
	v := newMachine(t, village)
	v.shelf.fails = errors.New("the disk is full")
	_, err := v.Prepare(t.Context(), child, path(v), []string{"facts"})
	is.True(errors.Is(err, v.shelf.fails))
	is.Equal(len(v.open.keys), 0)

	v.shelf.fails = nil
	seal, err := v.Prepare(t.Context(), child, path(v), []string{"facts"})
	is.NoErr(err)
	_, err = seal(binding(village), engine.Secret{Field: "identity"})
	is.True(err != nil) // not prepared
	other := binding(village)
	other.Case.ID = "01989b6a-0000-7000-8000-000000000002"
	_, err = seal(other, engine.Secret{Field: "facts"})
	is.True(err != nil) // prepared for another case
	_, err = v.Prepare(t.Context(), child, path(v), []string{"adult.1"})
	is.True(err != nil) // no such field
}

// TestErasedCase: nothing personal is written into an erased case, and what has
// no sealed field still is.
func TestErasedCase(t *testing.T) {
	is := is.New(t)
	v, d := newMachine(t, village), newMachine(t, district)
	v.seal(t, path(v), "facts", told)
	v.erased[""] = true
	_, err := v.Prepare(t.Context(), child, path(v, d), []string{"facts"})
	is.Equal(why(err), engine.ErrErased)
	_, err = v.Prepare(t.Context(), child, path(v, d), nil)
	is.NoErr(err)
	is.Equal(len(v.shelf.away), 0) // and nothing is handed on
}

// TestMark: a command's digest as it is stored confirms no guess, and says of
// the same command that it is the same.
func TestMark(t *testing.T) {
	is := is.New(t)
	v := newMachine(t, village)
	digest := events.Hash{1, 2, 3}
	first, err := v.Mark(digest)
	is.NoErr(err)
	again, err := v.Mark(digest)
	is.NoErr(err)
	is.Equal(first, again)
	is.True(first != digest)
	elsewhere, err := newMachine(t, village).Mark(digest)
	is.NoErr(err)
	is.True(elsewhere != first)
	v.vault.locked = true
	_, err = v.Mark(digest)
	is.Equal(why(err), engine.ErrLocked)
}

// TestReadyAgain: a case that is written in again for the same holders is not
// read again; whatever could change its keys makes it read again.
func TestReadyAgain(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(v *machine)
		reads  int
		same   bool // the key is the one of before
	}{
		"nothing":          {func(*machine) {}, 0, true},
		"locked meanwhile": {func(v *machine) { v.Lock() }, 1, true},
		"one key forgotten": {func(v *machine) {
			for n := range v.open.keys {
				v.Forget(child, n.id)
				break
			}
		}, 1, true},
		"forgotten":          {func(v *machine) { v.Forget(child, "") }, 1, true},
		"its wraps are lost": {func(v *machine) { v.Forget(child, ""); v.shelf.own = nil }, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			v, d := newMachine(t, village), newMachine(t, district)
			first := v.seal(t, path(v, d), "facts", told)
			tt.change(v)
			v.shelf.reads.Store(0)
			again := v.seal(t, path(v, d), "facts", told)
			is.Equal(int(v.shelf.reads.Load()), tt.reads)
			is.Equal(again.Key == first.Key, tt.same)
			v.seal(t, path(v, d), "narrative", told)
			is.NoErr(v.Give(t.Context(), child, path(v, d)))
			is.Equal(int(v.shelf.reads.Load()), tt.reads)
			text, err := v.reads(village, again)
			is.NoErr(err)
			is.Equal(text, told)

			v.seal(t, path(v), "facts", told) // for others
			is.Equal(int(v.shelf.reads.Load()), tt.reads+1)
			v.erased[""] = true
			_, err = v.Prepare(t.Context(), child, path(v), []string{"facts"})
			is.Equal(why(err), engine.ErrErased)
		})
	}
}

// TestLetInForATime: whoever was let in reads what was written until then, and
// nothing of what is written after, whoever writes it and whoever gave it keys.
func TestLetInForATime(t *testing.T) {
	is := is.New(t)
	v, d, n := newMachine(t, village), newMachine(t, district), newMachine(t, nation)
	before := v.seal(t, path(v, d), "facts", told)
	deliver(v, d)
	in := append(path(v, d), n.holder(engine.ClassFacts, engine.ClassNarrative))
	is.NoErr(d.Give(t.Context(), child, in)) // the district answers; the village gives nothing
	deliver(d, n)
	text, err := n.reads(village, before)
	is.NoErr(err)
	is.Equal(text, told)

	out := append(path(v, d), n.holder())
	var after []events.SealedPart
	for range 2 {
		after = append(after, v.seal(t, out, "facts", told))
	}
	is.True(after[0].Key != before.Key)
	is.Equal(after[0].Key, after[1].Key) // once
	v.Lock()
	is.Equal(v.seal(t, out, "facts", told).Key, after[0].Key) // also when it is read again
	deliver(v, d, n)
	_, err = n.reads(village, after[0])
	is.Equal(why(err), engine.ErrNoKey)
	text, err = d.reads(village, after[0])
	is.NoErr(err)
	is.Equal(text, told)
	is.Equal(v.seal(t, in, "identity", told).Key == v.seal(t, out, "identity", told).Key, true) // let in again, to this never
}
