package sim

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"math"
	"slices"

	"umuryango/engine"
	"umuryango/events"
)

// keyring are a node's keys. They lie beside its store: an older copy of that
// brings back no older key.
type keyring struct {
	key    ed25519.PrivateKey
	id     string
	made   int              // keys so far
	next   *keyring         // of a nation that is changing them
	wish   *engine.Rotation // what the node above is still to be asked
	asks   string           // id of the key that asks it
	linked ed25519.PublicKey
}

func newKeyring(place events.Place, made int) keyring {
	mark := string(place)
	if made > 0 {
		mark = fmt.Sprintf("%s %d", place, made)
	}
	key := keyOf(mark)
	return keyring{key: key, id: events.KeyID(public(key)), made: made, linked: public(keyOf("link " + mark))}
}

// Key implements engine.Signer.
func (k *keyring) Key() string { return k.id }

// Locked implements engine.Signer.
func (k *keyring) Locked() bool { return false }

// Sign implements engine.Signer.
func (k *keyring) Sign(message []byte) ([]byte, error) { return ed25519.Sign(k.key, message), nil }

// rotate gives a node other keys, as real nodes do it: a lower one goes on with
// them at once, and asks for them before it says anything else.
func (w *world) rotate(n *node) {
	own, standing := n.authority.OwnNode(n.place)
	if n.dark || n.locked || !n.linked || n.restored || n.keys.wish != nil || !w.heardBelow(n) || standing != engine.StandingActive || !own.SignKey.Equal(public(n.keys.key)) {
		return
	}
	next := newKeyring(n.place, n.keys.made+1)
	if n.place.Level() == 0 {
		w.rotateNation(n, next)
		return
	}
	err := n.service.Turn(ctx, func(runs events.RunEnds) (engine.Signer, error) {
		old := n.keys
		wish, err := engine.Wish(n.place, next.host(n.place), runs, &old, &next)
		if err == nil {
			w.thieves = append(w.thieves, thief{n.place, old})
			n.keys = next
			n.keys.wish, n.keys.asks = &wish, old.id
		}
		return n, err
	})
	if err != nil {
		n.fell(err)
		return
	}
	w.took(tookRotate)
}

// heardBelow: what a node told only those below it, and its store may have lost,
// it must have heard again before it says what its old key signed.
func (w *world) heardBelow(n *node) bool {
	return !slices.ContainsFunc(w.links, func(l *wire) bool { return l.upper == n && !l.a.CaughtUp() })
}

func (w *world) rotateNation(n *node, next keyring) {
	n.keys.next = &next
	_, err := n.service.RotateNation(ctx, w.stamped(), next.host(n.place), func() (engine.Signer, error) {
		n.keys = next
		return n, nil
	})
	switch {
	case err == nil:
		w.took(tookNationRotate)
	case errors.Is(err, engine.ErrUnsettled): // nobody knows with which key it would go on
		n.fell(err)
		n.restart()
	default:
		n.keys.next = nil
		n.fell(err)
	}
}

// settleRotation takes a nation's next keys at a start if its stream says so.
func (n *node) settleRotation() {
	next := n.keys.next
	n.keys.next = nil
	if own, _ := n.authority.OwnNode(n.place); next != nil && own.SignKey.Equal(public(next.key)) {
		n.keys = *next
	}
}

func (w *world) stamped() engine.Stamped {
	return engine.Stamped{ID: w.id(actEnrolment), Actor: "adm", At: w.now}
}

func (k *keyring) host(place events.Place) engine.Host {
	return engine.Host{Node: place, SignKey: public(k.key), LinkKey: k.linked}
}

// hold keeps back what the next key has signed until it is enrolled.
func (n *node) hold(e events.Event) bool {
	return n.keys.wish != nil && e.Source.Node == n.place && n.authority.Check(e) != ""
}

// rotate asks the upper node, before anything else is said, for what a rotation
// left to ask.
func (l *wire) rotate() error {
	w := l.world
	if l.lower.keys.wish == nil || l.knowsNext() {
		return nil
	}
	l.upper.befall(10)
	if l.upper.locked || !w.sound(l.upper) {
		return errLost
	}
	l.prove()
	err := l.upper.service.Rotate(ctx, w.stamped(), *l.lower.keys.wish)
	var refusal *engine.Refusal
	switch {
	case engine.ForNow(err):
		w.took(tookNotRotated)
		return nil // all else goes on
	case errors.As(err, &refusal): // a real one's door keeps it out: it knows of another key
		return errLost
	case err != nil:
		l.upper.fell(err)
		return errLost
	case w.fails(15):
		w.took(tookRotateLost)
		return errLost
	}
	return errRotated
}

// prove shows an upper node that may have lost its store what enrolled the lower
// one, as a real one does at the door.
func (l *wire) prove() {
	for _, e := range l.lower.authority.Chain(l.lower.place) {
		l.upper.authority.Hear(e)
	}
}

// knowsNext reports whether the upper node lets in the lower one's next key
// already, as it shows at the door of a real one.
func (l *wire) knowsNext() bool {
	own, _ := l.upper.authority.OwnNode(l.lower.place)
	return own.SignKey.Equal(public(l.lower.keys.key))
}

// settled ends a rotation once the enrolment of the next key is in this node's
// own store.
func (n *node) settled() {
	n.check(n.history.Wait(ctx, n.journal.Head()))
	line, err := n.history.Load(events.NodeSubject(n.place))
	n.check(err)
	if n.authority.Enrols(n.place, public(n.keys.key), line) {
		n.keys.wish = nil
	}
}

// errRotated ends a session, so that the next is held with the other keys.
var errRotated = errors.New("the keys were rotated")

// orphans reports whether the enrolment of a key that is in use would go with a
// node's store, as nobody else has heard of it yet: then only a new invitation
// helps, or for the nation its root key.
func (w *world) orphans(n *node, older folder) bool {
	left := map[string]bool{} // keys whose enrolment somebody else holds
	add := func(records []engine.Record) {
		for _, r := range records {
			var b events.Enrolled
			if r.Event.Type == events.TypeEnrolled && r.Event.Decode(&b) == nil {
				left[events.KeyID(b.SignKey)] = true
			}
		}
	}
	for _, m := range w.nodes {
		if m != n {
			add(m.records())
		}
	}
	records, err := older.disk.Read(ctx, 1, math.MaxInt)
	n.check(err)
	add(records)
	return slices.ContainsFunc(w.nodes, func(m *node) bool { return !left[m.keys.id] && (m.keys.wish == nil || !left[m.keys.asks]) })
}
