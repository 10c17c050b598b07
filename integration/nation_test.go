package integration

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"umuryango/engine"
	"umuryango/engine/audit"
	"umuryango/engine/keys"
	"umuryango/engine/node"
	"umuryango/events"
	"umuryango/projections"
)

// The places of the walk: a nation, Bugesera district, a sector, a cell and a
// village.
const (
	placeNation   events.Place = "RW"
	placeDistrict events.Place = "RW.57"
	placeSector   events.Place = "RW.57.12"
	placeCell     events.Place = "RW.57.12.05"
	placeVillage  events.Place = "RW.57.12.05.03"
)

var fiveLevels = []events.Place{placeNation, placeDistrict, placeSector, placeCell, placeVillage}

// passphrase is that of every node of a test.
var passphrase = []byte("a passphrase for tests")

// within bounds every wait of a test.
const within = 30 * time.Second

// lasts bounds a whole test.
const lasts = 5 * time.Minute

// nation is a hierarchy of real nodes under test: own stores, embedded servers,
// TLS on loopback, and a wire between every two that can be cut.
type nation struct {
	t       testing.TB
	ctx     context.Context
	dir     string
	members map[events.Place]*member
	root    ed25519.PublicKey

	trace      func(secret []byte) // is told of every key of a case, on any node
	unsafeSync bool                // for what is measured, never for what is proved
}

// member is one node of the nation.
type member struct {
	*node.Node
	nation  *nation
	place   events.Place
	dir     string
	upper   *member // nil for the nation's own
	wire    *wire   // to the upper node
	invite  keys.Invitation
	history *projections.History
	close   func() error // of what runs beside the node
	now     func() time.Time
	locked  bool         // it starts locked
	front   *wire        // where it says that lower nodes reach it; nil: it does not say
	listens atomic.Value // address, as a string; empty while it is stopped
}

// newNation makes a nation with a node for every place, each invited by the one
// above it; the first place is the nation's.
func newNation(t testing.TB, places ...events.Place) *nation {
	t.Helper()
	n := emptyNation(t)
	n.grow(places...)
	return n
}

func emptyNation(t testing.TB) *nation {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), lasts)
	n := &nation{t: t, ctx: ctx, dir: t.TempDir(), members: map[events.Place]*member{}}
	t.Cleanup(func() {
		n.stop()
		cancel()
	})
	return n
}

// grow adds nodes.
func (n *nation) grow(places ...events.Place) {
	n.t.Helper()
	for _, p := range places {
		m := &member{nation: n, place: p, dir: filepath.Join(n.dir, p.ID())}
		if p.Level() == 0 {
			m.must(node.Found(n.ctx, m.config(), p))
		} else {
			m.join(n.hostOf(p))
		}
		n.members[p] = m
		m.start()
		if p.Level() == 0 {
			n.root = m.ID.Root
		}
	}
}

// hostOf is the node that speaks for the office above a place.
func (n *nation) hostOf(p events.Place) *member {
	for upper, ok := p.Upper(); ok; upper, ok = upper.Upper() {
		if m := n.members[upper]; m != nil {
			return m
		}
	}
	n.t.Fatalf("no node above %s", p)
	return nil
}

func (n *nation) at(p events.Place) *member { return n.members[p] }

func (n *nation) stop() {
	for _, m := range n.sorted() {
		m.stop()
	}
}

func (n *nation) sorted() []*member {
	var out []*member
	for _, m := range n.members {
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b *member) int { return strings.Compare(string(b.place), string(a.place)) })
	return out
}

func (m *member) must(err error) {
	m.nation.t.Helper()
	if err != nil {
		m.nation.t.Fatalf("%s: %v", m.place, err)
	}
}

