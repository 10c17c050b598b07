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
	p := preparation{sealer: s, wrapper: wrapper{c, s.Node, s.Opener}, keys: map[string]key{}}
	p.self = engine.Holder{Node: s.Node, Key: s.Opener.SealKey()}
	for _, h := range holders {
		if h.Node == s.Node {
			h.Key = p.self.Key
		}
		if len(h.Key) == 0 {
			continue
		}
		one := holder{h, engine.SealKeyID(h.Key)}
		if p.holders = append(p.holders, one); h.Was() {
			p.past = append(p.past, one.past())
		}
	}
	if p.again(fields) {
		return p.seal, nil
	}
	if err := p.read(ctx); err != nil {
		return nil, fmt.Errorf("read the keys of %s: %w", c.ID, err)
	}
	if err := p.give(); err != nil {
		return nil, fmt.Errorf("hand on the keys of %s: %w", c.ID, err)
	}
	if err := p.choose(fields); err != nil {
		return nil, fmt.Errorf("find the keys of %s: %w", c.ID, err)
	}
	if len(p.wraps) > 0 {
		if err := s.Store.Put(ctx, p.wraps); err != nil {
			return nil, fmt.Errorf("keep the keys of %s: %w", c.ID, err)
		}
		for _, in := range p.kept {
			s.keep(c, in, true)
		}
	}
	if !s.Opener.Locked() {
		s.open.setReady(c, p.fingerprint(), p.byClass)
	}
	return p.seal, nil
}

// Give wraps all that this node holds of a case for those holders that were not
// given it yet.
func (s *Sealer) Give(ctx context.Context, c events.Subject, holders []engine.Holder) error {
	_, err := s.Prepare(ctx, c, holders, nil)
	return err
}

func sealNothing(_ engine.Binding, x engine.Secret) (events.SealedPart, error) {
	return events.SealedPart{}, fmt.Errorf("seal %s: it was not prepared", x.Field)
}

// preparation is one run of Prepare.
type preparation struct {
	wrapper
	sealer  *Sealer
	self    engine.Holder
	holders []holder
	past    []string // of those who were holders (holder.past)
	held    []engine.Wrap
	given   map[engine.Given]bool

	keys    map[string]key // by field
	byClass map[engine.Class]key
	wraps   []engine.Wrap // to be put
	kept    []contents    // of those, what this node may hold
}

type holder struct {
	engine.Holder
	id string // engine.SealKeyID
}

// past stands beside the sealing keys in contents.made: these keys were made
// when h was no holder any more, so nobody gave them to it.
func (h holder) past() string { return engine.SealKeyID([]byte("was a holder: " + h.id)) }

func (p *preparation) read(ctx context.Context) (err error) {
	if p.held, err = p.sealer.Store.Own(ctx, p.subject); err != nil {
		return err
	}
	given, err := p.sealer.Store.Given(ctx, p.subject)
	if err != nil {
		return err
	}
	p.given = make(map[engine.Given]bool, len(given))
	for _, g := range given {
		p.given[g] = true
	}
	return nil
}

// again prepares with what was prepared before, where the holders are the same
// and every field has a key that was used before: nothing is read then. What
// came of others meanwhile was wrapped by them for the same holders.
func (p *preparation) again(fields []string) bool {
	var classes []engine.Class
	for _, field := range fields {
		class, known := engine.ClassOf(field)
		if !known || !slices.Contains(pathClasses, class) {
			return false
		}
		classes = append(classes, class)
	}
	with, ready := p.sealer.open.isReady(p.subject, p.fingerprint(), classes)
	if !ready || p.sealer.Opener.Locked() {
		return false
	}
	for _, field := range fields {
		class, _ := engine.ClassOf(field)
		p.keys[field] = with[class]
	}
	return true
}

