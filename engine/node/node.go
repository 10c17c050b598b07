// Package node runs a node: an embedded NATS server with the node's stream,
// its link up over TLS 1.3, and the links of the nodes below. It moves the
// bytes of package link and holds no rule of its own: what may be stored is
// decided by link and engine, what a case means by engine's fold.
package node

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"umuryango/engine"
	"umuryango/engine/journal"
	"umuryango/engine/keys"
	"umuryango/engine/link"
	"umuryango/events"
)

// Names inside a node's folder.
const (
	DirKeys   = "keys"
	DirStream = "stream"
	fileLock  = "lock"
	fileState = "state.db"
)

// Config is what a node is started with.
type Config struct {
	Dir     string // its folder; keys.Create has made the keys in DirKeys
	Listen  string // where lower nodes and the operator dial; empty: nowhere
	Upper   Upper  // the node above; zero for the nation's
	Edition string // of the place list
	Gate    func(at time.Time) (engine.Gate, error)
	Now     func() time.Time
	NewID   func() (events.ID, error)
	Log     *slog.Logger
	// Passphrase opens the node's keys at the start; nil: it starts locked, and
	// relays. Whoever makes a node sets it.
	Passphrase []byte
	// Cost is that of a passphrase that is set; zero: keys.DefaultCost.
	Cost keys.Cost
	// Trace is told of every key of a case that is opened or made here. It exists
	// for tests, which search for it where it must never be.
	Trace func(secret []byte)
	// UnsafeSync lets the stream acknowledge before the disk has it. It exists
	// to measure what safety costs; a power cut then loses the whole stream.
	UnsafeSync bool
}

// Upper is the node above: where it listens and the key it must show.
type Upper struct {
	Place   events.Place
	Address string
	LinkKey ed25519.PublicKey
}

// History is what a node reads of its own past; projections keep it.
type History interface {
	engine.History
	link.Store
	// NodeEvents returns the events of node aggregates in the order of arrival.
	NodeEvents() ([]events.Event, error)
}

// Node is a running node.
type Node struct {
	Config
	ID      *keys.Identity
	Journal *journal.Journal
	Keys    *journal.Keys
	Reads   *journal.Reads // opened pages

	Authority *engine.Authority
	Service   *engine.Service
	run       events.Run
	history   History

	server *server.Server
	door   *doorkeeper
	conn   *nats.Conn // to the stream
	links  *nats.Conn // to the lower nodes
	self   string     // password of this node's own connections, new at each start
	lock   *os.File
	state  *state

	ctx    context.Context
	cancel context.CancelFunc
	tasks  sync.WaitGroup
	linked atomic.Bool
	asking atomic.Bool // the next keys are still to be enrolled
	up     *upLink
	asks   *link.Asks
	work   bell // rings for custody

	custody *custody

	mu     sync.Mutex
	closed bool
	lowers map[events.Place]*lowerLink

	callers map[string]*caller // by the id in their subjects
}

