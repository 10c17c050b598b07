package journal

import (
	"errors"
	"slices"
	"sort"
)

var (
	errMissing = errors.New("no message can be read at this sequence")
	errTorn    = errors.New("the stream ends inside a batch, whose rest is lost")
)

// Fault is a stretch of the stream that could not be read as events. It is left
// out of what Read returns.
type Fault struct {
	From, To uint64 // sequences, both included
	Err      error  // what is wrong with the first of them
}

// Torn reports whether a crash cut a batch short there: nobody was told that it
// was stored, and whoever sent it still has it.
func (f Fault) Torn() bool { return errors.Is(f.Err, errTorn) }

// faults are disjoint and sorted; neighbours are joined, so that a lost file
// counts once. The journal's lock guards them.
type faults struct{ list []Fault }

// Damage returns what this handle has found damaged: on opening, what the
// server knows to be missing; since then, what was read. Who reads the whole
// stream has found all.
func (j *Journal) Damage() []Fault {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.faults.list)
}

// report notes a fault that reading found, and tells of it once.
func (j *Journal) report(from, to uint64, err error) {
	j.mu.Lock()
	news := j.note(from, to, err)
	j.mu.Unlock()
	if news && j.damaged != nil {
		j.damaged(Fault{From: from, To: to, Err: err})
	}
}

// note adds a stretch, joined with those that it touches; false where it was
// known.
func (f *faults) note(from, to uint64, err error) (news bool) {
	i := sort.Search(len(f.list), func(i int) bool { return f.list[i].To+1 >= from })
	if i < len(f.list) && f.list[i].From <= from && to <= f.list[i].To {
		return false
	}
	k := i
	for ; k < len(f.list) && f.list[k].From <= to+1; k++ {
		if f.list[k].From <= from {
			from, err = f.list[k].From, f.list[k].Err
		}
		to = max(to, f.list[k].To)
	}
	f.list = slices.Replace(f.list, i, k, Fault{From: from, To: to, Err: err})
	return true
}
