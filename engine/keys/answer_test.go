package keys

import (
	"errors"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
)

// TestAnswer: who misses a key is given it again, as far as it may hold it and
// this node does.
func TestAnswer(t *testing.T) {
	is := is.New(t)
	v, d := newMachine(t, village), newMachine(t, district)
	facts := v.seal(t, path(v, d), "facts", told)
	identity := v.seal(t, path(v, d), "identity", told)
	deliver(v, d)
	d.shelf.own = nil // its store was lost
	d.open.lock()
	is.NoErr(v.Give(t.Context(), child, path(v, d)))
	before := len(v.shelf.away)
	is.Equal(why(d.Holds(t.Context(), child, facts.Key)), engine.ErrNoKey)

	given, err := v.Answer(t.Context(), child, d.holder(engine.ClassFacts), []string{identity.Key, facts.Key, "AAAAAAAAAAAAAAAA"})
	is.NoErr(err)
	is.Equal(given, []string{facts.Key})
	is.Equal(len(v.shelf.away), before+1)
	d.shelf.own = v.shelf.away[before:]
	is.NoErr(d.Holds(t.Context(), child, facts.Key))
	text, err := d.reads(village, facts)
	is.NoErr(err)
	is.Equal(text, told)
	_, err = d.reads(village, identity)
	is.Equal(why(err), engine.ErrNoKey)
}

// TestAnswerGivesNothing: to itself, to a node without a sealing key, of what
// was erased, or locked.
func TestAnswerGivesNothing(t *testing.T) {
	is := is.New(t)
	v, d := newMachine(t, village), newMachine(t, district)
	part := v.seal(t, path(v, d), "facts", told)
	before := len(v.shelf.away)
	bare := d.holder(ofPath...)
	bare.Key = nil
	for _, h := range []engine.Holder{v.holder(ofPath...), bare, d.holder(engine.ClassIdentity)} {
		given, err := v.Answer(t.Context(), child, h, []string{part.Key})
		is.NoErr(err)
		is.Equal(len(given), 0)
	}
	v.erased[part.Key] = true
	given, err := v.Answer(t.Context(), child, d.holder(ofPath...), []string{part.Key})
	is.NoErr(err)
	is.Equal(len(given), 0)
	clear(v.erased)
	v.Lock()
	v.vault.locked = true
	_, err = v.Answer(t.Context(), child, d.holder(ofPath...), []string{part.Key})
	is.Equal(why(err), engine.ErrLocked)
	is.Equal(why(v.Holds(t.Context(), child, part.Key)), engine.ErrLocked)
	v.vault.locked = false
	v.shelf.fails = errors.New("the disk is full")
	_, err = v.Answer(t.Context(), child, d.holder(ofPath...), []string{part.Key})
	is.True(errors.Is(err, v.shelf.fails))
	is.Equal(len(v.shelf.away), before)
}