// Open takes the folder, starts the embedded server and opens the stream. The
// node serves nobody before Begin. keys.ErrPassphrase for a passphrase that does
// not open its keys.
func Open(ctx context.Context, c Config) (_ *Node, err error) {
	passphrase := c.Passphrase
	c.Passphrase = nil // it is not kept
	n := &Node{Config: c, lowers: map[events.Place]*lowerLink{}, callers: map[string]*caller{}, self: rand.Text()}
	n.door = newDoorkeeper(n)
	n.ctx, n.cancel = context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			n.Close()
		}
	}()
	if n.lock, err = Hold(c.Dir); err != nil {
		return nil, err
	}
	if n.ID, err = keys.Load(filepath.Join(c.Dir, DirKeys)); err != nil {
		return nil, fmt.Errorf("open the node in %s: %w", c.Dir, err)
	}
	if passphrase != nil {
		if err = n.ID.Unlock(passphrase); err != nil {
			return nil, fmt.Errorf("open the node in %s: %w", c.Dir, err)
		}
	}
	if n.state, err = openState(filepath.Join(c.Dir, fileState)); err != nil {
		return nil, err
	}
	n.Authority = engine.NewAuthority(n.ID.Root)
	if err := n.startServer(); err != nil {
		return nil, err
	}
	if n.conn, err = n.inside(userSelf); err != nil {
		return nil, err
	}
	if n.links, err = n.inside(userDoor); err != nil {
		return nil, err
	}
	streams := journal.Config{SyncAlways: !c.UnsafeSync, AllowUnsafeSync: c.UnsafeSync, Damaged: n.damaged}
	if n.Journal, err = journal.Open(ctx, n.conn, streams); err != nil {
		return nil, fmt.Errorf("open the stream of %s: %w", n.ID.Place, err)
	}
	n.asks = link.NewAsks(n.asked)
	if n.Keys, err = journal.OpenKeys(ctx, n.conn, streams, n.ID.Place, n.moved); err != nil {
		return nil, fmt.Errorf("open the wraps of %s: %w", n.ID.Place, err)
	}
	n.tellUnreadable()
	if n.Reads, err = journal.OpenReads(ctx, n.conn, streams); err != nil {
		return nil, fmt.Errorf("open the record of pages of %s: %w", n.ID.Place, err)
	}
	return n, nil
}

// answersAhead is how many messages may wait for whoever asked for several: more
// than anybody asks for at once. Room for them is made anew for each who asks, for
// 65,536 unless it is said, which was half a megabyte for every case raised.
const answersAhead = 2048

// inside connects this node to its own server.
func (n *Node) inside(user string) (*nats.Conn, error) {
	conn, err := nats.Connect("", nats.InProcessServer(n.server), nats.UserInfo(user, n.self), nats.Name(n.ID.Place.ID()), nats.SyncQueueLen(answersAhead),
		nats.CustomInboxPrefix(inboxSelf))
	if err != nil {
		return nil, fmt.Errorf("connect to the embedded server: %w", err)
	}
	return conn, nil
}

// Begin starts a run on what history holds of the stream, and the links.
func (n *Node) Begin(ctx context.Context, h History) error {
	n.history = h
	if err := h.Wait(ctx, n.Journal.Head()); err != nil {
		return fmt.Errorf("wait for the history of %s: %w", n.ID.Place, err)
	}
	if err := n.learn(); err != nil {
		return err
	}
	if err := n.settleRotation(); err != nil {
		return err
	}
	before, err := n.beginRun()
	if err != nil {
		return err
	}
	if n.custody, err = newCustody(n); err != nil {
		return fmt.Errorf("begin to look after the keys of %s: %w", n.ID.Place, err)
	}
	self := engine.Self{Node: n.ID.Place, Run: n.run, Signer: n.ID}
	n.Service = &engine.Service{
		Writer:  engine.NewWriter(self, n.Journal, h, before),
		History: h, Authority: n.Authority, Gate: n.Gate, Edition: n.Edition, Linked: n.linked.Load,
		Sealer: n.custody,
	}
	if n.Upper.Address != "" {
		n.up = newUpLink(n)
	}
	if err := n.serveLowers(); err != nil {
		return err
	}
	n.begun()
	n.task(n.custody.run)
	if !n.ID.Locked() {
		n.task(n.catchUpSigning)
	}
	n.Log.Info("node begins", "place", n.ID.Place.ID(), "run", n.run.String(), "head", n.Journal.Head(), "locked", n.ID.Locked())
	return nil
}

// begun starts the link up; a nation that hosts every office itself has nobody
// to hear from.
func (n *Node) begun() {
	if n.up != nil {
		n.task(n.up.run)
		return
	}
	if len(n.Authority.Offices()) <= 1 {
		n.linked.Store(true)
	}
}

