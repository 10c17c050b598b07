package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cenkalti/backoff/v4"

	"umuryango/cmd/umuryango/web"
	"umuryango/engine"
)

// The children of the story. Nobody is called so: the names are made up.
var (
	girl = web.RecordRequest{
		Identity: engine.Identity{Name: "Ineza Umuryango", BirthDate: "2025-05", Address: "near the water point, Kivumu"},
		Note:     "Her mother died in August; the grandmother can no longer carry her to the clinic.",
		Reporter: engine.Reporter{Name: "Gatera Umuturanyi", Relation: "neighbour"},
		Adults:   []engine.Adult{{Role: "grandmother", Name: "Nyirakuru Umuryango"}},
	}
	boy = web.RecordRequest{Identity: engine.Identity{Name: "Ganza Umuryango", BirthDate: "2021"}}
)

// lookers are the workers who look at the story's pages, from the nation down.
var lookers = []string{"NAT-1", "DIS-3", "SEC-2", "CEL-1", "IZU-1"}

// readNames: the offices that may read the child's name, and the nation's folder,
// in which it is nowhere.
func (s *story) readNames(ctx context.Context, c child) error {
	s.scene("Who reads the girl's name")
	for at := villageAt; at >= districtAt; at-- {
		seen, err := s.looks(ctx, at, c, func(v web.CaseView) bool { return v.Record.Identity != nil })
		if err != nil {
			return err
		}
		s.say("%s reads: %s, born %s", s.office(at), seen.Record.Identity.Name, seen.Record.Identity.BirthDate)
	}
	seen, err := s.looks(ctx, nationAt, c, func(web.CaseView) bool { return true })
	if err != nil {
		return err
	}
	s.say("the nation reads: %s, %s", whyClosed(seen.Record.Status), joinMarks(seen.Record.Sex, seen.Record.AgeBand+" years"))
	files, found, err := holds(s.d.folder(s.d.places[nationAt]), girl.Identity.Name)
	if err != nil {
		return err
	}
	if found != "" || seen.Record.Identity != nil {
		return fmt.Errorf("the nation can read the girl's name, in %q: %w", found, errBreached)
	}
	s.say("in none of the %d files of the nation's folder does her name occur", files)
	return s.onRecord(ctx, c)
}

// onRecord: whoever read a name stands on record where they read it.
func (s *story) onRecord(ctx context.Context, c child) error {
	list, err := s.nodes[districtAt].Reads(ctx, c.code)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return fmt.Errorf("nobody is on record who opened %s: %w", c.code, errBreached)
	}
	s.say("on record at %s: %s opened the page of %s at %s", s.office(districtAt), list[0].Actor, c.code, list[0].At.In(web.Local).Format("15:04:05"))
	return nil
}

// looks opens a case at one node until it looks so.
func (s *story) looks(ctx context.Context, at int, c child, holds func(web.CaseView) bool) (web.CaseView, error) {
	ctx, cancel := context.WithTimeout(ctx, hopWithin)
	defer cancel()
	var seen web.CaseView
	look := func() (err error) {
		if seen, err = s.nodes[at].CaseAs(ctx, c.id, web.ActRequest{Actor: lookers[at]}); err != nil {
			return err
		}
		if !holds(seen) {
			return errNotYet
		}
		return nil
	}
	if err := backoff.Retry(look, backoff.WithContext(backoff.NewConstantBackOff(lookEvery), ctx)); err != nil {
		return seen, fmt.Errorf("wait for the name of %s at %s: %w%s", c.code, s.office(at), err, s.links())
	}
	return seen, nil
}

// erased: a court orders that the girl's record is destroyed. Every holder does
// so and says so; the trail stays.
func (s *story) erased(ctx context.Context, c child) error {
	s.scene("A court orders that the girl's record is erased, and %s erases it", s.office(districtAt))
	if _, err := s.nodes[districtAt].Erase(ctx, c.id, "", web.EraseRequest{
		ActRequest: web.ActRequest{Actor: "DIS-3"}, Ground: "court_order", Document: "RC-00117/2026/TB",
	}); err != nil {
		return err
	}
	held, err := s.acknowledged(ctx, c)
	if err != nil {
		return err
	}
	for _, n := range held.Done {
		s.say("%s has destroyed its keys", s.placeNamed(n.Node))
	}
	for _, at := range []int{districtAt, sectorAt, cellAt, villageAt} {
		if _, err := s.looks(ctx, at, c, func(v web.CaseView) bool { return v.Record.Status == "erased" }); err != nil {
			return err
		}
	}
	seen, err := s.looks(ctx, villageAt, c, func(web.CaseView) bool { return true })
	if err != nil {
		return err
	}
	s.say("%s shows: %s; its trail of %d acts and its answers stay", s.office(villageAt), whyClosed(seen.Record.Status), len(seen.Trail))
	return nil
}

// acknowledged waits until every holder has said that it destroyed its keys.
func (s *story) acknowledged(ctx context.Context, c child) (web.ErasureEntry, error) {
	ctx, cancel := context.WithTimeout(ctx, hopWithin)
	defer cancel()
	var last web.ErasureEntry
	look := func() error {
		h, err := s.nodes[districtAt].Holders(ctx, c.id, web.ActRequest{})
		if err != nil {
			return err
		}
		if len(h.Erasures) != 1 || len(h.Erasures[0].Still) > 0 {
			return errNotYet
		}
		last = h.Erasures[0]
		return nil
	}
	if err := backoff.Retry(look, backoff.WithContext(backoff.NewConstantBackOff(lookEvery), ctx)); err != nil {
		return last, fmt.Errorf("wait until every holder of %s has destroyed its keys: %w%s", c.code, err, s.links())
	}
	return last, nil
}

// searchesMax bounds how often a folder is searched anew because a node put a file
// in the place of another meanwhile.
const searchesMax = 20

// holds looks for a text in every file of a folder, and names the first in which
// it occurs.
func holds(dir, text string) (files int, found string, err error) {
	for range searchesMax {
		files, found, err = search(dir, text)
		if !errors.Is(err, fs.ErrNotExist) {
			break // else what was not searched might hold it
		}
	}
	if err != nil {
		return files, found, fmt.Errorf("look through the files of %s: %w", dir, err)
	}
	return files, found, nil
}

func search(dir, text string) (files int, found string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		if bytes.Contains(raw, []byte(text)) && found == "" {
			found = strings.TrimPrefix(path, dir)
		}
		return nil
	})
	return files, found, err
}
