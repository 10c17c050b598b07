package journal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"umuryango/engine"
	"umuryango/events"
)

// PassingMax bounds the wraps that wait here on behalf of one neighbour: what a
// node below can make this one keep. What is over it is let go; its holder asks.
const PassingMax = 20_000

// BroughtMax bounds the wraps for this node itself that one neighbour brought
// and that stand here, over all cases: a district of 100,000 cases has some
// three for each. What is over it is let go; this node asks for what it misses.
const BroughtMax = 2_000_000

// What the stream holds is bounded by keysBytesMax, at which the server takes
// nothing more, not even the note of what is being destroyed. So neighbours bring
// nothing while three quarters are full, and none alone beyond a half of that:
// the rest is for what this node makes itself. Of that a sixteenth is kept for
// destroying, which makes room again.
const (
	broughtShare   = 3. / 4
	neighbourShare = broughtShare / 2
	ownShare       = 15. / 16
)

// caseMax bounds what neighbours can make this node keep of one case.
const caseMax = 512

// ErrKeysFull is returned while the stream of keys has no room for more of them.
var ErrKeysFull = fmt.Errorf("%w in %s: link up the nodes for which keys wait here, as what they have taken is removed", engine.ErrFull, StreamKeys)

// Keys is the node's second stream, KEYS: wraps, its own and those on their way
// to other nodes, which can be destroyed, unlike anything in EVENTS. What is
// deleted is overwritten in the stream's files first. It may be used by any
// number of goroutines; writes go one at a time.
//
// A message's subject is key.<case id>.<holder>.<wrap id> for a wrap, and
// key.<case id>.given.<wrap id> for the note that one was made here.
type Keys struct {
	nc     *nats.Conn
	js     jetstream.JetStream
	stream jetstream.Stream
	self   events.Place
	moved  func(engine.Wrap)
	max    int64 // bytes of the stream

	mu    sync.RWMutex
	stale bool // an answer was lost: read the stream before believing the index
	index keyIndex
}

var _ engine.WrapStore = (*Keys)(nil)

// OpenKeys opens the stream of the node self on the server behind nc, makes it
// where there is none, and ends a destruction that was cut short. It fails on
// settings that are weaker than ours. moved is told of every wrap that is new
// here, after it is on disk; it must not call back.
func OpenKeys(ctx context.Context, nc *nats.Conn, cfg Config, self events.Place, moved func(engine.Wrap)) (*Keys, error) {
	return openKeys(ctx, nc, cfg, self, moved, keysBytesMax)
}

func openKeys(ctx context.Context, nc *nats.Conn, cfg Config, self events.Place, moved func(engine.Wrap), max int64) (*Keys, error) {
	if !cfg.SyncAlways && !cfg.AllowUnsafeSync {
		return nil, fmt.Errorf("stream %s: sync_interval of the server is not \"always\": a power cut could take the whole stream", StreamKeys)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", StreamKeys, err)
	}
	k := &Keys{nc: nc, js: js, self: self, moved: moved, max: max, index: newKeyIndex(self)}
	if err := k.recover(ctx); err != nil {
		return nil, fmt.Errorf("open stream %s: %w", StreamKeys, err)
	}
	if err := k.load(ctx); err != nil {
		return nil, err
	}
	return k, nil
}

