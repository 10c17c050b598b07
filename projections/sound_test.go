package projections

import (
	"bytes"
	"os"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine/pages"
)

// Whatever a power cut or a bad disk does to a page, the rows are made again, and
// nothing ends the process.
func TestATornPageIsMadeAgain(t *testing.T) {
	is := is.New(t)
	s := show(t, is)
	s.add(stories(3, 40)...)
	want := s.hash()
	is.NoErr(s.Store.Close())
	is.NoErr(s.history.Close())
	size := os.Getpagesize()
	torn := 0
	for _, path := range []string{s.Store.path, s.history.path} {
		whole, err := os.ReadFile(path)
		is.NoErr(err)
		for at := 2 * size; at+size <= len(whole); at += 3 * size {
			for _, damage := range []func(page []byte){
				func(page []byte) { clear(page) },
				func(page []byte) { copy(page, bytes.Repeat([]byte{0xff}, size)) },
				func(page []byte) { copy(page[16:], bytes.Repeat([]byte{0xff}, size)) }, // all but what it is
				func(page []byte) { copy(page, whole[2*size:3*size]) },                  // another page
			} {
				raw := bytes.Clone(whole)
				damage(raw[at : at+size])
				is.NoErr(os.WriteFile(path, raw, 0o600))
				if pages.Look(path) != nil {
					torn++
				}
				s.open()
				is.NoErr(s.Wait(ctx, s.src.Head()))
				is.Equal(s.hash(), want)
				is.NoErr(s.Store.Close())
				is.NoErr(s.history.Close())
			}
		}
		is.NoErr(os.WriteFile(path, whole[:len(whole)/2], 0o600)) // its end is gone
		s.open()
		is.NoErr(s.Wait(ctx, s.src.Head()))
		is.Equal(s.hash(), want)
		is.NoErr(s.Store.Close())
		is.NoErr(s.history.Close())
	}
	is.True(torn > 20) // pages in use were among them
	_, err := os.Stat(s.Store.path + ".damaged")
	is.NoErr(err) // and what it was like can be looked at
	s.open()
}
