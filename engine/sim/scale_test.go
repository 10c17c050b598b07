//go:build !race

package sim

// How many schedules the tests play.
const (
	testSeeds  = 200
	modelSeeds = 25
)
