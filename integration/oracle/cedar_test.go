package oracle

import (
	"fmt"
	"testing"
)

// forCedar is how many documents Cedar is asked.
const forCedar = 10_000

func TestWhatCedarCanSayFindsTheSame(t *testing.T) {
	o := load(t)
	c, err := NewCedar()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range c.names {
		if _, there := o.Written[name]; !there {
			t.Errorf("Cedar has a rule %q, the pack has none", name)
		}
	}
	overDocuments(t, forCedar, func(_ int, g *Generator) error { return sameInCedar(o, c, g.Document()) })
}

func sameInCedar(o *Ours, c *Cedar, d *Document) error {
	raw, err := d.JSON()
	if err != nil {
		return err
	}
	result, err := o.Check(raw)
	if err != nil {
		return err
	}
	plain, err := Plain(raw)
	if err != nil {
		return err
	}
	found, err := c.Fired(d, plain)
	if err != nil {
		return err
	}
	ours := Fired(result)
	for _, name := range c.names {
		if ours[name] != found[name] {
			return fmt.Errorf("%s: the gate says %t, Cedar %t\n%s", name, ours[name], found[name], raw)
		}
	}
	return nil
}
