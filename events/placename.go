package events

import (
	"strings"
	"unicode"
)

// foldName brings the ways in which people write one name together: in either
// case, with or without accents and apostrophes, with hyphens, dots or spaces.
// A slash stays, because it parts the names of a path.
func foldName(name string) string {
	var b strings.Builder
	b.Grow(len(name))
	gap := false
	for _, r := range name {
		switch {
		case isAccent(r) || strings.ContainsRune("'’‘ʼ`´", r):
		case r == '/':
			b.WriteByte('/')
			gap = false
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			if s := b.String(); gap && s != "" && s[len(s)-1] != '/' {
				b.WriteByte(' ')
			}
			b.WriteRune(bareLetter(unicode.ToLower(r)))
			gap = false
		default:
			gap = true
		}
	}
	return b.String()
}

// isAccent: marks that stand on the Latin letter before them. Marks of other
// scripts carry vowels and stay.
func isAccent(r rune) bool { return 0x300 <= r && r <= 0x36f }

// accented lists the Latin letters that Unicode writes in one with their
// accents, each behind its bare letter: those of Europe, Africa, Latin America
// and Viet Nam.
const accented = "aàáâãäåāăąǎạảấầẩẫậắằẳẵặ cçćĉċč dďđ eèéêëēĕėęěẹẻẽếềểễệ gĝğġģǧ hĥħ iìíîïĩīĭįıǐỉị jĵ kķ lĺļľŀł " +
	"nñńņňǹ oòóôõöøōŏőơǒọỏốồổỗộớờởỡợ rŕŗř sśŝşšș tţťŧț uùúûüũūŭůűųưǔụủứừửữự wŵẁẃẅ yýÿŷỳỵỷỹ zźżž"

func bareLetter(r rune) rune {
	if r < 0x80 {
		return r
	}
	bare, first := r, true
	for _, c := range accented {
		switch {
		case c == ' ':
			first = true
		case first:
			bare, first = c, false
		case c == r:
			return bare
		}
	}
	return r
}
