package node

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/events"
)

// errRotated ends a session: the next one shows the next key.
var errRotated = errors.New("the node above has enrolled the next keys")

// Rotate gives this node other keys. What it wrote before stays signed by the
// old ones; from the number behind it the new ones sign. The node above is
// asked over the link at once, or when it can be reached again: until then the
// node works on, and what it writes waits. What the old keys signed and this
// store does not know is disowned, so it must have heard its neighbours since it
// started; whole: a person knows it to be no older copy. keys.ErrPassphrase.
func (n *Node) Rotate(ctx context.Context, passphrase []byte, whole bool) error {
	own, standing := n.Authority.OwnNode(n.ID.Place)
	unheard := n.unheard()
	switch {
	case n.rotating():
		return &engine.Refusal{Code: "rotating", Detail: "a rotation waits for the node above: it is asked as soon as it can be reached"}
	case standing != engine.StandingActive || !own.SignKey.Equal(n.ID.SignKey()):
		return &engine.Refusal{Code: "not_enrolled", Detail: fmt.Sprintf("the keys of %s are not enrolled, so there is nothing to replace: link it up first", n.ID.Place)}
	case n.up != nil && !n.Linked():
		return &engine.Refusal{Code: "not_linked", Detail: fmt.Sprintf("%s has not linked up since its start and may be an older copy, which does not know all that its old keys signed: it rotates them when it has", n.ID.Place)}
	case !whole && len(unheard) > 0:
		return &engine.Refusal{Code: "not_linked", Detail: fmt.Sprintf("%s may be an older copy, and has not heard since its start what the nodes below hold that only they were told: wait until %s linked up, or say with node rotate --whole that this store is no older copy", n.ID.Place, nodeNames(unheard))}
	case n.ID.Locked():
		return engine.ErrLocked
	}
	next, err := n.ID.Next(passphrase, n.cost())
	if err != nil {
		return err
	}
	host := engine.Host{Node: n.ID.Place, SignKey: next.SignKey(), LinkKey: next.LinkKey(), SealKey: next.SealKey(), Address: own.Address}
	if n.up == nil {
		return n.rotateNation(ctx, host, next)
	}
	err = n.Service.Turn(ctx, func(runs events.RunEnds) (engine.Signer, error) {
		wish, err := engine.Wish(n.ID.Place, host, runs, n.ID, next)
		if err != nil {
			return nil, err
		}
		raw, err := json.Marshal(wish)
		if err != nil {
			return nil, err
		}
		if err := next.KeepWish(raw); err != nil {
			return nil, err
		}
		n.asking.Store(true)
		return n.ID, n.ID.Take(next)
	})
	if err != nil {
		return fmt.Errorf("rotate the keys of %s: %w", n.ID.Place, err)
	}
	n.Log.Info("keys rotated", "place", n.ID.Place.ID())
	n.up.again()
	return nil
}

// unheard lists the nodes below of which not all was taken since this node
// started.
func (n *Node) unheard() []events.Place {
	var out []events.Place
	for _, p := range n.Authority.Offices() {
		if p != n.ID.Place && n.reach(p) == engine.ReachWhole && !n.lowerAt(p).end.CaughtUp() {
			out = append(out, p)
		}
	}
	return out
}

// namesMax is how many nodes a refusal names.
const namesMax = 5

func nodeNames(places []events.Place) string {
	var out []string
	for _, p := range places[:min(len(places), namesMax)] {
		out = append(out, p.ID())
	}
	if more := len(places) - len(out); more > 0 {
		return fmt.Sprintf("%s and %d more have", strings.Join(out, ", "), more)
	}
	return strings.Join(out, ", ") + " have"
}

func (n *Node) rotateNation(ctx context.Context, host engine.Host, next *keys.Identity) error {
	_, err := n.Service.RotateNation(ctx, stamped(n.stamp()), host, func() (engine.Signer, error) { return n.ID, n.ID.Take(next) })
	if err != nil {
		return err
	}
	n.Log.Info("keys rotated", "place", n.ID.Place.ID())
	return n.ID.Settle()
}

// settleRotation finishes at the start what a crash left of a rotation: the
// nation's next keys are taken if the stream holds their enrolment. Keys that
// were never named to anybody are dropped: those beside keys that are enrolled.
// It returns a nation's former keys, which nobody needs.
func (n *Node) settleRotation() error {
	own, _ := n.Authority.OwnNode(n.ID.Place)
	var err error
	if own.SignKey.Equal(n.ID.SignKey()) {
		err = n.ID.Drop()
	} else {
		err = n.takeLeft(own.SignKey)
	}
	if err != nil {
		return err
	}
	if n.Upper.Address == "" && own.SignKey.Equal(n.ID.SignKey()) {
		return n.ID.Settle()
	}
	wish, err := n.ID.Wish()
	n.asking.Store(wish != nil)
	return err
}

