package link

import (
	"umuryango/engine"
	"umuryango/events"
)

// proofMax bounds a proof: it travels in a TLS handshake.
const proofMax = 96 << 10

// Proof writes a chain of enrolments for whoever does not know a node's key
// yet; nil for one that is too long.
func Proof(chain []events.Event) []byte {
	b := Batch{}
	for _, e := range chain {
		b.add(engine.Record{Event: e})
	}
	raw := Encode(b)
	if len(raw) > proofMax || len(b.Items) > BatchRecordsMax {
		return nil
	}
	return raw
}

// Proven reads a proof, as far as it can be read. Nothing of it is checked.
func Proven(proof []byte) (out []events.Event) {
	if len(proof) > proofMax {
		return nil
	}
	message, err := Decode(proof)
	b, ok := message.(Batch)
	if err != nil || !ok {
		return nil
	}
	for _, i := range b.Items {
		e, err := events.Parse(i.Subject, i.Header, i.Body)
		if err != nil {
			return nil
		}
		out = append(out, e)
	}
	return out
}
