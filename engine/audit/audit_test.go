package audit

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
	"umuryango/engine/memory"
	"umuryango/events"
)

// TestCleanStores: three stores after one referral break no law, in whatever
// order they are given, and without the gate.
func TestCleanStores(t *testing.T) {
	is := is.New(t)
	w := newWorld(t).walk()
	stores := w.stores()
	is.True(len(stores[0].Records) >= 9) // the nation holds all of it
	is.Equal(w.check(stores), nil)
	slices.Reverse(stores)
	is.Equal(w.check(stores), nil)
	is.Equal(Check(w.root.Public().(ed25519.PublicKey), stores[:1], Again{}).Breaches, nil)
}

// TestSealedDecisions: what no key at hand opens is counted, as what was erased
// is; neither is a breach, and neither is passed over in silence.
func TestSealedDecisions(t *testing.T) {
	is := is.New(t)
	w := newWorld(t).walk()
	stores, root := w.stores(), w.root.Public().(ed25519.PublicKey)
	counts := func(r Report) []int { return []int{r.Checked, r.Sealed, r.Erased, len(r.Breaches)} }
	is.Equal(counts(w.report(stores)), []int{2, 0, 0, 0}) // the proposal and the decision
	is.Equal(counts(Check(root, stores, Again{Recheck: recheck})), []int{0, 2, 0, 0})
	w.keys.Erase(w.c)
	is.Equal(counts(w.report(stores)), []int{0, 0, 2, 0})

	decided(w, stores, func(b *events.Decided) { b.Asked.Outcome = "" })
	is.Equal(found(Check(root, stores, Again{}).Breaches, LawReasons, "does not say what the gate answered") > 0, true)
}

// TestOnItsWay: a store that is behind breaks no law, nor does an act that one
// node alone holds.
func TestOnItsWay(t *testing.T) {
	is := is.New(t)
	w := newWorld(t).walk()
	w.do(sector, engine.Contribute{Kind: "note"}) // kept only here
	w.do(district, engine.Contribute{Kind: "sighting"})
	is.Equal(w.check(w.stores()), nil)
}

// TestNeverEnrolled: what a node wrote before anybody enrolled it waits, and is
// no forgery.
func TestNeverEnrolled(t *testing.T) {
	is := is.New(t)
	w := newWorld(t).walk()
	const cell = events.Place("RW.57.12.05")
	w.nodes[cell] = w.start(cell)
	w.c = events.Subject{}
	w.do(cell, engine.Raise{To: sector, Source: "izu"})
	records, err := w.nodes[cell].journal.Read(ctx, 1, 10)
	is.NoErr(err)
	is.Equal(len(records), 1)
	waiting := Store{Node: cell, Records: records}
	is.Equal(w.check(append(w.stores(), waiting)), nil)
	waiting.Node = home // in another's store it is
	is.Equal(found(w.check(append(w.stores(), waiting)), LawNoTrust, "is not authentic: author"), 1)
}

// found counts the breaches of a law whose text contains words.
func found(breaches []Breach, law int, words string) int {
	n := 0
	for _, b := range breaches {
		if b.Law == law && strings.Contains(b.String(), words) {
			n++
		}
	}
	return n
}

// find is the index of the first record of a type.
func find(s Store, typ events.Type) int {
	return slices.IndexFunc(s.Records, func(r engine.Record) bool { return r.Event.Type == typ })
}

// forge makes an event anew as its author would have, with another body or
// head; the key is the author's own.
func (w *world) forge(e events.Event, key ed25519.PrivateKey, change func(*events.Draft, *events.Author)) events.Event {
	w.is.Helper()
	a := events.Author{
		Source: e.Source, Number: e.Number, Before: e.Before, Key: events.KeyID(key.Public().(ed25519.PublicKey)),
		Sign: events.SignWith(key),
	}
	d := e.Draft
	change(&d, &a)
	out, err := events.Sign(d, a)
	w.is.NoErr(err)
	return out
}

