package policies_test

import (
	"bytes"
	"testing"
	"testing/fstest"

	"github.com/matryer/is"

	"umuryango/policies"
)

// keptOf is a pack's files as they lie in a folder of their own.
func keptOf(p *policies.Pack) fstest.MapFS {
	out := fstest.MapFS{}
	for _, f := range p.Files() {
		out[f.Name] = &fstest.MapFile{Data: f.Bytes}
	}
	return out
}

func TestAKeptPackIsTheSameAndAnswersTheSame(t *testing.T) {
	is := is.New(t)
	p := rwanda(t)
	kept, err := policies.LoadKept(keptOf(p), p.Hash())
	is.NoErr(err)
	is.Equal(kept.Hash(), p.Hash())
	for name, v := range vignettes(t) {
		was, now := policies.Check(p, read(t, p, v.Case)), policies.Check(kept, read(t, kept, v.Case))
		if !bytes.Equal(was.JSON(), now.JSON()) {
			t.Errorf("%s gets another result under the kept pack", name)
		}
	}
}

func TestAKeptPackWithOtherFilesIsRefused(t *testing.T) {
	p := rwanda(t)
	for name, spoil := range map[string]func(f fstest.MapFS){
		"a byte more":    func(f fstest.MapFS) { f["pack/pack.yaml"].Data = append(bytes.Clone(f["pack/pack.yaml"].Data), '\n') },
		"a file is gone": func(f fstest.MapFS) { delete(f, "inherited/rules/G12.yaml") },
		"no base":        func(f fstest.MapFS) { delete(f, "inherited/pack.yaml") },
		"nothing": func(f fstest.MapFS) {
			for name := range f {
				delete(f, name)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := keptOf(p)
			spoil(f)
			_, err := policies.LoadKept(f, p.Hash())
			is.New(t).True(err != nil)
		})
	}
}

// A kept pack is found by its hash, and is never chosen by a day.
func TestAKeptPackIsNeverInForce(t *testing.T) {
	is := is.New(t)
	all := packs(t)
	change(t, all, "rwanda/pack.yaml", "from: ", "from: 2026-02-01 # ")
	newer, err := policies.LoadFS(all)
	is.NoErr(err)
	older := rwanda(t)
	both := newer.With(older)
	_, ok := newer.ByHash(older.Hash())
	is.True(!ok)
	found, ok := both.ByHash(older.Hash())
	is.True(ok)
	is.Equal(found, older)
	is.Equal(len(both.Versions("rwanda")), 1)
	is.Equal(both.Versions("rwanda")[0].Hash(), newer.Versions("rwanda")[0].Hash())
}
