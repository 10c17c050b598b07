package engine

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"umuryango/events"
)

// Rotation is a node's wish to have other keys. It names the last number that
// it signs with the old one; everything behind it is signed with the new one.
type Rotation struct {
	Office  events.Place      `json:"office"`
	SignKey ed25519.PublicKey `json:"sign_key"`
	LinkKey ed25519.PublicKey `json:"link_key"`
	SealKey []byte            `json:"seal_key,omitempty"`
	Address string            `json:"address,omitempty"`
	Runs    events.RunEnds    `json:"runs"` // of this node, oldest first; the last is the one that goes on
	OldSig  []byte            `json:"old_sig,omitempty"`
	NewSig  []byte            `json:"new_sig,omitempty"`
}

// Message is what both keys sign: the old one that it wants to be replaced, the
// new one that its holder asks.
func (r Rotation) Message() ([]byte, error) {
	r.OldSig, r.NewSig = nil, nil
	raw, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("write the rotation of %s: %w", r.Office, err)
	}
	return append([]byte("umuryango rotation v1\n"), raw...), nil
}

// Signed reports whether a node's present key and the next one both ask for
// this.
func (r Rotation) Signed(present ed25519.PublicKey) bool {
	message, err := r.Message()
	return err == nil && len(r.SignKey) == ed25519.PublicKeySize && len(present) == ed25519.PublicKeySize &&
		ed25519.Verify(present, message, r.OldSig) && ed25519.Verify(r.SignKey, message, r.NewSig)
}

func (r Rotation) host() Host {
	return Host{Node: r.Office, SignKey: r.SignKey, LinkKey: r.LinkKey, SealKey: r.SealKey, Address: r.Address}
}

// ForNow reports whether a rotation was refused for a reason that passes: it is
// asked for again, here or at the node above that there is then, and all else
// goes on meanwhile.
func ForNow(err error) bool {
	var refusal *Refusal
	return errors.As(err, &refusal) && slices.Contains([]string{"not_linked", "not_active", "not_hosted"}, refusal.Code)
}

// Rotate writes, for the office above, that a node has other keys from now on.
// Asked again for what is in effect it answers the same and writes nothing. It
// fails with *Refusal when the node did not sign this, and ForNow when it may not
// speak, when this node does not speak for the office above it, and when this
// store may be an older copy: what it does not know to be signed with the old key
// would be disowned.
func (s *Service) Rotate(ctx context.Context, c Stamped, r Rotation) error {
	upper, ok := r.Office.Upper()
	if !ok {
		return refuse("wrong_office", "%s is a nation: it rotates its own keys", r.Office)
	}
	if err := s.hosted(upper, nil); err != nil {
		return err
	}
	records, err := s.Writer.Write(ctx, func() (Plan, error) { return s.rotation(c, upper, r) })
	if err != nil {
		return fmt.Errorf("rotate the keys of %s: %w", r.Office, s.wayOut(err))
	}
	for _, record := range records {
		s.Authority.Add(record.Event)
	}
	return nil
}

func (s *Service) rotation(c Stamped, upper events.Place, r Rotation) (Plan, error) {
	if err := s.recollect(r.Office); err != nil {
		return Plan{}, err
	}
	own, standing := s.Authority.OwnNode(r.Office)
	if standing == StandingActive && own.SignKey.Equal(r.SignKey) && own.LinkKey.Equal(r.LinkKey) {
		return Plan{}, nil // it asks again, as the answer was lost
	}
	if err := s.mayRotate(own, standing, r); err != nil {
		return Plan{}, err
	}
	// A nation's store hears what it lost from that very node, which holds it back
	// until it is enrolled.
	if nation := s.Writer.Self().Node.Level() == 0; !nation && !s.Linked() {
		return Plan{}, refuse("not_linked", "this node has not linked up since its start and may be an older copy, which does not know all that %s wrote with its old key: it is asked again", r.Office)
	}
	known, err := s.History.Ends(r.Office)
	if err != nil {
		return Plan{}, fmt.Errorf("find the last events of %s: %w", r.Office, err)
	}
	return s.enrolled(c, upper, r.Office, r.host(), formerOf(r.Office, union(known, r.Runs)))
}

