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
	keys map[ringName]key
}

type ringName struct {
	subject events.Subject
	id      string
}

// get copies a key out; false where it is not open. The copy is the caller's,
// so that wiping the ring takes nothing from under anybody.
func (r *ring) get(c events.Subject, id string) (key, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	k, ok := r.keys[ringName{c, id}]
	if !ok {
		return key{}, false
	}
	out := key{k.Name, new(secret)}
	*out.secret = *k.secret
	return out, true
}

// put takes copies of keys in.
func (r *ring) put(c events.Subject, keys []key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keys == nil || len(r.keys)+len(keys) > ringMax {
		r.wipe()
		r.keys = map[ringName]key{}
	}
	for _, k := range keys {
		if _, here := r.keys[ringName{c, k.ID}]; here {
			continue
		}
		own := key{k.Name, new(secret)}
		*own.secret = *k.secret
		r.keys[ringName{c, k.ID}] = own
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