// decided changes the body of the decision and signs it with the district's
// own key.
func decided(w *world, stores []Store, change func(*events.Decided)) {
	for i := range stores {
		at := find(stores[i], events.TypeDecided)
		e := stores[i].Records[at].Event
		stores[i].Records[at].Event = w.forge(e, keyOf(string(district)), func(d *events.Draft, _ *events.Author) {
			var b events.Decided
			w.is.NoErr(e.Decode(&b))
			change(&b)
			var err error
			d.Body, err = events.Encode(b)
			w.is.NoErr(err)
		})
	}
}

// reasons changes what is sealed of every decision, as its author might have
// written it.
func reasons(w *world, stores []Store, change func(*engine.Recorded)) {
	decided(w, stores, func(b *events.Decided) {
		e := stores[0].Records[find(stores[0], events.TypeDecided)].Event
		part, there := b.Sealed.Part(events.FieldFacts)
		w.is.True(there)
		plain, err := w.keys.Opener()(e, part)
		w.is.NoErr(err)
		var r engine.Recorded
		w.is.NoErr(json.Unmarshal(plain, &r))
		change(&r)
		seal, err := (&memory.Sealer{Keys: w.keys, Node: district}).Prepare(ctx, e.Subject, []engine.Holder{{Node: district, Classes: []engine.Class{engine.ClassFacts}}}, []string{events.FieldFacts})
		w.is.NoErr(err)
		plain, err = events.Encode(r)
		w.is.NoErr(err)
		part, err = seal(engine.BindingOf(e), engine.Secret{Field: events.FieldFacts, Plain: plain})
		w.is.NoErr(err)
		b.Sealed = events.Sealed{part}
	})
}

// drop takes a record out of a stream and closes the ranks, as a careful hand
// would.
func drop(s *Store, at int) engine.Record {
	gone := s.Records[at]
	s.Records = slices.Delete(s.Records, at, at+1)
	for i := at; i < len(s.Records); i++ {
		s.Records[i].Seq--
	}
	return gone
}

