package journal

import (
	"fmt"
	"testing"

	"umuryango/engine"
	"umuryango/events"
)

// BenchmarkKeysPut stores the wraps of one new case for so many holders, all or
// none.
func BenchmarkKeysPut(b *testing.B) {
	path := []events.Place{cell, sector, district, village}
	for _, holders := range []int{1, 4} {
		b.Run(fmt.Sprint(holders), func(b *testing.B) {
			k := newStore(b).keys(cell, nil)
			n := 0
			for b.Loop() {
				n++
				var wraps []engine.Wrap
				for _, p := range path[:holders] {
					wraps = append(wraps, wrapOf(n, p, "facts"))
				}
				if err := k.Put(ctx, wraps); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkKeysErase destroys one wrap among many.
func BenchmarkKeysErase(b *testing.B) {
	k := newStore(b).keys(cell, nil)
	const many = 2000
	for n := range many {
		if err := k.Put(ctx, []engine.Wrap{wrapOf(n, cell, "facts")}); err != nil {
			b.Fatal(err)
		}
	}
	n := many
	for b.Loop() {
		n++
		b.StopTimer()
		err := k.Put(ctx, []engine.Wrap{wrapOf(n, cell, "facts")})
		b.StartTimer()
		if err == nil {
			_, err = k.Destroy(ctx, caseOf(n), "")
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
