package e2e

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// backups are the whole backups in a folder; the rest are counted.
func backups(t *testing.T, dir string) (whole []string, unfinished int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "polis-") {
			whole = append(whole, filepath.Join(dir, e.Name()))
		} else {
			unfinished++
		}
	}
	return whole, unfinished
}

const backupDue = "UPDATE job_turn SET next = 0 WHERE name = 'backup.daily'"

// While many book, the server writes a backup: everything that was answered
// before it began is in it, the copy is whole on the other engine, and nothing
// of what was answered is lost.
func TestDailyBackupUnderLoad(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		t.Parallel() // a backup takes a small share of a core, and its time
		s := newDemo(t, e)
		dir := filepath.Join(t.TempDir(), "backups")
		srv := serve(t, s, "--demo", "--backup-dir", dir, "--backup-keep", "1")
		eventually(t, time.Minute, "what was missed is made at the start", func() bool { whole, _ := backups(t, dir); return len(whole) == 1 })
		first, _ := backups(t, dir)
		if err := os.Remove(first[0]); err != nil { // the next may come in the same minute
			t.Fatal(err)
		}
		eventually(t, time.Minute, "the first one is noted", func() bool {
			return s.number(t, "SELECT next FROM job_turn WHERE name = 'backup.daily'") > time.Now().Add(10*time.Minute).UnixMicro()
		})
		home := srv.spaces("large")[0]
		desks := srv.placesOf(home.ID, "desk")
		l := &load{t: t, store: s, server: srv}
		var before []string
		l.run(desks, srv.quietDays(desks[0].ID, scaled(1, 6)), "backup", 100, func() {
			l.mu.Lock()
			for _, o := range l.orders {
				if o.id != "" {
					before = append(before, o.id)
				}
			}
			l.mu.Unlock()
			s.exec(t, backupDue)
		})
		eventually(t, 2*time.Minute, "a backup is there", func() bool { whole, _ := backups(t, dir); return len(whole) == 1 })
		metrics := string(srv.want(t, http.StatusOK, "GET", "/metrics", "", nil).body)
		if !strings.Contains(metrics, "polis_backup_failures_total 0") || !strings.Contains(metrics, "polis_backup_newest_timestamp_seconds 1.") {
			t.Error("/metrics does not tell of the backup")
		}
		s.healthy(t, "--backup-dir", dir)
		l.verify(srv)
		srv.stop()
		s.check(t)

		other := map[engine]engine{sqlite: postgres, postgres: sqlite}[e]
		to := newEmpty(t, other)
		copyFile(t, s.kek, to.kek)
		whole, _ := backups(t, dir)
		to.do(t, "restore", whole[0])
		to.check(t)
		for _, id := range before {
			if to.number(t, "SELECT count(*) FROM booking WHERE id = $1", id) != 1 {
				t.Errorf("booking %s was answered before the backup and is not in it", id)
			}
		}
		to.healthy(t)
		t.Logf("%d bookings answered, %d before the backup began", l.answers, len(before))
	})
}

// A power cut in the middle of a backup leaves no half one under its name, and
// the old ones where they were.
func TestPowerCutDuringABackup(t *testing.T) {
	everyDay(t)
	t.Parallel()
	s := newDemo(t, sqlite)
	dir := t.TempDir()
	old := filepath.Join(dir, "polis-2020-01-01-0230.jsonl.gz")
	if err := os.WriteFile(old, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	srv := serve(t, s, "--demo", "--backup-dir", dir, "--backup-keep", "1")
	eventually(t, time.Minute, "a backup is being written", func() bool { _, unfinished := backups(t, dir); return unfinished == 1 })
	srv.kill()
	if whole, unfinished := backups(t, dir); len(whole) != 1 || whole[0] != old || unfinished != 1 {
		t.Skipf("the backup was quicker: %v, %d", whole, unfinished)
	}
	// Its lease ends after some minutes; then the next program makes it.
	s.exec(t, backupDue)
	serve(t, s, "--demo", "--backup-dir", dir, "--backup-keep", "1")
	eventually(t, time.Minute, "the next program makes it", func() bool { whole, _ := backups(t, dir); return len(whole) == 1 && whole[0] != old })
}

// What cannot be restored is refused with words, and nothing is changed.
func TestRestoreRefusals(t *testing.T) {
	everyDay(t)
	t.Parallel()
	origin, _ := oldStore(t, "2")
	file := filepath.Join(t.TempDir(), "good.jsonl.gz")
	origin.do(t, "backup", file)
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var newer bytes.Buffer
	z := gzip.NewWriter(&newer)
	fmt.Fprintln(z, `{"format":"polis-backup","schema":99999,"taken":"2030-01-01T00:00:00Z"}`)
	fmt.Fprintln(z, `{"rows":0}`)
	z.Close()
	changed := bytes.Clone(good)
	changed[len(changed)/2] ^= 1
	for name, c := range map[string]struct {
		text []byte
		says string
	}{
		"nothing":      {nil, "not a complete Polis backup"},
		"text":         {[]byte("not a backup at all"), "not a complete Polis backup"},
		"half written": {good[:len(good)/2], "not a complete Polis backup"},
		"cut":          {good[:len(good)-1], "not a complete Polis backup"},
		"changed":      {changed, "nothing was changed"},
		"newer":        {newer.Bytes(), "newer version"},
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, e engine) {
				bad := filepath.Join(t.TempDir(), "bad")
				if err := os.WriteFile(bad, c.text, 0o600); err != nil {
					t.Fatal(err)
				}
				to := newEmpty(t, e)
				_, errOut, err := run(t, binary(t), append([]string{"restore", bad}, to.flags()...)...)
				if exitCode(err) != 1 || !strings.Contains(errOut, c.says) || !strings.Contains(errOut, "nothing was changed") {
					t.Errorf("exit %d: %s", exitCode(err), errOut)
				}
				copyFile(t, origin.kek, to.kek)
				to.do(t, "restore", file) // as if nothing had been
			})
		})
	}
	onEach(t, func(t *testing.T, e engine) {
		to := newEmpty(t, e)
		copyFile(t, origin.kek, to.kek)
		to.do(t, "restore", file)
		if _, errOut, err := run(t, binary(t), append([]string{"restore", file}, to.flags()...)...); exitCode(err) != 1 || !strings.Contains(errOut, "not empty") {
			t.Errorf("twice: exit %d: %s", exitCode(err), errOut)
		}
	})
}

