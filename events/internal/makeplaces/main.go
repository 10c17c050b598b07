// Command makeplaces packs a list of places for embedding: it reads the CSV
// that events.LoadPlaces reads, upper levels first, from standard input and
// writes the gzipped tree that package events unpacks to standard output. The
// same list gives the same bytes with the same release of Go, and the same tree
// with any.
//
//	go run ./events/internal/makeplaces <rwanda.csv >events/places/rwanda-2.1.6.tree.gz
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "makeplaces: %v\n", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	text, err := tree(in)
	if err != nil {
		return err
	}
	zip, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := zip.Write(text); err != nil {
		return fmt.Errorf("write the list: %w", err)
	}
	return zip.Close()
}

type place struct {
	code, name string
	level      int
	lower      []*place
}

// tree writes the lines that unpackTree of package events describes.
func tree(in io.Reader) ([]byte, error) {
	nation, levels, err := read(in)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s %s\n", nation.code, nation.name)
	nation.code = ""
	w := writer{out: &out, at: make([]string, levels)}
	for _, p := range nation.lower {
		if err := w.write(p, nation); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

func read(in io.Reader) (nation *place, levels int, err error) {
	records, err := csv.NewReader(in).ReadAll()
	if err != nil {
		return nil, 0, fmt.Errorf("read the list: %w", err)
	}
	if len(records) < 2 || strings.Join(records[0], ",") != "code,level,name,parent_code" {
		return nil, 0, fmt.Errorf("read the list: the header code,level,name,parent_code and a nation are expected")
	}
	var names []string
	all := map[string]*place{}
	for i, r := range records[1:] {
		if !slices.Contains(names, r[1]) {
			names = append(names, r[1])
		}
		p := &place{code: r[0], name: r[2], level: slices.Index(names, r[1])}
		upper := all[r[3]]
		switch {
		case i == 0:
			nation = p
		case upper == nil:
			return nil, 0, fmt.Errorf("line %d: %s %s stands before the place above it, %q", i+2, p.code, p.name, r[3])
		default:
			upper.lower = append(upper.lower, p)
		}
		all[p.code] = p
		p.code = strings.TrimPrefix(p.code, nation.code)
	}
	nation.code = records[1][0]
	if len(names) > 10 {
		return nil, 0, fmt.Errorf("read the list: %d levels, a tree has at most 10", len(names))
	}
	return nation, len(names), nil
}

type writer struct {
	out *bytes.Buffer
	at  []string // code of the last place in each level
}

func (w *writer) write(p, upper *place) error {
	digits, ok := strings.CutPrefix(p.code, upper.code)
	if !ok || digits == "" || strings.Trim(p.code, "0123456789") != "" {
		return fmt.Errorf("code %s of %s: it is expected to begin with %q and to add digits", p.code, p.name, upper.code)
	}
	if p.name == "" || strings.ContainsAny(p.name[:1], "0123456789") || strings.Contains(p.name, "\n") {
		return fmt.Errorf("name %q of %s: a line that begins with no digit is expected", p.name, p.code)
	}
	if follows(w.at[p.level], p.code) {
		digits = ""
	}
	fmt.Fprintf(w.out, "%d%s%s\n", p.level, digits, p.name)
	w.at[p.level] = p.code
	clear(w.at[p.level+1:])
	for _, l := range p.lower {
		if err := w.write(l, p); err != nil {
			return err
		}
	}
	return nil
}

func follows(before, code string) bool {
	n, err := strconv.ParseUint(before, 10, 64)
	return err == nil && fmt.Sprintf("%0*d", len(before), n+1) == code
}
