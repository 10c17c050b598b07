package journal

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/nats-io/nats.go/jetstream"

	"umuryango/engine"
	"umuryango/engine/journal/contract"
	"umuryango/events"
)

var ctx = context.Background()

// TestContract: the suite on a real embedded server, file store and all.
func TestContract(t *testing.T) {
	contract.Test(t, func(t *testing.T) contract.Store { return newStore(t) })
}

// TestALostAnswerIsNotAnError: the append was stored, so whoever asked for it
// hears that it was, and it stands once.
func TestALostAnswerIsNotAnError(t *testing.T) {
	for name, count := range map[string]int{"one event": 1, "a batch": 7} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			s := newStore(t)
			j := s.handle()
			is.NoErr(j.Append(ctx, 0, contract.Records(1, 2)))
			s.LoseAnswer(j)
			is.NoErr(j.Append(ctx, 2, contract.Records(3, count)))
			is.Equal(s.lines[j].broke.Load(), int32(1)) // the answer was lost indeed
			is.Equal(j.Head(), uint64(2+count))
			all, err := s.handle().Read(ctx, 1, 100)
			is.NoErr(err)
			is.Equal(len(all), 2+count)
		})
	}
}

// TestALostAnswerIsSettledForACallerWhoLeft: he is told the truth, not that his
// time is up.
func TestALostAnswerIsSettledForACallerWhoLeft(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	j := s.handle()
	s.LoseAnswer(j)
	hurried, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	is.NoErr(j.Append(hurried, 0, contract.Records(1, 1)))
	is.True(hurried.Err() != nil) // his time was up
	is.Equal(j.Head(), uint64(1))
}

// TestUnsettledUntilTheServerIsBack: nothing is told and nothing is appended
// while it is not known; then it is settled, whichever way.
func TestUnsettledUntilTheServerIsBack(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	j := s.handle()
	j.settleWithin = 50 * time.Millisecond
	is.NoErr(j.Append(ctx, 0, contract.Records(1, 1)))
	s.stop()
	err := j.Append(ctx, 1, contract.Records(2, 1))
	is.True(errors.Is(err, engine.ErrUnsettled))
	is.True(errors.Is(j.Append(ctx, 1, contract.Records(3, 1)), engine.ErrUnsettled))
	is.True(errors.Is(j.Refresh(ctx), engine.ErrUnsettled))
	is.Equal(j.Head(), uint64(1))

	s.start()
	for errors.Is(j.Refresh(ctx), engine.ErrUnsettled) { // each asks for 50 ms
	}
	head := j.Head()
	is.True(head == 1 || head == 2) // it may have waited in the client until the server was back
	is.NoErr(j.Append(ctx, head, contract.Records(4, 1)))
	all, err := s.handle().Read(ctx, 1, 10)
	is.NoErr(err)
	is.Equal(len(all), int(head)+1)
}

// TestOpenRefusesAServerThatDoesNotSync: a power cut could take the whole
// stream.
func TestOpenRefusesAServerThatDoesNotSync(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	conn := s.connect(&line{store: s})
	_, err := Open(ctx, conn, Config{})
	is.True(err != nil)
	is.True(strings.Contains(err.Error(), "sync_interval"))
	_, err = Open(ctx, conn, Config{AllowUnsafeSync: true})
	is.NoErr(err)
}