// TestFaults: each fault, planted alone, is found under its law.
func TestFaults(t *testing.T) {
	const atNation, atDistrict, atSector = 0, 1, 2
	for name, tt := range map[string]struct {
		plant func(w *world, s []Store)
		law   int
		want  string
	}{
		"a byte flipped in a body": {func(w *world, s []Store) {
			r := &s[atNation].Records[find(s[atNation], events.TypeDecided)]
			body := []byte(strings.Replace(string(r.Event.Body), `"acted_on"`, `"acted_of"`, 1))
			e, err := events.Parse(r.Event.Subject.String(), r.Event.Header(), body)
			w.is.NoErr(err)
			r.Event = e
		}, LawNoTrust, "is not authentic: signature"},
		"a signature of a key that nobody enrolled": {func(w *world, s []Store) {
			r := &s[atSector].Records[find(s[atSector], events.TypeRaised)]
			r.Event = w.forge(r.Event, keyOf("thief"), func(*events.Draft, *events.Author) {})
		}, LawNoTrust, "is not authentic: author"},
		"an enrolment by nobody who might": {func(w *world, s []Store) {
			r := &s[atNation].Records[1]
			r.Event = w.forge(r.Event, keyOf("thief"), func(*events.Draft, *events.Author) {})
		}, LawNoTrust, "is not authentic: author"},
		"one number for two events": {func(w *world, s []Store) {
			r := &s[atNation].Records[find(s[atNation], events.TypeContributed)]
			r.Event = w.forge(r.Event, keyOf(string(sector)), func(d *events.Draft, _ *events.Author) { d.Actor = "W-9" })
		}, LawNoTrust, "stands with other content"},
		"damage that the store reports": {func(w *world, s []Store) {
			s[atSector].Damage = []string{"sequence 3 cannot be read"}
		}, LawNothingLost, "sequence 3 cannot be read"},
		"a hole in a stream": {func(w *world, s []Store) {
			s[atDistrict].Records = slices.Delete(s[atDistrict].Records, 4, 5)
		}, LawNothingLost, "where 5 is expected"},
		"an event twice": {func(w *world, s []Store) {
			again := s[atNation].Records[3]
			again.Seq = uint64(len(s[atNation].Records)) + 1
			s[atNation].Records = append(s[atNation].Records, again)
		}, LawNothingLost, "stands twice"},
		"dropped above, in the middle": {func(w *world, s []Store) {
			drop(&s[atNation], find(s[atNation], events.TypeAccepted))
		}, LawNothingLost, "is missing: RW.57 holds it"},
		"dropped below, in the middle": {func(w *world, s []Store) {
			drop(&s[atSector], find(s[atSector], events.TypeAccepted))
		}, LawNothingLost, "is missing: RW.57 holds it"},
		"dropped at its source": {func(w *world, s []Store) {
			drop(&s[atSector], find(s[atSector], events.TypeRaised))
		}, LawNothingLost, "where it does not stand"},
		"dropped everywhere": {func(w *world, s []Store) {
			for i := range s {
				drop(&s[i], find(s[i], events.TypeRaised))
			}
		}, LawNothingLost, "numbers 1 to 1 of /RW/57/12/1-t stand in no store"},
		"a later run tells of a number": {func(w *world, s []Store) {
			r := &s[atDistrict].Records[len(s[atDistrict].Records)-1]
			r.Event = w.forge(r.Event, keyOf(string(district)), func(_ *events.Draft, a *events.Author) {
				a.Source.Run, a.Number, a.Before = run(2), 1, &events.RunEnd{Run: run(1), Last: 40}
			})
		}, LawNothingLost, "of /RW/57/1-t stand in no store"},
		"two decisions on one proposal": {func(w *world, s []Store) {
			at := find(s[atDistrict], events.TypeDecided)
			second := s[atDistrict].Records[at]
			last := s[atDistrict].Records[len(s[atDistrict].Records)-1]
			second.Seq = last.Seq + 1
			second.Event = w.forge(second.Event, keyOf(string(district)), func(d *events.Draft, a *events.Author) {
				d.ID, d.Prev, a.Number = w.id(), s[atDistrict].Records[at].Event.Hash(), second.Event.Number+1
			})
			s[atDistrict].Records = append(s[atDistrict].Records, second)
		}, LawOnePen, "two decisions"},
		"a decision without a reason": {func(w *world, s []Store) {
			decided(w, s, func(b *events.Decided) { b.Reason = "" })
		}, LawReasons, "gives no reason"},
		"a decision without a panel": {func(w *world, s []Store) {
			decided(w, s, func(b *events.Decided) { b.Panel = nil })
		}, LawReasons, "does not say who sat"},
		"a decision without a pack": {func(w *world, s []Store) {
			decided(w, s, func(b *events.Decided) { b.Asked.PackHash = "" })
		}, LawReasons, "does not carry"},
		"a decision without its document": {func(w *world, s []Store) {
			reasons(w, s, func(r *engine.Recorded) { r.Asked = nil })
		}, LawReasons, "does not carry"},
		"a decision with nothing sealed": {func(w *world, s []Store) {
			decided(w, s, func(b *events.Decided) { b.Sealed = nil })
		}, LawReasons, "does not carry"},
		"a decision sealed for another event": {func(w *world, s []Store) {
			decided(w, s, func(b *events.Decided) {
				b.Sealed[0].Data[0] ^= 1
			})
		}, LawReasons, "cannot be read with their own key"},
		"another outcome in clear": {func(w *world, s []Store) {
			decided(w, s, func(b *events.Decided) { b.Asked.Outcome = "blocked" })
		}, LawReasons, "says in clear that the gate answered blocked, and it answered no_objection"},
		"a decision under a pack that nobody has": {func(w *world, s []Store) {
			decided(w, s, func(b *events.Decided) { b.Asked.PackHash = "sha256:other" })
		}, LawReasons, "is not at hand"},
		"a decision with another result": {func(w *world, s []Store) {
			reasons(w, s, func(r *engine.Recorded) {
				r.Asked.Result = json.RawMessage(`{"outcome":"no_objection","care":"other"}`)
			})
		}, LawReasons, "gives another result"},
		"what was taken instead has another result": {func(w *world, s []Store) {
			decided(w, s, func(b *events.Decided) {
				b.Taken = &events.Checked{Outcome: "no_objection", PackHash: b.Asked.PackHash}
			})
			reasons(w, s, func(r *engine.Recorded) {
				r.Taken = &engine.Asked{Case: r.Asked.Case, Result: json.RawMessage(`{"outcome":"no_objection"}`)}
			})
		}, LawReasons, "gives another result"},
		"a decision without an answer": {func(w *world, s []Store) {
			decided(w, s, func(b *events.Decided) { b.Answer = "" })
		}, LawHearsBack, "carries no answer"},
		"an answer that the village never sees": {func(w *world, s []Store) {
			at := find(s[atSector], events.TypeDecided)
			drop(&s[atSector], at)
			later := s[atDistrict].Records[len(s[atDistrict].Records)-1]
			later.From = engine.Origin{Node: district, Position: engine.Position{Run: later.Run, Seq: later.Seq + 1}}
			later.Seq = s[atSector].Records[len(s[atSector].Records)-1].Seq + 1
			later.Event = w.forge(later.Event, keyOf(string(district)), func(d *events.Draft, a *events.Author) {
				d.ID, d.Type, d.Prev, d.Body, a.Number = w.id(), events.TypeContributed, events.Hash{}, []byte(`{"kind":"note"}`), later.Event.Number+1
			})
			s[atSector].Records = append(s[atSector].Records, later)
		}, LawHearsBack, "does not reach RW.57.12"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			w := newWorld(t).walk()
			stores := w.stores()
			is.Equal(w.check(stores), nil)
			tt.plant(w, stores)
			breaches := w.check(stores)
			if found(breaches, tt.law, tt.want) == 0 {
				t.Fatalf("law %d, %q is not among %s", tt.law, tt.want, fmt.Sprint(breaches))
			}
		})
	}
}

