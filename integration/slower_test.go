//go:build !race

package integration

// slower is by how much this build slows an act.
const slower = 1
