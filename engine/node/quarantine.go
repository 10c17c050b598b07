package node

import (
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"umuryango/engine/link"
	"umuryango/events"
)

// Kept is one refused event as it came, and who refused it.
type Kept struct {
	By     string              `json:"by"`   // node that refused it, place id
	Place  string              `json:"from"` // neighbour that delivered it, place id
	Fault  string              `json:"fault"`
	Hash   events.Hash         `json:"hash"`
	Source string              `json:"source,omitempty"`
	Number uint64              `json:"number,omitempty"`
	Text   string              `json:"subject"`
	Header map[string][]string `json:"header"`
	Body   []byte              `json:"body"`
}

// keeper implements link.Keeper.
type keeper struct {
	*state
	self events.Place
}

func (s keeper) Keep(r link.Refusal) error {
	k := Kept{
		By: s.self.ID(), Place: r.Peer.ID(), Fault: string(r.Fault), Hash: r.Hash, Number: r.Number,
		Text: r.Subject, Header: r.Header, Body: r.Body,
	}
	if r.Source.Node != "" {
		k.Source = r.Source.String()
	}
	kept, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("write what was refused: %w", err)
	}
	later, err := json.Marshal(untold{Peer: r.Peer, Lower: r.Lower, Source: k.Source, Number: r.Number, Fault: r.Fault})
	if err != nil {
		return fmt.Errorf("write what is still to be told: %w", err)
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		if r.Untold {
			if err := tx.Bucket(bucketUntold).Put(r.Hash[:], later); err != nil {
				return err
			}
		}
		return tx.Bucket(bucketQuarantine).Put(r.Hash[:], kept)
	})
}

// Quarantine lists what was refused on either side: the bytes that this node
// did not take, and what others did not take of what this node delivered.
func (n *Node) Quarantine() ([]Kept, error) {
	out := []Kept{}
	err := n.state.each(bucketQuarantine, func(_, v []byte) error {
		var k Kept
		if err := json.Unmarshal(v, &k); err != nil {
			return err
		}
		out = append(out, k)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the quarantine: %w", err)
	}
	told, err := n.history.NodeEvents()
	if err != nil {
		return nil, fmt.Errorf("read what others refused: %w", err)
	}
	for _, e := range told {
		k, ok, err := n.refused(e)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, k)
		}
	}
	return out, nil
}

// refused reads a refusal by another node of what this one wrote or delivered.
func (n *Node) refused(e events.Event) (Kept, bool, error) {
	var b events.Refused
	self := n.ID.Place.ID()
	if e.Type != events.TypeRefused || e.Source.Node == n.ID.Place || e.Decode(&b) != nil || b.Node != self && b.From != self {
		return Kept{}, false, nil
	}
	k := Kept{By: e.Source.Node.ID(), Place: b.From, Fault: b.Reason, Hash: b.Hash, Number: b.Number}
	author, ok := e.Subject.Place.On(b.Node)
	if !ok || b.Run.IsZero() {
		return k, true, nil // it could not be read, and the refusal names its hash alone
	}
	source := events.Source{Node: author, Run: b.Run}
	k.Source = source.String()
	r, here, err := n.history.At(source, b.Number)
	if err != nil {
		return k, false, fmt.Errorf("find number %d of %s: %w", b.Number, source, err)
	}
	if here && r.Event.Hash() == b.Hash {
		k.Text, k.Header, k.Body = r.Event.Subject.String(), r.Event.Header(), r.Event.Body
	}
	return k, true, nil
}
