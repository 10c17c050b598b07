// Package sim plays schedules on a small nation: villages, cells, sectors, a
// district and the nation, each with a store in memory and the same engine and
// link code that nodes run. Links are cut, nodes crash and go dark, answers are
// lost, batches come twice or late, stores are restored from older copies or
// lost, and forged events arrive at every place of a batch. At the end all
// links heal, and the laws must hold.
//
// A schedule follows from its seed alone. Nothing here reads a clock, starts a
// goroutine or asks a source of chance, and no rule of the program is written
// down a second time: what stores and links do is engine's and link's.
package sim

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"umuryango/engine"
	"umuryango/engine/audit"
	"umuryango/engine/link"
	"umuryango/events"
)

// What a Config leaves at zero.
const (
	DefaultSteps    = 200
	DefaultVillages = 4
	// VillagesMax keeps a world small enough to look at.
	VillagesMax = 64
)

// Config says which schedule is played.
type Config struct {
	Seed     uint64
	Steps    int // 0: DefaultSteps
	Villages int // 0: DefaultVillages; at most VillagesMax
}

// Report is what a schedule came to, or several (Add).
type Report struct {
	Seed     uint64 // of the first
	Seeds    int
	Steps    int
	Events   int // different events in all stores
	Breaches []Breach
	Taken    map[string]int // how often each of Branches was taken
}

// Breach is a law that did not hold, and the schedule that shows it.
type Breach struct {
	Seed uint64
	audit.Breach
}

func (b Breach) String() string { return fmt.Sprintf("seed %d: %s", b.Seed, b.Breach) }

// Add lays another report to this one.
func (r *Report) Add(o Report) {
	if r.Seeds == 0 {
		r.Seed = o.Seed
	}
	r.Seeds, r.Steps, r.Events = r.Seeds+o.Seeds, r.Steps+o.Steps, r.Events+o.Events
	r.Breaches = append(r.Breaches, o.Breaches...)
	if r.Taken == nil {
		r.Taken = map[string]int{}
	}
	for branch, n := range o.Taken {
		r.Taken[branch] += n
	}
}

// Never lists the branches that were not taken: over many seeds a failure, as
// what they lead to was not checked.
func (r Report) Never() []string {
	var out []string
	for _, branch := range Branches {
		if r.Taken[branch] == 0 {
			out = append(out, branch)
		}
	}
	return out
}

// Run plays one schedule, heals all links and checks laws 1 to 9.
func Run(c Config) Report { return run(c, seams{}) }

// seams are where the tests of this package plant faults, by wrapping what a
// node is given.
type seams struct {
	journal func(events.Place, engine.Journal) engine.Journal
	store   func(events.Place, link.Store) link.Store
	history func(engine.History) engine.History
	batch   func(link.Batch) link.Batch // on its way
	gate    func(engine.Gate) engine.Gate
	end     func(link.Config) link.Config
	kept    func(events.Place) bool // whether a node goes on holding what was erased
	sealer  func(engine.Sealer) engine.Sealer
	untold  func(link.Refusal) bool // whether a locked node notes what it is still to tell
}

func run(c Config, s seams) Report {
	if c.Steps <= 0 {
		c.Steps = DefaultSteps
	}
	if c.Villages <= 0 {
		c.Villages = DefaultVillages
	}
	c.Villages = min(c.Villages, VillagesMax)
	w := newWorld(c, s)
	w.found()
	for i := range c.Steps {
		w.now = w.now.Add(time.Duration(1+w.r.n(600)) * time.Second)
		w.step()
		if i == c.Steps/2 {
			w.audit() // also while things are on their way no law is broken
		}
	}
	w.heal()
	w.laws()
	slices.SortFunc(w.breaches, func(x, y Breach) int { return cmp.Compare(x.String(), y.String()) })
	return Report{Seed: c.Seed, Seeds: 1, Steps: c.Steps, Events: len(w.everything()), Breaches: w.breaches, Taken: w.taken}
}

// breach notes a broken law once.
func (w *world) breach(law int, node events.Place, format string, args ...any) {
	b := Breach{Seed: w.Seed, Breach: audit.Breach{Law: law, Node: node, What: fmt.Sprintf(format, args...)}}
	for _, before := range w.breaches {
		if before == b {
			return
		}
	}
	w.breaches = append(w.breaches, b)
}

// took counts a branch.
func (w *world) took(branch string) { w.taken[branch]++ }
