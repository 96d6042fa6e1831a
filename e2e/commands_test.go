package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// What people type, as scripts: testdata/commands. Each runs beside a copy of
// the demonstration in $DATA.
func TestCommands(t *testing.T) {
	everyDay(t)
	path := binary(t)
	demoModel(t, sqlite)
	bin := t.TempDir()
	if err := os.Symlink(path, filepath.Join(bin, "polis")); err != nil {
		t.Fatal(err)
	}
	municipalities, err := filepath.Abs("../internal/territory/municipalities.csv")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/commands",
		Setup: func(env *testscript.Env) error {
			s := newDemo(env.T().(testing.TB), sqlite)
			env.Setenv("PATH", bin+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("DATA", s.data)
			env.Setenv("CODE", person(40))
			env.Setenv("MUNICIPALITIES", municipalities)
			return nil
		},
	})
}

var tokenShape = regexp.MustCompile(`^polis_[a-z2-7]{40,}$`)

// A token is made beside a running server and works at once; the person is made
// where new, and is the same the second time.
func TestTokenBesideAServer(t *testing.T) {
	everyDay(t)
	t.Parallel()
	onEach(t, func(t *testing.T, e engine) {
		s := newDemo(t, e)
		srv := serve(t, s, "--demo")
		people := s.number(t, "SELECT count(*) FROM person")
		first, second := s.token(t, "--person", person(30)), s.token(t, "--person", strings.ToLower(person(30)), "--name", "other")
		if !tokenShape.MatchString(first) || first == second {
			t.Fatalf("tokens %q, %q", first, second)
		}
		type me struct{ ID, Role string }
		one, two := get[me](t, srv.process, "/api/v1/me", first), get[me](t, srv.process, "/api/v1/me", second)
		if one.ID != two.ID || one.Role != "citizen" {
			t.Errorf("the tokens stand for %v and %v", one, two)
		}
		if n := s.number(t, "SELECT count(*) FROM person") - people; n != 1 {
			t.Errorf("%d people were made", n)
		}
		home := srv.spaces("small")[0]
		r := get[map[string]any](t, srv.process, "/api/v1/me", s.token(t, "--person", person(31), "--role", "receptionist", "--site", home.Code))
		if r["role"] != "counter-operator" || r["site"] != home.ID {
			t.Errorf("the receptionist is %v", r)
		}
		// Fair use binds who is not unlimited: five coming bookings.
		desks := srv.placesOf(home.ID, "desk")
		for i, day := range srv.quietDays(desks[0].ID, 6) {
			want := http.StatusCreated
			if i == 5 {
				want = http.StatusUnprocessableEntity
			}
			a := srv.want(t, want, "POST", "/api/v1/bookings", first, wanted{Resources: []string{desks[0].ID}, From: at(day, 9, 0), To: at(day, 10, 0)})
			if i == 5 && !strings.Contains(string(a.body), `"rule":"coming"`) {
				t.Errorf("the refusal does not name its rule: %s", a.body)
			}
		}
		short := s.token(t, "--person", person(30), "--expires", "1s")
		eventually(t, 5*time.Second, "a token ends", func() bool {
			a, err := srv.call("GET", "/api/v1/me", short, nil)
			return err == nil && a.status == http.StatusUnauthorized
		})
	})
}

// Damage behind the program's back is named by check, cell by cell, and mended
// by check --rebuild; what only a person can settle stays named.
func TestCheckFindsAndMendsDamage(t *testing.T) {
	everyDay(t)
	t.Parallel()
	onEach(t, func(t *testing.T, e engine) {
		s := newDemo(t, e)
		srv := serve(t, s, "--demo")
		home := srv.spaces("small")[0]
		desks := srv.placesOf(home.ID, "desk")[:4]
		day := srv.quietDays(desks[0].ID, 1)[0]
		var made booking
		for i, d := range desks {
			made = decode[booking](t, srv.want(t, http.StatusCreated, "POST", "/api/v1/bookings", s.tokens[i],
				wanted{Resources: []string{d.ID}, From: at(day, 9, 0), To: at(day, 10, 0)}))
		}
		counted := s.token(t, "--person", person(30)) // whose bookings are counted
		srv.want(t, http.StatusCreated, "POST", "/api/v1/bookings", counted, wanted{Resources: []string{desks[0].ID}, From: at(day, 11, 0), To: at(day, 12, 0)})
		srv.stop()
		s.check(t)
		last := s.number(t, "SELECT resource FROM allocation WHERE booking = $1", made.ID)
		utcDay := s.number(t, "SELECT day FROM allocation WHERE booking = $1", made.ID)
		for i, damage := range []string{
			"UPDATE occupancy SET am = 0, pm = 0 WHERE resource = $1 AND day = $2",                                  // looks free
			"UPDATE occupancy SET am = 281474976710655 WHERE resource = $1 AND day = $2",                            // looks taken
			"DELETE FROM occupancy WHERE resource = $1 AND day = $2",                                                // is gone
			"INSERT INTO occupancy (day, resource, am, pm) VALUES ($2 + 20000, $1, 1, 0)",                           // is of nobody
			"UPDATE counter SET value = value + 7 WHERE key = (SELECT min(key) FROM counter) AND $1 > 0 AND $2 > 0", // counts wrong
		} {
			s.exec(t, damage, last-3+int64(i)%4, utcDay)
		}
		out, _, err := run(t, binary(t), append([]string{"check"}, s.flags()...)...)
		if exitCode(err) != 1 || strings.Count(out, "\n") != 5 || !strings.Contains(out, "counter") {
			t.Errorf("five damages: exit %d, %q", exitCode(err), out)
		}
		for resource := last - 3; resource <= last; resource++ {
			if !strings.Contains(out, fmt.Sprint(resource)) {
				t.Errorf("place %d is not named: %q", resource, out)
			}
		}
		if out := s.do(t, "check", "--rebuild"); out != "" {
			t.Errorf("after mending: %q", out)
		}
		s.exec(t, "DELETE FROM booking WHERE id = $1", made.ID)
		if out, _, err := run(t, binary(t), append([]string{"check", "--rebuild"}, s.flags()...)...); exitCode(err) != 1 || !strings.Contains(out, made.ID) {
			t.Errorf("an allocation without booking: exit %d, %q", exitCode(err), out)
		}
	})
}

