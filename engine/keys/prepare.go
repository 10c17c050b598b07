package keys

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"umuryango/engine"
	"umuryango/events"
)

// pathClasses are the keys that a case has one of from each node that writes in
// it. They are made together, so that what is told later needs no new wraps.
var pathClasses = []engine.Class{engine.ClassIdentity, engine.ClassNarrative, engine.ClassFacts}

// Prepare implements engine.Sealer.
func (s *Sealer) Prepare(ctx context.Context, c events.Subject, holders []engine.Holder, fields []string) (engine.Seal, error) {
	if s.Erased(c, "") {
		if len(fields) > 0 {
			return nil, fmt.Errorf("seal in %s: %w", c.ID, engine.ErrErased)
		}
		return sealNothing, nil
	}
	p := preparation{sealer: s, subject: c, keys: map[string]key{}}
	for _, h := range holders {
		if h.Node == s.Node {
			h.Key = s.Opener.SealKey()
		}
		if len(h.Key) > 0 {
			p.holders = append(p.holders, holder{h, SealKeyID(h.Key)})
		}
	}
	own, err := s.Store.Own(c)
	if err != nil {
		return nil, fmt.Errorf("read the wraps of %s: %w", c.ID, err)
	}
	if err := p.give(own); err != nil {
		return nil, fmt.Errorf("hand on the keys of %s: %w", c.ID, err)
	}
	if err := p.choose(own, fields); err != nil {
		return nil, fmt.Errorf("find the keys of %s: %w", c.ID, err)
	}
	if len(p.wraps) > 0 {
		if err := s.Store.Put(ctx, p.wraps); err != nil {
			return nil, fmt.Errorf("keep the keys of %s: %w", c.ID, err)
		}
		s.open.put(c, p.kept)
	}
	return p.seal, nil
}

func sealNothing(_ engine.Binding, x engine.Secret) (events.SealedPart, error) {
	return events.SealedPart{}, fmt.Errorf("seal %s: it was not prepared", x.Field)
}

// Give wraps all that this node holds of a case for those holders that were not
// given it yet.
func (s *Sealer) Give(ctx context.Context, c events.Subject, holders []engine.Holder) error {
	_, err := s.Prepare(ctx, c, holders, nil)
	return err
}

// preparation is one run of Prepare.
type preparation struct {
	sealer  *Sealer
	subject events.Subject
	holders []holder
	keys    map[string]key // by field
	wraps   []Wrap         // to be put
	kept    []key          // of those that were made just now, what this node may hold
}

type holder struct {
	engine.Holder
	id string // SealKeyID
}

