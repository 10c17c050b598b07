package web

import (
	"net/http"
	"testing"

	"umuryango/engine"
)

// A page of fifty cases: the floor is the same page by codes.
func BenchmarkPageOfFiftyCases(b *testing.B) {
	w := newTown(b)
	for n := range engine.ReadCodesMax {
		w.raiseMarked(n)
	}
	for name, path := range map[string]string{
		"codes": "/api/v1/referrals?office=" + village,
		"names": "/api/v1/referrals?office=" + village + "&actor=IZU-1",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if got := serve(w.server, "GET", path, ""); got.Code != http.StatusOK {
					b.Fatal(got.Code)
				}
			}
		})
	}
}
