package app

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"polis/internal/fiscal"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// typed runs the program as somebody types it.
func typed(t *testing.T, f storeFlags, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = Run(t.Context(), Process{Lang: "en_GB.UTF-8", Args: append(args, "--data", f.Data), Stdin: strings.NewReader(""), Stdout: &o, Stderr: &e})
	return code, o.String(), e.String()
}

var allThatCommandsMake = db.Q("app.test-made", `
	SELECT (SELECT COUNT(*) FROM person), (SELECT COUNT(*) FROM role_grant), (SELECT COUNT(*) FROM token), (SELECT COUNT(*) FROM device), (SELECT COUNT(*) FROM act)`)

// What cannot be is told in plain words and by the exit status, changes nothing,
// and names nobody.
func TestHostileArguments(t *testing.T) {
	f, e := emptyStore(t)
	s, err := f.openStore(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	const mario = "RSSMRA85T10A562S"
	bianchi, err := fiscal.Make("Bianchi", "Maria", fiscal.Date{Year: 1990, Month: 4, Day: 12}, fiscal.Female, "H501")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.people.Create(t.Context(), identity.Person{FiscalNumber: mario}); err != nil {
		t.Fatal(err)
	}
	made := func() string {
		var n [5]int
		if err := db.One(t.Context(), s.db, allThatCommandsMake, nil, &n[0], &n[1], &n[2], &n[3], &n[4]); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(n)
	}
	before := made()
	wrong := mario[:15] + "X"
	for args, says := range map[string]string{
		"grant emperor --person NEW":                                             "role",
		"grant citizen --person NEW":                                             "role",
		"grant member --person NEW":                                              "role",
		"grant administrator --person WRONG":                                     "fiscal number",
		"grant administrator --person ''":                                        "fiscal number",
		"grant administrator --person nobody@example.org":                        "0 people",
		"grant counter-operator --person NEW --site nowhere":                     "",
		"grant site-manager --person NEW --lot nowhere":                          "",
		"grant administrator --person NEW --until 2020-01-01":                    "",
		"grant administrator --person NEW --from 2031-01-02 --until 2030-01-01":  "",
		"grant administrator --person NEW --until 30-02-2030":                    "--until",
		"grant administrator --person NEW --end":                                 "",
		"grant administrator --person MARIO --end":                               "",
		"token create --person NEW --role emperor":                               "role",
		"token create --person NEW --expires 2020-01-01":                         "",
		"token create --person NEW --expires -5h":                                "",
		"token create --person NEW --expires 0s":                                 "",
		"token create --person NEW --expires 400d":                               "year",
		"token create --person NEW --expires 99999999999999999d":                 "",
		"token create --person NEW --expires soon":                               "--expires",
		"token create --person NEW --scope journal.rewrite":                      "journal.rewrite",
		"token create --person NEW --scope grant.write":                          "grant.write",
		"token create --person NEW --role counter-operator --scope installation": "",
		"token create --person NEW --unlimited":                                  "demo",
		"token create --person WRONG":                                            "fiscal number",
		"token list --person NEW":                                                "",
		"token list --person WRONG":                                              "",
		"token revoke nothing":                                                   "",
		"device enrol --kind kiosk --name Totem --site nowhere":                  "",
		"person export NEW":                                                      "",
		"person export WRONG":                                                    "",
		"person export ''":                                                       "",
		"person forget NEW":                                                      "",
		"person forget NEW --yes":                                                "",
		"person forget WRONG --yes":                                              "",
		"person forget-passkeys nobody@example.org":                              "nobody",
		"person link nobody@example.org":                                         "",
		"person invite --email nobody --role administrator":                      "",
		"person invite --email a@example.org --role emperor":                     "role",
		"journal verify --checkpoint /nowhere":                                   "checkpoint",
	} {
		var list []string
		for _, a := range strings.Fields(strings.NewReplacer("NEW", bianchi, "WRONG", wrong, "MARIO", mario).Replace(args)) {
			list = append(list, strings.Trim(a, "'"))
		}
		code, out, errOut := typed(t, f, list...)
		if code == 0 || out != "" && !strings.HasPrefix(args, "journal") || strings.TrimSpace(errOut) == "" {
			t.Errorf("%s: exit %d, %q, %q", args, code, out, errOut)
		}
		if !strings.Contains(strings.ToLower(errOut), says) || strings.Contains(errOut, "identity.") || strings.Contains(errOut, "goroutine") {
			t.Errorf("%s: says %q", args, errOut)
		}
		for _, number := range []string{bianchi, wrong, mario} {
			if strings.Contains(strings.ToUpper(errOut), number) {
				t.Errorf("%s names somebody: %q", args, errOut)
			}
		}
		if now := made(); now != before {
			t.Errorf("%s changed something: %s, %s before", args, now, before)
			before = now
		}
	}
}

var (
	plantPasskey = db.Q("app.test-plant-passkey", `
		INSERT INTO passkey (id, person, domain, credential, public_key, counter, eligible, saved, transports, name, created)
		VALUES ($1, $2, 'polis.example', $3, $3, 0, 0, 0, '', $3, 0)`)
	passkeysLeft = db.Q("app.test-passkeys", `SELECT COUNT(*) FROM passkey WHERE person = $1`)
)

// A role, a token and the passkeys of somebody, given and taken at the terminal; a
// fiscal number is never said.
func TestGivenAndTakenAtTheTerminal(t *testing.T) {
	f, e := emptyStore(t)
	s, err := f.openStore(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	const mario, keeper = "RSSMRA85T10A562S", "mario@example.org"
	p, err := s.people.Create(t.Context(), identity.Person{FiscalNumber: mario, Email: keeper})
	if err != nil {
		t.Fatal(err)
	}
	do := func(says string, args ...string) string {
		t.Helper()
		code, out, errOut := typed(t, f, args...)
		if code != 0 || !strings.Contains(out, says) || strings.Contains(out+errOut, mario) {
			t.Errorf("%s: exit %d, %q, %q", args, code, out, errOut)
		}
		return out
	}
	holds := func() identity.Role {
		a, err := s.grants.Acting(t.Context(), p.ID)
		if err != nil {
			t.Fatal(err)
		}
		return a.Role
	}
	do("administrator", "grant", "administrator", "--person", strings.ToLower(mario))
	do("network-manager", "grant", "network-manager", "--person", keeper, "--until", "2090-01-01")
	if holds() != identity.Administrator {
		t.Errorf("holds %s", holds())
	}
	token := strings.TrimSpace(do("polis_", "token", "create", "--person", mario, "--role", "network-manager", "--scope", "site.read", "--expires", "90d"))
	tokens := identity.NewTokens(s.people, s.grants, false)
	if a, err := tokens.Authenticate(t.Context(), token); err != nil || a.Role != identity.NetworkManager || a.May(identity.SiteWrite, identity.Network) {
		t.Errorf("the token is %+v, %v", a, err)
	}
	line := do("works", "token", "list", "--person", mario)
	if !strings.Contains(line, "site.read") || strings.Contains(line, token) {
		t.Errorf("listed %s", line)
	}
	list, err := tokens.List(t.Context(), p.ID)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	do("revoked", "token", "revoke", list[0].ID)
	do("revoked", "token", "list", "--person", keeper)
	if _, err := identity.NewTokens(s.people, s.grants, false).Authenticate(t.Context(), token); !errs.HasKey(err, "identity.token") {
		t.Errorf("revoked, and in: %v", err)
	}
	if code, _, _ := typed(t, f, "token", "revoke", list[0].ID); code != 1 {
		t.Errorf("revoked twice: exit %d", code)
	}
	do("taken", "grant", "network-manager", "--person", mario, "--end")
	if code, _, errOut := typed(t, f, "grant", "administrator", "--person", mario, "--end"); code != 1 || !strings.Contains(errOut, "administrator") {
		t.Errorf("the last administrator is gone: exit %d %s", code, errOut)
	}
	for i := range 2 {
		if err := s.db.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), plantPasskey, fmt.Sprint("key-", i), p.ID, []byte{byte(i)})
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	do("has no passkeys", "person", "forget-passkeys", keeper)
	n := 0
	if err := db.One(t.Context(), s.db, passkeysLeft, []any{p.ID}, &n); err != nil || n != 0 {
		t.Errorf("%d passkeys are left, %v", n, err)
	}
}
