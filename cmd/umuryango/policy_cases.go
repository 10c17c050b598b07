package main

import (
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"umuryango/policies"
)

func newPolicyTest(a *app, f *policyFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "test [DIR]",
		Short: "Hold a folder of cases against what they want",
		Long: `Reads every *.json of the folder, a case with the result that it wants, and says
where the gate answers otherwise. Without a folder the program's own public
cases are tested. Ends with 1 where a result differs, with 2 where a file
cannot be read.`,
		Args: atMostOne("a folder of cases"),
		RunE: func(_ *cobra.Command, args []string) error {
			cases, err := caseFolder(args)
			if err != nil {
				return err
			}
			l, err := f.library()
			if err != nil {
				return err
			}
			tested, err := l.TestCases(cases)
			if err != nil {
				return &inputError{err}
			}
			return a.reportTested(tested)
		},
	}
}

func caseFolder(args []string) (fs.FS, error) {
	if len(args) == 0 {
		return policies.EmbeddedCases()
	}
	dir, err := folderAt(args[0])
	if err != nil {
		return nil, &inputError{fmt.Errorf("%s: %w", args[0], err)}
	}
	return dir, nil
}

// reportTested prints what every case gave; a difference makes the command end
// with refused, a file that cannot be read with bad input.
func (a *app) reportTested(tested []policies.Tested) error {
	var text string
	var differ, wrong int
	for _, t := range tested {
		switch {
		case t.Wrong != "":
			wrong++
			text += "unreadable  " + t.File + ": " + t.Wrong + "\n"
		case len(t.Differs) > 0:
			differ++
			text += "differs     " + t.File + ": " + t.Name + "\n"
			for _, d := range t.Differs {
				text += "            " + d + "\n"
			}
		default:
			text += "as wanted   " + t.File + ": " + t.Name + "\n"
		}
	}
	var err error
	if a.output == outputJSON {
		err = a.printJSON(tested)
	} else {
		err = a.write(text)
	}
	count := fmt.Errorf("of %d cases %d differ from what they want and %d cannot be read", len(tested), differ, wrong)
	switch {
	case err != nil:
		return err
	case wrong > 0:
		return &inputError{count}
	case differ > 0:
		return &notAsWanted{count}
	}
	return nil
}
