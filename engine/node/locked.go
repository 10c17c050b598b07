package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cenkalti/backoff/v4"
	"go.etcd.io/bbolt"

	"umuryango/engine"
	"umuryango/engine/keys"
	"umuryango/engine/link"
	"umuryango/events"
)

// Unlock opens the node's signing and sealing keys; keys.ErrPassphrase. What
// waited for a signature is written from then on.
func (n *Node) Unlock(passphrase []byte) error {
	if err := n.ID.Unlock(passphrase); err != nil {
		return fmt.Errorf("unlock the node of %s: %w", n.ID.Place, err)
	}
	n.Log.Info("node unlocked", "place", n.ID.Place.ID())
	if n.custody != nil {
		n.custody.lookAtAll()
	}
	n.task(n.catchUpSigning)
	return nil
}

// Lock forgets the opened keys: the node relays, signs nothing, opens nothing.
func (n *Node) Lock() {
	n.ID.Lock()
	if n.custody != nil {
		n.custody.Sealer.Lock()
	}
	n.Log.Info("node locked", "place", n.ID.Place.ID())
}

// ChangePassphrase puts the node's keys under another passphrase, locked or
// not; keys.ErrPassphrase when the older one does not open them.
func (n *Node) ChangePassphrase(older, newer []byte) error {
	if err := n.ID.ChangePassphrase(older, newer, n.cost()); err != nil {
		return fmt.Errorf("change the passphrase of the node of %s: %w", n.ID.Place, err)
	}
	n.Log.Info("passphrase changed", "place", n.ID.Place.ID())
	return nil
}

// cost is what a passphrase that is set now costs to try.
func (c Config) cost() keys.Cost {
	if c.Cost == (keys.Cost{}) {
		return keys.DefaultCost
	}
	return c.Cost
}

// catchUpSigning writes what could not be signed while the node was locked, and
// tries again while the store does not take it. It ends when nothing is left,
// or the node is locked again: the next unlocking goes on.
func (n *Node) catchUpSigning(ctx context.Context) {
	try := func() error {
		err := n.tellUntold(ctx)
		if errors.Is(err, engine.ErrLocked) {
			return backoff.Permanent(err)
		}
		return err
	}
	patience := backoff.NewExponentialBackOff(backoff.WithInitialInterval(retryFirst), backoff.WithMaxInterval(idleRetryMax), backoff.WithMaxElapsedTime(0))
	if err := backoff.Retry(try, backoff.WithContext(patience, ctx)); err != nil && ctx.Err() == nil {
		n.Log.Warn("what was refused while the node was locked is still to be told", "err", err)
	}
}

// untoldStretch is how many refusals are told at once.
const untoldStretch = 64

func (n *Node) tellUntold(ctx context.Context) error {
	for {
		var stretch []link.Refusal
		err := n.linkConfig(n.ID.Place, n.ID.Place).Tell(ctx, func() (_ []link.Refusal, err error) {
			stretch, err = n.state.untold(untoldStretch)
			return stretch, err
		})
		if err != nil || len(stretch) == 0 {
			return err
		}
		if err := n.state.told(stretch); err != nil {
			return fmt.Errorf("note what was told: %w", err)
		}
	}
}

// untold is what is kept of a refusal until its event is written; its bytes lie
// in the quarantine.
type untold struct {
	Peer   events.Place `json:"peer"`
	Lower  events.Place `json:"lower"`
	Source string       `json:"source,omitempty"`
	Number uint64       `json:"number,omitempty"`
	Fault  engine.Fault `json:"fault"`
}

func (s *state) untold(limit int) ([]link.Refusal, error) {
	var out []link.Refusal
	err := s.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucketUntold)
		if b == nil {
			return nil // of a node that was stopped while it made this file
		}
		c := b.Cursor()
		for hash, raw := c.First(); hash != nil && len(out) < limit; hash, raw = c.Next() {
			r, err := readUntold(hash, raw)
			if err != nil {
				return err
			}
			out = append(out, r)
		}
		return nil
	})
	return out, err
}

func readUntold(hash, raw []byte) (link.Refusal, error) {
	var u untold
	if err := json.Unmarshal(raw, &u); err != nil {
		return link.Refusal{}, err
	}
	r := link.Refusal{Peer: u.Peer, Lower: u.Lower, Number: u.Number, Hash: events.Hash(hash), Fault: u.Fault, Untold: true}
	if u.Source == "" {
		return r, nil
	}
	var err error
	r.Source, err = events.ParseSource(u.Source)
	return r, err
}

func (s *state) told(list []link.Refusal) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		for _, r := range list {
			if err := tx.Bucket(bucketUntold).Delete(r.Hash[:]); err != nil {
				return err
			}
		}
		return nil
	})
}
