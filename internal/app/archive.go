package app

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"polis/internal/journal"
	"polis/internal/journal/sealed"
)

type journalArchiveCmd struct {
	storeFlags
	OlderThan time.Duration `help:"Only acts of before." default:"8760h" placeholder:"DURATION"`
	Dir       string        `arg:"" help:"Folder of the archive; segments that are there stay as they are."`
}

// Run writes whole segments of 65,536 acts; the journal stays as it is.
func (c *journalArchiveCmd) Run(ctx context.Context, e *env) error {
	d, err := c.openExisting(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	var acts, size int64
	x := journal.Archiver{DB: d, Dir: c.Dir, Before: e.clock.Now().Add(-c.OlderThan), Told: func(file string, n uint64, bytes int64) {
		acts, size = acts+int64(n), size+bytes
		fmt.Fprintf(e.Stdout, "%s: %d acts, %d bytes\n", file, n, bytes)
	}}
	files, err := x.Write(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "%d new segments, %d acts in %d bytes\n", files, acts, size)
	return nil
}

// verifyArchive proves the segments of a folder, each on its own and those of a
// log together.
func verifyArchive(w io.Writer, dir string, keys []string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl.gz"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("%s has no segments", dir)
	}
	slices.Sort(files) // by log and place
	a := sealed.Archive{Keys: keys}
	var acts uint64
	for _, path := range files {
		s, in, err := readSegment(&a, path)
		if err != nil {
			fmt.Fprintf(w, "NOT AS IT WAS SEALED: %s: %s\n", printable(filepath.Base(path)), printable(err.Error()))
			return errExit
		}
		acts += s.Count
		fmt.Fprintf(w, "%s: acts %d to %d of %s, proved by its checkpoint of %d\n", printable(filepath.Base(path)), s.First, s.First+s.Count-1, printable(in.Origin), in.Size)
	}
	fmt.Fprintf(w, "%d acts in %d segments. Nothing was changed, removed or slipped in.\n", acts, len(files))
	return nil
}

func readSegment(a *sealed.Archive, path string) (sealed.Segment, sealed.Checkpoint, error) {
	f, err := os.Open(path)
	if err != nil {
		return sealed.Segment{}, sealed.Checkpoint{}, err
	}
	defer f.Close()
	return a.Read(f, nil)
}