func (s *Service) mayRotate(own Host, standing Standing, r Rotation) error {
	switch {
	case standing != StandingActive:
		return refuse("not_active", "the node of %s does not stand as its office's own: its keys are not rotated", r.Office)
	case len(r.SignKey) != ed25519.PublicKeySize || len(r.LinkKey) != ed25519.PublicKeySize || len(r.Runs) == 0 || len(r.Runs) > runsMax:
		return &Invalid{Field: "rotation", Problem: "its keys or runs do not fit"}
	case own.SignKey.Equal(r.SignKey) || own.LinkKey.Equal(r.LinkKey) || s.Authority.Spent(r.Office, r.SignKey):
		return refuse("spent_key", "the new keys of %s were in use before", r.Office)
	case !r.Signed(own.SignKey):
		return refuse("signature", "the rotation of %s is not signed by the old key and the new one", r.Office)
	}
	return nil
}

// union joins what two know of a node's runs: neither may make the other's
// smaller.
func union(a, b events.RunEnds) events.RunEnds {
	out := slices.Clone(a)
	for _, end := range b {
		if i := slices.IndexFunc(out, func(o events.RunEnd) bool { return o.Run == end.Run }); i >= 0 {
			out[i].Last = max(out[i].Last, end.Last)
		} else {
			out = append(out, end)
		}
	}
	slices.SortFunc(out, func(a, b events.RunEnd) int { return a.Run.Compare(b.Run) })
	return out
}

// Wish is a node's own rotation, to be sent to the node above: runs are those
// of its store, the last one going on behind them. It must be made in the
// writer's turn in which the keys are changed.
func Wish(office events.Place, host Host, runs events.RunEnds, old, new Signer) (Rotation, error) {
	r := Rotation{Office: office, SignKey: host.SignKey, LinkKey: host.LinkKey, SealKey: host.SealKey, Address: host.Address, Runs: runs}
	message, err := r.Message()
	if err != nil {
		return r, err
	}
	if r.OldSig, err = old.Sign(message); err != nil {
		return r, fmt.Errorf("sign the rotation of %s: %w", office, err)
	}
	if r.NewSig, err = new.Sign(message); err != nil {
		return r, fmt.Errorf("sign the rotation of %s: %w", office, err)
	}
	return r, nil
}

// Turn gives f the ends of this node's runs while nobody else can write, and
// lets what is written from then on be signed by whoever f returns.
func (s *Service) Turn(ctx context.Context, f func(runs events.RunEnds) (Signer, error)) error {
	_, err := s.Writer.Write(ctx, func() (Plan, error) {
		runs, err := s.ownRuns()
		if err != nil {
			return Plan{}, err
		}
		signer, err := f(runs)
		if err != nil {
			return Plan{}, err
		}
		s.Writer.signsWith(signer)
		return Plan{}, nil
	})
	return err
}

// ownRuns are the ends of this node's runs, the present one among them.
func (s *Service) ownRuns() (events.RunEnds, error) {
	self := s.Writer.Self()
	ends, err := s.History.Ends(self.Node)
	if err != nil {
		return nil, fmt.Errorf("find the runs of %s: %w", self.Node, err)
	}
	return union(ends, events.RunEnds{{Run: self.Run, Last: s.Writer.number}}), nil
}

// RotateNation writes that the nation's own node has other keys, signed by its
// old one. take is called when that is on disk, before anything else is
// written, and returns what signs from then on.
func (s *Service) RotateNation(ctx context.Context, c Stamped, host Host, take func() (Signer, error)) (Record, error) {
	nation := s.Writer.Self().Node
	if nation.Level() != 0 {
		return Record{}, refuse("wrong_office", "%s is no nation: the node above enrols its keys", nation)
	}
	var taken error
	plan := func() (Plan, error) {
		if err := s.recollect(nation); err != nil {
			return Plan{}, err
		}
		runs, err := s.ownRuns()
		if err != nil {
			return Plan{}, err
		}
		own := slices.IndexFunc(runs, func(r events.RunEnd) bool { return r.Run == s.Writer.self.Run })
		runs[own].Last++ // this event itself
		return s.enrolled(c, nation, nation, host, formerOf(nation, runs))
	}
	records, err := s.Writer.write(ctx, job{reads: everything, plan: plan, alone: true, then: func(r []Record) {
		s.Authority.Add(r[0].Event)
		var next Signer
		if next, taken = take(); taken == nil {
			s.Writer.signsWith(next)
		}
	}})
	if err = errors.Join(err, taken); err != nil {
		return Record{}, fmt.Errorf("rotate the keys of %s: %w", nation, err)
	}
	return records[0], nil
}