// fingerprint names who may hold what.
func (p *preparation) fingerprint() string {
	var out strings.Builder
	for _, h := range p.holders {
		out.WriteString(string(h.Node) + " " + h.id)
		for _, c := range h.Classes {
			out.WriteString(" " + string(c))
		}
		out.WriteByte('\n')
	}
	return out.String()
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
func (p *preparation) give() error {
	for _, h := range p.holders {
		if h.Node == p.self.Node {
			continue
		}
		lacking, err := p.lacking(h)
		if err != nil {
			return err
		}
		if err := p.wrapFor([]holder{h}, lacking); err != nil {
			return err
		}
	}
	return nil
}

// lacking opens the keys that this node holds, that a holder may have and that
// nobody is known to have given it.
func (p *preparation) lacking(h holder) (out contents, err error) {
	seen := map[string]bool{}
	for _, w := range p.held {
		for _, n := range w.Keys {
			if seen[n.ID] || !slices.Contains(h.Classes, n.Class) || p.given[engine.Given{Key: n.ID, HolderKey: h.id}] || p.sealer.Erased(p.subject, n.ID) {
				continue
			}
			k, err := p.sealer.take(w, n.ID)
			switch {
			case errors.Is(err, engine.ErrNoKey):
				continue // another wrap may hold it
			case err != nil:
				return out, err
			}
			seen[n.ID] = true
			if !slices.Contains(k.made, h.id) {
				out.keys, out.made = append(out.keys, k.key), append(out.made, k.made...)
			}
		}
	}
	out.made = append(out.made, h.id)
	slices.Sort(out.made)
	out.made = slices.Compact(out.made)
	out.made = out.made[:min(len(out.made), madeMax)] // who is left out is given them once more
	return out, nil
}

// choose finds or makes a key for each field.
func (p *preparation) choose(fields []string) error {
	p.byClass = map[engine.Class]key{}
	var made []key
	for _, field := range fields {
		class, known := engine.ClassOf(field)
		if !known {
			return fmt.Errorf("%q is no field that can be sealed", field)
		}
		if !slices.Contains(pathClasses, class) {
			k := makeKey(p.subject, class) // of this adult, and nobody else
			p.keys[field], made = k, append(made, k)
			continue
		}
		if len(p.byClass) == 0 {
			lacking, err := p.path(p.byClass)
			if err != nil {
				return err
			}
			made = append(made, lacking...)
		}
		p.keys[field] = p.byClass[class]
	}
	return p.wrapNew(made)
}

// path finds the keys of the path's classes, and makes those that are lacking.
func (p *preparation) path(byClass map[engine.Class]key) (made []key, err error) {
	for _, class := range pathClasses {
		k, err := p.mine(class)
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
// replaced, what is written from then on has other keys. A key that came from
// elsewhere is used to read and to pass on only: it may be known to somebody who
// is no holder.
func (p *preparation) mine(class engine.Class) (key, error) {
	holders := p.of(class)
	for _, w := range slices.Backward(p.held) {
		for _, n := range w.Keys {
			if !isOwn(w) || n.Class != class || p.sealer.Erased(p.subject, n.ID) || !p.givenOnly(n.ID, holders) {
				continue
			}
			k, err := p.sealer.take(w, n.ID)
			switch {
			case err == nil && k.own && p.fresh(k.made, holders):
				return k.key, nil
			case err != nil && !errors.Is(err, engine.ErrNoKey):
				return key{}, err
			}
		}
	}
	return key{}, engine.ErrNoKey
}

func (p *preparation) givenOnly(id string, holders []string) bool {
	for g := range p.given {
		if g.Key == id && !slices.Contains(holders, g.HolderKey) {
			return false
		}
	}
	return true
}

// fresh reports whether keys that were made for some are for holders of now only,
// and were made after every holder of before had ceased to be one.
func (p *preparation) fresh(made, holders []string) bool {
	allowed := slices.Clone(holders)
	for _, h := range p.holders {
		allowed = append(allowed, h.past())
	}
	return subset(made, allowed) && subset(p.past, made)
}

func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// wrapNew wraps keys that were made just now: those of one set of holders
// together. Where there is no holder yet, this node keeps them for whoever will
// be one.
func (p *preparation) wrapNew(made []key) error {
	sets := map[string][]key{}
	for _, k := range made {
		set := strings.Join(p.of(k.Class), ",")
		sets[set] = append(sets[set], k)
	}
	for _, set := range slices.Sorted(maps.Keys(sets)) {
		in := contents{append(p.of(sets[set][0].Class), p.past...), sets[set]}
		slices.Sort(in.made)
		if len(in.made) > madeMax {
			return fmt.Errorf("%d holders are more than %d", len(in.made), madeMax)
		}
		var to []holder
		for _, h := range p.holders {
			if slices.Contains(in.made, h.id) {
				to = append(to, h)
			}
		}
		if len(to) == 0 {
			to = []holder{{Holder: p.self}}
		}
		if err := p.wrapFor(to, in); err != nil {
			return err
		}
	}
	return nil
}

// wrapFor wraps keys for each holder, as many in one wrap as it takes; alone those
// that can go before the others.
func (p *preparation) wrapFor(to []holder, in contents) error {
	var parts []contents
	together := slices.DeleteFunc(slices.Clone(in.keys), func(k key) bool { return k.Class.Alone() })
	for keys := range slices.Chunk(together, engine.WrapKeysMax) {
		parts = append(parts, contents{in.made, keys})
	}
	for _, k := range in.keys {
		if k.Class.Alone() {
			parts = append(parts, contents{in.made, []key{k}})
		}
	}
	for _, part := range parts {
		for _, h := range to {
			w, err := p.wrap(h.Holder, part)
			if err != nil {
				return err
			}
			p.wraps = append(p.wraps, w)
			if h.Node == p.self.Node {
				p.kept = append(p.kept, part)
			}
		}
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
