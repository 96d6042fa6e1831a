package repo

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// THIRD_PARTY.md names the modules that are in the program, at their versions,
// and the packages of the front end.
func TestNoticesAreCurrent(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", "./cmd/polis")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64") // as the program is delivered
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSpace(string(out)), "\n")
	slices.Sort(want)
	want = slices.Compact(want)
	text := read(t, "THIRD_PARTY.md")
	var got []string
	for line := range strings.SplitSeq(text, "\n") {
		if cells := strings.Split(line, " | "); len(cells) == 3 && strings.HasPrefix(cells[1], "v") && cells[1] != "version" {
			got = append(got, strings.TrimPrefix(cells[0], "| ")+" "+cells[1])
		}
	}
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("THIRD_PARTY.md is out of date, run `make notices` (-program +document):\n%s", d)
	}
	var web struct{ Dependencies map[string]string }
	if err := json.Unmarshal([]byte(read(t, "web/package.json")), &web); err != nil {
		t.Fatal(err)
	}
	for name, version := range web.Dependencies {
		if !strings.Contains(text, name+" "+version+" (npm)") {
			t.Errorf("THIRD_PARTY.md does not name %s %s, run `make notices`", name, version)
		}
	}
}
