package web

import (
	"errors"

	"umuryango/events"
)

// FindPlaces finds by id, path from the top or name; a name that several
// places have gives all of them. An unknown place is an error that says what
// could be written instead.
func FindPlaces(list *events.Places, text string) ([]PlaceEntry, error) {
	info, err := list.Resolve(text)
	var several *events.AmbiguousPlaceError
	switch {
	case errors.As(err, &several):
		return placeEntries(several.Candidates), nil
	case err != nil:
		return nil, err
	}
	return placeEntries([]events.PlaceInfo{info}), nil
}

// PlacesBelow lists the offices next below one place.
func PlacesBelow(list *events.Places, text string) ([]PlaceEntry, error) {
	info, err := list.Resolve(text)
	var unknown *events.UnknownPlaceError
	switch {
	case errors.As(err, &unknown) && !unknown.In.HasOffice():
		return placeEntries(unknown.Candidates), nil // a province: nobody sits there
	case err != nil:
		return nil, err
	}
	return placeEntries(list.Lower(info.Place)), nil
}

func placeEntries(infos []events.PlaceInfo) []PlaceEntry {
	out := []PlaceEntry{}
	for _, i := range infos {
		out = append(out, PlaceEntry{ID: i.ID, Name: i.Name, FullName: i.FullName, Level: i.Level})
	}
	return out
}
