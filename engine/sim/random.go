package sim

import (
	"fmt"
	"time"

	"umuryango/events"
)

// random is splitmix64 (Steele, Lea, Flood 2014): every schedule follows from
// its seed, on every machine and with every version of Go.
type random struct{ state uint64 }

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// n is a number from 0 to n-1.
func (r *random) n(n int) int { return int(r.next() % uint64(n)) }

// percent is true in p of a hundred.
func (r *random) percent(p int) bool { return r.n(100) < p }

// pick takes one of a list.
func pick[T any](r *random, list []T) T { return list[r.n(len(list))] }

// id makes a UUIDv7.
func (r *random) id(at time.Time) events.ID {
	ms, a, b := uint64(at.UnixMilli()), r.next(), r.next()
	return events.ID(fmt.Sprintf("%08x-%04x-7%03x-%04x-%012x",
		ms>>16&0xffffffff, ms&0xffff, a&0xfff, 0x8000|a>>12&0x3fff, b&0xffffffffffff))
}

// mark makes the mark of a run.
func (r *random) mark() string {
	const letters = "abcdefghjkmnpqrstuvwxyz23456789"
	out := make([]byte, 4)
	for i := range out {
		out[i] = letters[r.n(len(letters))]
	}
	return string(out)
}
