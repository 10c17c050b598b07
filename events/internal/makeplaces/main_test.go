package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"io"
	"os"
	"strings"
	"testing"

	"umuryango/events"

	"github.com/matryer/is"
)

// TestTree: the form that package events unpacks, with codes left out where
// they follow the one before.
func TestTree(t *testing.T) {
	is := is.New(t)
	text, err := tree(strings.NewReader("code,level,name,parent_code\nRW,national,Rwanda,\n" +
		"1,province,East,RW\n2,province,West,RW\n11,district,A,1\n12,district,B,1\n21,district,C,2\n" +
		"1101,sector,D,11\n1102,sector,E,11\n1109,sector,F,11\n1110,sector,G,11\n1201,sector,H,12\n"))
	is.NoErr(err)
	is.Equal(string(text), "RW Rwanda\n11East\n21A\n301D\n3E\n309F\n3G\n2B\n301H\n1West\n21C\n")
}

// TestEmbeddedList: the list that package events embeds, written out as CSV and
// made again, is the same tree.
func TestEmbeddedList(t *testing.T) {
	is := is.New(t)
	places, err := events.Rwanda()
	is.NoErr(err)
	var list bytes.Buffer
	w := csv.NewWriter(&list)
	is.NoErr(w.Write([]string{"code", "level", "name", "parent_code"}))
	for p := range places.All() {
		code, upper := p.Code, strings.TrimPrefix(p.Upper, "RW")
		if p.Upper == "" {
			code = p.ID
		} else if upper == "" {
			upper = "RW"
		}
		is.NoErr(w.Write([]string{code, p.Level, p.Name, upper}))
	}
	w.Flush()
	var packed bytes.Buffer
	is.NoErr(run(&list, &packed))
	embedded, err := os.ReadFile("../../places/rwanda-2.1.6.tree.gz")
	is.NoErr(err)
	is.Equal(unpack(is, packed.Bytes()), unpack(is, embedded))
}

func unpack(is *is.I, packed []byte) string {
	is.Helper()
	r, err := gzip.NewReader(bytes.NewReader(packed))
	is.NoErr(err)
	text, err := io.ReadAll(r)
	is.NoErr(err)
	return string(text)
}

// TestTreeRefuses: what the form cannot hold is said, not lost.
func TestTreeRefuses(t *testing.T) {
	const head = "code,level,name,parent_code\nRW,national,Rwanda,\n"
	for name, c := range map[string]struct{ list, want string }{
		"empty":                 {"", "header"},
		"only a header":         {"code,level,name,parent_code\n", "nation"},
		"lower before upper":    {head + "11,district,A,1\n1,province,B,RW\n", "line 3"},
		"code that nests not":   {head + "1,province,A,RW\n21,district,B,1\n", "begin with"},
		"code of letters":       {head + "A,province,A,RW\n", "digits"},
		"code that adds none":   {head + "1,province,A,RW\n1,district,B,1\n", "add digits"},
		"name begins in digits": {head + "1,province,1st,RW\n", "no digit"},
		"name of two lines":     {head + "1,province,\"A\nB\",RW\n", "line"},
		"two nations":           {head + "KE,national,Kenya,\n", "line 3"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			err := run(strings.NewReader(c.list), io.Discard)
			is.True(err != nil)
			is.True(strings.Contains(err.Error(), c.want))
		})
	}
}
