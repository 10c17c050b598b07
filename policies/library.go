package policies

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"hash"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed packs
var embedded embed.FS

// Library is a set of packs by id and version.
type Library struct {
	packs  []*Pack // by id, the newest first
	byHash map[string]*Pack
}

// Embedded is the library that the program carries.
func Embedded() (*Library, error) {
	sub, err := fs.Sub(embedded, "packs")
	if err != nil {
		return nil, fmt.Errorf("open the embedded packs: %w", err)
	}
	return LoadFS(sub)
}

// LoadFS reads every pack below a folder: each is a folder with a pack.yaml,
// and all *.yaml files of that folder and below it belong to it.
func LoadFS(f fs.FS) (*Library, error) {
	files, err := yamlFiles(f)
	if err != nil {
		return nil, err
	}
	var all []*folder
	var q quick
	for _, name := range files {
		if path.Base(name) != "pack.yaml" {
			continue
		}
		d, err := readFolder(f, path.Dir(name), files, &q)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	if len(all) == 0 {
		return nil, &PackError{Problem: "no pack.yaml was found"}
	}
	return link(all)
}

func yamlFiles(f fs.FS) ([]string, error) {
	var out []string
	err := fs.WalkDir(f, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && path.Ext(name) == ".yaml" {
			out = append(out, name)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for policy packs: %w", err)
	}
	return out, nil
}

// folder is one pack as it was read, before it is put together with the one
// that it inherits.
type folder struct {
	dir    string
	header *headerFile
	at     place
	files  []*packFile
	raw    []File // their names within it and their bytes
	sum    []byte // of every name and byte
}

func readFolder(f fs.FS, dir string, files []string, q *quick) (*folder, error) {
	d := &folder{dir: dir}
	h := sha256.New()
	for _, name := range files {
		short, within := strings.CutPrefix(name, dir+"/")
		if !within && dir != "." {
			continue
		}
		if err := d.read(f, name, short, h, q); err != nil {
			return nil, fmt.Errorf("read the policy pack in %s: %w", dir, err)
		}
	}
	d.sum = h.Sum(nil)
	return d, d.check(dir)
}

// read takes one file, and adds its name and bytes to the pack's sum.
func (d *folder) read(f fs.FS, name, short string, sum hash.Hash, q *quick) error {
	raw, err := fs.ReadFile(f, name)
	if err != nil {
		return err
	}
	file, err := q.readPackFile(name, raw)
	if err != nil {
		return err
	}
	d.files = append(d.files, file)
	d.raw = append(d.raw, File{short, raw})
	fmt.Fprintf(sum, "%s %d\n", short, len(raw))
	sum.Write(raw)
	return d.take(file)
}

func (d *folder) take(f *packFile) error {
	if f.Pack == nil {
		return nil
	}
	if d.header != nil {
		return f.at(f.Pack.ID).fail("the pack's header stands in %s too", d.at.file)
	}
	d.header, d.at = f.Pack, f.at(f.Pack.ID)
	return nil
}

// languageVersion is the version of the rule language that this program reads.
const languageVersion = 1

func (d *folder) check(dir string) error {
	switch h := d.header; {
	case h == nil:
		return &PackError{File: path.Join(dir, "pack.yaml"), Problem: "the header is missing: pack: {id: …, version: …}"}
	case !idLike(h.ID.text):
		return d.at.fail("%q is no id for a pack", clip(h.ID.text))
	case h.Version == "":
		return d.at.fail("the pack has no version")
	case h.Language != languageVersion:
		return d.at.fail("the pack is written in language %d, this program reads %d", h.Language, languageVersion)
	case h.Abstract && h.Inherits != "":
		return d.at.fail("an abstract pack inherits nothing")
	}
	return nil
}

// link puts every pack together with the one that it inherits.
func link(all []*folder) (*Library, error) {
	abstract := map[string]*folder{}
	for _, d := range all {
		if !d.header.Abstract {
			continue
		}
		name := d.header.ID.text + " " + d.header.Version
		if abstract[name] != nil {
			return nil, d.at.fail("pack %s stands there twice", name)
		}
		abstract[name] = d
	}
	l := &Library{byHash: map[string]*Pack{}}
	for _, d := range all {
		if d.header.Abstract {
			continue
		}
		if err := l.add(d, abstract); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(l.packs, func(a, b *Pack) int {
		if a.id != b.id {
			return strings.Compare(a.id, b.id)
		}
		return b.from.Compare(a.from)
	})
	return l, l.checkDates()
}

func (l *Library) add(d *folder, abstract map[string]*folder) error {
	var base *folder
	if d.header.Inherits != "" {
		if base = abstract[d.header.Inherits]; base == nil {
			return d.at.fail("the pack inherits %q, which is not here: id and version of an abstract pack are expected", clip(d.header.Inherits))
		}
	}
	p, err := assemble(base, d)
	if err != nil {
		return err
	}
	p.files = filesOf(base, d)
	l.packs = append(l.packs, p)
	l.byHash[p.hash] = p
	return nil
}

func (l *Library) checkDates() error {
	for i := 1; i < len(l.packs); i++ {
		if a, b := l.packs[i-1], l.packs[i]; a.id == b.id && (a.from.Equal(b.from) || a.version == b.version) {
			return &PackError{Problem: "two packs " + strconv.Quote(a.id) + " have one version or one date"}
		}
	}
	return nil
}

func hashOf(base, own *folder) string {
	var sums [][]byte
	if base != nil {
		sums = append(sums, base.sum)
	}
	sum := sha256.Sum256(bytes.Join(append(sums, own.sum), nil))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// InForce is the pack of a country that is in force at an instant.
func (l *Library) InForce(id string, at time.Time) (*Pack, error) {
	known := false
	for _, p := range l.packs {
		if p.id != id {
			continue
		}
		known = true
		if !p.from.After(at) {
			return p, nil
		}
	}
	if known {
		return nil, fmt.Errorf("find policy pack %q: no version of it is in force on %s", clip(id), at.UTC().Format(time.DateOnly))
	}
	return nil, fmt.Errorf("find policy pack %q: there is no such pack here", clip(id))
}

// Nearest is the pack of a country that is in force at an instant or, before its
// first version, that one: what happened then is told in its codes, and so is
// whatever a node shows whose clock has stopped. See Pack.From.
func (l *Library) Nearest(id string, at time.Time) (*Pack, error) {
	if p, err := l.InForce(id, at); err == nil {
		return p, nil
	}
	for _, p := range slices.Backward(l.packs) { // the newest of each country stands first
		if p.id == id {
			return p, nil
		}
	}
	return l.InForce(id, at)
}

// ByHash is the pack that a recorded result names.
func (l *Library) ByHash(hash string) (*Pack, bool) {
	p, ok := l.byHash[hash]
	return p, ok
}

// IDs lists the packs of the library.
func (l *Library) IDs() []string {
	var out []string
	for _, p := range l.packs {
		if !slices.Contains(out, p.id) {
			out = append(out, p.id)
		}
	}
	return out
}
