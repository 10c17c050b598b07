package main

import (
	"context"
	"errors"
	"path/filepath"
)

// houses are the five nodes in this process.
type houses []*house

// startHouses opens the nodes from the nation down. via dials the node above
// the i-th one at another address than its settings say.
func startHouses(ctx context.Context, l land, d layout, via map[int]string) (_ houses, err error) {
	var open houses
	defer func() {
		if err != nil {
			err = errors.Join(err, open.close())
		}
	}()
	for i, p := range d.places {
		s, dir, err := readSettings(filepath.Join(d.folder(p), fileSettings))
		if err != nil {
			return nil, err
		}
		if address, ok := via[i]; ok {
			s.Upper.Address = address
		}
		h, err := openHouse(ctx, l, dir, s, demoPassphrase().text)
		if err != nil {
			return nil, err
		}
		open = append(open, h)
	}
	return open, nil
}

func (h houses) urls() []string {
	var out []string
	for _, one := range h {
		out = append(out, one.url)
	}
	return out
}

func (h houses) wait(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, len(h))
	for _, one := range h {
		go func() { ended <- one.Wait(ctx) }()
	}
	return <-ended
}

// close ends the nodes from the village up, so that what they still have to
// say finds an open door.
func (h houses) close() error {
	var errs []error
	for i := len(h) - 1; i >= 0; i-- {
		errs = append(errs, h[i].Close())
	}
	return errors.Join(errs...)
}
