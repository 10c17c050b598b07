package policies

import (
	_ "embed"
	"slices"
)

//go:embed pack.schema.json
var packSchema []byte

// Schema is the JSON Schema of a pack's files, for editors and for whoever
// writes a pack without this program. What it cannot say, types of conditions
// above all, loading says.
func Schema() []byte { return slices.Clone(packSchema) }
