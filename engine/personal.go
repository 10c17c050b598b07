package engine

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"umuryango/events"
)

// Personal is what an act says that no event holds in clear.
type Personal struct {
	Identity Identity // of the child
	Note     string   // told in words
	Reporter Reporter // who reported
	Adults   []Adult
}

// Identity is who the child is.
type Identity struct {
	Name        string `json:"name,omitempty"`
	AlsoKnownAs string `json:"also_known_as,omitempty"`
	BirthDate   string `json:"birth_date,omitempty"` // 2021-03-09, or as much of it as is known
	Address     string `json:"address,omitempty"`
	Contact     string `json:"contact,omitempty"`
}

// Reporter is the person who reported.
type Reporter struct {
	Name     string `json:"name,omitempty"`
	Contact  string `json:"contact,omitempty"`
	Relation string `json:"relation,omitempty"`
}

// Adult is one adult of whom a case tells.
type Adult struct {
	Role       string `json:"role"` // mother, carer, …
	Name       string `json:"name,omitempty"`
	BirthDate  string `json:"birth_date,omitempty"`
	Address    string `json:"address,omitempty"`
	Contact    string `json:"contact,omitempty"`
	WorkerCode string `json:"worker_code,omitempty"`
}

// Narrative are texts: each under the path of the case document where it
// belongs, and what was told in words under NoteKey.
type Narrative map[string]string

// NoteKey is where a note stands in a Narrative; no path of a document is it.
const NoteKey = "note"

// What one act may tell, in bytes.
const (
	lineMost   = 400
	textMost   = 8 << 10
	storyMost  = 24 << 10 // the texts of one event together
	textsMost  = 256
	adultsMost = 16
)

var birthForms = []string{time.DateOnly, "2006-01", "2006"}

// roleForm: a role is a code, never a name.
var roleForm = regexp.MustCompile(`^[a-z][a-z_]{1,31}$`)

// check refuses what cannot be meant, by its path.
func (p Personal) check() error {
	i, r := p.Identity, p.Reporter
	lines := []said{
		{"identity.name", i.Name}, {"identity.also_known_as", i.AlsoKnownAs}, {"identity.address", i.Address}, {"identity.contact", i.Contact},
		{"reporter.name", r.Name}, {"reporter.contact", r.Contact}, {"reporter.relation", r.Relation},
	}
	if err := checkBirth("identity.birth_date", i.BirthDate); err != nil {
		return err
	}
	if len(p.Adults) > adultsMost {
		return &Invalid{"adults", "at most " + strconv.Itoa(adultsMost) + " are taken in one act"}
	}
	for n, a := range p.Adults {
		at := "adults[" + strconv.Itoa(n) + "]"
		lines = append(lines, said{at + ".name", a.Name}, said{at + ".address", a.Address}, said{at + ".contact", a.Contact})
		if err := checkBirth(at+".birth_date", a.BirthDate); err != nil {
			return err
		}
		switch {
		case !roleForm.MatchString(a.Role):
			return &Invalid{at + ".role", "a word in lower case is expected, as in mother or foster_carer"}
		case a.WorkerCode != "" && !ValidActor(a.WorkerCode):
			return &Invalid{at + ".worker_code", "a worker's code is expected, never a name"}
		}
	}
	for _, l := range lines {
		if err := l.check(lineMost); err != nil {
			return err
		}
	}
	return said{NoteKey, p.Note}.check(textMost)
}

// said is a text with where it stands.
type said struct{ path, text string }

func (l said) check(most int) error {
	switch {
	case len(l.text) > most:
		return &Invalid{l.path, fmt.Sprintf("at most %d bytes are taken, this has %d", most, len(l.text))}
	case !utf8.ValidString(l.text):
		return &Invalid{l.path, "UTF-8 is expected"}
	case l.text != "" && strings.TrimSpace(l.text) == "":
		return &Invalid{l.path, "it says nothing"}
	}
	return nil
}

func checkBirth(path, text string) error {
	if text == "" {
		return nil
	}
	for _, form := range birthForms {
		if _, err := time.Parse(form, text); err == nil {
			return nil
		}
	}
	return &Invalid{path, "a date as in 2021-03-09 is expected, or as much of it as is known: 2021-03, 2021"}
}

// checkNarrative bounds the texts of one event.
func checkNarrative(n Narrative) error {
	if len(n) > textsMost {
		return &Invalid{"facts", "at most " + strconv.Itoa(textsMost) + " texts are taken in one act"}
	}
	size := 0
	for path, text := range n {
		if path != NoteKey {
			path = "facts." + path
		}
		if err := (said{path, text}).check(textMost); err != nil {
			return err
		}
		size += len(path) + len(text)
	}
	if size > storyMost {
		return &Invalid{"facts", fmt.Sprintf("its texts have %d bytes, at most %d are taken in one act", size, storyMost)}
	}
	return nil
}

// secrets are the parts of an act that are sealed apart from its facts.
func (p Personal) secrets(n Narrative) ([]Secret, error) {
	var out []Secret
	seal := func(field string, what any) error {
		plain, err := events.Encode(what)
		if err == nil {
			out = append(out, Secret{Field: field, Plain: plain})
		}
		return err
	}
	var err error
	if len(n) > 0 {
		err = seal(events.FieldNarrative, n)
	}
	if err == nil && p.Identity != (Identity{}) {
		err = seal(events.FieldIdentity, p.Identity)
	}
	if err == nil && p.Reporter != (Reporter{}) {
		err = seal(events.FieldReporter, p.Reporter)
	}
	for i := range p.Adults {
		if err == nil {
			err = seal(adultField(i), p.Adults[i])
		}
	}
	return out, err
}

// adultField is the field of the n-th adult of an event, from 0.
func adultField(n int) string {
	if n == 0 {
		return events.FieldAdult
	}
	return events.FieldAdult + "." + strconv.Itoa(n+1)
}
