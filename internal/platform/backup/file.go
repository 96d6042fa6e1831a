package backup

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Info is what a backup says of itself.
type Info struct {
	Path   string
	Schema int64     // of the tables
	Taken  time.Time // when its snapshot was taken
	Rows   int64
	Size   int64 // of the file
}

// Verify reads a stream to its very end, where gzip keeps the sum of all that it
// holds: it is whole, as it was written, and of a version of the tables up to
// newest; 0 takes any.
func Verify(ctx context.Context, r io.Reader, newest int64, pace Pace) (info Info, err error) {
	zip, err := gzip.NewReader(bufio.NewReaderSize(r, 1<<16))
	if err != nil {
		return info, incomplete(err)
	}
	in, stretch := bufio.NewReaderSize(zip, 1<<20), begin(pace)
	first, err := in.ReadSlice('\n')
	var h header
	if err != nil || json.Unmarshal(first, &h) != nil || h.Format != format {
		return info, ErrFormat
	}
	info.Schema = h.Schema
	if info.Taken, err = time.Parse(time.RFC3339, h.Taken); err != nil {
		return info, ErrFormat
	}
	if newest > 0 && h.Schema > newest {
		return info, ErrNewer
	}
	whole := false // nothing comes behind the last line
	for n := int64(1); ; n++ {
		line, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0 && whole:
			return info, nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull), whole:
			return info, incomplete(err)
		case line[0] == '[':
			info.Rows++
		default:
			var last end
			if whole = bytes.HasPrefix(line, []byte(`{"rows":`)); whole && (json.Unmarshal(line, &last) != nil || last.Rows != info.Rows) {
				return info, ErrFormat
			}
		}
		for errors.Is(err, bufio.ErrBufferFull) { // the rest of a long line
			_, err = in.ReadSlice('\n')
		}
		if err != nil {
			return info, incomplete(err)
		}
		if err := stretch.rest(ctx, n); err != nil {
			return info, err
		}
	}
}

// VerifyFile is Verify of a file.
func VerifyFile(ctx context.Context, path string, newest int64, pace Pace) (Info, error) {
	f, err := os.Open(path)
	if err != nil {
		return Info{Path: path}, err
	}
	defer f.Close()
	info, err := Verify(ctx, f, newest, pace)
	info.Path = path
	if err != nil {
		return info, fmt.Errorf("%s: %w", path, err)
	}
	stat, err := f.Stat()
	if err == nil {
		info.Size = stat.Size()
	}
	return info, err
}

// unfinished is what a file is called until it is whole.
const unfinished = ".polis-backup-"

// WriteFile writes a backup into a file that appears under its name only when it
// is on the disk and has been read back to its end.
func (s Source) WriteFile(ctx context.Context, now time.Time, path string, pace Pace, progress func(string, int64)) (Info, error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), unfinished+"*") // with mode 0600
	if err != nil {
		return Info{}, err
	}
	defer os.Remove(tmp.Name()) // gone already when all went well
	defer tmp.Close()
	var out io.Writer = tmp
	if s.MayGoOn != nil {
		out = &watched{Writer: tmp, mayGoOn: s.MayGoOn}
	}
	rows, err := s.Write(ctx, now, out, pace, progress)
	if err != nil {
		return Info{}, err
	}
	if err := tmp.Sync(); err != nil {
		return Info{}, err
	}
	info, err := VerifyFile(ctx, tmp.Name(), 0, pace)
	if err != nil {
		return info, err
	}
	if info.Rows != rows {
		return info, fmt.Errorf("%s: %d rows were written and %d are there", path, rows, info.Rows)
	}
	info.Path = path
	if err := os.Rename(tmp.Name(), path); err != nil {
		return info, err
	}
	return info, syncFolder(filepath.Dir(path))
}

// syncFolder makes a new name in a folder last through a power cut.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
