package node

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"umuryango/events"
)

// What one hostile node below may take from its siblings. The limits are far
// above what a link needs, which has one batch and one poll on its way, and
// below what would keep this node from serving the others. What one may have
// this node keep of wraps is bounded in engine/journal: PassingMax, BroughtMax,
// and a share of the stream.
const (
	// connectionsMax bounds the listener: a sector has some tens of lower nodes.
	connectionsMax = 1024
	// connectionsPerKey: the present one, and one that died without a word.
	connectionsPerKey = 2
	// subscriptionsMax bounds one connection: a lower node has one, this node
	// some for its own stream.
	subscriptionsMax = 64
	// pendingMax bounds what waits for a connection that does not read.
	pendingMax = 32 << 20
	// controlLineMax bounds a line of the protocol before it is refused.
	controlLineMax = 1 << 10
	// proveWithin bounds the handshake, and after it who somebody is: whoever
	// says nothing holds a place at the listener no longer.
	proveWithin = 5 * time.Second

	// requestsRate and bytesRate are what one node may ask in a second, after as
	// much at once as burstSeconds bring.
	requestsRate = 1000
	bytesRate    = 16 << 20
	burstSeconds = 4
	// floodMax is how many messages beyond that, within some ten seconds, make a
	// flood, and floodPause how long its sender is kept out.
	floodMax   = 2000
	floodPause = 10 * time.Second
	// unreadableWeight is how many of those a message is that cannot be read: a
	// node of another version sends a few and backs off; whoever sends some tens
	// at whatever pace keeps this node busy with nothing.
	unreadableWeight = 50
	// refusedMax is how much of what one node brings may be refused at once, and
	// refusedRate how much a second for long. Each stands in this node's stream and
	// in its quarantine for good. An honest node brings some dozens when it was
	// restored, and what a node below it signed after it was revoked.
	refusedMax  = 256
	refusedRate = 1
	// servedAtOnce bounds the messages of one node in one direction that are being
	// served: one, and one whose asker gave up.
	servedAtOnce = 2
)

// allowance is what a node may still ask now.
type allowance struct {
	mu       sync.Mutex
	at       time.Time
	requests float64
	bytes    float64
	beyond   float64 // dropped, and what could not be read, less a tenth of floodMax for every second

	refusedAt time.Time
	refused   float64 // less refusedRate for every second
}

// take asks for one message of size bytes. flood: it goes on far beyond what
// it may.
func (a *allowance) take(now time.Time, size int) (ok, flood bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	passed := now.Sub(a.at).Seconds()
	if a.at.IsZero() {
		passed = burstSeconds
	}
	a.at = now
	a.requests = min(a.requests+passed*requestsRate, burstSeconds*requestsRate)
	a.bytes = min(a.bytes+passed*bytesRate, burstSeconds*bytesRate)
	a.beyond = max(a.beyond-passed*floodMax/10, 0)
	if a.requests < 1 || a.bytes < float64(size) {
		a.beyond++
		return false, a.beyond >= floodMax
	}
	a.requests, a.bytes = a.requests-1, a.bytes-float64(size)
	return true, false
}

// spoil counts a message that cannot be read. flood: there were too many.
func (a *allowance) spoil() (flood bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.beyond += unreadableWeight
	return a.beyond >= floodMax
}

// refuse counts what was refused of a message. pause is how long its sender is to
// be kept out until that is no more than it may be; zero: not at all.
func (a *allowance) refuse(now time.Time, count int) (pause time.Duration) {
	if count == 0 {
		return 0
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.refused = max(a.refused-now.Sub(a.refusedAt).Seconds()*refusedRate, 0) + float64(count)
	a.refusedAt = now
	if a.refused <= refusedMax {
		return 0
	}
	return max(floodPause, time.Duration((a.refused-refusedMax)/refusedRate*float64(time.Second)))
}

// caller is whoever may send on one of the request subjects.
type caller struct {
	allowance
	place events.Place

	serving sync.Mutex
	busy    map[string]int // subject → messages that are being served
}

// begin takes one of the places for messages on a subject; false when all are
// taken.
func (c *caller) begin(subject string) bool {
	c.serving.Lock()
	defer c.serving.Unlock()
	if c.busy[subject] >= servedAtOnce {
		return false
	}
	c.busy[subject]++
	return true
}

func (c *caller) end(subject string) {
	c.serving.Lock()
	defer c.serving.Unlock()
	c.busy[subject]--
}

// callerOf finds who sent a message; nil when its answer is wanted somewhere
// else than in its sender's inbox.
func (n *Node) callerOf(m *nats.Msg) *caller {
	at := strings.LastIndexByte(m.Subject, '.') + 1
	kind, id := m.Subject[:at], m.Subject[at:]
	if !strings.HasPrefix(m.Reply, "_INBOX_"+id+".") {
		return nil
	}
	key := id
	if kind == subjectJoin {
		key = kind + id
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	c := n.callers[key]
	if c == nil {
		place, ok := n.placeOf(id)
		if !ok {
			return nil
		}
		c = &caller{place: place, busy: map[string]int{}}
		n.callers[key] = c
	}
	return c
}

// placeOf reads the id in a subject, which the server lets its sender use.
func (n *Node) placeOf(id string) (events.Place, bool) {
	for _, office := range n.Authority.Offices() {
		if office.ID() == id {
			return office, true
		}
	}
	return n.state.invitedPlace(id)
}

// admit decides quickly whether a message is served at all: what comes too fast
// or beside one that is being served is dropped, and its sender asks again.
func (n *Node) admit(m *nats.Msg, serve func(context.Context, *caller, *nats.Msg)) {
	c := n.callerOf(m)
	if c == nil {
		return
	}
	ok, flood := c.take(time.Now(), len(m.Data)+len(m.Reply))
	if flood {
		n.keepOut(c, floodPause)
	}
	if !ok || !c.begin(m.Subject) {
		return
	}
	if !n.task(func(ctx context.Context) {
		defer c.end(m.Subject)
		serve(ctx, c, m)
	}) {
		c.end(m.Subject)
	}
}

// keepOut ends the connections of who floods its link, and lets it come back
// after a while.
func (n *Node) keepOut(c *caller, pause time.Duration) {
	n.Log.Warn("a lower node floods its link and is kept out for a while", "place", c.place.ID(), "for", pause)
	own, _ := n.Authority.OwnNode(c.place)
	n.door.keepOut(time.Now().Add(pause), string(own.LinkKey), joinKey(c.place))
	c.forgive()
}

// forgive begins the count of a flood anew, once it was answered.
func (a *allowance) forgive() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.beyond = 0
}