// A backup taken while the program serves, restored into the other engine and
// back: the same rows, the same bookings, tokens that go on working, a check
// that finds nothing.
func TestBackupThereAndBack(t *testing.T) {
	everyDay(t)
	t.Parallel()
	origin := newDemo(t, sqlite)
	srv := serve(t, origin, "--demo")
	home := srv.spaces("small")[0]
	desk := srv.placesOf(home.ID, "desk")[0]
	day := srv.quietDays(desk.ID, 1)[0]
	token := origin.tokens[0]
	made := decode[booking](t, srv.want(t, http.StatusCreated, "POST", "/api/v1/bookings", token,
		wanted{Resources: []string{desk.ID}, From: at(day, 9, 0), To: at(day, 10, 0)}))
	pass := srv.want(t, http.StatusOK, "GET", "/api/v1/bookings/"+made.ID+"/pass", token, nil)
	pubKey := srv.want(t, http.StatusOK, "GET", "/api/v1/pass-key", "", nil)
	file := filepath.Join(t.TempDir(), "polis.backup")
	origin.do(t, "backup", file)
	srv.stop()

	from := origin
	for _, e := range []engine{postgres, sqlite} {
		to := newEmpty(t, e)
		copyFile(t, from.kek, to.kek)
		to.do(t, "restore", file)
		to.check(t)
		for _, table := range []string{"site", "room", "resource", "person", "token", "booking", "allocation", "occupancy", "counter", "request_key", "secret"} {
			was, is := from.number(t, "SELECT count(*) FROM "+table), to.number(t, "SELECT count(*) FROM "+table)
			if was != is {
				t.Errorf("%s: %s has %d rows, %d before", e, table, is, was)
			}
		}
		if was, is := sumOf(t, from), sumOf(t, to); was != is {
			t.Errorf("%s: the cells differ", e)
		}
		srv := serve(t, to, "--demo")
		if got := decode[booking](t, srv.want(t, http.StatusOK, "GET", "/api/v1/bookings/"+made.ID, token, nil)); !got.From.Equal(made.From) || got.Status != "confirmed" {
			t.Errorf("%s: the booking is %+v", e, got)
		}
		if again := srv.want(t, http.StatusOK, "GET", "/api/v1/pass-key", "", nil); string(again.body) != string(pubKey.body) {
			t.Errorf("%s: the key of the passes is another", e)
		}
		if !verifies(t, pubKey.body, string(pass.body), at(day, 9, 30)) {
			t.Errorf("%s: the pass of before is worth nothing", e)
		}
		srv.want(t, http.StatusConflict, "POST", "/api/v1/bookings", token, wanted{Resources: []string{desk.ID}, From: at(day, 9, 30), To: at(day, 10, 30)})
		srv.stop()
		// A second restore would mix two histories.
		if _, errOut, err := run(t, binary(t), append([]string{"restore", file}, to.flags()...)...); exitCode(err) != 1 || !strings.Contains(errOut, "not empty") {
			t.Errorf("%s: restored into a database in use: exit %d %s", e, exitCode(err), errOut)
		}
		file = filepath.Join(t.TempDir(), "polis.backup")
		to.do(t, "backup", file)
		from = to
	}
	for name, damage := range map[string]func([]byte) []byte{
		"cut":     func(b []byte) []byte { return b[:len(b)/4] },
		"empty":   func([]byte) []byte { return nil },
		"changed": func(b []byte) []byte { b[len(b)/4] ^= 0xff; return b },
		"other":   func([]byte) []byte { return []byte("not a backup") },
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		bad := filepath.Join(t.TempDir(), "bad.backup")
		if err := os.WriteFile(bad, damage(text), 0o600); err != nil {
			t.Fatal(err)
		}
		to := newEmpty(t, sqlite)
		_, errOut, err := run(t, binary(t), append([]string{"restore", bad}, to.flags()...)...)
		if exitCode(err) != 1 || errOut == "" {
			t.Errorf("a %s backup: exit %d %q", name, exitCode(err), errOut)
		}
		if n := to.number(t, "SELECT count(*) FROM booking"); n != 0 {
			t.Errorf("a %s backup left %d bookings", name, n)
		}
	}
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// sumOf is a number that differs where cells differ.
func sumOf(t testing.TB, s *store) int64 {
	t.Helper()
	return s.number(t, `SELECT CAST(sum((am % 1000003) * ((resource * 31 + day) % 1009) + (pm % 1000003) * ((resource * 37 + day) % 1013) + (shut_am % 1009)) AS BIGINT) FROM occupancy`)
}

// A pass is checked with the public key and the time alone: no store, no
// network, nothing but the program.
func TestPassVerify(t *testing.T) {
	everyDay(t)
	s := newDemo(t, sqlite)
	srv := serve(t, s, "--demo")
	home := srv.spaces("small")[0]
	desk := srv.placesOf(home.ID, "desk")[0]
	day := srv.quietDays(desk.ID, 1)[0]
	made := decode[booking](t, srv.want(t, http.StatusCreated, "POST", "/api/v1/bookings", s.tokens[0],
		wanted{Resources: []string{desk.ID}, From: at(day, 9, 0), To: at(day, 10, 0)}))
	text := string(srv.want(t, http.StatusOK, "GET", "/api/v1/bookings/"+made.ID+"/pass", s.tokens[0], nil).body)
	svg := srv.want(t, http.StatusOK, "GET", "/api/v1/bookings/"+made.ID+"/pass.svg", s.tokens[0], nil)
	if !strings.HasPrefix(text, "POLIS1:") || !strings.HasPrefix(string(svg.body), "<svg") {
		t.Fatalf("pass %.20q, image %.20q", text, svg.body)
	}
	srv.want(t, http.StatusNotFound, "GET", "/api/v1/bookings/"+made.ID+"/pass", s.tokens[1], nil)
	// The server leaves its key where somebody without a connection finds it.
	key := filepath.Join(s.data, "pass.pub")
	printed := filepath.Join(t.TempDir(), "printed.pub")
	if err := os.WriteFile(printed, []byte(s.do(t, "pass", "key")), 0o600); err != nil {
		t.Fatal(err)
	}
	srv.stop()
	other := newEmpty(t, sqlite)
	wrong := filepath.Join(t.TempDir(), "wrong.pub")
	if err := os.WriteFile(wrong, []byte(other.do(t, "pass", "key")), 0o600); err != nil {
		t.Fatal(err)
	}
	tampered := []byte(text)
	tampered[len(tampered)/2] = map[bool]byte{true: 'B', false: 'A'}[tampered[len(tampered)/2] == 'A']
	for _, c := range []struct {
		what, key, at, text, says string
		exit                      int
	}{
		{"inside its time", key, at(day, 9, 30), text, "valid\n", 0},
		{"with the key that was printed", printed, at(day, 9, 30), text, "valid\n", 0},
		{"from the opening of check-in on", key, at(day, 8, 30), text, "valid\n", 0},
		{"before", key, at(day, 8, 0), text, "not valid yet\n", 1},
		{"after", key, at(day, 10, 30), text, "expired\n", 1},
		{"tampered with", key, at(day, 9, 30), string(tampered), "not valid", 1},
		{"cut", key, at(day, 9, 30), text[:len(text)-7], "not valid", 1},
		{"of another house's key", wrong, at(day, 9, 30), text, "not valid: signed with an unknown key\n", 1},
		{"no pass", key, at(day, 9, 30), "HC1:6BFOXN", "not valid: this is not a pass\n", 1},
	} {
		out, errOut, err := run(t, binary(t), "pass", "verify", "--key", c.key, "--at", c.at, c.text)
		if exitCode(err) != c.exit || !strings.HasPrefix(out, c.says) {
			t.Errorf("%s: exit %d, %q %q", c.what, exitCode(err), out, errOut)
		}
		if c.exit == 0 && !strings.Contains(out, "site:"+home.Code) {
			t.Errorf("%s: the door is not named: %s", c.what, out)
		}
	}
}

// The description that the command prints is the one that is served.
func TestOpenAPIIsWhatIsServed(t *testing.T) {
	everyDay(t)
	out, errOut, err := run(t, binary(t), "openapi")
	if err != nil {
		t.Fatalf("%v %s", err, errOut)
	}
	srv := serve(t, newDemo(t, sqlite), "--demo")
	served := srv.want(t, http.StatusOK, "GET", "/api/v1/openapi.json", "", nil)
	var a, b any
	if json.Unmarshal([]byte(out), &a) != nil || json.Unmarshal(served.body, &b) != nil {
		t.Fatal("not JSON")
	}
	one, _ := json.Marshal(a)
	two, _ := json.Marshal(b)
	if string(one) != string(two) {
		t.Error("the command prints another description than the server serves")
	}
	if v := a.(map[string]any)["openapi"]; v != "3.1.0" {
		t.Errorf("OpenAPI %v", v)
	}
}