// TestRefused: a refusal fills the number of what was not taken; nothing is
// missing, and the author's own copy is no forgery.
func TestRefused(t *testing.T) {
	is := is.New(t)
	w := newWorld(t).walk()
	body, err := events.Encode(events.Contributed{Kind: "note"})
	is.NoErr(err)
	_, err = w.nodes[sector].service.Writer.Write(ctx, func() (engine.Plan, error) {
		return engine.Plan{Drafts: []engine.Draft{{Draft: events.Draft{ // for an office that the sector does not speak for
			ID: w.id(), Type: events.TypeContributed, Subject: w.c, Office: nation, Actor: "W-1", Time: noon, Recorded: noon,
			Code: "K7Q-F2MD", Edition: "test", Body: body,
		}}}}, nil
	})
	is.NoErr(err)
	w.do(sector, engine.Contribute{Kind: "note"})
	w.sync()
	stores := w.stores()
	is.True(find(stores[0], events.TypeRefused) > 0) // the refusal went up
	is.True(find(stores[2], events.TypeRefused) > 0) // and down to the author
	is.Equal(w.check(stores), nil)
	drop(&stores[1], find(stores[1], events.TypeRefused))
	is.True(found(w.check(stores), LawNothingLost, "is missing: RW.57.12 holds it") > 0)
}

