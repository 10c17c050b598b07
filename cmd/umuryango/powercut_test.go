package main

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/matryer/is"
)

// eventually runs a command until it succeeds and its output contains a text.
func eventually(t *testing.T, text string, args ...string) {
	t.Helper()
	var out, errs string
	look := func() error {
		var code int
		if code, out, errs = command(t.Context(), args...); code != exitDone || !strings.Contains(out, text) {
			return errNotSo
		}
		return nil
	}
	ctx, cancel := context.WithTimeout(t.Context(), untilWithin)
	defer cancel()
	if err := backoff.Retry(look, backoff.WithContext(backoff.NewConstantBackOff(10*time.Millisecond), ctx)); err != nil {
		t.Fatalf("%q did not come; the last of umuryango %s was\n%s%s", text, strings.Join(args, " "), out, errs)
	}
}

// TestAfterAPowerCutALockedSectorPassesOn: five processes; the sector's is
// killed and comes back with nobody there who knows its passphrase. What the
// cell sends reaches the district and its answer the village, and the sector
// itself acts again once it is unlocked.
func TestAfterAPowerCutALockedSectorPassesOn(t *testing.T) {
	is := is.New(t)
	t.Setenv(asProgram, "1")
	dir, port := t.TempDir(), freePorts(t)
	code, _, errs := command(t.Context(), "demo", "--init-only", "--data", dir, "--port", port)
	if code != exitDone {
		t.Fatalf("demo --init-only ended with %d: %s", code, errs)
	}
	a := &app{stderr: t.Output()}
	l, err := a.openLand("", "warn")
	is.NoErr(err)
	first, err := strconv.Atoi(port)
	is.NoErr(err)
	d, err := newLayout(l.places, dir, first, "")
	is.NoErr(err)
	ps, err := startProcesses(t.Context(), a, d, nil)
	is.NoErr(err)
	t.Cleanup(func() { is.NoErr(ps.close()) })
	url := ps.urls()
	acted := func(at int, args ...string) string {
		t.Helper()
		code, out, errs := command(t.Context(), append([]string{"--node", url[at]}, args...)...)
		if code != exitDone {
			t.Fatalf("umuryango %s ended with %d\n%s%s", strings.Join(args, " "), code, out, errs)
		}
		return strings.Trim(strings.Fields(out)[0], ":,")
	}
	own := acted(sectorAt, "referral", "raise", "--actor", "SEC-1", "--to", d.places[sectorAt].ID(), "--source", "police")

	sector := ps.procs[sectorAt]
	is.NoErr(sector.cmd.Process.Kill())
	<-sector.done
	self, err := os.Executable()
	is.NoErr(err)
	is.NoErr(ps.start(t.Context(), self, d.places[sectorAt], []string{"serve", "--config", filepath.Join(d.folder(d.places[sectorAt]), fileSettings), "--log", "warn"}))
	eventually(t, `"locked": true`, "--node", url[sectorAt], "node", "status", "-o", "json")

	ref := acted(villageAt, "referral", "raise", "--actor", "IZU-1", "--to", d.places[cellAt].ID(), "--source", "izu")
	eventually(t, ref, "--node", url[cellAt], "referral", "list")
	acted(cellAt, "referral", "accept", ref, "--actor", "CEL-1")
	acted(cellAt, "referral", "forward", ref, "--to", d.places[districtAt].ID(), "--actor", "CEL-1")
	eventually(t, ref, "--node", url[districtAt], "referral", "list", "--waiting")
	acted(districtAt, "referral", "accept", ref, "--actor", "DIS-1")
	eventually(t, "DIS-1", "--node", url[villageAt], "referral", "show", ref)

	refused, _, errs := command(t.Context(), "--node", url[sectorAt], "referral", "accept", own, "--actor", "SEC-1")
	is.Equal(refused, exitRefused)
	is.True(strings.Contains(errs, "umuryango node unlock"))
	acted(sectorAt, "node", "unlock", "--passphrase-file", passphraseFile(t, string(demoPassphrase().text)))
	acted(sectorAt, "referral", "accept", own, "--actor", "SEC-1")
	eventually(t, own, "--node", url[districtAt], "referral", "list")
}
