package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"github.com/spf13/cobra"

	"umuryango/engine/sim"
)

// Bounds of what simulate is asked for.
const (
	simulateSeedsMax = 10_000_000
	simulateStepsMax = 100_000
	// simulateTells is after how many seeds progress is told.
	simulateTells = 50
)

type simulateFlags struct {
	seeds     uint64
	firstSeed uint64
	steps     int
	villages  int
}

func newSimulateCommand(a *app) *cobra.Command {
	var f simulateFlags
	c := &cobra.Command{
		Use:   "simulate",
		Short: "Run seeded nations through cuts, crashes and forgeries, and check the laws",
		Long: `Runs a small nation once for each seed, in virtual time, over the same link and
line rules that nodes run, and checks laws 1 to 9. It prints how
often each branch was taken. The same seed always does the same.

It ends with 0 where the laws held and every branch was taken; with 2 where they
held and some branches were never taken, for then what these lead to was not
checked (few seeds do not take them all; the default does); and with 4 where a
law is broken, naming the seed.

With -o json: "steps" and "events" count those of all seeds together, "branches"
how often each was taken, "never" those that were not, and "breaches" what broke
a law.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return a.simulate(c.Context(), f) },
	}
	c.Flags().Uint64Var(&f.seeds, "seeds", 100, "how many seeds")
	c.Flags().Uint64Var(&f.firstSeed, "first-seed", 1, "the first of them")
	c.Flags().IntVar(&f.steps, "steps", sim.DefaultSteps, "steps a seed")
	c.Flags().IntVar(&f.villages, "villages", sim.DefaultVillages, "villages of the nation")
	return c
}

func (f simulateFlags) check() error {
	switch {
	case f.seeds < 1 || f.seeds > simulateSeedsMax:
		return &inputError{fmt.Errorf("--seeds %d: 1 to %d are expected", f.seeds, simulateSeedsMax)}
	case f.steps < 1 || f.steps > simulateStepsMax:
		return &inputError{fmt.Errorf("--steps %d: 1 to %d are expected", f.steps, simulateStepsMax)}
	case f.villages < 1 || f.villages > sim.VillagesMax:
		return &inputError{fmt.Errorf("--villages %d: 1 to %d are expected", f.villages, sim.VillagesMax)}
	}
	return nil
}

func (a *app) simulate(ctx context.Context, f simulateFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	var all sim.Report
	for r := range runSeeds(ctx, f) {
		all.Add(r)
		if a.output == outputTable && all.Seeds%simulateTells == 0 {
			fmt.Fprintf(a.stderr, "%d of %d seeds\n", all.Seeds, f.seeds)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	all.Seed = f.firstSeed // they end in any order
	return a.printSimulated(all)
}

// runSeeds runs the seeds on every core. The reports come in any order.
func runSeeds(ctx context.Context, f simulateFlags) <-chan sim.Report {
	reports, seeds := make(chan sim.Report), make(chan uint64)
	go func() {
		defer close(seeds)
		for i := range f.seeds {
			select {
			case seeds <- f.firstSeed + i:
			case <-ctx.Done():
				return
			}
		}
	}()
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for seed := range seeds {
				reports <- sim.Run(sim.Config{Seed: seed, Steps: f.steps, Villages: f.villages})
			}
		})
	}
	go func() {
		wait.Wait()
		close(reports)
	}()
	return reports
}

// simulated is what simulate prints as JSON.
type simulated struct {
	FirstSeed uint64         `json:"first_seed"`
	Seeds     int            `json:"seeds"`
	Steps     int            `json:"steps"`
	Events    int            `json:"events"`
	Branches  map[string]int `json:"branches"`
	Never     []string       `json:"never"`
	Breaches  []string       `json:"breaches"`
}

func (a *app) printSimulated(r sim.Report) error {
	out := simulated{FirstSeed: r.Seed, Seeds: r.Seeds, Steps: r.Steps, Events: r.Events, Branches: r.Taken, Never: r.Never(), Breaches: []string{}}
	for _, b := range r.Breaches {
		out.Breaches = append(out.Breaches, b.String())
	}
	if a.output == outputJSON {
		if err := a.printJSON(out); err != nil {
			return err
		}
	} else {
		a.tellSimulated(out)
	}
	switch {
	case len(r.Breaches) > 0:
		return fmt.Errorf("%w: see the first alone with --first-seed %d --seeds 1", breaches(len(r.Breaches)), r.Breaches[0].Seed)
	case len(out.Never) > 0:
		return &inputError{neverTaken(out)}
	}
	return nil
}

func (a *app) tellSimulated(s simulated) {
	fmt.Fprintf(a.stdout, "seeds %d to %d, %d steps, %d events\n", s.FirstSeed, s.FirstSeed+uint64(s.Seeds)-1, s.Steps, s.Events)
	for _, branch := range sim.Branches {
		fmt.Fprintf(a.stdout, "  %-44s %9d\n", branch, s.Branches[branch])
	}
	for _, b := range s.Breaches {
		fmt.Fprintln(a.stdout, "BROKEN:", b)
	}
	switch {
	case len(s.Breaches) > 0:
	case len(s.Never) > 0:
		fmt.Fprintln(a.stdout, "laws 1 to 9 held where these seeds went")
	default:
		fmt.Fprintln(a.stdout, "laws 1 to 9 hold")
	}
}

// neverTaken says why a run in which nothing broke is none that passed.
func neverTaken(s simulated) error {
	const enough = 1000
	more := fmt.Sprintf("with so few seeds that proves little: give --seeds %d", enough)
	if s.Seeds >= enough {
		more = "give more --steps or --villages"
	}
	were := "were"
	if len(s.Never) == 1 {
		were = "was"
	}
	return fmt.Errorf("the laws held, but %d of %d branches %s never taken, such as %q: %s", len(s.Never), len(sim.Branches), were, s.Never[0], more)
}
