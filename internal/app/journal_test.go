package app

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"polis/internal/journal"
	"polis/internal/journal/journaltest"
	"polis/internal/journal/sealed"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// sealedStore is a data folder with a sealed journal of some acts.
type sealedStore struct {
	*testing.T
	dir, witnesses, key string // key is a file with the public key
	signing             ed25519.PrivateKey
	origin              string
	receipt             []byte
}

func newSealedStore(t *testing.T) *sealedStore {
	t.Helper()
	f, e := emptyStore(t)
	s, err := f.openStore(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	x := &sealedStore{T: t, dir: f.Data, witnesses: filepath.Join(f.Data, "checkpoints"), key: filepath.Join(t.TempDir(), "key.txt")}
	if x.signing, err = s.keys.SigningKey(t.Context(), journalKey); err != nil {
		t.Fatal(err)
	}
	// The hours that go by are of one day, whatever the time is: each day has a
	// checkpoint of its own.
	now := clock.NewManual(time.Now().Truncate(24 * time.Hour).Add(25 * time.Hour))
	sealer := &journal.Sealer{DB: s.db, Clock: now, Key: x.signing, Dir: x.witnesses, Log: slog.New(slog.DiscardHandler)}
	id := ""
	for range 3 {
		id = clock.NewID()
		if err := s.db.Write(t.Context(), func(tx *db.Tx) error {
			return journal.Append(t.Context(), tx, journal.Act{ID: id, At: time.Now(), Kind: "site.changed", Subject: "s"})
		}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := sealer.Turn(t.Context()); err != nil {
				t.Fatal(err)
			}
			now.Advance(time.Hour)
		}
	}
	entry, err := journal.Find(t.Context(), s.db, id)
	if err != nil {
		t.Fatal(err)
	}
	r, err := journal.ReceiptOf(t.Context(), s.db, entry)
	if err != nil {
		t.Fatal(err)
	}
	if x.receipt, err = json.Marshal(r); err != nil {
		t.Fatal(err)
	}
	x.origin, _, _ = strings.Cut(r.Key, "+")
	x.write(x.key, []byte(r.Key+"\n"))
	return x
}

func (x *sealedStore) write(path string, data []byte) string {
	x.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		x.Fatal(err)
	}
	return path
}

// file is a file of its own.
func (x *sealedStore) file(data []byte) string {
	return x.write(filepath.Join(x.TempDir(), "file"), data)
}

// run carries out a command, which may refuse but never break.
func (x *sealedStore) run(args ...string) (code int, out string) {
	x.Helper()
	var said bytes.Buffer
	code = Run(context.WithoutCancel(x.Context()), Process{Args: args, Stdin: strings.NewReader(""), Stdout: &said, Stderr: &said})
	if out = said.String(); code != 0 && strings.TrimSpace(out) == "" || strings.ContainsAny(out, "\x00\x1b") {
		x.Errorf("%q: exit %d, %q", args, code, out)
	}
	return code, out
}

func (x *sealedStore) verify(args ...string) (code int, out string) {
	x.Helper()
	return x.run(append([]string{"journal", "verify", "--data", x.dir}, args...)...)
}

// The log must extend every checkpoint in the folder for witnesses, and in that
// of a witness; what it does not extend is named by its file.
func TestVerifyReadsTheFolderForWitnesses(t *testing.T) {
	x := newSealedStore(t)
	if code, out := x.verify(); code != 0 || !strings.Contains(out, "extends the 2 checkpoints in the folder for witnesses") {
		t.Fatalf("exit %d: %s", code, out)
	}
	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, 32))
	sign := func(size uint64, key ed25519.PrivateKey) []byte {
		text, err := sealed.Checkpoint{Origin: x.origin, Size: size, Root: bytes.Repeat([]byte{7}, 32)}.Sign(key)
		if err != nil {
			t.Fatal(err)
		}
		return []byte(text)
	}
	good := sign(2, x.signing)
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"another history", good, "does not extend the checkpoint of 2 entries in polis-journal-w.txt"},
		{"a longer one", sign(9, x.signing), "the checkpoint of 9 entries in polis-journal-w.txt goes on, and the log ends before"},
		{"another key", sign(3, other), "polis-journal-w.txt of"},
		{"cut", good[:len(good)-9], "polis-journal-w.txt"},
		{"empty", nil, "polis-journal-w.txt: this is not the checkpoint of a log"},
		{"zeros", make([]byte, 4000), "polis-journal-w.txt: this is not the checkpoint of a log"},
		{"huge", bytes.Repeat([]byte("polis\n"), 1<<18), "polis-journal-w.txt: this is not the checkpoint of a log"},
		{"of another log", bytes.ReplaceAll(good, []byte(x.origin), []byte("polis/journal/\x1b[2J")), "is not signed by the key of this log"},
	} {
		dir := t.TempDir()
		x.write(filepath.Join(dir, "polis-journal-w.txt"), c.data)
		if code, out := x.verify("--witness", dir); code != 1 || !strings.Contains(out, c.want) || !strings.Contains(out, "1 faults") {
			t.Errorf("%s: exit %d, %s", c.name, code, out)
		}
	}
	x.write(filepath.Join(x.witnesses, "polis-journal-w.txt"), good)
	x.write(filepath.Join(x.witnesses, "notes.txt"), []byte("hello"))
	if code, out := x.verify(); code != 1 || !strings.Contains(out, "polis-journal-w.txt") || strings.Contains(out, "notes.txt") {
		t.Errorf("exit %d: %s", code, out)
	}
}

