package integration

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/engine/node"
	"umuryango/events"
)

var (
	kills    = flag.Int("kills", 200, "how many times node processes are killed, over all levels")
	killSeed = flag.Uint64("kill-seed", 1, "seed of the moments at which node processes are killed")
)

const (
	// actsEvery is how often a process is asked for an act: often enough for its
	// neighbours to get batches, and not so often that the stores grow too large to
	// be audited at the end.
	actsEvery = slower * 40 * time.Millisecond
	// readyWithin and workFor bound the moment of a kill: some fall into the
	// start, with what it recovers and folds, most into the work.
	readyWithin = 150 * time.Millisecond
	workFor     = slower * 60 * time.Millisecond
	// seenWithin is how long a process is waited for to be inside a phase: a batch
	// comes once a link is up again.
	seenWithin = 400 * time.Millisecond
)

// victim is a node whose process is killed again and again. The acts that it
// was heard to acknowledge are kept here, outside of it.
type victim struct {
	m      *member
	early  bool
	every  time.Duration // one act is asked for
	random *rand.Rand
	log    *os.File
	acked  []events.ID
	unsure []string // what a process said was not done
	lives  int
	worked int // lives that were ended at work
	phases string
	inside map[string]int // lives that were ended inside append, batch and fold
}

func newVictim(t *testing.T, m *member, early bool, every time.Duration) *victim {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), m.place.ID()+".log"))
	m.must(err)
	t.Cleanup(func() { log.Close() })
	return &victim{
		m: m, early: early, every: every, random: rand.New(rand.NewPCG(*killSeed, uint64(m.place.Level()))), log: log,
		phases: filepath.Join(t.TempDir(), m.place.ID()+".phases"), inside: map[string]int{},
	}
}

// life starts the process and ends it at a random moment with SIGKILL. One that
// ends by itself is a fault. Of those at work hunt lets a few be killed at once, so
// that the links of the others are up.
func (v *victim) life(hunt chan struct{}) error {
	told, err := json.Marshal(nodeProcess{Dir: v.m.dir, Upper: v.upper(), Early: v.early, Phases: v.phases})
	if err != nil {
		return err
	}
	binary, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(binary)
	cmd.Env, cmd.Stderr = append(os.Environ(), envProcess+"="+string(told)), v.log
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	v.lives++
	moment := v.moment()
	timer := time.NewTimer(moment.after)
	defer timer.Stop()
	ready, heard := make(chan struct{}), make(chan struct{})
	go v.hear(out, in, ready, heard)
	if moment.atWork {
		timer.Stop()
		select {
		case <-ready:
			v.worked++
			hunt <- struct{}{}
			defer func() { <-hunt }()
			v.until(moment.inside)
			timer.Reset(moment.after)
		case <-heard: // it ended by itself: Wait says why
		}
	}
	select {
	case <-timer.C:
		err = cmd.Process.Kill()
	case <-heard:
	}
	<-heard // everything that it said has been read
	v.m.listens.Store("")
	for _, phase := range phasesIn(v.phases) {
		v.inside[phase]++
	}
	if ended := cmd.Wait(); cmd.ProcessState.Exited() {
		return fmt.Errorf("it ended by itself: %w", ended)
	}
	return err
}

// moment is when a process is killed: so long after it was started, after it
// began to work, or after it was seen inside a phase of that.
type moment struct {
	atWork bool
	inside string
	after  time.Duration
}

func (v *victim) moment() moment {
	within := func(most time.Duration) time.Duration { return time.Duration(v.random.Int64N(int64(most))) }
	switch at := v.random.IntN(2 + len(phases)); at {
	case 0:
		return moment{after: within(readyWithin)}
	case 1:
		return moment{atWork: true, after: within(workFor)}
	default:
		return moment{atWork: true, inside: phases[at-2].name, after: within(phaseEvery)}
	}
}

// until returns when the process is seen inside a phase; it may have no more
// work of that kind, or no neighbour that sends any.
func (v *victim) until(phase string) {
	enough := time.After(seenWithin)
	look := time.NewTicker(phaseEvery / 4)
	defer look.Stop()
	for phase != "" && !slices.Contains(phasesIn(v.phases), phase) {
		select {
		case <-enough:
			return
		case <-look.C:
		}
	}
}

func (v *victim) upper() node.Upper {
	if v.m.upper == nil {
		return node.Upper{}
	}
	return v.m.config().Upper
}

