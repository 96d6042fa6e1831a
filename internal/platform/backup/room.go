package backup

import (
	"errors"
	"fmt"
	"io"
)

// Reserve is the room on a disk that a backup leaves to others.
const Reserve = 200 << 20

// Needs is the room that the next backup wants, where the last one had a size:
// as much again, a quarter more, and the reserve.
func Needs(last int64) int64 { return last + last/4 + Reserve }

// ErrNoRoom says that the disk of the backups is too full for another one.
var ErrNoRoom = errors.New("backup: no room on the disk")

// room refuses a backup for which what is free is too little.
func room(dir string, free, needed int64) error {
	if free >= needed {
		return nil
	}
	return fmt.Errorf("%w of %s: %d MB are free, %d are needed", ErrNoRoom, dir, free>>20, needed>>20)
}

// watch is how much is written until somebody looks at the disk again.
const watch = 8 << 20

// watched asks, while a backup is written, whether it may go on.
type watched struct {
	io.Writer
	mayGoOn func() error
	since   int
}

func (w *watched) Write(p []byte) (int, error) {
	if w.since += len(p); w.since >= watch {
		w.since = 0
		if err := w.mayGoOn(); err != nil {
			return 0, err
		}
	}
	return w.Writer.Write(p)
}
