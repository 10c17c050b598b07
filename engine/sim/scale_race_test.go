//go:build race

package sim

// Under the race detector signatures take ten times as long, and a schedule
// runs on one goroutine: fewer show as much.
const (
	testSeeds  = 40
	modelSeeds = 4
)
