package policies

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
)

//go:embed testdata/cases
var publicCases embed.FS

// EmbeddedCases are the public cases that the program carries: files that
// ReadCaseFile reads.
func EmbeddedCases() (fs.FS, error) {
	sub, err := fs.Sub(publicCases, "testdata/cases")
	if err != nil {
		return nil, fmt.Errorf("open the embedded cases: %w", err)
	}
	return sub, nil
}

// Tested is what a case file wants, held against what the gate answers.
type Tested struct {
	File    string   `json:"file"`
	Name    string   `json:"name,omitempty"`
	Differs []string `json:"differs,omitempty"` // nil: the result is as wanted
	Wrong   string   `json:"wrong,omitempty"`   // the file or its case cannot be read
}

// TestCases tests every case file of a folder, each under the pack that its
// case names. A file that cannot be read is reported and holds up no other.
func (l *Library) TestCases(f fs.FS) ([]Tested, error) {
	files, err := caseFiles(f)
	if err != nil {
		return nil, err
	}
	var out []Tested
	for _, name := range files {
		t := Tested{File: name}
		if c, err := readCase(f, name); err != nil {
			t.Wrong = err.Error()
		} else {
			t.Name = c.Name
			if t.Differs, err = l.Test(c); err != nil {
				t.Wrong = err.Error()
			}
		}
		out = append(out, t)
	}
	return out, nil
}

// Test says in what the result of a case differs from what its file wants.
func (l *Library) Test(f *CaseFile) (differs []string, err error) {
	p, _, err := l.Open(f.Case, Instead{})
	if err != nil {
		return nil, err
	}
	return f.Test(p)
}

// ReadCases reads every case file of a folder.
func ReadCases(f fs.FS) ([]*CaseFile, error) {
	files, err := caseFiles(f)
	if err != nil {
		return nil, err
	}
	var out []*CaseFile
	for _, name := range files {
		c, err := readCase(f, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, c)
	}
	return out, nil
}

func readCase(f fs.FS, name string) (*CaseFile, error) {
	raw, err := fs.ReadFile(f, name)
	if err != nil {
		return nil, fmt.Errorf("read the case file: %w", err)
	}
	return ReadCaseFile(raw)
}

func caseFiles(f fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(f, ".")
	if err != nil {
		return nil, fmt.Errorf("look for case files: %w", err)
	}
	var out []string
	for _, e := range entries {
		if !e.IsDir() && path.Ext(e.Name()) == ".json" {
			out = append(out, e.Name())
		}
	}
	if len(out) == 0 {
		return nil, badFile("", "the folder holds no *.json")
	}
	return out, nil
}
