package keys

import (
	"sync"

	"umuryango/events"
)

// ringMax bounds the keys that are held open at a time; then all are wiped and
// opened again as they are needed.
const ringMax = 1 << 16

// ring holds keys that were opened, in memory alone, so that a page does not
// open the same wraps again. It is wiped when the node is locked.
type ring struct {
	mu   sync.RWMutex
	keys map[ringName]opened
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

// put takes copies of keys in. What a node's own wrap says stands.
func (r *ring) put(c events.Subject, in contents, own bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keys == nil || len(r.keys)+len(in.keys) > ringMax {
		r.wipe()
		r.keys = map[ringName]opened{}
	}
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

// drop wipes one key of a case, or all where id is empty.
func (r *ring) drop(c events.Subject, id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
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
	r.keys = nil
}
