package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"umuryango/cmd/umuryango/web"
	"umuryango/policies"
)

// dirPacks is where a node keeps the policy packs that it worked under, each in
// a folder named by its hash: a decision can be checked again years later, when
// no program carries its pack any more.
const dirPacks = "packs"

// The hash of a pack as it stands in a decision, and as a folder is named.
const hashKind = "sha256:"

func packFolder(dir, hash string) string {
	return filepath.Join(dir, dirPacks, strings.TrimPrefix(hash, hashKind))
}

// keepPacks keeps every pack under which the node in dir may work, before it
// works, and returns the library with those that it has kept before.
func (l land) keepPacks(dir string) (land, error) {
	begun, err := filepath.Glob(filepath.Join(dir, dirPacks, partPrefix+"*"))
	for _, b := range begun { // by a start that was stopped meanwhile: the folder is held
		err = errors.Join(err, os.RemoveAll(b))
	}
	if err != nil {
		return l, fmt.Errorf("clear what was begun in %s: %w", dir, err)
	}
	for _, p := range l.packs.Versions(web.PackID) {
		if err := keepPack(dir, p); err != nil {
			return l, fmt.Errorf("keep the policy pack %s %s in %s: %w", p.ID(), p.Version(), dir, err)
		}
	}
	kept, spoilt, err := keptPacks(dir)
	for _, s := range spoilt {
		l.log.Warn("a kept policy pack cannot be used", "err", s)
	}
	l.packs = l.packs.With(kept...)
	return l, err
}

// keepPack writes a pack's files whole or not at all. What lies there already
// and is not that pack is replaced.
func keepPack(dir string, p *policies.Pack) (err error) {
	to := packFolder(dir, p.Hash())
	if _, err := policies.LoadKept(os.DirFS(to), p.Hash()); err == nil {
		return nil
	}
	packs := filepath.Dir(to)
	if err := os.MkdirAll(packs, dirMode); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(packs, partPrefix)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	for _, f := range p.Files() {
		if err := writeSynced(filepath.Join(temp, filepath.FromSlash(f.Name)), f.Bytes); err != nil {
			return err
		}
	}
	if err := errors.Join(syncFolders(temp), os.RemoveAll(to)); err != nil {
		return err
	}
	if err := os.Rename(temp, to); err != nil {
		return err
	}
	return syncFolder(packs)
}

// partPrefix begins the name of what a node was writing when it was stopped.
const partPrefix = ".part-"

func writeSynced(path string, raw []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), dirMode); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, secretMode)
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncFolders puts the names in a folder and in those below it on the disk.
func syncFolders(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return syncFolder(path)
	})
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// keptPacks reads the packs that a node has kept. spoilt are those that are not
// what their folder's name says: nothing is checked under them.
func keptPacks(dir string) (kept []*policies.Pack, spoilt []error, err error) {
	entries, err := os.ReadDir(filepath.Join(dir, dirPacks))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil // a node of before packs were kept, or one that never ran
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the policy packs that are kept in %s: %w", dir, err)
	}
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), partPrefix) {
			continue
		}
		hash := hashKind + e.Name()
		p, err := policies.LoadKept(os.DirFS(packFolder(dir, hash)), hash)
		if err != nil {
			spoilt = append(spoilt, fmt.Errorf("read the policy pack kept in %s: %w", packFolder(dir, hash), err))
			continue
		}
		kept = append(kept, p)
	}
	return kept, spoilt, nil
}
