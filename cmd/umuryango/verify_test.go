package main

import (
	"bytes"
	"errors"
	"testing"

	"github.com/matryer/is"

	"umuryango/engine"
)

// What could not be checked again is called by what it is, one or many.
func TestVerifyCountsInWords(t *testing.T) {
	const without = " not checked again here (--passphrase-file opens what these nodes hold)\n"
	for says, v := range map[string]verified{
		"": {},
		"the policy check was asked again 1 time and gave the same bytes\n":                                                          {Checked: 1},
		"the policy check was asked again 2 times and gave the same bytes\n":                                                         {Checked: 2, decided: true},
		"1 proposal is sealed, and no key at hand opens it:" + without:                                                               {Sealed: 1},
		"2 proposals are sealed, and no key at hand opens them:" + without:                                                           {Sealed: 2},
		"1 proposal or decision is sealed, and no key at hand opens it:" + without:                                                   {Sealed: 1, decided: true},
		"3 proposals and decisions are sealed, and no key at hand opens them:" + without:                                             {Sealed: 3, decided: true},
		"1 proposal is of erased cases: nobody can check that again\n":                                                               {Erased: 1},
		"2 proposals and decisions are of erased cases: nobody can check that again\n":                                               {Erased: 2, decided: true},
		"1 event was taken before the node there had heard that its author counts no more: what that tells is shown there alone\n":   {Disowned: 1},
		"2 events were taken before the node there had heard that its author counts no more: what that tells is shown there alone\n": {Disowned: 2},
	} {
		t.Run(says, func(t *testing.T) {
			is := is.New(t)
			var out bytes.Buffer
			v.printAgain(&out)
			is.Equal(out.String(), says)
		})
	}
}

// However many laws are broken, the store is damaged.
func TestBreachesAreCounted(t *testing.T) {
	is := is.New(t)
	is.Equal(breaches(1).Error(), "1 breach of a law")
	is.Equal(breaches(4).Error(), "4 breaches of laws")
	is.True(errors.Is(breaches(4), errBreached) && errors.Is(breaches(4), engine.ErrBroken))
	is.Equal(exitCode(breaches(4)), exitBroken)
}
