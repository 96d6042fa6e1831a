// Package apitest holds the API to its promise: its specification is a file in
// the repository, and does not change without a new version.
package apitest

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the API's specification anew")

// Golden compares the specification of an API with the file at path. A change
// needs a new info.version, and "go test -update" to write the file; taking an
// operation away is refused even then, because within a major version the API
// only grows.
func Golden(t testing.TB, a huma.API, path string) {
	t.Helper()
	now, err := render(a)
	if err != nil {
		t.Fatal(err)
	}
	then, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && *update {
		write(t, path, now)
		return
	}
	if err != nil {
		t.Fatalf("%v (write it with: go test -update)", err)
	}
	switch changed, err := compare(then, now); {
	case err != nil:
		t.Errorf("%v\n%s", err, cmp.Diff(string(then), string(now)))
	case changed && *update:
		write(t, path, now)
	case changed:
		t.Errorf("the API has a new version; write it with: go test -update\n%s", cmp.Diff(string(then), string(now)))
	}
}

func render(a huma.API) ([]byte, error) {
	text, err := json.Marshal(a.OpenAPI())
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, text, "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

type document struct {
	Info  struct{ Version string }
	Paths map[string]map[string]json.RawMessage
}

func compare(then, now []byte) (changed bool, err error) {
	if bytes.Equal(then, now) {
		return false, nil
	}
	var old, cur document
	if err := errors.Join(json.Unmarshal(then, &old), json.Unmarshal(now, &cur)); err != nil {
		return true, err
	}
	var gone []error
	for path, methods := range old.Paths {
		for method := range methods {
			if _, there := cur.Paths[path][method]; !there {
				gone = append(gone, errors.New("the API lost an operation: "+method+" "+path))
			}
		}
	}
	slices.SortFunc(gone, func(a, b error) int { return bytes.Compare([]byte(a.Error()), []byte(b.Error())) })
	if len(gone) > 0 {
		return true, errors.Join(gone...)
	}
	if old.Info.Version == cur.Info.Version {
		return true, errors.New("the API changed, its version " + cur.Info.Version + " did not")
	}
	return true, nil
}

func write(t testing.TB, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}
