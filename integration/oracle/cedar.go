package oracle

import (
	"embed"
	"fmt"

	"github.com/cedar-policy/cedar-go"
)

//go:embed cedar/rules.cedar
var cedarFile embed.FS

// Cedar holds the rows that Cedar can say. It has no quantifier over a list of
// records, so it cannot say a row that asks whether some carer, relative,
// sibling, member, support or ruled-out care has something: G03, G04, G08, G10
// to G13, G16, G27, G30 (b), G35 and G36 (b), nor the ones that count levels of
// places, G14. It answers yes or no: every row is a forbid, and the reasons of
// the answer are what fired. A sample of the others is written.
type Cedar struct {
	set   *cedar.PolicySet
	names map[cedar.PolicyID]string
}

// NewCedar reads the Cedar file.
func NewCedar() (*Cedar, error) {
	raw, err := cedarFile.ReadFile("cedar/rules.cedar")
	if err != nil {
		return nil, fmt.Errorf("read the Cedar rules: %w", err)
	}
	set, err := cedar.NewPolicySetFromBytes("rules.cedar", raw)
	if err != nil {
		return nil, fmt.Errorf("parse the Cedar rules: %w", err)
	}
	c := &Cedar{set, map[cedar.PolicyID]string{}}
	for id, p := range set.All() {
		c.names[id] = string(p.Annotations()["id"])
	}
	return c, nil
}

// Fired names the rows that fired.
func (c *Cedar) Fired(d *Document, plain map[string]any) (map[string]bool, error) {
	context, err := cedarValue(plain)
	if err != nil {
		return nil, err
	}
	_, found := cedar.Authorize(c.set, cedar.EntityMap{}, cedar.Request{
		Principal: cedar.NewEntityUID("Office", "district"), Action: cedar.NewEntityUID("Action", cedar.String(d.Decision)),
		Resource: cedar.NewEntityUID("Case", "case"), Context: context.(cedar.Record),
	})
	if len(found.Errors) > 0 {
		return nil, fmt.Errorf("evaluate %s with Cedar: %s", c.names[found.Errors[0].PolicyID], found.Errors[0].Message)
	}
	out := map[string]bool{}
	for _, r := range found.Reasons {
		out[c.names[r.PolicyID]] = true
	}
	return out, nil
}

func cedarValue(v any) (cedar.Value, error) {
	switch v := v.(type) {
	case string:
		return cedar.String(v), nil
	case bool:
		return cedar.Boolean(v), nil
	case int64:
		return cedar.Long(v), nil
	case []any:
		list := make([]cedar.Value, len(v))
		for i, e := range v {
			var err error
			if list[i], err = cedarValue(e); err != nil {
				return nil, err
			}
		}
		return cedar.NewSet(list...), nil
	case map[string]any:
		record := cedar.RecordMap{}
		for k, e := range v {
			var err error
			if record[cedar.String(k)], err = cedarValue(e); err != nil {
				return nil, err
			}
		}
		return cedar.NewRecord(record), nil
	}
	return nil, fmt.Errorf("give a %T to Cedar", v)
}
