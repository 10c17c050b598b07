package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"umuryango/engine"
	"umuryango/events"
)

// Answer wraps keys of a case for a holder that says it misses them, also where
// it was given them before: as far as this node holds them and that one may. It
// returns which it wrapped; the wraps are on disk then. engine.ErrLocked.
func (s *Sealer) Answer(ctx context.Context, c events.Subject, h engine.Holder, ids []string) ([]string, error) {
	p := preparation{sealer: s, wrapper: wrapper{c, s.Node, s.Opener}, self: engine.Holder{Node: s.Node}}
	if len(h.Key) == 0 || h.Node == s.Node {
		return nil, nil
	}
	var err error
	if p.held, err = s.Store.Own(ctx, c); err != nil {
		return nil, fmt.Errorf("read the keys of %s: %w", c.ID, err)
	}
	in := contents{made: []string{engine.SealKeyID(h.Key)}}
	defer func() { wipe(in.keys) }()
	var given []string
	for _, id := range ids {
		k, err := p.asked(h, id)
		switch {
		case err == nil:
			in.keys, given = append(in.keys, k), append(given, id)
		case !errors.Is(err, engine.ErrNoKey):
			return nil, fmt.Errorf("answer %s in %s: %w", h.Node, c.ID, err)
		}
	}
	if len(given) == 0 {
		return nil, nil
	}
	if err := p.wrapFor([]holder{{Holder: h}}, in); err != nil {
		return nil, err
	}
	if err := s.Store.Put(ctx, p.wraps); err != nil {
		return nil, fmt.Errorf("keep the keys of %s for %s: %w", c.ID, h.Node, err)
	}
	return given, nil
}

// asked opens one key; engine.ErrNoKey for one that this node does not hold, or
// that the holder may not.
func (p *preparation) asked(h engine.Holder, id string) (key, error) {
	if p.sealer.Erased(p.subject, id) {
		return key{}, engine.ErrNoKey
	}
	for _, w := range p.held {
		i := slices.IndexFunc(w.Keys, func(k engine.CaseKey) bool { return k.ID == id })
		if i < 0 || !slices.Contains(h.Classes, w.Keys[i].Class) {
			continue
		}
		k, err := p.sealer.take(w, id)
		if err == nil {
			return k.key, nil
		}
		if !errors.Is(err, engine.ErrNoKey) {
			return key{}, err
		}
	}
	return key{}, engine.ErrNoKey
}

// Holds tells whether this node can open a key: nil, engine.ErrNoKey or
// engine.ErrLocked. A wrap that names a key may not hold it.
func (s *Sealer) Holds(ctx context.Context, c events.Subject, id string) error {
	if s.Opener.Locked() {
		return engine.ErrLocked
	}
	k, err := s.find(ctx, c, id, s.Store.Own)
	if err != nil {
		return err
	}
	k.secret.wipe()
	return nil
}