// join makes the keys of a node and lets the upper one enrol it.
func (m *member) join(upper *member) {
	m.nation.t.Helper()
	m.upper = upper
	m.wire = newWire(m.nation.t, func() string { return upper.listens.Load().(string) })
	upper.until("enrolled", func() bool { return upper.Status().Enrolled })
	i, err := upper.Invite(m.place, m.wire.address(), true)
	m.must(err)
	code, err := i.Code()
	m.must(err)
	m.invite, err = keys.ParseInvitation(code)
	m.must(err)
	id, _, err := keys.Create(filepath.Join(m.dir, node.DirKeys), m.place, m.invite.Root, passphrase, keys.CheapCost)
	m.must(err)
	address := ""
	if m.front != nil {
		address = m.front.address()
	}
	m.must(node.Join(m.nation.ctx, id, m.invite, address))
}

// growOpen adds nodes that say where lower nodes reach them.
func (n *nation) growOpen(places ...events.Place) {
	n.t.Helper()
	for _, p := range places {
		m := &member{nation: n, place: p, dir: filepath.Join(n.dir, p.ID())}
		m.front = newWire(n.t, func() string { address, _ := m.listens.Load().(string); return address })
		m.join(n.hostOf(p))
		n.members[p] = m
		m.start()
	}
}

func (m *member) config() node.Config {
	c := node.Config{
		Dir: m.dir, Listen: "127.0.0.1:0", Edition: events.RwandaEdition, Gate: plain, Now: m.now, NewID: newID,
		Log:        slog.New(slog.NewTextHandler(m.nation.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})).With("place", m.place),
		Passphrase: passphrase, Cost: keys.CheapCost, UnsafeSync: m.nation.unsafeSync, Trace: m.nation.trace,
	}
	if m.locked {
		c.Passphrase = nil
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if m.upper != nil {
		c.Upper = node.Upper{Place: m.upper.place, Address: m.invite.Address, LinkKey: m.invite.LinkKey}
	}
	return c
}

// start opens the node on its folder and begins a run.
func (m *member) start() {
	m.nation.t.Helper()
	m.must(m.open())
	m.must(m.Begin(m.nation.ctx, m.history))
}

func (m *member) open() error {
	n, err := node.Open(m.nation.ctx, m.config())
	if err != nil {
		return err
	}
	m.Node = n
	m.listens.Store(n.Address())
	m.history, m.close, err = openHistory(m.nation.ctx, m.dir, n)
	return err
}

// openHistory starts the history's follower, as the program does.
func openHistory(ctx context.Context, dir string, n *node.Node) (*projections.History, func() error, error) {
	h, err := projections.OpenHistory(filepath.Join(dir, "history.db"), n.ID.Place, n.Journal)
	if err != nil {
		return nil, nil, err
	}
	return h, follow(ctx, h), nil
}

// openViews starts the follower of the views.
func openViews(ctx context.Context, dir string, n *node.Node, h *projections.History) (*projections.Store, func() error, error) {
	s, err := projections.OpenStore(filepath.Join(dir, "views.db"), h, n.Journal)
	if err != nil {
		return nil, nil, err
	}
	return s, follow(ctx, s), nil
}

// follow runs a follower; what it returns ends it.
func follow(ctx context.Context, f interface {
	Follow(context.Context) error
	Close() error
}) func() error {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	followed := make(chan error, 1)
	go func() { followed <- f.Follow(ctx) }()
	return func() error {
		cancel()
		return errors.Join(<-followed, f.Close())
	}
}

// stop ends the node; its folder stays.
func (m *member) stop() {
	if m.Node == nil {
		return
	}
	m.listens.Store("")
	m.must(errors.Join(m.Node.Close(), m.close()))
	m.Node = nil
}

func (m *member) restart() {
	m.stop()
	m.start()
}

// do carries out an act of an office that this node hosts.
func (m *member) do(office events.Place, c events.Subject, do any) (engine.Done, error) {
	id, err := newID()
	if err != nil {
		return engine.Done{}, err
	}
	return m.Service.Do(m.nation.ctx, command(id, office, c, do))
}

func command(id events.ID, office events.Place, c events.Subject, do any) engine.Command {
	now := time.Now()
	return engine.Command{
		Act: engine.Act{ID: id, Office: office, Actor: "W-7", Time: now, Recorded: now}, Case: c, Do: do,
		Digest: events.Hash{1},
	}
}

