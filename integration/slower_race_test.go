//go:build race

package integration

// slower is by how much the race detector slows an act: what a moment is to hit
// takes so much longer.
const slower = 4
