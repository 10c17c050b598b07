package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/snappy"
	"github.com/matryer/is"
)

// needle is a mark in one of the forms in which it could lie somewhere.
type needle struct {
	mark, form string
	raw        []byte
}

// needles are all forms of the marks, but for compression: see unpacked.
func needles(marks []string) []needle {
	var out []needle
	for _, m := range marks {
		add := func(form string, raw []byte) { out = append(out, needle{m, form, raw}) }
		add("plain", []byte(m))
		x := hex.EncodeToString([]byte(m))
		add("hex", []byte(x))
		add("HEX", []byte(strings.ToUpper(x)))
		for shift := range 3 {
			whole := (len(m) - shift) / 3 * 3
			part := []byte(m)[shift : shift+whole]
			add(fmt.Sprintf("base64 at %d", shift), []byte(base64.StdEncoding.EncodeToString(part)))
			add(fmt.Sprintf("base64url at %d", shift), []byte(base64.URLEncoding.EncodeToString(part)))
		}
		var little, big []byte
		for _, u := range utf16.Encode([]rune(m)) {
			little, big = append(little, byte(u), byte(u>>8)), append(big, byte(u>>8), byte(u))
		}
		add("UTF-16LE", little)
		add("UTF-16BE", big)
	}
	return out
}

// seekers finds where compressed data may begin.
var seekers = []struct {
	form  string
	magic []byte
	open  func(io.Reader) (io.Reader, error)
}{
	{"gzip", []byte{0x1f, 0x8b, 0x08}, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
	{"s2", []byte("\xff\x06\x00\x00S2sTwO"), func(r io.Reader) (io.Reader, error) { return s2.NewReader(r), nil }},
	{"snappy", []byte("\xff\x06\x00\x00sNaPpY"), func(r io.Reader) (io.Reader, error) { return snappy.NewReader(r), nil }},
}

const unpackMax = 64 << 20

// unpacked is what lies compressed in raw, wherever it begins: streams by what
// they begin with, and the whole as one block.
func unpacked(raw []byte) map[string][]byte {
	out := map[string][]byte{}
	for _, s := range seekers {
		for at := 0; ; at++ {
			i := bytes.Index(raw[at:], s.magic)
			if i < 0 {
				break
			}
			at += i
			if r, err := s.open(bytes.NewReader(raw[at:])); err == nil {
				plain, _ := io.ReadAll(io.LimitReader(r, unpackMax)) // what came before a fault is searched
				out[s.form] = append(out[s.form], plain...)
			}
		}
	}
	if n, err := s2.DecodedLen(raw); err == nil && n < unpackMax {
		if plain, err := s2.Decode(nil, raw); err == nil {
			out["s2 block"] = plain
		}
	}
	return out
}

// find tells in which forms which marks lie in raw.
func find(list []needle, raw []byte) (out []string) {
	look := func(within string, data []byte) {
		for _, n := range list {
			if bytes.Contains(data, n.raw) {
				out = append(out, n.mark+" as "+n.form+within)
			}
		}
	}
	look("", raw)
	for form, plain := range unpacked(raw) {
		look(" in "+form, plain)
	}
	return out
}

// findUnder searches the names and contents of all files of a folder.
func findUnder(t *testing.T, list []needle, dir string) (out []string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the store has removed it meanwhile
		}
		if err != nil {
			return err
		}
		for _, f := range find(list, []byte(strings.TrimPrefix(path, dir))) {
			out = append(out, "the name of "+path+": "+f)
		}
		if d.IsDir() {
			return nil
		}
		raw, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		files++
		for _, f := range find(list, raw) {
			out = append(out, path+": "+f)
		}
		return err
	})
	if err != nil || files == 0 {
		t.Fatalf("%d files of %s were searched: %v", files, dir, err)
	}
	return out
}

// TestTheSearchFindsEveryForm: the control of the test of marked names. What is
// put into a folder in any of the forms is found there.
func TestTheSearchFindsEveryForm(t *testing.T) {
	is := is.New(t)
	const mark = "Qzkcontrolmark"
	list := needles([]string{mark})
	plain := []byte("{\"before\":" + strings.Repeat("x", 7) + mark + "behind\"}")
	packed := func(open func(io.Writer) io.WriteCloser) []byte {
		var out bytes.Buffer
		w := open(&out)
		_, err := w.Write(plain)
		is.NoErr(err)
		is.NoErr(w.Close())
		return append([]byte("what is before"), out.Bytes()...)
	}
	planted := map[string][]byte{
		"plain": plain, "hex": []byte(hex.EncodeToString(plain)), "HEX": []byte(strings.ToUpper(hex.EncodeToString(plain))),
		"in gzip":     packed(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }),
		"in s2":       packed(func(w io.Writer) io.WriteCloser { return s2.NewWriter(w) }),
		"in snappy":   packed(func(w io.Writer) io.WriteCloser { return snappy.NewBufferedWriter(w) }),
		"in s2 block": s2.Encode(nil, plain),
	}
	for shift := range 3 {
		text := append(bytes.Repeat([]byte{'x'}, shift), mark+"behind"...)
		at := fmt.Sprint((3 - shift) % 3)
		planted["base64 at "+at] = []byte(base64.StdEncoding.EncodeToString(text))
		planted["base64url at "+at] = []byte(base64.URLEncoding.EncodeToString(append([]byte("\xff\xfe\xfd"), text...)))
	}
	for _, n := range list {
		if strings.HasPrefix(n.form, "UTF-16") {
			planted[n.form] = append([]byte("x"), n.raw...)
		}
	}
	is.Equal(len(planted), 15)
	for form, raw := range planted {
		dir := t.TempDir()
		is.NoErr(os.WriteFile(filepath.Join(dir, "planted"), raw, 0o600))
		found := findUnder(t, list, dir)
		if !slices.ContainsFunc(found, func(f string) bool { return strings.HasSuffix(f, form) }) {
			t.Errorf("%s is not found: %v", form, found)
		}
	}
	is.Equal(find(list, []byte("nothing of it")), nil)
	dir := t.TempDir()
	is.NoErr(os.WriteFile(filepath.Join(dir, mark), nil, 0o600))
	is.Equal(len(findUnder(t, list, dir)), 1) // a file's name
}
