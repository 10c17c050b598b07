package policies

import "slices"

// written is a pack as its author wrote it. Check reads nothing of it.
type written struct {
	base, baseDir string // the pack that it inherits, and its folder
	files         []*packFile
	rules         []ruleOf // by id, as they are asked
	tight, loose  []changeOf
	where         map[string]place // of every name: "term away", "set poverty"
	nodes         map[string]*node // of every expression
	parser        *parser          // while the pack is loaded
}

// parse reads an expression of the pack; each is read once while it is loaded.
func (p *Pack) parse(src string) (*node, error) {
	if n, there := p.written.nodes[src]; there {
		return n, nil
	}
	if p.written.parser == nil {
		return parse(src)
	}
	n, err := p.written.parser.parse(src)
	if err == nil {
		p.written.nodes[src] = n
	}
	return n, err
}

// take keeps the files of the pack, or of the one that it inherits.
func (w *written) take(d *folder) {
	if d.header.Abstract {
		w.base, w.baseDir = d.header.ID.text, d.dir
	}
	w.files = append(w.files, d.files...)
}

// writtenPart is a part with the rule around it.
type writtenPart struct {
	rule ruleOf
	partFile
}

// all lists every part of every rule, in the order of rule ids.
func (w written) all() []writtenPart {
	n := 0
	for _, r := range w.rules {
		n += len(r.Parts)
	}
	out := make([]writtenPart, 0, n)
	for _, r := range w.rules {
		for _, p := range r.Parts {
			out = append(out, writtenPart{r, p})
		}
	}
	return out
}

// key is the part's name in the pack: the rule and the part.
func (w writtenPart) key() string { return w.rule.ID.text + " " + w.Part.text }

// decisions are those on which the part is asked.
func (w writtenPart) decisions() []string {
	if len(w.On) > 0 {
		return w.On
	}
	return w.rule.On
}

func (w writtenPart) askedOn(decision string) bool { return slices.Contains(w.decisions(), decision) }

// at is where the part's condition stands.
func (w writtenPart) at() place {
	if w.When.line > 0 {
		return w.rule.file.at(w.When)
	}
	return w.rule.file.at(w.Part)
}