// Put implements engine.WrapStore. This node's own wraps are stored last: until
// they stand here, those of others are of keys that nothing is sealed under. (One
// batch of the stream would do as well, at several times the cost.) ErrKeysFull
// while there is no room for them.
func (k *Keys) Put(ctx context.Context, wraps []engine.Wrap) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.fresh(ctx); err != nil {
		return err
	}
	if k.index.total >= k.share(ownShare) {
		return fmt.Errorf("keep %d wraps in %s: %w", len(wraps), StreamKeys, ErrKeysFull)
	}
	var own, others []stored
	for _, w := range wraps {
		s := stored{Wrap: w}
		switch {
		case w.Check() != nil:
			return fmt.Errorf("keep a wrap: %w", w.Check())
		case w.Case != wraps[0].Case:
			return fmt.Errorf("keep wraps of %s and of %s: they do not go together", wraps[0].Case.ID, w.Case.ID)
		case k.index.barred(w):
			return fmt.Errorf("keep keys of %s: %w", w.Case.ID, engine.ErrErased)
		case k.index.has(s.subject()) || standsIn(others, s) || standsIn(own, s):
		case w.Holder == k.self:
			own = append(own, s)
		default:
			others = append(others, s)
		}
	}
	if err := k.store(ctx, others); err != nil {
		return err
	}
	if len(wraps) > 0 {
		own = append(k.index.unnoted(newNote(wraps[0].Case, wraps)), own...)
	}
	return k.store(ctx, own)
}

// Arrived stores wraps that a neighbour brought: for this node, or to be passed
// on. It returns when they are on disk. What belongs to an erased case, or is
// more than PassingMax, BroughtMax or the neighbour's share of the stream, is let
// go.
func (k *Keys) Arrived(ctx context.Context, from events.Place, wraps []engine.Wrap) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.fresh(ctx); err != nil {
		return err
	}
	if k.index.total >= k.share(broughtShare) || k.index.weight[from] >= k.share(neighbourShare) {
		return nil
	}
	var out []stored
	room, own := PassingMax-k.index.from[from], BroughtMax-k.index.brought[from]
	for _, w := range wraps {
		s := stored{Wrap: w, From: from}
		if w.Check() != nil || len(k.index.cases[w.Case]) >= caseMax || k.index.barred(w) || k.index.has(s.subject()) || standsIn(out, s) {
			continue
		}
		left := &own
		if w.Holder != k.self {
			left = &room
		}
		if *left--; *left < 0 {
			continue
		}
		out = append(out, s)
	}
	return k.store(ctx, out)
}

func (k *Keys) share(of float64) int64 { return int64(float64(k.max) * of) }

func standsIn(list []stored, s stored) bool {
	return slices.ContainsFunc(list, func(o stored) bool { return o.subject() == s.subject() })
}

// Own implements engine.WrapStore.
func (k *Keys) Own(ctx context.Context, c events.Subject) ([]engine.Wrap, error) {
	return k.read(ctx, func() []entry {
		return k.index.of(c, k.index.own)
	}, 0, 0)
}

// OwnOf asks the store once for the wraps of several cases, and returns Own of each
// of them: it unpacks them when they are asked for, so that several may at once.
func (k *Keys) OwnOf(ctx context.Context, cases []events.Subject) (func(c events.Subject) ([]engine.Wrap, error), error) {
	if err := k.lookOnly(ctx); err != nil {
		return nil, err
	}
	defer k.mu.RUnlock()
	own := map[events.Subject][]entry{}
	var subjects []string
	for _, c := range cases {
		own[c] = k.index.of(c, k.index.own)
		for _, e := range own[c] {
			subjects = append(subjects, e.at)
		}
	}
	raw, err := k.last(ctx, subjects)
	if err != nil {
		return nil, err
	}
	return func(c events.Subject) (out []engine.Wrap, err error) {
		for _, e := range own[c] {
			w, err := e.unpack(raw[e.at])
			if err != nil {
				return nil, err
			}
			out = append(out, w)
		}
		return out, nil
	}, nil
}

// Given implements engine.WrapStore.
func (k *Keys) Given(ctx context.Context, c events.Subject) ([]engine.Given, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.fresh(ctx); err != nil {
		return nil, err
	}
	var out []engine.Given
	for _, e := range k.index.of(c, func(e entry) bool { return e.note() }) {
		out = append(out, e.Given...)
	}
	return out, nil
}