// hostile are files that are nothing of what is asked for.
func hostile(good []byte) map[string][]byte {
	return map[string][]byte{
		"empty": nil, "zeros": make([]byte, 64), "text": []byte("hello\n"), "null": []byte("null"), "a list": []byte("[]"),
		"cut": good[:len(good)/2], "deep": bytes.Repeat([]byte("["), 1<<18), "huge": bytes.Repeat([]byte("a"), 3<<20),
		"zeros inside": bytes.Replace(good, []byte("site."), []byte("\x00"), 1), "more behind": append(bytes.Clone(good), "{}"...), "steering": []byte("\x1b[2J\n1\nAA==\n\n— x y\n"),
		"not UTF-8": append([]byte("{\"format\":\""), 0xff, 0xfe), "a large number": bytes.Replace(good, []byte(`"index":2`), []byte(`"index":18446744073709551615`), 1),
	}
}

// Whatever is handed to them, the commands say in words that it proves nothing.
func TestReceiptAndJournalOfHostileHands(t *testing.T) {
	x := newSealedStore(t)
	if code, out := x.run("receipt", "verify", "--key", x.key, x.file(x.receipt)); code != 0 || !strings.Contains(out, "genuine") {
		t.Fatalf("exit %d: %s", code, out)
	}
	refused := func(what string, args ...string) {
		t.Helper()
		if code, out := x.run(args...); code != 1 && code != 2 || strings.Contains(out, "genuine") || strings.Contains(out, "Nothing was") {
			t.Errorf("%s: exit %d, %.300s", what, code, out)
		}
	}
	dir := t.TempDir()
	for name, data := range hostile(x.receipt) {
		file := x.file(data)
		refused("receipt: "+name, "receipt", "verify", "--key", x.key, file)
		refused("key: "+name, "receipt", "verify", "--key", file, x.file(x.receipt))
		refused("checkpoint: "+name, "journal", "verify", "--data", x.dir, "--checkpoint", file)
		refused("key of verify: "+name, "journal", "verify", "--data", x.dir, "--key", file)
		x.write(filepath.Join(dir, "a.jsonl.gz"), data)
		refused("archive: "+name, "journal", "verify", "--archive", dir, "--key", x.key)
		broken := t.TempDir()
		x.write(filepath.Join(broken, "polis.db"), data)
		refused("database: "+name, "journal", "verify", "--data", broken)
	}
	refused("a folder", "receipt", "verify", "--key", x.key, dir)
	refused("nothing there", "receipt", "verify", "--key", x.key, filepath.Join(dir, "none"))
	for _, change := range [][2]string{{x.origin, "polis/journal/0000000000000000"}, {`"kind":"site.changed"`, `"kind":"site.opened"`}, {`"level":0`, `"level":3`}, {`"who":"`, `"who":"AAAA`}} {
		changed := bytes.ReplaceAll(x.receipt, []byte(change[0]), []byte(change[1]))
		if bytes.Equal(changed, x.receipt) {
			t.Fatal(change)
		}
		refused(change[1], "receipt", "verify", "--key", x.key, x.file(changed))
	}
	data, err := os.ReadFile(filepath.Join(x.dir, "polis.db"))
	if err != nil {
		t.Fatal(err)
	}
	cut := t.TempDir()
	x.write(filepath.Join(cut, "polis.db"), data[:len(data)/2])
	refused("half a database", "journal", "verify", "--data", cut)
}

var emptied = db.Q("app.test-emptied", `SELECT COUNT(*) FROM act WHERE person = '' AND subject = '' AND data = '{}' AND kind = 'site.changed'`)

// What an act says ends after ten years, in the nightly run; a copy of the record
// and what was sealed of it go on holding.
func TestRetentionReachesTheRecord(t *testing.T) {
	f, e := emptyStore(t)
	s, p, stop, err := f.openPrivacy(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for _, years := range []int{11, 9} {
		at := time.Now().AddDate(-years, 0, 0)
		if err := s.db.Write(t.Context(), func(tx *db.Tx) error {
			return journal.Append(t.Context(), tx, journal.Act{ID: clock.FirstID(at), At: at, Kind: "site.changed", Subject: "s", Person: "p", Data: `{"n":1}`})
		}); err != nil {
			t.Fatal(err)
		}
	}
	journaltest.Seal(t, journaltest.Sealer(t, s.db))
	for range 2 {
		if err := p.Retain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	if err := db.One(t.Context(), s.db, emptied, nil, &n); err != nil || n != 1 {
		t.Errorf("%d acts are emptied, %v", n, err)
	}
	journaltest.Seal(t, journaltest.Sealer(t, s.db))
	if v, err := journal.Verify(t.Context(), s.db, journal.Check{}); err != nil || len(v.Faults) > 0 || v.Forgotten != 1 {
		t.Errorf("%+v, %v", v, err)
	}
}
