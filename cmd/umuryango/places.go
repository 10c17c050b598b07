package main

import (
	"github.com/spf13/cobra"

	"umuryango/cmd/umuryango/web"
	"umuryango/events"
)

func newPlacesCommand(a *app) *cobra.Command {
	return group("places", "The places of the country", newFindPlaces(a), newPlacesNotice(a))
}

func newFindPlaces(a *app) *cobra.Command {
	var below bool
	c := &cobra.Command{
		Use:   "find TEXT",
		Short: "Find places by id, by path from the top, or by name",
		Args:  oneArgument("an id, a path as Bugesera/Rilima, or a name"),
		RunE: func(_ *cobra.Command, args []string) error {
			list, err := events.Rwanda()
			if err != nil {
				return err
			}
			find := web.FindPlaces
			if below {
				find = web.PlacesBelow
			}
			found, err := find(list, args[0])
			if err != nil {
				return err
			}
			var rows [][]string
			for _, p := range found {
				rows = append(rows, []string{p.ID, p.Level, p.FullName})
			}
			return a.printList(found, "ID|LEVEL|PLACE", rows, "no place lies below it")
		},
	}
	c.Flags().BoolVar(&below, "below", false, "list what lies next below that place instead")
	return c
}

// newPlacesNotice shows the notice that the licence of the list asks to be shown
// with every copy.
func newPlacesNotice(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "notice",
		Short: "Show where the list of places comes from, and its licence",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			if a.output == outputJSON {
				return a.printJSON(map[string]string{"edition": events.RwandaEdition, "notice": events.PlacesNotice()})
			}
			return a.write("list of places " + events.RwandaEdition + "\n\n" + events.PlacesNotice())
		},
	}
}
