package integration

import (
	"context"
	"os"
	"runtime"
	"strings"
	"time"
)

// phases are what a node may be at when it is killed, by the function that is on
// some goroutine's stack then.
var phases = []struct{ name, function string }{
	{"append", "umuryango/engine/journal.(*Journal).append"},
	{"batch", "umuryango/engine/link.(*End).Take"},
	{"fold", "umuryango/projections.(*file).apply"},
}

// phaseEvery is how often a process looks at what it is at.
const phaseEvery = time.Millisecond

// watchPhases keeps in a file what this process is at, a byte for each phase, so
// that it can be read when the process was killed.
func watchPhases(ctx context.Context, file string) {
	f, err := os.Create(file)
	if err != nil {
		panic(err) // the test's own folder
	}
	defer f.Close()
	look := time.NewTicker(phaseEvery)
	defer look.Stop()
	records := make([]runtime.StackRecord, 1000)
	of := map[uintptr]int{} // by program counter: the phase, or -1
	for ctx.Err() == nil {
		<-look.C
		now := []byte(strings.Repeat("-", len(phases)))
		n, _ := runtime.GoroutineProfile(records) // more than there is room for are not looked at
		for _, r := range records[:min(n, len(records))] {
			for _, pc := range r.Stack() {
				if p := phaseOf(of, pc); p >= 0 {
					now[p] = '+'
				}
			}
		}
		if _, err := f.WriteAt(now, 0); err != nil {
			panic(err)
		}
	}
}

func phaseOf(known map[uintptr]int, pc uintptr) int {
	if p, ok := known[pc]; ok {
		return p
	}
	known[pc] = -1
	frames := runtime.CallersFrames([]uintptr{pc})
	for more := true; more; {
		var frame runtime.Frame
		frame, more = frames.Next()
		for i, p := range phases {
			if frame.Function == p.function {
				known[pc] = i
			}
		}
	}
	return known[pc]
}

// phasesIn reads what a process was at when it was last looked at.
func phasesIn(file string) (out []string) {
	raw, err := os.ReadFile(file)
	for i, p := range phases {
		if err == nil && i < len(raw) && raw[i] == '+' {
			out = append(out, p.name)
		}
	}
	return out
}
