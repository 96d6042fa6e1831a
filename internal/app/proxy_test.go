package app

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"polis/internal/demo"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/simulate/proxytest"
)

const playbook = "../../docs/playbooks/spid-cie-by-a-proxy.md"

// part is what stands in the playbook after a mark, up to an empty line.
func part(t *testing.T, text, mark string) string {
	t.Helper()
	_, after, ok := strings.Cut(text, "<!-- "+mark+" -->\n")
	if !ok {
		t.Fatalf("the playbook has no %s", mark)
	}
	part, _, _ := strings.Cut(after, "\n\n")
	return part
}

var quoted = regexp.MustCompile("`([^`]+)`")

// table reads the first two columns of a table of the playbook.
func table(t *testing.T, text, mark string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, line := range strings.Split(part(t, text, mark), "\n")[2:] {
		if cells := quoted.FindAllStringSubmatch(line, 2); len(cells) == 2 {
			out[cells[0][1]] = cells[1][1]
		}
	}
	return out
}

// SPID and CIE are reached as the playbook says: with its settings, by a proxy that
// makes of SAML what its tables name.
func TestPlaybookOfTheProxy(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(playbook)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	claims := table(t, text, "attributes")
	levels := table(t, text, "levels")
	if len(claims) != 6 || len(levels) != 3 {
		t.Fatalf("the tables have %d attributes and %d levels", len(claims), len(levels))
	}
	proxies := map[string]*proxytest.Proxy{}
	in := newTrial(t, false, func(address string) string {
		settings := strings.TrimSuffix(strings.TrimPrefix(part(t, text, "settings"), "```json\n"), "\n```")
		dir := t.TempDir()
		for _, name := range []string{"spid", "cie"} {
			secret := "secret of " + name
			p := proxytest.New(t, "polis", secret, claims)
			p.Redirect = strings.Replace("https://POLIS/accedi/oidc/"+name+"/ritorno", "https://POLIS", address, 1)
			proxies[name] = p
			settings = strings.Replace(settings, "https://proxy.example.it/"+name, p.Issuer, 1)
			settings = strings.Replace(settings, "/etc/polis/"+name+"-secret", writeFile(t, filepath.Join(dir, name), secret), 1)
			if !strings.Contains(text, "`https://POLIS/accedi/oidc/"+name+"/ritorno`") {
				t.Errorf("the playbook does not name the redirect address of %s", name)
			}
		}
		return writeFile(t, filepath.Join(dir, "oidc.json"), settings)
	})
	maria := in.person("maria")
	attributes := map[string]string{
		"fiscalNumber": "TINIT-" + maria.FiscalNumber, "spidCode": "TEST0000000001", "name": maria.GivenName, "familyName": maria.FamilyName,
		"dateOfBirth": maria.BirthDate, "email": maria.Email, "gender": "F",
	}
	const level = "https://www.spid.gov.it/SpidL"
	in.byProxy(proxies["spid"], "spid", proxytest.Identity{Attributes: attributes, Level: levels[level+"2"]}, maria.ID, identity.LevelSubstantial)
	for _, name := range []string{"spidCode", "email", "gender"} { // CIE has only four
		delete(attributes, name)
	}
	in.byProxy(proxies["cie"], "cie", proxytest.Identity{Attributes: attributes, Level: levels[level+"3"]}, maria.ID, identity.LevelHigh)
	if asked := proxies["spid"].Asked(); len(asked) != 1 || asked[0].RequestedAuthnContext == nil || asked[0].RequestedAuthnContext.AuthnContextClassRef != level+"2" {
		t.Errorf("level 2 was not asked for: %+v", asked)
	}
	for key, x := range map[string]proxytest.Identity{
		"oidc.answer.nr25":          {Refusal: "ErrorCode nr25"},
		"oidc.answer.nr22":          {Refusal: "ErrorCode nr22 Consenso negato"},
		"oidc.level.low":            {Attributes: attributes, Level: level + "1"},
		"oidc.answer.access_denied": {Attributes: attributes, Level: level + "2", Forged: true},
	} {
		proxies["spid"].Answer(x)
		v := in.traveller(t)
		s := v.throughProxy(v.toProvider("spid", "/profilo"))
		if want := in.its.T(key, errs.Args{"provider": "SPID"}); s.page == nil || !strings.Contains(s.page.Text(), want) || v.who().SignedIn() {
			t.Errorf("%s: %d at %s:\n%s", key, s.status, s.at.Path, s.raw)
		}
	}
	in.silent()
}

// byProxy signs somebody in.
func (in *trial) byProxy(p *proxytest.Proxy, provider string, x proxytest.Identity, person string, level identity.Level) {
	in.t.Helper()
	p.Answer(x)
	v := in.traveller(in.t)
	s := v.throughProxy(v.toProvider(provider, "/profilo"))
	if who := v.who(); s.status != http.StatusOK || s.at.Path != "/profilo" || who.Person != person || who.Level != level {
		in.t.Errorf("by %s: %d at %s, %s at level %d:\n%s", provider, s.status, s.at.Path, who.Person, who.Level, s.raw)
	}
}

// person is a test person.
func (in *trial) person(key string) identity.Person {
	in.t.Helper()
	for _, x := range demo.TestPeople("house") {
		if x.Key == key {
			return x.Person
		}
	}
	in.t.Fatal("nobody is ", key)
	return identity.Person{}
}
