package keys

import (
	"sync"

	"umuryango/engine"
	"umuryango/events"
)

// ringMax bounds the keys that are held open at a time; then all are wiped and
// opened again as they are needed.
const ringMax = 1 << 16

// ring holds keys that were opened, in memory alone, so that a page does not
// open the same wraps again. It is wiped when the node is locked.
type ring struct {
	mu    sync.RWMutex
	keys  map[ringName]opened
	ready map[events.Subject]ready
}

// ready says that the keys of a case were made ready for these holders: nobody
// lacks any that this node could give, and these are to be written with.
type ready struct {
	holders string
	ids     map[engine.Class]string // none: nothing was sealed here yet
}

type ringName struct {
	subject events.Subject
	id      string
}

// opened is a key with what its wrap says of it.
type opened struct {
	key
	made []string // for whom it was wrapped when it was made
	own  bool     // this node made it: its own wrap proves that
}

// get copies a key out; false where it is not open. The copy is the caller's,
// so that wiping the ring takes nothing from under anybody.
func (r *ring) get(c events.Subject, id string) (opened, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	o, ok := r.keys[ringName{c, id}]
	if !ok {
		return opened{}, false
	}
	o.key = o.clone()
	return o, true
}

// has reports whether a key is open.
func (r *ring) has(c events.Subject, id string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	_, ok := r.keys[ringName{c, id}]
	return ok
}

// put takes copies of keys in. What a node's own wrap says stands.
func (r *ring) put(c events.Subject, in contents, own bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.room(len(in.keys))
	for _, k := range in.keys {
		name := ringName{c, k.ID}
		if before, here := r.keys[name]; here {
			if before.own || !own {
				continue
			}
			before.secret.wipe()
		}
		r.keys[name] = opened{k.clone(), in.made, own}
	}
}

// room makes room for some keys. The caller has the lock.
func (r *ring) room(more int) {
	if r.keys == nil || len(r.keys)+len(r.ready)+more > ringMax {
		r.wipe()
		r.keys, r.ready = map[ringName]opened{}, map[events.Subject]ready{}
	}
}

// isReady returns with which keys a case is written in, where it was made ready
// for just these holders.
func (r *ring) isReady(c events.Subject, holders string, classes []engine.Class) (map[engine.Class]key, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	was, here := r.ready[c]
	if !here || was.holders != holders {
		return nil, false
	}
	out := map[engine.Class]key{}
	for _, class := range classes {
		o, open := r.keys[ringName{c, was.ids[class]}]
		if !open {
			return nil, false
		}
		out[class] = o.clone()
	}
	return out, true
}

// setReady notes that a case was made ready.
func (r *ring) setReady(c events.Subject, holders string, with map[engine.Class]key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.room(1)
	ids := map[engine.Class]string{}
	for class, k := range with {
		ids[class] = k.ID
	}
	r.ready[c] = ready{holders, ids}
}

// drop wipes one key of a case, or all where id is empty.
func (r *ring) drop(c events.Subject, id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.ready, c)
	for n, k := range r.keys {
		if n.subject == c && (id == "" || n.id == id) {
			k.secret.wipe()
			delete(r.keys, n)
		}
	}
}

func (r *ring) lock() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wipe()
}

func (r *ring) wipe() {
	for _, k := range r.keys {
		k.secret.wipe()
	}
	r.keys, r.ready = nil, nil
}
