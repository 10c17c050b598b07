package policies_test

import (
	"testing"
	"time"

	"github.com/matryer/is"

	"umuryango/policies"
)

func rwanda(t testing.TB) *policies.Pack {
	t.Helper()
	l, err := policies.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	p, err := l.InForce("rwanda", time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestThePackOfRwandaIsInForceAndNamesItsLevels(t *testing.T) {
	is := is.New(t)
	p := rwanda(t)
	is.Equal(p.ID(), "rwanda")
	is.Equal(p.Level(0), "national")
	is.Equal(p.Level(4), "village")
	is.Equal(p.Level(5), "")
	is.Equal(p.Level(p.Decides()), "district")
	accept, ok := p.Clock("accept")
	is.True(ok)
	is.Equal(accept, 24*time.Hour)
	is.True(p.Knows("referral_sources", "izu"))
	is.True(!p.Knows("referral_sources", "neighbour"))
	is.Equal(p.Label("care_types", "place_of_safety", "fr"), "lieu sûr")
}
