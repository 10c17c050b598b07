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
	// actsOfALife bounds what one life of a process is asked for, so that the
	// stores stay small enough to be audited at the end.
	actsOfALife = 12
	// readyWithin and workFor bound the moment of a kill: some fall into the
	// start, with what it recovers and folds, most into the work.
	readyWithin = 150 * time.Millisecond
	workFor     = slower * 40 * time.Millisecond
)

// victim is a node whose process is killed again and again. The acts that it
// was heard to acknowledge are kept here, outside of it.
type victim struct {
	m      *member
	early  bool
	random *rand.Rand
	log    *os.File
	acked  []events.ID
	unsure []string // what a process said was not done
	lives  int
	worked int // lives that were ended at work
}

func newVictim(t *testing.T, m *member, early bool) *victim {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), m.place.ID()+".log"))
	m.must(err)
	t.Cleanup(func() { log.Close() })
	return &victim{m: m, early: early, random: rand.New(rand.NewPCG(*killSeed, uint64(m.place.Level()))), log: log}
}

// life starts the process and ends it at a random moment: with SIGKILL, or, the
// last time, in order, when it has done what it was asked for.
func (v *victim) life(kill bool) error {
	told, err := json.Marshal(nodeProcess{Dir: v.m.dir, Upper: v.upper(), Early: v.early})
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
			timer.Reset(moment.after)
		case <-heard: // it ended by itself: Wait says why
		}
	}
	if kill {
		select {
		case <-timer.C:
			err = cmd.Process.Kill()
		case <-heard:
		}
	}
	<-heard // everything that it said has been read
	v.m.listens.Store("")
	if ended := cmd.Wait(); !kill || ended == nil {
		return ended
	}
	return err
}

// moment is when a process is killed: so long after it began to work, or after
// it was started.
type moment struct {
	atWork bool
	after  time.Duration
}

func (v *victim) moment() moment {
	if v.random.IntN(4) == 0 {
		return moment{false, time.Duration(v.random.Int64N(int64(readyWithin)))}
	}
	return moment{true, time.Duration(v.random.Int64N(int64(workFor)))}
}

func (v *victim) upper() node.Upper {
	if v.m.upper == nil {
		return node.Upper{}
	}
	return v.m.config().Upper
}

// hear keeps what the process acknowledges, and asks for the next act with each.
func (v *victim) hear(out io.Reader, in io.WriteCloser, ready, heard chan struct{}) {
	defer close(heard)
	asked := 0
	ask := func(n int) {
		for ; n > 0 && asked < actsOfALife; n-- {
			asked++
			fmt.Fprintln(in, "act") // fails when it was killed, which hear sees by itself
		}
		if asked == actsOfALife {
			in.Close()
		}
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "ready":
			v.m.listens.Store(rest)
			close(ready)
			ask(3)
		case "done":
			if events.ID(rest).Valid() { // the last line may have been cut off
				v.acked = append(v.acked, events.ID(rest))
			}
			ask(1)
		default:
			v.unsure = append(v.unsure, lines.Text())
			ask(1)
		}
	}
}

// TestSIGKILLLosesNothingAcknowledged: five levels as processes, killed at
// random moments inside append, batch and fold, each on its own. In the end
// every store that an acknowledged act belongs to holds it.
func TestSIGKILLLosesNothingAcknowledged(t *testing.T) {
	is := is.New(t)
	n := newNation(t, fiveLevels...)
	n.level()
	n.stop()
	var victims []*victim
	for _, p := range fiveLevels {
		victims = append(victims, newVictim(t, n.at(p), false))
	}
	begun := time.Now()
	var all sync.WaitGroup
	for i, v := range victims {
		share := *kills / len(victims)
		if i < *kills%len(victims) {
			share++
		}
		all.Go(func() {
			for range share {
				if err := v.life(true); err != nil {
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
	acts := 0
	for _, v := range victims {
		is.True(len(v.acked) > 0)
		is.Equal(v.unsure, nil)
		is.True(v.worked > 0)
		t.Logf("%s: %d lives, %d ended at work, %d acts acknowledged", v.m.place, v.lives, v.worked, len(v.acked))
		acts += len(v.acked)
		for _, id := range v.acked {
			for m := v.m; m != nil; m = m.upper {
				m.holds(id)
			}
		}
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
	v := newVictim(t, nation, true)
	const most = 60 // one in two or three loses something
	for v.lives < most {
		if err := v.life(true); err != nil {
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
