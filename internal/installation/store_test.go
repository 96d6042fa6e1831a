package installation_test

import (
	"bytes"
	"encoding/base64"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"polis/internal/identity"
	"polis/internal/installation"
	"polis/internal/platform/blob"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/picture"
)

var (
	rawSetting = db.Q("installation-test.raw", `SELECT value FROM setting WHERE name = $1`)
	countActs  = db.Q("installation-test.acts", `SELECT COUNT(*) FROM act WHERE kind = 'installation.changed' AND subject = $1 AND person = 'ada' AND data = '{}'`)
)

func (w *world) raw(name string) (value []byte) {
	w.t.Helper()
	if err := db.One(w.t.Context(), w.DB, rawSetting, []any{name}, &value); err != nil {
		w.t.Fatal(err)
	}
	return value
}

func (w *world) acts(part installation.Part) (n int) {
	w.t.Helper()
	if err := db.One(w.t.Context(), w.DB, countActs, []any{string(part)}, &n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// What is saved is read again, by this program and by one that starts later.
func TestSettingsAreKept(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		kek := filepath.Join(t.TempDir(), "kek.json")
		w := worldIn(t, d, kek, installation.Flags{})
		if diff := cmp.Diff(installation.Settings{}, w.Live.Now()); diff != "" {
			t.Fatalf("of a new store something is known: %s", diff)
		}
		want := good()
		want.Accessibility, want.Legal = installation.Text{i18n.EN: "Write to us."}, nil
		for _, part := range []installation.Part{
			installation.PartName, installation.PartLanguages, installation.PartLook, installation.PartAddress,
			installation.PartOwner, installation.PartMail, installation.PartPrivacy, installation.PartAccessibility,
		} {
			if err := w.save(part, func(s *installation.Settings) { *s = want }); err != nil {
				t.Fatal(part, err)
			}
			if w.acts(part) != 1 {
				t.Errorf("%s: %d acts", part, w.acts(part))
			}
		}
		same := cmp.Transformer("said", func(m installation.Mail) any {
			m.Sealed = nil
			return [...]any{m.Host, m.Port, m.Security, m.User, string(m.Password), m.FromName, m.From, m.Bounces}
		})
		for name, got := range map[string]installation.Settings{"now": w.Live.Now(), "later": worldIn(t, d, kek, installation.Flags{}).Live.Now()} {
			if diff := cmp.Diff(want, got, same); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		if w.told != 8 {
			t.Errorf("told %d times", w.told)
		}
	})
}

func TestSavingTwiceIsOnce(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, installation.Flags{})
		named := func(name string) installation.Change {
			next, _ := w.Seen(installation.PartName)
			next.Name.Name = name
			return installation.Change{Part: installation.PartName, Next: next}
		}
		for range 2 { // a second tap
			if err := w.Save(t.Context(), w.admin, named("Uno")); err != nil {
				t.Fatal(err)
			}
		}
		if w.acts(installation.PartName) != 1 || w.told != 1 {
			t.Errorf("%d acts, told %d times", w.acts(installation.PartName), w.told)
		}
		if err := w.Save(t.Context(), w.admin, named("Due")); !errs.HasKey(err, "installation.changed-meanwhile") { // who saw the page before
			t.Errorf("somebody else's change is lost: %v", err)
		}
		if got := w.Live.Now().Name.Name; got != "Uno" {
			t.Errorf("the name is %q", got)
		}
		if err := w.save(installation.PartName, func(s *installation.Settings) { s.Name.Name = "Due" }); err != nil {
			t.Error(err)
		}
	})
}

// A password lies encrypted, also in a backup; with another key file it does
// not open.
func TestPasswordLiesEncrypted(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, installation.Flags{})
		mail := func(password installation.Secret) func(*installation.Settings) {
			return func(s *installation.Settings) { s.Mail = good().Mail; s.Mail.Password = password }
		}
		if err := w.save(installation.PartMail, mail("hunter2")); err != nil {
			t.Fatal(err)
		}
		first := w.raw("mail")
		for _, plain := range []string{"hunter2", base64.StdEncoding.EncodeToString([]byte("hunter2"))} {
			if bytes.Contains(first, []byte(plain)) {
				t.Errorf("the row holds the password: %s", first)
			}
		}
		if err := w.save(installation.PartMail, mail("hunter2")); err != nil || !bytes.Equal(first, w.raw("mail")) {
			t.Error("the same password is a change", err)
		}
		if err := w.save(installation.PartMail, mail("")); err != nil || strings.Contains(string(w.raw("mail")), "password") {
			t.Errorf("a password that was removed stays: %s, %v", w.raw("mail"), err)
		}
	})
}

