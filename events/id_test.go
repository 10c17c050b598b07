package events

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// TestIDs: an id is a UUIDv7 of RFC 9562 in lower case, and nothing else.
func TestIDs(t *testing.T) {
	is := is.New(t)
	const good = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f" // the RFC's own example
	is.True(ID(good).Valid())
	for _, v := range "89ab" {
		is.True(ID(good[:19] + string(v) + good[20:]).Valid())
	}
	for _, bad := range []string{
		"", good[1:], good + "0", strings.ToUpper(good), strings.ReplaceAll(good, "-", "0"),
		good[:14] + "4" + good[15:], good[:19] + "c" + good[20:], good[:19] + "7" + good[20:],
		good[:8] + "0" + good[9:], good[:10] + "-" + good[11:], good[:35] + "g", "{" + good[1:35] + "}",
		good[:34] + "é", good[:19] + "\x80" + good[20:],
	} {
		is.True(!ID(bad).Valid())
	}
}

// TestCodesAsSpoken: a code is found however it was written down.
func TestCodesAsSpoken(t *testing.T) {
	is := is.New(t)
	code := NewCode(1<<5 | 16<<25) // 0, 1 and G among its symbols
	is.Equal(code, "010-00GX")     // by hand: 2·1 + (1 + 0) = 3, and 29 more make 32
	for _, spoken := range []string{"010-00GX", "01000gx", "oio-oogx", " OLO 00 GX ", "0-1-0-0-0-G-X"} {
		read, err := ParseCode(spoken)
		is.NoErr(err)
		is.Equal(read, code)
	}
	for _, bad := range []string{"", "010-00G", "010-00GXF", "010-00UF", "010-00G*", "010-00Gé", "０10-00GX"} {
		_, err := ParseCode(bad)
		is.True(err != nil)
	}
}

// TestCodesDiffer: 30 bits are 30 bits; each changes the code.
func TestCodesDiffer(t *testing.T) {
	is := is.New(t)
	seen := map[string]bool{}
	for bit := range 30 {
		seen[NewCode(1<<bit)] = true
	}
	seen[NewCode(0)] = true
	is.Equal(len(seen), 31)
	is.Equal(NewCode(1<<30|5), NewCode(5)) // the two highest bits are not used
}

// TestCodeErrors says what the check symbol finds: every single symbol that is
// wrong, at each of the seven places, and every swap of neighbours but that of
// 0 with Z, which the algorithm cannot see. Two wrong symbols are found in 31
// of 32 cases, as with any check symbol of 32 values.
func TestCodeErrors(t *testing.T) {
	is := is.New(t)
	chance := rand.New(rand.NewPCG(1, 2))
	swapped, unseen := 0, 0
	for range 1000 {
		code := strings.ReplaceAll(NewCode(chance.Uint32()), "-", "")
		for i := range code {
			for _, wrong := range codeAlphabet {
				if byte(wrong) == code[i] {
					continue
				}
				_, err := ParseCode(code[:i] + string(wrong) + code[i+1:])
				is.True(err != nil) // every wrong symbol is found
			}
			if i == 0 || code[i] == code[i-1] {
				continue
			}
			swap := code[:i-1] + code[i:i+1] + code[i-1:i] + code[i+1:]
			_, err := ParseCode(swap)
			pair := code[i-1 : i+1]
			is.Equal(err == nil, pair == "0Z" || pair == "Z0") // every swap is found but this one
			swapped++
			if err == nil {
				unseen++
			}
		}
	}
	is.True(unseen > 0) // the exception was met, so it is no guess
	t.Logf("%d of %d swaps of neighbours were not found", unseen, swapped)
}