// TestOpenRefusesWeakerSettings: each by its name.
func TestOpenRefusesWeakerSettings(t *testing.T) {
	for name, weaken := range map[string]func(*jetstream.StreamConfig){
		"subjects": func(c *jetstream.StreamConfig) { c.Subjects = []string{"ev.RW.>"} },
		"storage":  func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage },
		"persist_mode": func(c *jetstream.StreamConfig) {
			c.PersistMode, c.AllowAtomicPublish = jetstream.AsyncPersistMode, false
		},
		"retention":            func(c *jetstream.StreamConfig) { c.Retention = jetstream.InterestPolicy },
		"discard":              func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld },
		"max_msgs":             func(c *jetstream.StreamConfig) { c.MaxMsgs = 10 },
		"max_bytes":            func(c *jetstream.StreamConfig) { c.MaxBytes = 10 << 20 },
		"max_msgs_per_subject": func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 1 },
		"max_age":              func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour },
		"max_msg_size":         func(c *jetstream.StreamConfig) { c.MaxMsgSize = events.SizeMax },
		"compression":          func(c *jetstream.StreamConfig) { c.Compression = jetstream.S2Compression },
		"deny_delete":          func(c *jetstream.StreamConfig) { c.DenyDelete = false },
		"deny_purge":           func(c *jetstream.StreamConfig) { c.DenyPurge = false },
		"allow_msg_ttl":        func(c *jetstream.StreamConfig) { c.AllowMsgTTL = true },
		"allow_batched":        func(c *jetstream.StreamConfig) { c.AllowBatchPublish = true },
		"allow_atomic":         func(c *jetstream.StreamConfig) { c.AllowAtomicPublish = false },
		"allow_direct":         func(c *jetstream.StreamConfig) { c.AllowDirect = false },
		"sources":              func(c *jetstream.StreamConfig) { c.Sources = []*jetstream.StreamSource{{Name: "OTHER"}} },
		"subject_transform": func(c *jetstream.StreamConfig) {
			c.SubjectTransform = &jetstream.SubjectTransformConfig{Source: "ev.>", Destination: "ev.RW.>"}
		},
		"republish": func(c *jetstream.StreamConfig) {
			c.RePublish = &jetstream.RePublish{Source: "ev.>", Destination: "told.>"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			s := newStore(t)
			conn := s.connect(&line{store: s})
			js, err := jetstream.New(conn)
			is.NoErr(err)
			config := streamConfig()
			weaken(&config)
			_, err = js.CreateStream(ctx, config)
			is.NoErr(err)
			_, err = Open(ctx, conn, Config{SyncAlways: true})
			is.True(err != nil)                                         // a weaker stream is not opened
			is.True(strings.Contains(err.Error(), "setting "+name+" ")) // and is told by name
		})
	}
}

// TestSettingsThatTheServerTiesToOthers: a server would make no stream with one
// of these and all else as we want it, so the check is asked alone.
func TestSettingsThatTheServerTiesToOthers(t *testing.T) {
	is := is.New(t)
	good := newStore(t).handle().stream.CachedInfo().Config
	is.NoErr(checkSettings(good))
	for name, weaken := range map[string]func(*jetstream.StreamConfig){
		"num_replicas":        func(c *jetstream.StreamConfig) { c.Replicas = 3 },
		"allow_rollup_hdrs":   func(c *jetstream.StreamConfig) { c.AllowRollup = true },
		"allow_msg_counter":   func(c *jetstream.StreamConfig) { c.AllowMsgCounter = true },
		"allow_msg_schedules": func(c *jetstream.StreamConfig) { c.AllowMsgSchedules = true },
		"no_ack":              func(c *jetstream.StreamConfig) { c.NoAck = true },
		"sealed":              func(c *jetstream.StreamConfig) { c.Sealed = true },
		"mirror":              func(c *jetstream.StreamConfig) { c.Mirror = &jetstream.StreamSource{Name: "OTHER"} },
	} {
		weak := good
		weaken(&weak)
		err := checkSettings(weak)
		is.True(err != nil)
		is.True(strings.Contains(err.Error(), "setting "+name+" "))
	}
}

// TestDamageOnOpening: what the server knows to be missing is noted before
// anything is read, neighbours as one stretch.
func TestDamageOnOpening(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	is.NoErr(s.handle().Append(ctx, 0, contract.Records(1, 9)))
	for _, seq := range []uint64{1, 2, 5} {
		s.Drop(seq)
	}
	j := s.handle()
	is.Equal(sequences(j), []uint64{1, 2, 5})
	is.Equal(len(j.Damage()), 2)
}

