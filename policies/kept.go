package policies

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
)

// File is one file of a pack, as it was read.
type File struct {
	Name  string
	Bytes []byte
}

// The folders in which Files lays a pack and the one that it inherits.
const (
	dirOwn       = "pack"
	dirInherited = "inherited"
)

// filesOf lays out what a pack was read from. The sum of a folder is over names
// within it, so it is the same wherever the folder lies.
func filesOf(base, own *folder) []File {
	out := laid(dirOwn, own)
	if base != nil {
		out = append(out, laid(dirInherited, base)...)
	}
	return out
}

func laid(dir string, d *folder) []File {
	var out []File
	for _, f := range d.raw {
		out = append(out, File{dir + "/" + f.Name, f.Bytes})
	}
	return out
}

// Files are the pack's own and those of what it inherits. Nobody may change
// their bytes. LoadKept reads the same pack from them: whoever keeps them can
// ask it again when no program carries it any more.
func (p *Pack) Files() []File { return slices.Clone(p.files) }

// LoadKept reads the one pack that was kept in a folder, and refuses it where it
// is not the one of this hash.
func LoadKept(f fs.FS, hash string) (*Pack, error) {
	l, err := LoadFS(f)
	if err != nil {
		return nil, err
	}
	p, ok := l.ByHash(hash)
	if !ok || len(l.packs) != 1 {
		return nil, &PackError{Problem: fmt.Sprintf("the files are not those of the pack %s", hash)}
	}
	return p, nil
}

// With is the library that also finds these packs by their hash. They are never
// in force: what was decided under them can be read and checked again.
func (l *Library) With(kept ...*Pack) *Library {
	out := &Library{packs: l.packs, byHash: maps.Clone(l.byHash)}
	for _, p := range kept {
		if _, there := out.byHash[p.hash]; !there {
			out.byHash[p.hash] = p
		}
	}
	return out
}

// Versions are the packs of a country that may be in force, the newest first.
func (l *Library) Versions(id string) []*Pack {
	var out []*Pack
	for _, p := range l.packs {
		if p.id == id {
			out = append(out, p)
		}
	}
	return out
}
