package oracle
import ("testing";"syscall";"time";"runtime";"sort")
func cpuNow() time.Duration { var r syscall.Rusage; syscall.Getrusage(0,&r); return time.Duration(r.Utime.Nano()+r.Stime.Nano()) }
func BenchmarkZZ(b *testing.B) {
	o := load(b)
	f := packs(b, 1)
	sources := said(b, o, Dialect{Expr: true, Terms: termsOf(b)})
	l := libraryOf(b, f)
	fs := map[string]func(){"load":func(){libraryOf(b,f)},"lint":func(){l.Lint("rwanda",nil)},"expr":func(){NewExpr(sources)}}
	got := map[string][]float64{}
	for range 15 {
		for _, n := range []string{"load","lint","expr"} {
			runtime.GC()
			t := cpuNow()
			for range 8 { fs[n]() }
			got[n] = append(got[n], float64((cpuNow()-t).Microseconds())/8000)
		}
	}
	for n, g := range got { sort.Float64s(g); b.ReportMetric(g[len(g)/2], n+"-cpu-ms") }
}