// Passing lists at most limit wraps, and about as many bytes, on their way to
// nodes that beyond says yes to, in the order in which they came here.
func (k *Keys) Passing(ctx context.Context, beyond func(holder events.Place) bool, limit, bytes int) ([]engine.Wrap, error) {
	return k.read(ctx, func() []entry {
		return k.index.passing(func(e entry) bool { return beyond(e.Holder) }, limit)
	}, limit, bytes)
}

// Waiting reports whether any wrap is on its way to nodes that beyond says yes
// to.
func (k *Keys) Waiting(beyond func(holder events.Place) bool) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.index.passing(func(e entry) bool { return beyond(e.Holder) }, 1)) > 0
}

// Held lists the cases of which this node has wraps of its own, sorted.
func (k *Keys) Held() []events.Subject {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.index.held()
}

// Has lists the keys of a case that this node's own wraps name.
func (k *Keys) Has(c events.Subject) []string {
	return k.names(c, k.index.own)
}

// HasOf reports whether this node's own wraps of a case name a key of a class.
func (k *Keys) HasOf(c events.Subject, class engine.Class) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.ContainsFunc(k.index.of(c, k.index.own), func(e entry) bool { return e.of(class) })
}

// Sent lists the keys of a case that wait here on their way to a sealing key.
func (k *Keys) Sent(c events.Subject, holderKey string) []string {
	return k.names(c, func(e entry) bool { return k.index.passes(e) && e.HolderKey == holderKey })
}

func (k *Keys) names(c events.Subject, yes func(entry) bool) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []string
	for _, e := range k.index.of(c, yes) {
		for _, key := range e.Keys {
			out = append(out, key.ID)
		}
	}
	return out
}

// Drop destroys this node's own wraps of a case: it may open it no longer.
// Others may come later, and those on their way stay.
func (k *Keys) Drop(ctx context.Context, c events.Subject) error {
	return k.erase(ctx, func() []entry {
		return k.index.of(c, k.index.own)
	})
}

// LetGo destroys those of this node's own wraps of a case whose keys were all
// wrapped here for one of some sealing keys after the wrap had come: so what goes
// here is always on its way to somebody else, or there. It returns the keys.
func (k *Keys) LetGo(ctx context.Context, c events.Subject, class engine.Class, holderKeys []string) ([]string, error) {
	var ids []string
	err := k.erase(ctx, func() []entry {
		gone := k.index.of(c, func(e entry) bool { return k.index.own(e) && e.of(class) && k.index.passedOn(e, holderKeys) })
		for _, e := range gone {
			for _, n := range e.Keys {
				ids = append(ids, n.ID)
			}
		}
		return gone
	})
	return ids, err
}

// Delivered destroys wraps that a neighbour has taken, of those that beyond
// says go to it.
func (k *Keys) Delivered(ctx context.Context, ids []string, beyond func(holder events.Place) bool) error {
	return k.erase(ctx, func() []entry {
		return k.index.passing(func(e entry) bool {
			return beyond(e.Holder) && slices.Contains(ids, e.wrap)
		}, len(ids))
	})
}

// Destroy destroys every wrap of a case, or those of one key of it, and from
// then on takes no more of them. It reports whether this node had any of its
// own.
func (k *Keys) Destroy(ctx context.Context, c events.Subject, key string) (held bool, err error) {
	err = k.erase(ctx, func() []entry {
		k.index.bar(c, key)
		gone := k.index.of(c, func(e entry) bool { return key == "" || e.names(key) })
		held = slices.ContainsFunc(gone, k.index.own)
		of := caseSubjects(c)
		return append(gone, k.index.unreadable(func(subject string) bool { return strings.HasPrefix(subject, of) })...)
	})
	return held, err
}

// Damage lists the messages that cannot be read as wraps. They are left out: what
// is missing is asked for like any other key, and takes their place.
func (k *Keys) Damage() []Fault {
	k.mu.RLock()
	defer k.mu.RUnlock()
	var out []Fault
	for _, e := range k.index.aside {
		out = append(out, Fault{From: e.seq, To: e.seq, Err: fmt.Errorf("%s: %w", e.at, e.fault)})
	}
	return out
}

