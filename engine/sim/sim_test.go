package sim

import (
	"testing"

	"github.com/matryer/is"
)

// TestSeeds: no schedule breaks a law, and each branch is taken.
func TestSeeds(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	var total Report
	for seed := range uint64(testSeeds) {
		total.Add(Run(Config{Seed: seed + 1}))
	}
	for _, b := range total.Breaches[:min(len(total.Breaches), 10)] {
		t.Error(b)
	}
	is.Equal(total.Never(), nil)
	is.Equal(total.Seeds, testSeeds)
	is.Equal(total.Steps, testSeeds*DefaultSteps)
	is.True(total.Events > testSeeds*20)
}

// TestSameSeedSameReport: a schedule follows from its seed alone.
func TestSameSeedSameReport(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	a, b := Run(Config{Seed: 42, Steps: 300}), Run(Config{Seed: 42, Steps: 300})
	is.Equal(a, b)
	is.True(Run(Config{Seed: 43, Steps: 300}).Taken[tookBatch] != a.Taken[tookBatch] || Run(Config{Seed: 44, Steps: 300}).Events != a.Events)
}

// TestSizes: smaller and larger nations break no law either.
func TestSizes(t *testing.T) {
	t.Parallel()
	for _, villages := range []int{1, 2, 9, 16} {
		for seed := range uint64(3) {
			r := Run(Config{Seed: seed + 500, Villages: villages, Steps: 300})
			for _, b := range r.Breaches {
				t.Errorf("%d villages: %s", villages, b)
			}
		}
	}
}

// TestRandom: the generator is splitmix64, by its published first numbers.
func TestRandom(t *testing.T) {
	is := is.New(t)
	r := random{1234567}
	for _, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431} {
		is.Equal(r.next(), want)
	}
	id := r.id(newWorld(Config{Villages: 1}, seams{}).now)
	is.True(id.Valid())
}

// TestNever: a branch that was not taken is named.
func TestNever(t *testing.T) {
	is := is.New(t)
	var r Report
	is.Equal(r.Never(), Branches)
	r.Add(Report{Taken: map[string]int{tookCut: 2}})
	is.Equal(len(r.Never()), len(Branches)-1)
}