// TestLost: numbers that are known to have gone with a destroyed store are no
// breach.
func TestLost(t *testing.T) {
	is := is.New(t)
	w := newWorld(t).walk()
	stores := w.stores()
	for i := range stores {
		at := find(stores[i], events.TypeContributed)
		stores[i].Records = slices.Delete(stores[i].Records, at, len(stores[i].Records))
	}
	is.Equal(w.check(stores), nil) // nobody tells of a later number
	stores[0].Lost = []engine.Gap{{Source: events.Source{Node: sector, Run: run(1)}, From: 2, To: 2}}
	is.Equal(w.check(stores), nil)
	stores[0].Lost[0].From, stores[0].Lost[0].To = 3, 3
	is.Equal(found(w.check(stores), LawNothingLost, "numbers 2 to 2 of /RW/57/12/1-t stand in no store"), 1)
}

// again starts a node on an older copy of its store.
func (w *world) again(p events.Place, older *memory.Journal) {
	n := w.start(p)
	n.journal.Restore(older)
	w.is.NoErr(n.history.Wait(ctx, n.journal.Head()))
	records, err := n.journal.Read(ctx, 1, 1000)
	w.is.NoErr(err)
	for _, r := range records {
		if r.Event.Subject.Kind == events.KindNode {
			n.authority.Hear(r.Event)
		}
	}
	n.service.Writer = engine.NewWriter(engine.Self{Node: p, Run: run(2), Signer: n}, n.journal, n.history, nil)
	w.nodes[p] = n
}

// TestTakenInGoodFaith: an older copy takes from below what it has forgotten not
// to count. That is told, and no forgery; where the store knew better, it is.
func TestTakenInGoodFaith(t *testing.T) {
	is := is.New(t)
	w := newWorld(t).walk()
	older := w.nodes[district].journal.Copy()
	_, err := w.nodes[district].service.Stand(ctx, engine.Stand{
		Stamped: engine.Stamped{ID: w.id(), Actor: "adm", At: noon}, Office: sector, Do: events.TypeSuspended, Reason: "inquiry",
	})
	is.NoErr(err)
	w.link(nation, district)
	w.do(sector, engine.Contribute{Kind: "note"})
	w.again(district, older)
	w.link(district, sector)
	w.sync()
	stores := w.stores()
	report := w.report(stores)
	is.Equal(report.Breaches, nil)
	is.Equal(report.Disowned, 1)

	const atDistrict = 1
	knew := stores[atDistrict].Records
	note, suspended := slices.IndexFunc(knew, func(r engine.Record) bool {
		return r.Event.Source.Node == sector && r.Event.Type == events.TypeContributed
	}), find(stores[atDistrict], events.TypeSuspended)
	is.True(note >= 0 && suspended > note)
	knew[note].Event, knew[suspended].Event = knew[suspended].Event, knew[note].Event
	is.True(found(w.check(stores), LawNoTrust, "is not authentic: author") > 0)
}

// TestARotationWaits: what a node signed with the key that it asks for is no
// forgery in its own store, also while it is suspended.
func TestARotationWaits(t *testing.T) {
	is := is.New(t)
	w := newWorld(t).walk()
	n := w.nodes[sector]
	old := &node{key: n.key}
	next := &node{key: keyOf("next")}
	var wish engine.Rotation
	is.NoErr(n.service.Turn(ctx, func(runs events.RunEnds) (engine.Signer, error) {
		var err error
		h := w.host(sector)
		h.SignKey = next.key.Public().(ed25519.PublicKey)
		wish, err = engine.Wish(sector, h, runs, old, next)
		return next, err
	}))
	w.do(sector, engine.Contribute{Kind: "note"})
	for _, suspended := range []bool{false, true} {
		if suspended {
			_, err := w.nodes[district].service.Stand(ctx, engine.Stand{
				Stamped: engine.Stamped{ID: w.id(), Actor: "adm", At: noon}, Office: sector, Do: events.TypeSuspended, Reason: "inquiry",
			})
			is.NoErr(err)
		}
		stores := w.stores()
		stores[2].Rotation = &wish
		is.Equal(w.check(stores), nil)
		stores[2].Rotation = nil
		is.Equal(found(w.check(stores), LawNoTrust, "is not authentic"), 1)
	}
}