// read returns the wraps of index entries; limits of zero are none. Several may
// read at once, and nothing is destroyed meanwhile.
func (k *Keys) read(ctx context.Context, choose func() []entry, limit, bytes int) ([]engine.Wrap, error) {
	if err := k.lookOnly(ctx); err != nil {
		return nil, err
	}
	defer k.mu.RUnlock()
	var out []engine.Wrap
	size := 0
	for _, e := range choose() {
		if limit > 0 && (len(out) == limit || size >= bytes) {
			break
		}
		m, err := k.stream.GetMsg(ctx, e.seq)
		if err != nil {
			return nil, fmt.Errorf("read wrap %s of %s: %w", e.wrap, StreamKeys, err)
		}
		w, err := e.unpack(m.Data)
		if err != nil {
			return nil, err
		}
		out, size = append(out, w), size+len(w.Data)
	}
	return out, nil
}

// lookOnly takes the lock for readers, once the index can be believed.
func (k *Keys) lookOnly(ctx context.Context) error {
	for k.mu.RLock(); k.stale; k.mu.RLock() {
		k.mu.RUnlock()
		k.mu.Lock()
		err := k.fresh(ctx)
		k.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// store publishes messages, and returns when all are on disk. The caller has the
// lock.
func (k *Keys) store(ctx context.Context, list []stored) error {
	if len(list) == 0 {
		return nil
	}
	messages := make([]*nats.Msg, 0, len(list))
	for _, s := range list {
		m, err := s.message()
		if err != nil {
			return err
		}
		messages = append(messages, m)
	}
	if err := k.makeWay(ctx, messages); err != nil {
		return err
	}
	seqs, err := k.publish(ctx, messages)
	if err != nil {
		k.stale = true
		return fmt.Errorf("keep %d wraps: %w", len(list), err)
	}
	for i, s := range list {
		k.index.add(s, seqs[i], sizeOf(messages[i].Subject, messages[i].Data))
		if !s.note() && k.moved != nil {
			k.moved(s.Wrap)
		}
	}
	return nil
}

// makeWay destroys what cannot be read where these messages are to stand: the
// stream takes one under each subject.
func (k *Keys) makeWay(ctx context.Context, messages []*nats.Msg) error {
	if len(k.index.aside) == 0 {
		return nil
	}
	return k.destroy(ctx, k.index.unreadable(func(subject string) bool {
		return slices.ContainsFunc(messages, func(m *nats.Msg) bool { return m.Subject == subject })
	}))
}

// sizeOf is what the server counts for a message without headers.
func sizeOf(subject string, data []byte) int64 {
	const record = 30
	return int64(record + len(subject) + len(data))
}

// fresh reads the stream again where an answer was lost. The caller has the
// lock.
func (k *Keys) fresh(ctx context.Context) error {
	if !k.stale {
		return nil
	}
	if err := k.goOn(ctx); err != nil {
		return fmt.Errorf("end what was being destroyed: %w", err)
	}
	if err := k.reload(ctx); err != nil {
		return err
	}
	k.stale = false
	return nil
}

func (k *Keys) load(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.reload(ctx)
}

// reload makes the index that of the stream; what is barred stays barred, and
// what cannot be read is set aside.
func (k *Keys) reload(ctx context.Context) error {
	index := newKeyIndex(k.self)
	index.bars = k.index.bars
	err := k.each(ctx, StreamKeys, func(seq uint64, subject string, data []byte) error {
		s, err := readStored(subject, data)
		if err != nil {
			index.setAside(subject, seq, sizeOf(subject, data), err)
			return nil
		}
		index.add(s, seq, sizeOf(subject, data))
		return nil
	})
	if err != nil {
		return fmt.Errorf("read %s: %w", StreamKeys, err)
	}
	k.index = index
	return nil
}