// did is do for what must succeed.
func (m *member) did(office events.Place, c events.Subject, do any) engine.Done {
	m.nation.t.Helper()
	done, err := m.do(office, c, do)
	m.must(err)
	return done
}

// raise opens a case of a child at home there and hands it on.
func (m *member) raise(home, to events.Place) engine.Done {
	m.nation.t.Helper()
	return m.did(home, events.Subject{Place: home}, engine.Raise{To: to, Source: "izu", Facts: events.Facts(`{"child":{"age_months":18}}`)})
}

// until waits for a condition, looking again whenever this node's stream has
// grown, and a few hundred times a second for what no stream tells.
func (m *member) until(what string, cond func() bool) {
	m.nation.t.Helper()
	ctx, cancel := context.WithTimeout(m.nation.ctx, within)
	defer cancel()
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			m.nation.t.Fatalf("%s: not %s within %s (head %d, status %+v)", m.place, what, within, m.Journal.Head(), m.Status())
		}
	}
}

// find looks an event up, once everything that is stored has been applied.
func (m *member) find(id events.ID) (engine.Record, bool) {
	m.nation.t.Helper()
	m.must(m.history.Wait(m.nation.ctx, m.Journal.Head()))
	r, err := m.history.Find(id)
	if errors.Is(err, engine.ErrNotFound) {
		return r, false
	}
	m.must(err)
	return r, true
}

// holds waits until this node's store holds an event.
func (m *member) holds(id events.ID) engine.Record {
	m.nation.t.Helper()
	ctx, cancel := context.WithTimeout(m.nation.ctx, within)
	defer cancel()
	for {
		head := m.Journal.Head()
		if r, here := m.find(id); here {
			return r
		}
		if err := m.Journal.Wait(ctx, head); err != nil {
			m.nation.t.Fatalf("%s: event %s did not come (status %+v): %v", m.place, id, m.Status(), err)
		}
	}
}

// state folds a case as it stands here.
func (m *member) state(c events.Subject) *engine.State {
	m.nation.t.Helper()
	m.must(m.history.Wait(m.nation.ctx, m.Journal.Head()))
	s, err := m.Service.Case(c)
	m.must(err)
	return &s
}

// records is everything that this node's stream holds.
func (m *member) records() []engine.Record {
	m.nation.t.Helper()
	var out []engine.Record
	for from := uint64(1); from <= m.Journal.Head(); {
		stretch, err := m.Journal.Read(m.nation.ctx, from, 256)
		m.must(err)
		if len(stretch) == 0 {
			break
		}
		out, from = append(out, stretch...), stretch[len(stretch)-1].Seq+1
	}
	return out
}

// level waits until every node holds what every other holds and is due to it,
// and then asks the audit for the laws.
func (n *nation) level() {
	n.t.Helper()
	for _, from := range n.sorted() {
		for _, r := range from.records() {
			for _, to := range n.sorted() {
				if to != from && r.Event.Subject.Due(to.place) {
					to.holds(r.Event.ID)
				}
			}
		}
	}
	n.lawful()
}

// lawful asks the audit, which knows the root key and the stores alone.
func (n *nation) lawful(lost ...engine.Gap) {
	n.t.Helper()
	var stores []audit.Store
	for _, m := range n.sorted() {
		s := audit.Store{Node: m.place, Records: m.records(), Lost: lost}
		for _, f := range m.Journal.Damage() {
			s.Damage = append(s.Damage, fmt.Sprintf("%d to %d: %v", f.From, f.To, f.Err))
		}
		stores = append(stores, s)
	}
	for _, b := range audit.Check(n.root, stores, audit.Again{}).Breaches {
		n.t.Error(b)
	}
}

// newID makes a UUID of version 7 (RFC 9562).
func newID() (events.ID, error) {
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	var at [8]byte
	binary.BigEndian.PutUint64(at[:], uint64(time.Now().UnixMilli()))
	copy(b[:6], at[2:])
	b[6], b[8] = b[6]&0x0f|0x70, b[8]&0x3f|0x80
	return events.ID(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])), nil
}