// takeLeft takes keys that a rotation left if they are the enrolled ones. They
// may be the only copy: whoever cannot read them does not start without them.
func (n *Node) takeLeft(enrolled ed25519.PublicKey) error {
	next, err := n.ID.Left()
	if err != nil {
		return fmt.Errorf("finish the rotation of the keys of %s, which may be enrolled already: %w; start again when the folder can be read, or with a copy of it", n.ID.Place, err)
	}
	if next == nil || !enrolled.Equal(next.SignKey()) {
		return nil
	}
	if err := n.ID.Take(next); err != nil {
		return err
	}
	n.Log.Warn("the next keys were taken after a crash: unlock the node", "place", n.ID.Place.ID())
	return nil
}

// rotating reports whether the node above is still to be asked.
func (n *Node) rotating() bool { return n.asking.Load() }

// hold keeps back what the next key has signed until it is enrolled.
func (n *Node) hold(e events.Event) bool {
	return n.rotating() && e.Source.Node == n.ID.Place && n.Authority.Check(e) != ""
}

// settled ends a rotation once the enrolment of the next keys is in this node's
// own store. That the node above has written it is not enough: it may lose its
// store, or put an older copy in its place, before anybody else holds it, and is
// then to be asked again, over the link key that it knows.
func (n *Node) settled(ctx context.Context) error {
	if !n.rotating() {
		return nil
	}
	if err := n.Service.History.Wait(ctx, n.Journal.Head()); err != nil {
		return fmt.Errorf("find the enrolment of the next keys: %w", err)
	}
	line, err := n.Service.History.Load(events.NodeSubject(n.ID.Place))
	if err != nil {
		return fmt.Errorf("find the enrolment of the next keys: %w", err)
	}
	if !n.Authority.Enrols(n.ID.Place, n.ID.SignKey(), line) {
		return nil
	}
	if err := n.ID.Settle(); err != nil {
		return err
	}
	n.asking.Store(false)
	return nil
}

// rotate asks for what a rotation left to ask, before anything else is said:
// what is signed by the new key is authentic only after it.
func (l *upLink) rotate(ctx context.Context, conn *nats.Conn) error {
	wish, err := l.n.ID.Wish()
	if wish == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	m, err := conn.RequestWithContext(ctx, subjectRotate+l.n.ID.Place.ID(), wish)
	if err != nil {
		return fmt.Errorf("ask %s for other keys: %w", l.peer, err)
	}
	var reply joinReply
	if err := json.Unmarshal(m.Data, &reply); err != nil {
		return fmt.Errorf("read the answer of %s: %w", l.peer, err)
	}
	if reply.Later {
		l.later = time.AfterFunc(askAgainAfter, l.again)
		return nil // all else goes on meanwhile; what the next key signed is held back
	}
	if reply.Refused != "" {
		return fmt.Errorf("%s does not take the other keys: %s", l.peer, reply.Refused)
	}
	return errRotated
}

// askAgainAfter is when a rotation is asked for again that the node above could
// not take yet.
const askAgainAfter = 15 * time.Second

// serveRotate enrols the next keys of a node below. The session of the old
// link key ends with the answer.
func (n *Node) serveRotate(ctx context.Context, c *caller, m *nats.Msg) {
	if n.reach(c.place) == engine.ReachNone {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	var r engine.Rotation
	err := json.Unmarshal(m.Data, &r)
	switch {
	case err != nil || r.Office != c.place || keys.CheckSealKey(r.SealKey) != nil:
		err = &engine.Invalid{Field: "rotation", Problem: "it cannot be read, or is another node's"}
	default:
		err = n.Service.Rotate(ctx, stamped(n.stamp()), r)
	}
	n.reply(m, c.place, err)
	time.AfterFunc(leaveWithin, n.door.sweep)
}

// leaveWithin is how long the session of an old link key may outlive the
// rotation, so that the answer still arrives.
const leaveWithin = 2 * time.Second

// reply answers who joins or rotates.
func (n *Node) reply(m *nats.Msg, place events.Place, err error) {
	reply := joinReply{}
	if err != nil {
		n.Log.Warn("a node could not be enrolled", "place", place.ID(), "err", err)
		reply.Refused, reply.Later = err.Error(), engine.ForNow(err)
	}
	raw, err := json.Marshal(reply)
	if err == nil {
		err = m.Respond(raw)
	}
	if err != nil {
		n.Log.Warn("an answer was not sent", "subject", m.Subject, "err", err)
	}
}
