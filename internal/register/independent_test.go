package register_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"polis/internal/journal"
	"polis/internal/journal/journaltest"
	"polis/internal/platform/api"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/register"
)

// witness is an auditor with other people's programs, who knows the public key
// and the forms tlog-checkpoint and RFC 6962, and nothing of ours.
type witness struct {
	*testing.T
	url string
	key note.Verifier
}

func newWitness(t *testing.T, s *register.Service, key string) *witness {
	t.Helper()
	mux := http.NewServeMux()
	register.RegisterAPI(api.New(mux, "Test", "1", api.Options{}), s)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	v, err := note.NewVerifier(key)
	if err != nil {
		t.Fatal(err)
	}
	return &witness{t, srv.URL + "/api/v1/journal", v}
}

func (w *witness) get(path string, into any) {
	w.Helper()
	if status, text := get(w, w.url+path); status != http.StatusOK {
		w.Fatalf("%s: %d %s", path, status, text)
	} else if err := json.Unmarshal([]byte(text), into); err != nil {
		w.Fatal(err)
	}
}

// open reads a checkpoint line by line, as https://c2sp.org/tlog-checkpoint says.
func (w *witness) open(text string) tlog.Tree {
	w.Helper()
	n, err := note.Open([]byte(text), note.VerifierList(w.key))
	if err != nil || len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 0 {
		w.Fatalf("%v in %q", err, text)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != w.key.Name() || lines[3] != "" || !strings.HasPrefix(text, n.Text+"\n— "+w.key.Name()+" ") || !strings.HasSuffix(text, "\n") {
		w.Fatalf("not a checkpoint: %q", text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		w.Fatal(err)
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		w.Fatalf("root %q: %v", lines[2], err)
	}
	return tlog.Tree{N: size, Hash: tlog.Hash(root)}
}

// checkpoint is the published one.
func (w *witness) checkpoint() tlog.Tree {
	w.Helper()
	var c struct{ Note string }
	w.get("/checkpoint", &c)
	return w.open(c.Note)
}

func hashesOf(list [][]byte) (out []tlog.Hash) {
	for _, h := range list {
		out = append(out, tlog.Hash(h))
	}
	return out
}

// included proves an act in a tree, by two programs.
func (w *witness) included(entry string, in tlog.Tree) {
	w.Helper()
	var p struct {
		Leaf        []byte
		Index, Size int64
		Hashes      [][]byte
	}
	w.get(fmt.Sprintf("/proofs/%s?size=%d", entry, in.N), &p)
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(p.Index), uint64(in.N), p.Leaf, p.Hashes, in.Hash[:]); err != nil || p.Size != in.N {
		w.Errorf("%s in %d: %v", entry, in.N, err)
	}
	if err := tlog.CheckRecord(hashesOf(p.Hashes), in.N, in.Hash, p.Index, tlog.Hash(p.Leaf)); err != nil {
		w.Errorf("%s in %d: %v", entry, in.N, err)
	}
	p.Leaf[0] ^= 1
	if tlog.CheckRecord(hashesOf(p.Hashes), in.N, in.Hash, p.Index, tlog.Hash(p.Leaf)) == nil {
		w.Errorf("%s: another leaf is proved too", entry)
	}
}

// extends proves that one tree is the beginning of another, by two programs.
func (w *witness) extends(from, to tlog.Tree) {
	w.Helper()
	var p struct{ Hashes [][]byte }
	w.get(fmt.Sprintf("/consistency?from=%d&to=%d", from.N, to.N), &p)
	if err := proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(from.N), uint64(to.N), p.Hashes, from.Hash[:], to.Hash[:]); err != nil {
		w.Errorf("%d to %d: %v", from.N, to.N, err)
	}
	if err := tlog.CheckTree(hashesOf(p.Hashes), to.N, to.Hash, from.N, from.Hash); err != nil {
		w.Errorf("%d to %d: %v", from.N, to.N, err)
	}
}

// What is published, and what lies in the folder for witnesses, holds for
// programs that know only the public forms.
func TestWitnessesWithTheirOwnPrograms(t *testing.T) {
	d := dbtest.SQLite(t)
	s := newService(t, d)
	keys, err := journal.PublicKeys(t.Context(), d)
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
	w := newWitness(t, s, keys[0])
	trees, ids := []tlog.Tree{w.checkpoint()}, []string{booked, moved, changed}
	sealer := journaltest.Sealer(t, d)
	sealer.Dir = t.TempDir()
	for _, n := range []int{1, 4, 9, 256, 40} {
		var acts []journal.Act
		for i := range n {
			id := fmt.Sprintf("019cae01-0000-7000-8000-%06x%06x", len(ids), i)
			acts, ids = append(acts, journal.Act{ID: id, At: time.Now(), Kind: "site.changed", Subject: "s1"}), append(ids, id)
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return journal.Append(t.Context(), tx, acts...) }); err != nil {
			t.Fatal(err)
		}
		journaltest.Seal(t, sealer)
		trees = append(trees, w.checkpoint())
	}
	last := trees[len(trees)-1]
	if last.N != int64(len(ids)) {
		t.Fatalf("%d of %d acts are sealed", last.N, len(ids))
	}
	for i, tree := range trees {
		w.extends(tree, last)
		for _, at := range []int64{0, tree.N / 2, tree.N - 1} {
			w.included(ids[at], tree)
		}
		if i > 0 {
			w.extends(trees[i-1], tree)
		}
	}
	files, err := filepath.Glob(filepath.Join(sealer.Dir, "*.txt"))
	if err != nil || len(files) != 2 { // the newest, and that of the day
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		w.extends(w.open(string(text)), last)
		if _, err := note.Open(bytes.Replace(text, []byte("\n"), []byte("\n1"), 1), note.VerifierList(w.key)); err == nil {
			t.Error("another size is signed too")
		}
	}
}