// A store that a server was only started on, before anybody set it up, takes a
// backup; the key file that the start made has to give way to that of the
// origin.
func TestRestoreOverAStoreThatWasOnlyStarted(t *testing.T) {
	everyDay(t)
	origin, known := oldStore(t, "2")
	file := filepath.Join(t.TempDir(), "good.jsonl.gz")
	origin.do(t, "backup", file)
	onEach(t, func(t *testing.T, e engine) {
		to := newEmpty(t, e)
		srv := serve(t, to)
		srv.want(t, http.StatusOK, "GET", "/readyz", "", nil)
		_, _ = srv.call("GET", "/", "", nil)
		if _, errOut, err := run(t, binary(t), append([]string{"restore", file}, to.flags()...)...); exitCode(err) != 1 || !strings.Contains(errOut, "running") {
			t.Errorf("beside a running server: exit %d: %s", exitCode(err), errOut)
		}
		srv.stop()
		var said string
		eventually(t, 15*time.Second, "it is restored once the server has gone", func() bool {
			out, _, err := run(t, binary(t), append([]string{"restore", file}, to.flags()...)...)
			said = out
			return err == nil
		})
		if !strings.Contains(said, "Now put the key file") {
			t.Errorf("it says %q", said)
		}
		if wrong, _ := to.doctor(t); len(wrong) != 1 || wrong[0].Check != "keys" {
			t.Errorf("before the key is there the doctor finds %+v", wrong)
		}
		copyFile(t, origin.kek, to.kek)
		known.hold(t, to)
	})
}

// A restored copy does not send again what its origin may have sent since; who
// lost the origin can have it sent.
func TestRestoredCopySendsNothingTwice(t *testing.T) {
	everyDay(t)
	origin, _ := oldStore(t, "2")
	if origin.number(t, "SELECT count(*) FROM message WHERE state = 'waiting'") < 5 {
		t.Fatal("nothing waits in the store of release 2")
	}
	file := filepath.Join(t.TempDir(), "good.jsonl.gz")
	origin.do(t, "backup", file)
	for _, send := range []bool{false, true} {
		m := newMailServer(t)
		to := newEmpty(t, sqlite)
		copyFile(t, origin.kek, to.kek)
		args := []string{"restore", file}
		if send {
			args = append(args, "--send-waiting")
		}
		said := to.do(t, args...)
		due := to.number(t, "SELECT count(*) FROM job WHERE kind = 'notify.send' AND (run_at <= $1 OR attempts > 0)", time.Now().UnixMicro())
		if (due > 0) != send || strings.Contains(said, "not sent again") == send {
			t.Errorf("send = %v: %d messages are due, it says %q", send, due, said)
		}
		serve(t, to, "--smtp", "smtp://"+m.address, "--mail-from", "polis@polis.example")
		eventually(t, time.Minute, "nothing that was due waits", func() bool {
			return to.number(t, "SELECT count(*) FROM job WHERE kind = 'notify.send' AND run_at <= $1", time.Now().UnixMicro()) == 0
		})
		m.mu.Lock()
		if got := len(m.got); got > 0 && !send {
			t.Errorf("%d messages were sent again", got)
		}
		m.mu.Unlock()
	}
}
