package app

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
	"polis/internal/simulate/idp"
)

// ends is where the way through our pages ends for each fault: the key of what
// people are told.
var ends = map[idp.Fault]string{
	idp.NR19: "oidc.answer.nr19", idp.NR20: "oidc.answer.nr20", idp.NR21: "oidc.answer.nr21", idp.NR22: "oidc.answer.nr22",
	idp.NR23: "oidc.answer.nr23", idp.NR25: "oidc.answer.nr25", idp.NR30: "oidc.answer.nr30",
	idp.WrongState: "oidc.answer.over", idp.LowLevel: "oidc.level.low", idp.Slow: "oidc.down", idp.TokenError: "oidc.down", idp.UserinfoError: "oidc.down",
}

// Whatever a provider gets wrong, the person is on a page of ours that says what
// to do, nobody is signed in, and nothing personal is in the log.
func TestEveryFaultOfAProviderEndsWell(t *testing.T) {
	t.Parallel()
	in := newTrial(t, true, nil)
	in.traveller(t).come("spid", "giuseppe", "", idp.None) // whose answer can be replayed
	in.faults("spid", "SPID")
}

// The same for a provider that speaks as any other does. What is said of a person
// comes as JSON there, neither encrypted nor for anybody.
func TestEveryFaultOfAnyProviderEndsWell(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	in := newTrial(t, false, func(address string) string {
		e := &env{clock: clock.System{}, log: slog.New(slog.DiscardHandler)}
		h, err := (&simulateIDPCmd{}).handler(e, idp.New(idp.Options{Issuer: srv.URL, Log: e.log, Clients: []idp.Client{
			{ID: "polis", Profile: idp.Generic, Secret: "a secret", RedirectURIs: []string{address + "/accedi/oidc/prova/ritorno"}},
		}}))
		if err != nil {
			t.Fatal(err)
		}
		mux.Handle("/", h)
		dir := t.TempDir()
		return writeFile(t, filepath.Join(dir, "oidc.json"), fmt.Sprintf(`{"providers": [{"name": "prova", "issuer": %q, "client_id": "polis", "client_secret_file": %q,
			"label": "Prova", "level": 2, "best_level": 3, "claims": {"fiscal_number": "fiscal_number"}, "acr_values": {"2": "https://www.spid.gov.it/SpidL2"}}]}`,
			srv.URL, writeFile(t, filepath.Join(dir, "secret"), "a secret")))
	})
	v := in.traveller(t)
	s := v.come("prova", "giuseppe", "3", idp.KeyRotated)
	if who := v.who(); s.at.Path != "/profilo" || who.Person != in.person("giuseppe").ID || who.Level != identity.LevelHigh {
		t.Errorf("%d at %s, %s at level %d", s.status, s.at.Path, who.Person, who.Level)
	}
	in.faults("prova", "Prova", idp.Slow, idp.PlainUserinfo, idp.UserinfoOfOthers)
}

// faults walks through all faults of a provider but some.
func (in *trial) faults(provider, label string, but ...idp.Fault) {
	in.t.Helper()
	in.t.Run("faults", func(t *testing.T) {
		for _, f := range idp.Faults {
			if f.Harmless() || f == idp.NoFiscalNumber || slices.Contains(but, f) {
				continue
			}
			t.Run(string(f), func(t *testing.T) {
				t.Parallel() // the slow one does not hold up the others
				v := in.traveller(t)
				s := v.come(provider, "maria", "", f)
				want := in.its.T(cmp.Or(ends[f], "oidc.answer.bad"), errs.Args{"provider": label})
				if s.page == nil || !strings.HasPrefix(s.at.Path, "/accedi/oidc/"+provider+"/ritorno") || !strings.Contains(s.page.Text(), want) || s.status < 400 {
					t.Errorf("%d at %s, and not %q:\n%s", s.status, s.at.Path, want, s.raw)
				}
				if who := v.who(); who.SignedIn() {
					t.Errorf("%s is signed in", who.Person)
				}
			})
		}
	})
	in.silent()
}

// come is the whole way in by a provider.
func (v *traveller) come(provider, person, level string, f idp.Fault) stop {
	v.t.Helper()
	address := v.toProvider(provider, "/profilo")
	more := url.Values{idp.FieldPerson: {person}, idp.FieldFault: {string(f)}}
	if level != "" {
		more.Set(idp.FieldLevel, level)
	}
	return v.arrive(v.Get(address + "&" + more.Encode()))
}

// Who comes by the provider of a demonstration is the test person, as surely known
// as they chose, in the roles that they have.
func TestTestPeopleComeInByTheProvider(t *testing.T) {
	t.Parallel()
	in := newTrial(t, true, nil)
	for i, x := range in.p.testers.People() {
		if x.Person.FiscalNumber == "" {
			continue
		}
		provider := []string{"spid", "cie"}[i%2]
		level := 2 + i%2
		fault := []idp.Fault{idp.None, idp.NoEmail, idp.KeyRotated}[i%3]
		v := in.traveller(t)
		s := v.come(provider, x.Key, strconv.Itoa(level), fault)
		who := v.who()
		if s.status != http.StatusOK || s.at.Path != "/profilo" || who.Person != x.Person.ID || who.Level != identity.Level(level) || who.Method != "oidc:"+provider {
			t.Errorf("%s by %s with %q: %d at %s, %s at level %d by %s", x.Key, provider, fault, s.status, s.at.Path, who.Person, who.Level, who.Method)
		}
		if x.Key == "carla" { // by her company
			x.Role = identity.OrganisationAdmin
		}
		if x.Role != identity.Citizen && !slices.ContainsFunc(who.Held, func(h identity.Held) bool { return h.Role == x.Role }) {
			t.Errorf("%s is not %s", x.Key, x.Role)
		}
	}
	in.silent()
}

// Pages that stand before the sessions are shown too: of the provider, and of what
// is not there.
func TestPagesBeforeTheSessions(t *testing.T) {
	t.Parallel()
	v := newTrial(t, true, nil).traveller(t)
	if s := v.arrive(v.Get(v.toProvider("cie", "/profilo"))); s.status != http.StatusOK || len(s.page.All("button[name=persona]")) != len(idp.People()) {
		t.Errorf("the page of the provider: %d", s.status)
	}
	for path, status := range map[string]int{standInPath + "/": 200, standInPath + "/authorize": 400, "/media/nothing": 404, "/assets/nothing": 404} {
		if s := v.arrive(v.Get(v.in.url + path)); s.status != status {
			t.Errorf("%s: %d", path, s.status)
		}
	}
}

// Who has no fiscal number is nobody that is known by one: they are asked whether
// they are who has their address, or are somebody new.
func TestWithoutFiscalNumber(t *testing.T) {
	t.Parallel()
	in := newTrial(t, true, nil)
	known := map[string]bool{}
	for _, x := range in.p.testers.People() {
		known[x.Person.ID] = true
	}
	for key, f := range map[string]idp.Fault{"ines": idp.None, "maria": idp.NoFiscalNumber} {
		v := in.traveller(t)
		s := v.come("spid", key, "", f)
		if who := v.who(); s.status != http.StatusOK || known[who.Person] {
			t.Errorf("%s: %d at %s, taken for somebody known: %v", key, s.status, s.at.Path, known[who.Person])
		}
	}
}