// learn folds who may sign from the stream. What cannot be checked yet waits
// for what it follows from; what is left was written by this node before it
// was enrolled.
func (n *Node) learn() error {
	waiting, err := n.history.NodeEvents()
	if err != nil {
		return fmt.Errorf("read the enrolments: %w", err)
	}
	for progress := true; progress && len(waiting) > 0; {
		var left []events.Event
		for _, e := range waiting {
			if n.Authority.Check(e) == "" {
				n.Authority.Add(e)
			} else {
				left = append(left, e)
			}
		}
		progress = len(left) < len(waiting)
		waiting = left
	}
	if len(waiting) > 0 {
		n.Log.Warn("enrolments wait for what they follow from", "count", len(waiting))
	}
	return nil
}

// beginRun gives this start its run: one higher than the last that the store
// knows, with a random mark.
func (n *Node) beginRun() (before *events.RunEnd, err error) {
	runs, err := n.history.Runs()
	if err != nil {
		return nil, fmt.Errorf("read the runs of %s: %w", n.ID.Place, err)
	}
	number := uint64(0)
	for _, r := range runs {
		number = max(number, r.Run.Number)
	}
	last, ok, err := n.history.Last(n.ID.Place)
	if err != nil {
		return nil, fmt.Errorf("read the last event of %s: %w", n.ID.Place, err)
	}
	if ok {
		before, number = &last, max(number, last.Run.Number)
	}
	n.run = events.Run{Number: number + 1, Mark: newMark()}
	return before, nil
}

// newMark makes two starts from one older copy differ.
func newMark() string {
	const letters, length = "abcdefghjkmnpqrstuvwxyz23456789", 4
	raw := make([]byte, length)
	rand.Read(raw) // never fails (crypto/rand)
	for i, b := range raw {
		raw[i] = letters[int(b)%len(letters)]
	}
	return string(raw)
}

// Sealer seals and opens with the keys that this node holds.
func (n *Node) Sealer() engine.Sealer { return n.custody }

// Run is the run that began with this start.
func (n *Node) Run() events.Run { return n.run }

// Linked reports whether this node has heard all that its neighbour held since
// its last start.
func (n *Node) Linked() bool { return n.linked.Load() }

// Address is where lower nodes dial; empty when the node listens nowhere.
func (n *Node) Address() string {
	if n.Listen == "" {
		return ""
	}
	return n.server.Addr().String()
}

// task runs f beside the others; once the node closes, none begins.
func (n *Node) task(f func(ctx context.Context)) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return false
	}
	n.tasks.Go(func() { f(n.ctx) })
	return true
}

// Close stops the links, then the server, and gives the folder back. It is
// safe on a node that Open could not finish.
func (n *Node) Close() error {
	n.mu.Lock()
	n.closed = true
	n.mu.Unlock()
	n.cancel()
	n.tasks.Wait()
	var errs []error
	for _, conn := range []*nats.Conn{n.links, n.conn} {
		if conn != nil {
			conn.Close()
		}
	}
	if n.server != nil {
		n.server.Shutdown()
		n.server.WaitForShutdown()
	}
	if n.state != nil {
		errs = append(errs, n.state.close())
	}
	if n.lock != nil {
		errs = append(errs, n.lock.Close())
	}
	return errors.Join(errs...)
}

func (n *Node) stamp() link.Stamp {
	id, err := n.NewID()
	if err != nil {
		n.Log.Error("no id could be made", "err", err)
	}
	return link.Stamp{ID: id, At: n.Now()}
}

func (n *Node) newEnd(peer, lower events.Place) *link.End {
	return link.NewEnd(n.linkConfig(peer, lower))
}

func (n *Node) linkConfig(peer, lower events.Place) link.Config {
	return link.Config{
		Peer: peer, Lower: lower, Journal: n.Journal, Writer: n.Service.Writer, Authority: n.Authority,
		Store: n.history, Keeper: keeper{n.state, n.ID.Place}, Stamp: n.stamp, Edition: n.Edition, Hold: n.hold,
		Keys: n.Keys, Asks: n.asks,
	}
}
