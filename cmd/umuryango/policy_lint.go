package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"umuryango/policies"
)

func newPolicyLint(a *app, f *policyFlags) *cobra.Command {
	var cases string
	c := &cobra.Command{
		Use:   "lint PACK",
		Short: "What the author of a policy pack should look at",
		Long: `Finds faults of type and form, rules that can never fire, rules that contradict
each other, rules that no test case fires, missing translations and unused
names; lists derogations as notes. Ends with 1 where there is something to mend.`,
		Args: oneArgument("the id of a policy pack"),
		RunE: func(_ *cobra.Command, args []string) error {
			var folder []string
			if cases != "" {
				folder = []string{cases}
			}
			tests, err := caseFolder(folder)
			if err != nil {
				return err
			}
			files, err := policies.ReadCases(tests)
			if err != nil {
				return &inputError{err}
			}
			found, err := f.lint(args[0], files)
			if err != nil {
				return &inputError{err}
			}
			return a.reportLint(args[0], found)
		},
	}
	c.Flags().StringVar(&cases, "cases", "", "folder of test cases, instead of the public ones in the program")
	return c
}

func (f *policyFlags) lint(id string, cases []*policies.CaseFile) ([]policies.LintFinding, error) {
	if f.packs != "" {
		dir, err := folderAt(f.packs)
		if err != nil {
			return nil, &inputError{fmt.Errorf("--packs %s: %w", f.packs, err)}
		}
		return policies.LintFS(dir, id, cases)
	}
	l, err := policies.Embedded()
	if err != nil {
		return nil, err
	}
	return l.Lint(id, cases)
}

// reportLint prints the findings; notes alone leave the pack clean.
func (a *app) reportLint(id string, found []policies.LintFinding) error {
	var text string
	mend := 0
	for _, f := range found {
		text += f.String() + "\n"
		if !f.Note {
			mend++
		}
	}
	if mend == 0 {
		text += "policy pack " + id + " is clean\n"
	}
	var err error
	if a.output == outputJSON {
		err = a.printJSON(append([]policies.LintFinding{}, found...))
	} else {
		err = a.write(text)
	}
	if err == nil && mend > 0 {
		err = &notAsWanted{fmt.Errorf("policy pack %s: %d findings to mend", id, mend)}
	}
	return err
}