// of lists the sealing keys of those who may hold a class, sorted.
func (p *preparation) of(class engine.Class) []string {
	var out []string
	for _, h := range p.holders {
		if slices.Contains(h.Classes, class) {
			out = append(out, h.id)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// give wraps what is held for holders who were not there when it was wrapped.
func (p *preparation) give(own []Wrap) error {
	lacking := map[string][]Name{} // by holder's sealing key
	wrapped := map[string][]string{}
	for _, w := range own {
		for _, n := range w.Keys {
			wrapped[n.ID] = append(wrapped[n.ID], w.For...)
		}
	}
	for _, w := range own {
		for _, n := range w.Keys {
			for _, h := range p.holders {
				if h.Node == p.sealer.Node || !slices.Contains(h.Classes, n.Class) || slices.Contains(wrapped[n.ID], h.id) || slices.Contains(lacking[h.id], n) {
					continue
				}
				given, err := p.sealer.Store.Given(p.subject, n.ID, h.id)
				if err != nil {
					return fmt.Errorf("look up who was given key %s: %w", n.ID, err)
				}
				if !given {
					lacking[h.id] = append(lacking[h.id], n)
				}
			}
		}
	}
	for _, h := range p.holders {
		if err := p.giveTo(h, lacking[h.id], wrapped); err != nil {
			return err
		}
	}
	return nil
}

// giveTo wraps keys for one holder, as many in one wrap as it may hold.
func (p *preparation) giveTo(h holder, lacking []Name, wrapped map[string][]string) error {
	for names := range slices.Chunk(lacking, wrapKeysMax) {
		var keys []key
		var made []string
		for _, n := range names {
			if p.sealer.Erased(p.subject, n.ID) {
				continue
			}
			k, err := p.sealer.find(p.subject, n.ID)
			switch {
			case err == nil:
				keys, made = append(keys, k), append(made, wrapped[n.ID]...)
			case !errors.Is(err, engine.ErrNoKey):
				return err
			}
		}
		if len(keys) == 0 {
			continue
		}
		w, err := newWrap(p.subject, h.Node, h.Key, few(append(made, h.id)), keys)
		wipe(keys)
		if err != nil {
			return err
		}
		p.wraps = append(p.wraps, w)
	}
	return nil
}

// few sorts ids and cuts what a wrap has no room for: a holder that is left out
// is given the key once more.
func few(ids []string) []string {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	return ids[:min(len(ids), wrapForMax)]
}

// choose finds or makes a key for each field.
func (p *preparation) choose(own []Wrap, fields []string) error {
	byClass := map[engine.Class]key{}
	var made []key
	for _, field := range fields {
		class, known := engine.ClassOf(field)
		if !known {
			return fmt.Errorf("%q is no field that can be sealed", field)
		}
		if slices.Contains(pathClasses, class) {
			if len(byClass) == 0 {
				lacking, err := p.path(own, byClass)
				if err != nil {
					return err
				}
				made = append(made, lacking...)
			}
			p.keys[field] = byClass[class]
			continue
		}
		k := makeKey(p.subject, class) // of this adult, and nobody else
		p.keys[field], made = k, append(made, k)
	}
	return p.wrap(made)
}

// path finds the keys of the path's classes, and makes those that are lacking.
func (p *preparation) path(own []Wrap, byClass map[engine.Class]key) (made []key, err error) {
	for _, class := range pathClasses {
		k, err := p.mine(own, class)
		if errors.Is(err, engine.ErrNoKey) {
			k = makeKey(p.subject, class)
			made = append(made, k)
		} else if err != nil {
			return nil, err
		}
		byClass[class] = k
	}
	return made, nil
}

// mine finds the newest key of a class that this node made, and that nobody was
// given who is no holder now: after a restriction, or when a machine was
// replaced, what is written from then on has other keys.
func (p *preparation) mine(own []Wrap, class engine.Class) (key, error) {
	holders := p.of(class)
	for _, w := range slices.Backward(own) {
		if !w.Made || w.Case != p.subject || !subset(w.For, holders) {
			continue
		}
		for _, n := range w.Keys {
			if n.Class != class || p.sealer.Erased(p.subject, n.ID) {
				continue
			}
			k, err := p.sealer.mine(w, n)
			if !errors.Is(err, engine.ErrNoKey) {
				return k, err
			}
		}
	}
	return key{}, engine.ErrNoKey
}

func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// wrap wraps keys that were made just now: those of one set of holders together.
func (p *preparation) wrap(made []key) error {
	sets := map[string][]key{}
	for _, k := range made {
		set := strings.Join(p.of(k.Class), ",")
		sets[set] = append(sets[set], k)
	}
	for _, set := range slices.Sorted(maps.Keys(sets)) {
		for keys := range slices.Chunk(sets[set], wrapKeysMax) {
			if err := p.wrapFor(p.of(keys[0].Class), keys); err != nil {
				return err
			}
		}
	}
	return nil
}

// wrapFor wraps keys for holders. Where there is none yet, this node keeps them
// for whoever will be one.
func (p *preparation) wrapFor(ids []string, keys []key) error {
	self := SealKeyID(p.sealer.Opener.SealKey())
	if len(ids) > wrapForMax {
		return fmt.Errorf("%d holders are more than %d", len(ids), wrapForMax)
	}
	if len(ids) == 0 || slices.Contains(ids, self) {
		w, err := newOwnWrap(p.subject, p.sealer.Node, p.sealer.Opener, ids, keys)
		if err != nil {
			return err
		}
		p.wraps, p.kept = append(p.wraps, w), append(p.kept, keys...)
	}
	for _, h := range p.holders {
		if h.Node == p.sealer.Node || !slices.Contains(ids, h.id) {
			continue
		}
		w, err := newWrap(p.subject, h.Node, h.Key, ids, keys)
		if err != nil {
			return err
		}
		p.wraps = append(p.wraps, w)
	}
	return nil
}

// seal implements engine.Seal.
func (p *preparation) seal(b engine.Binding, x engine.Secret) (events.SealedPart, error) {
	k, ok := p.keys[x.Field]
	if !ok || b.Case != p.subject {
		return sealNothing(b, x)
	}
	return sealField(k.secret, k.ID, b, x.Field, x.Plain)
}
