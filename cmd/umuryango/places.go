package main

import (
	"github.com/spf13/cobra"

	"umuryango/cmd/umuryango/web"
	"umuryango/events"
)

func newPlacesCommand(a *app) *cobra.Command {
	return group("places", "The places of the country", &cobra.Command{
		Use:   "find TEXT",
		Short: "Find places by id, by path from the top, or by name",
		Args:  oneArgument("an id, a path as Bugesera/Rilima, or a name"),
		RunE: func(_ *cobra.Command, args []string) error {
			list, err := events.Rwanda()
			if err != nil {
				return err
			}
			found, err := web.FindPlaces(list, args[0])
			if err != nil {
				return err
			}
			var rows [][]string
			for _, p := range found {
				rows = append(rows, []string{p.ID, p.Level, p.FullName})
			}
			return a.print(found, "ID|LEVEL|PLACE", rows)
		},
	})
}
