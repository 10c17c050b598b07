package oracle

import (
	"fmt"
	"os"

	"go.yaml.in/yaml/v4"
)

// PackFolder is where the packs stand in the repository.
const PackFolder = "../../policies/packs"

// Terms reads the terms of the base pack. Only the race uses them: what checks
// the gate has them written anew.
func Terms() (map[string]Term, error) {
	raw, err := os.ReadFile(PackFolder + "/base/terms.yaml")
	if err != nil {
		return nil, fmt.Errorf("read the terms of the base pack: %w", err)
	}
	var file struct {
		Terms map[string]Term `yaml:"terms"`
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("read the terms of the base pack: %w", err)
	}
	return file.Terms, nil
}
