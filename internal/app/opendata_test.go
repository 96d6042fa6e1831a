package app

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is published is exported by a command, brought into another store by
// another, and recomputed from the files alone; what is changed, missing or no
// folder of ours is named.
func TestOpenDataByCommands(t *testing.T) {
	f, _ := emptyStore(t)
	other, _ := emptyStore(t)
	dir := filepath.Join(t.TempDir(), "dati")
	list := filepath.Join(t.TempDir(), "gare.csv")
	text := "cig,cup,published,base_eur,award_eur,subject,source\n" +
		"9999900001,J59J21014170008,2022-03-01,1250000.50,1000000,\"=HYPERLINK(\"\"x\"\"), @casa +1 -1\",prova\n" +
		"9999900002,J59J21014180008,,,0.10,Però città 日本,prova\n"
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(f storeFlags, want int, args ...string) (out, errOut string) {
		t.Helper()
		code, out, errOut := typed(t, f, args...)
		if code != want {
			t.Fatalf("%v: %d\n%s\n%s", args, code, out, errOut)
		}
		return out, errOut
	}
	run(f, 0, "programme", "import", "tenders", list)
	run(f, 0, "opendata", "export", "--public-url", "https://polis.example.it", dir)
	catalog, err := os.ReadFile(filepath.Join(dir, "catalog.ttl"))
	if err != nil || !bytes.Contains(catalog, []byte("<https://polis.example.it/opendata/tenders.csv>")) {
		t.Errorf("%v %.300s", err, catalog)
	}
	exported, err := os.ReadFile(filepath.Join(dir, "tenders.csv"))
	if err != nil || !bytes.Contains(exported, []byte(`,"'=HYPERLINK(""x""),' @casa +1 -1",`)) {
		t.Errorf("%v %s", err, exported)
	}
	run(other, 0, "programme", "import", "tenders", filepath.Join(dir, "tenders.csv"))
	again := filepath.Join(t.TempDir(), "altri")
	run(other, 0, "opendata", "export", again)
	if same, err := os.ReadFile(filepath.Join(again, "tenders.csv")); err != nil || !bytes.Equal(same, exported) {
		t.Errorf("brought in and out again: %v\n%s\n%s", err, same, exported)
	}

	out, _ := runWithout(t, 0, "programme", "recompute", "--from", dir, "--json")
	var got struct {
		Same bool
		Rows []map[string]any
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || !got.Same || len(got.Rows) < 50 {
		t.Errorf("%v %.300s", err, out)
	}
	if out, _ = runWithout(t, 0, "programme", "recompute", "--from", dir); !strings.Contains(out, "tenders.base   ") || !strings.Contains(out, "1250000.50") || !strings.Contains(out, "the same as published") {
		t.Errorf("%s", out)
	}
	if err := os.WriteFile(filepath.Join(dir, "tenders.csv"), bytes.Replace(exported, []byte("1250000.50"), []byte("1250000.51"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _ = runWithout(t, 1, "programme", "recompute", "--from", dir); !strings.Contains(out, "sum tenders.base: actual is 1250000.51, published is 1250000.50") || !strings.Contains(out, "tenders.csv: is not as it was exported") {
		t.Errorf("%s", out)
	}
	if err := os.Remove(filepath.Join(dir, "targets.csv")); err != nil {
		t.Fatal(err)
	}
	if _, errOut := runWithout(t, 1, "programme", "recompute", "--from", dir); !strings.Contains(errOut, "targets.csv is missing") {
		t.Errorf("%s", errOut)
	}
	_, errOut := run(f, 1, "opendata", "export", filepath.Dir(list))
	if !strings.Contains(errOut, "is not empty") {
		t.Errorf("%s", errOut)
	}
}

// runWithout runs a command that needs no store.
func runWithout(t *testing.T, want int, args ...string) (out, errOut string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := Run(t.Context(), Process{Lang: "en", Args: args, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr}); code != want {
		t.Fatalf("%v: %d\n%s\n%s", args, code, stdout.String(), stderr.String())
	}
	return stdout.String(), stderr.String()
}
