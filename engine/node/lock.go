package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// ErrHeld is returned when another process holds a node's folder.
var ErrHeld = errors.New("another node holds this folder")

// Hold takes a folder for this process alone, until the file is closed or the
// process ends; ErrHeld.
func Hold(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, fileLock), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("take the folder %s: %w", dir, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("take the folder %s: %w: stop it first, or give this one another folder", dir, ErrHeld)
		}
		return nil, fmt.Errorf("lock the folder %s: %w", dir, err)
	}
	return f, nil
}