// hear keeps what the process acknowledges.
func (v *victim) hear(out io.Reader, in io.WriteCloser, ready, heard chan struct{}) {
	defer close(heard)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "ready":
			v.m.listens.Store(rest)
			close(ready)
			go ask(in, v.every, heard)
		case "done":
			if events.ID(rest).Valid() { // the last line may have been cut off
				v.acked = append(v.acked, events.ID(rest))
			}
		default:
			v.unsure = append(v.unsure, lines.Text())
		}
	}
}

// ask asks a process for one act after the other, until it ends.
func ask(in io.WriteCloser, every time.Duration, heard chan struct{}) {
	next := time.NewTicker(every)
	defer next.Stop()
	defer in.Close()
	for {
		fmt.Fprintln(in, "act") // fails when it was killed, which hear sees by itself
		select {
		case <-heard:
			return
		case <-next.C:
		}
	}
}

// TestSIGKILLLosesNothingAcknowledged: five levels as processes, killed at
// random moments inside append, batch and fold, each on its own. In the end
// every store that an acknowledged act belongs to holds it. -kills=1000 kills
// each level 200 times.
func TestSIGKILLLosesNothingAcknowledged(t *testing.T) {
	is := is.New(t)
	n := newNation(t, fiveLevels...)
	n.level()
	n.stop()
	var victims []*victim
	for _, p := range fiveLevels {
		victims = append(victims, newVictim(t, n.at(p), false, actsEvery))
	}
	begun := time.Now()
	hunt := make(chan struct{}, 2)
	var all sync.WaitGroup
	for i, v := range victims {
		share := *kills / len(victims)
		if i < *kills%len(victims) {
			share++
		}
		all.Go(func() {
			for range share {
				if err := v.life(hunt); err != nil {
					t.Errorf("%s: %v", v.m.place, err)
					return
				}
			}
		})
	}
	all.Wait()
	took := time.Since(begun)

	for _, v := range victims {
		v.m.start()
	}
	acts, inside := 0, map[string]int{}
	for _, v := range victims {
		is.True(len(v.acked) > 0)
		is.Equal(v.unsure, nil)
		is.True(v.worked > 0)
		t.Logf("%s: %d lives, %d ended at work, inside %v, %d acts acknowledged", v.m.place, v.lives, v.worked, v.inside, len(v.acked))
		for _, p := range phases {
			inside[p.name] += v.inside[p.name]
		}
		acts += len(v.acked)
		for _, id := range v.acked {
			for m := v.m; m != nil; m = m.upper {
				m.holds(id)
			}
		}
	}
	for _, p := range phases {
		is.True(inside[p.name] > 0) // or the moments of the kills prove little
	}
	n.level()
	for _, v := range victims {
		v.m.sameViews(is)
	}
	opened := n.readableByHolders()
	is.True(opened > acts)
	t.Logf("seed %d: %d kills in %s, %d acts acknowledged, none lost; %d times a holder opened a sealed field", *killSeed, *kills, took.Round(time.Millisecond), acts, opened)
}

// sameViews: what was folded between the kills is what a rebuild makes of the
// stream.
func (m *member) sameViews(is *is.I) {
	is.Helper()
	views, stop, err := openViews(m.nation.ctx, m.dir, m.Node, m.history)
	m.must(err)
	defer func() { m.must(stop()) }()
	is.NoErr(views.Wait(m.nation.ctx, m.Journal.Head()))
	folded, err := views.Hash()
	is.NoErr(err)
	rebuilt, err := views.Rebuild(m.nation.ctx)
	is.NoErr(err)
	is.Equal(folded, rebuilt)
}

// TestAnEarlyAcknowledgementIsCaught: the control. The same test on a node that
// acknowledges before the append finds acts that are lost.
func TestAnEarlyAcknowledgementIsCaught(t *testing.T) {
	n := newNation(t, placeNation)
	nation := n.at(placeNation)
	n.stop()
	v := newVictim(t, nation, true, time.Millisecond)
	const most = 60 // one in two or three loses something
	for v.lives < most {
		if err := v.life(make(chan struct{}, 1)); err != nil {
			t.Fatal(err)
		}
		if lost := v.lost(); lost > 0 {
			t.Logf("after %d kills %d of %d acts that were acknowledged too early are lost", v.lives, lost, len(v.acked))
			return
		}
	}
	t.Fatalf("%d kills, and none of %d acts that were acknowledged too early is lost: this test would find nothing", most, len(v.acked))
}

// lost counts what was acknowledged and is not in the node's store.
func (v *victim) lost() int {
	v.m.start()
	defer v.m.stop()
	lost := 0
	for _, id := range v.acked {
		if _, here := v.m.find(id); !here {
			lost++
		}
	}
	return lost
}
