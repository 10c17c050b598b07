package policies

import (
	"fmt"
	"reflect"
)

// A pack is written in YAML, in as many files as its author likes; every file
// may hold any of these parts and nothing else.
type packFile struct {
	Pack        *headerFile           `yaml:"pack"`
	Levels      []levelFile           `yaml:"levels"`
	Decides     string                `yaml:"decides"`
	Params      map[string]paramFile  `yaml:"params"`
	Clocks      map[string]clockFile  `yaml:"clocks"`
	Sets        map[string]setFile    `yaml:"sets"`
	Lists       map[string][]codeFile `yaml:"lists"`
	Terms       map[string]termFile   `yaml:"terms"`
	Emergency   source                `yaml:"emergency"`
	Strict      source                `yaml:"strict"`
	Rules       []ruleFile            `yaml:"rules"`
	Tighten     []changeFile          `yaml:"tighten"`
	Derogations []changeFile          `yaml:"derogations"`
	Phrases     map[string]labels     `yaml:"phrases"`
	Checked     map[string]bool       `yaml:"checked_by_native_speaker"`
	name        string                // of the file
}

type headerFile struct {
	ID       source `yaml:"id"`
	Version  string `yaml:"version"`
	Language int    `yaml:"language"`
	From     string `yaml:"from"`
	Inherits string `yaml:"inherits"`
	Abstract bool   `yaml:"abstract"`
}

type levelFile struct {
	Name   string `yaml:"name"`
	Digits int    `yaml:"digits"`
}

type paramFile struct {
	Value      int64  `yaml:"value"`
	Source     string `yaml:"source"`
	Assumption bool   `yaml:"assumption"`
}

type clockFile struct {
	Days       int64  `yaml:"days"`
	Hours      int64  `yaml:"hours"`
	Source     string `yaml:"source"`
	Assumption bool   `yaml:"assumption"`
}

type setFile struct {
	Of         string   `yaml:"of"`
	Codes      []string `yaml:"codes"`
	Source     string   `yaml:"source"`
	Assumption bool     `yaml:"assumption"`
}

type labels struct {
	En string `yaml:"en"`
	Fr string `yaml:"fr"`
	Rw string `yaml:"rw"`
}

func (l labels) in(lang string) string {
	switch lang {
	case "fr":
		return l.Fr
	case "rw":
		return l.Rw
	}
	return l.En
}

type codeFile struct {
	Code string `yaml:"code"`
	En   string `yaml:"en"`
	Fr   string `yaml:"fr"`
	Rw   string `yaml:"rw"`
}

type termFile struct {
	Params []string `yaml:"params"`
	Is     source   `yaml:"is"`
}

type ruleFile struct {
	ID    source     `yaml:"id"`
	Title string     `yaml:"title"`
	Cites string     `yaml:"cites"`
	Class string     `yaml:"class"`
	On    []string   `yaml:"on"`
	Parts []partFile `yaml:"parts"`
}

type partFile struct {
	Part         source            `yaml:"part"`
	Class        string            `yaml:"class"`
	On           []string          `yaml:"on"`
	When         source            `yaml:"when"`
	Effect       string            `yaml:"effect"`
	DivertTo     []targetFile      `yaml:"divert_to"`
	DivertAlways bool              `yaml:"divert_always"`
	Missing      []eachFile        `yaml:"missing"`
	Deadlines    []deadlineFile    `yaml:"deadlines"`
	EscalateTo   string            `yaml:"escalate_to"`
	With         map[string]source `yaml:"with"`
	Emergency    string            `yaml:"emergency"`
	Unknown      string            `yaml:"unknown"`
	AskWhole     []string          `yaml:"ask_whole"`
	AlwaysAsk    []string          `yaml:"always_ask"`
	Accepts      map[string]string `yaml:"accepts"` // what lint finds and its author means: kind and why
	Says         labels            `yaml:"says"`
}

type targetFile struct {
	Care string `yaml:"care"`
	When source `yaml:"when"`
}

// eachFile is one path, or the same key of each entry of a list that meets a
// condition.
type eachFile struct {
	Path string `yaml:"path"`
	Each source `yaml:"each"`
	As   string `yaml:"as"`
	When source `yaml:"when"`
}

type deadlineFile struct {
	What     string    `yaml:"what"`
	When     source    `yaml:"when"`
	Earliest *eachFile `yaml:"earliest"`
}

// changeFile names a rule that a country pack tightens or derogates from.
type changeFile struct {
	Rule source `yaml:"rule"`
	Why  string `yaml:"why"`
}

// source is a scalar that remembers the line it stands on.
type source struct {
	text string
	line int
}

// place is where something stands in a pack.
type place struct {
	file string
	line int
}

func (p place) fail(format string, args ...any) *PackError {
	return &PackError{p.file, p.line, fmt.Sprintf(format, args...)}
}

func (f *packFile) at(s source) place { return place{f.name, s.line} }

const packFileMost = 1 << 20

// readPackFile reads one file of a pack; what it does not know is an error.
func (q *quick) readPackFile(name string, raw []byte) (*packFile, error) {
	if len(raw) > packFileMost {
		return nil, &PackError{File: name, Problem: "the file is too large"}
	}
	tree, err := q.readYAML(name, raw)
	if err != nil {
		return nil, err
	}
	f := &packFile{name: name}
	d := packDecoder{file: name}
	if d.decode(tree, reflect.ValueOf(f).Elem()); d.problem != nil {
		return nil, d.problem
	}
	return f, nil
}
