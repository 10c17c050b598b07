package web

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"umuryango/engine"
)

// inFields puts an error of the engine into the sender's terms: the field as
// it was written, and the codes that there are where one is unknown.
func (s *Server) inFields(err error, c engine.Command) error {
	var invalid *engine.Invalid
	var unknown *engine.UnknownCode
	if errors.As(err, &unknown) {
		return err // explained already
	}
	pack, none := s.Packs.Nearest(PackID, c.Time)
	if none != nil || !errors.As(err, &invalid) {
		return err
	}
	p := problemOf(err)
	p.Field = asWritten(c.Do, p.Field)
	if p.Detail == unknownKey {
		p.Detail += misspelled
	}
	if list := notInList.FindStringSubmatch(p.Detail); list != nil {
		p.Candidates = pack.Codes(list[1])
		p.Detail += ": write one of " + strings.Join(p.Candidates, ", ")
	}
	return p
}

// notInList is what policies says of an unknown code.
var notInList = regexp.MustCompile(`is not in the list ([a-z_]+) of`)

// unknownKey is what policies says of a key of the case document that is none.
const unknownKey = "unknown key"

// asWritten is a path of the case document as the sender of an act wrote it.
func asWritten(do any, path string) string {
	first, _, _ := strings.Cut(path, ".")
	first, _, _ = strings.Cut(first, "[")
	_, decides := do.(engine.Decide)
	switch {
	case decides && path == "request.care":
		return "care"
	case decides && first == "panel":
		return strings.TrimPrefix(path, "panel.")
	case slices.Contains(recordFields, first):
		return "record." + path
	case slices.Contains(actFields, first):
		return path
	}
	return "facts." + path
}

// recordFields stand in the record of an act.
var recordFields = []string{"identity", "reporter", "adults", engine.NoteKey}

// actFields are the fields of acts; what is named otherwise stands in facts.
var actFields = []string{HeaderKey, "office", "actor", "time", "to", "source", "reason", "kind", "answer", "facts", "restrictions", "restricted", "hours", "node", "record", "ground", "document", "key"}
