package oracle
import "testing"
func BenchmarkZLoad(b *testing.B) {
	f := packs(b, 1)
	b.ReportAllocs()
	for b.Loop() { libraryOf(b,f) }
}
