package opendata

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sumsName is the list of the files with their SHA-256, as sha256sum writes it.
const sumsName = "SHA256SUMS"

// Export writes all files into a folder, whole or not at all. The folder is made,
// or empty, or has what an earlier export wrote and nothing else.
func (s *Service) Export(ctx context.Context, dir string) (names []string, err error) {
	b, err := s.book(ctx)
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	before, err := exported(dir)
	if err != nil {
		return nil, err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), ".polis-opendata-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(fresh) // gone already when all went well
	names = slices.Sorted(maps.Keys(b.files))
	var sums bytes.Buffer
	for _, name := range names {
		content, err := b.files[name].content()
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(content)
		fmt.Fprintf(&sums, "%s  %s\n", hex.EncodeToString(sum[:]), name)
		if err := writeFile(filepath.Join(fresh, name), content); err != nil {
			return nil, err
		}
	}
	if err := writeFile(filepath.Join(fresh, sumsName), sums.Bytes()); err != nil {
		return nil, err
	}
	if err := os.Chmod(fresh, 0o755); err != nil { //nolint:gosec // all in it is public
		return nil, err
	}
	return names, replace(dir, fresh, before)
}

// exported refuses a folder that has anything but an earlier export; it tells
// whether there is a folder.
func exported(dir string) (there bool, err error) {
	list, err := os.ReadDir(dir)
	switch {
	case os.IsNotExist(err):
		return false, nil
	case err != nil:
		return false, err
	case len(list) == 0:
		return true, nil
	}
	sums, _, err := readSums(os.DirFS(dir))
	if err != nil {
		return true, fmt.Errorf("%s is not empty and has no %s of an earlier export: %w", dir, sumsName, err)
	}
	for _, entry := range list {
		if _, ours := sums[entry.Name()]; !ours && entry.Name() != sumsName || !entry.Type().IsRegular() {
			return true, fmt.Errorf("%s has %q, which is not of an earlier export; nothing was written", dir, entry.Name())
		}
	}
	return true, nil
}

// replace puts a folder in the place of another.
func replace(dir, fresh string, before bool) error {
	if !before {
		return os.Rename(fresh, dir)
	}
	old := fresh + ".before"
	if err := os.Rename(dir, old); err != nil {
		return err
	}
	if err := os.Rename(fresh, dir); err != nil {
		return fmt.Errorf("%w (%v)", err, os.Rename(old, dir)) //nolint:errorlint // the first is what went wrong
	}
	return os.RemoveAll(old)
}

// writeFile writes a file that is on the disk when it returns.
func writeFile(name string, content []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // public
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if bad := f.Close(); err == nil {
		err = bad
	}
	return err
}

// mostSums bounds what is read of the list of the files.
const mostSums = 64 << 10

// readSums reads the SHA-256 of each file, and their names in order.
func readSums(dir fs.FS) (sums map[string]string, names []string, err error) {
	f, end, err := openFile(dir, sumsName)
	if err != nil {
		return nil, nil, err
	}
	defer end()
	sums = map[string]string{}
	lines := bufio.NewScanner(io.LimitReader(f, mostSums))
	for lines.Scan() {
		sum, name, ok := strings.Cut(lines.Text(), "  ")
		if !ok || len(sum) != 2*sha256.Size || name != filepath.Base(name) {
			return nil, nil, fmt.Errorf("%s: no line of sha256sum: %.80q", sumsName, lines.Text())
		}
		sums[name] = sum
		names = append(names, name)
	}
	return sums, names, lines.Err()
}

// openFile opens a file that is one, no folder and no pipe that never ends; end
// closes it.
func openFile(dir fs.FS, name string) (f io.Reader, end func(), err error) {
	about, err := fs.Stat(dir, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, fmt.Errorf("%s is missing", name)
	case err != nil:
		return nil, nil, err
	case !about.Mode().IsRegular():
		return nil, nil, fmt.Errorf("%s is no file", name)
	}
	opened, err := dir.Open(name)
	if err != nil {
		return nil, nil, err
	}
	return opened, func() { _ = opened.Close() }, nil // was only read
}