func TestWrongKeyIsTold(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	kek := filepath.Join(t.TempDir(), "kek.json")
	w := worldIn(t, d, kek, installation.Flags{})
	if err := w.save(installation.PartMail, func(s *installation.Settings) { s.Mail = good().Mail }); err != nil {
		t.Fatal(err)
	}
	other := newWorld(t, dbtest.SQLite(t), installation.Flags{})
	live, err := installation.NewLive(t.Context(), installation.NewStore(d, other.Keys, w.clock), installation.Flags{})
	if err != nil || len(live.Faults()) != 1 || live.Faults()[0].Part != installation.PartMail || live.Now().Mail.Host != "" {
		t.Errorf("another key file: %v", err)
	}
}

func TestOldLogoIsForgotten(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, installation.Flags{})
		put := func(data string) string {
			file := blob.File{Type: picture.LogoType, Data: []byte(data)}
			next, rev := w.Seen(installation.PartLook)
			next.Look.Logo = installation.Logo{ID: file.ID(), Width: 1, Height: 1}
			if err := w.Save(t.Context(), w.admin, installation.Change{Part: installation.PartLook, Next: next, Rev: rev, Files: []blob.File{file}}); err != nil {
				t.Fatal(err)
			}
			return file.ID()
		}
		first, second := put("one"), put("two")
		if _, err := blob.Get(t.Context(), d, first); !errs.Is(err, errs.NotFound) {
			t.Errorf("the first logo: %v", err)
		}
		if _, err := blob.Get(t.Context(), d, second); err != nil {
			t.Error(err)
		}
	})
}

func TestOthersHearOfAChange(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t)
	kek := filepath.Join(t.TempDir(), "kek.json")
	a, b := worldIn(t, d, kek, installation.Flags{}), worldIn(t, d, kek, installation.Flags{})
	go b.Live.Run(t.Context())
	if err := a.save(installation.PartName, func(s *installation.Settings) { s.Name.Name = "Nuovo" }); err != nil {
		t.Fatal(err)
	}
	tick, end := time.NewTicker(5*time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for b.Live.Now().Name.Name != "Nuovo" {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("the other program knows nothing of it")
		}
	}
}

func TestRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t), installation.Flags{})
	next := good()
	for role, want := range map[identity.Role]errs.Kind{identity.Visitor: errs.Unauthenticated, identity.Citizen: errs.Forbidden, identity.CounterOperator: errs.Forbidden, identity.SiteManager: errs.Forbidden} {
		a := identity.Actor{Person: "x", Role: role, Scope: identity.Network}
		if role == identity.Visitor {
			a.Person = ""
		}
		if err := w.Save(t.Context(), a, installation.Change{Part: installation.PartName, Next: next}); !errs.Is(err, want) {
			t.Errorf("%s saves: %v", role, err)
		}
		if err := w.TryMail(t.Context(), a, nil, "x@example.it"); !errs.Is(err, want) {
			t.Errorf("%s sends: %v", role, err)
		}
	}
	demo := newWorld(t, dbtest.SQLite(t), installation.Flags{}, true)
	for _, part := range []installation.Part{
		installation.PartMail, installation.PartAddress, installation.PartOwner,
		installation.PartPrivacy, installation.PartCookies, installation.PartLegal, installation.PartAccessibility,
	} {
		if err := demo.save(part, func(s *installation.Settings) { *s = next }); !errs.HasKey(err, "installation.demo") {
			t.Errorf("in a demonstration %s: %v", part, err)
		}
	}
	for _, part := range []installation.Part{installation.PartName, installation.PartLanguages, installation.PartLook} {
		if err := demo.save(part, func(s *installation.Settings) { *s = next }); err != nil {
			t.Errorf("in a demonstration %s cannot be tried: %v", part, err)
		}
	}
	if err := demo.save(installation.PartLook, func(s *installation.Settings) { s.Look.Logo = installation.Logo{ID: "x"} }); !errs.HasKey(err, "installation.demo") {
		t.Errorf("in a demonstration a logo: %v", err)
	}
	if err := demo.TryMail(t.Context(), demo.admin, nil, "x@example.it"); !errs.HasKey(err, "installation.demo") {
		t.Errorf("in a demonstration mail: %v", err)
	}
}