// TestAForeignMessageIsDamage: what stands in the stream and is no event is
// left out and noted, and the rest goes on.
func TestAForeignMessageIsDamage(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	j := s.handle()
	is.NoErr(j.Append(ctx, 0, contract.Records(1, 2)))
	js, err := jetstream.New(s.connect(&line{store: s}))
	is.NoErr(err)
	_, err = js.Publish(ctx, "ev.RW.nonsense", []byte("{}"))
	is.NoErr(err)
	is.True(errors.Is(j.Append(ctx, 2, contract.Records(3, 1)), engine.ErrConflict)) // somebody else wrote
	is.NoErr(j.Refresh(ctx))
	is.NoErr(j.Append(ctx, 3, contract.Records(3, 2)))
	for _, handle := range []*Journal{j, s.handle()} {
		all, err := handle.Read(ctx, 1, 100)
		is.NoErr(err)
		is.Equal(len(all), 4)
		is.Equal(all[2].Seq, uint64(4))
		is.Equal(sequences(handle), []uint64{3})
	}
}

// TestReopenAfterTheServerStopped: the folder holds what was appended, and the
// stream goes on behind it.
func TestReopenAfterTheServerStopped(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	is.NoErr(s.handle().Append(ctx, 0, contract.Records(1, 300)[:256]))
	for round := range 3 {
		s.stop()
		s.start()
		j := s.handle()
		is.Equal(j.Head(), uint64(256+round))
		is.NoErr(j.Append(ctx, j.Head(), contract.Records(300+round, 1)))
		all, err := j.Read(ctx, 1, 1000)
		is.NoErr(err)
		is.Equal(len(all), 257+round)
		is.Equal(len(j.Damage()), 0)
	}
}

// TestTooMuchForOneAppend: what the store cannot take together is refused before
// anything is sent.
func TestTooMuchForOneAppend(t *testing.T) {
	is := is.New(t)
	j := newStore(t).handle()
	is.True(j.Append(ctx, 0, contract.Records(1, BatchMax+1)) != nil)
	var large []engine.Record
	for n := range BatchBytesMax/events.SizeMax + 1 {
		large = append(large, contract.Record(2*n+2, events.SizeMax))
	}
	is.True(errors.Is(j.Append(ctx, 0, large), events.ErrTooLarge))
	is.NoErr(j.Refresh(ctx))
	is.Equal(j.Head(), uint64(0))
	is.NoErr(j.Append(ctx, 0, large[1:]))
}

// TestFaultsJoin: stretches that touch or overlap count once.
func TestFaultsJoin(t *testing.T) {
	is := is.New(t)
	var f faults
	for _, s := range [][2]uint64{{5, 6}, {1, 1}, {9, 9}, {7, 8}, {2, 3}, {6, 7}} {
		f.note(s[0], s[1], errMissing)
	}
	is.Equal(f.list, []Fault{{1, 3, errMissing}, {5, 9, errMissing}})
}

// TestTailLetsTheOldestGo: memory stays bounded, and what went is read from the
// store.
func TestTailLetsTheOldestGo(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	j := s.handle()
	const count = 10 * BatchMax
	for n := 0; n < count; n += BatchMax {
		is.NoErr(j.Append(ctx, j.Head(), contract.Records(n+1, BatchMax)))
	}
	is.True(j.tail.first() > 1)
	is.True(len(j.tail.records) <= tailRecordsMax)
	seq := uint64(1)
	for seq <= count {
		records, err := j.Read(ctx, seq, 100)
		is.NoErr(err)
		is.True(len(records) > 0)
		for _, r := range records {
			is.Equal(r.Seq, seq)
			seq++
		}
	}
	is.Equal(len(j.Damage()), 0)
}

// TestDamageIsToldOnce: whoever opens the journal hears of what Open finds, and
// of what readers find, each once.
func TestDamageIsToldOnce(t *testing.T) {
	is := is.New(t)
	s := newStore(t)
	is.NoErr(s.handle().Append(ctx, 0, contract.Records(1, 4)))
	js, err := jetstream.New(s.connect(&line{store: s}))
	is.NoErr(err)
	_, err = js.Publish(ctx, "ev.foreign", []byte("x"))
	is.NoErr(err)
	s.Drop(2)
	var told []uint64
	j, err := Open(ctx, s.connect(&line{store: s}), Config{SyncAlways: true, Damaged: func(f Fault) { told = append(told, f.From, f.To) }})
	is.NoErr(err)
	is.Equal(told, []uint64{2, 2})
	for range 2 {
		_, err = j.Read(ctx, 1, 100)
		is.NoErr(err)
		is.Equal(told, []uint64{2, 2, 5, 5})
	}
}
