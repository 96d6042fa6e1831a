package oidc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"polis/internal/identity"
	"polis/internal/identity/oidc"
)

// Flags alone, flags with names, and a file say the same.
func TestSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secret, file := filepath.Join(dir, "secret"), filepath.Join(dir, "oidc.json")
	for name, text := range map[string]string{
		secret: " s3cret\n",
		file: `{"providers": [{"name": "one", "issuer": "https://login.example", "client_id": "polis", "client_secret_file": "` + secret + `",
			"level": 2, "label": "Azienda", "levels": {"x": 2}, "acr_values": {"2": "x"}, "trust_email": false}]}`,
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	no := false
	want := oidc.Settings{
		Name: "one", Issuer: "https://login.example", ClientID: "polis", SecretFile: secret, Secret: "s3cret", Profile: oidc.Generic, Label: "Azienda", Level: identity.LevelSubstantial,
		Levels: map[string]identity.Level{"x": 2}, Ask: map[identity.Level]string{2: "x"}, TrustEmail: &no,
	}
	read := func(f oidc.Flags) oidc.Config {
		c, err := f.Read()
		if err == nil {
			c, err = c.Check(public)
		}
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if diff := cmp.Diff([]oidc.Settings{want}, read(oidc.Flags{File: file}).Providers); diff != "" {
		t.Errorf("the file: %s", diff)
	}
	want.Levels, want.Ask, want.TrustEmail = nil, nil, nil
	if diff := cmp.Diff([]oidc.Settings{want}, read(oidc.Flags{
		Issuers: []string{"one=https://login.example"}, ClientIDs: []string{"polis"}, SecretFiles: []string{secret}, Levels: []string{"2"}, Labels: []string{"one=Azienda"},
	}).Providers); diff != "" {
		t.Errorf("the flags: %s", diff)
	}
	two := read(oidc.Flags{Issuers: []string{"https://login.example", "cie=https://cie.example"}, ClientIDs: []string{"login-example=a=b"}, Profiles: []string{"cie=spid-cie"}, Buttons: []string{"cie=cie"}})
	if a, b := two.Providers[0], two.Providers[1]; a.Name != "login-example" || a.ClientID != "a=b" || b.ClientID != public+"/" || b.Level != identity.LevelSubstantial || two.OnlyOne() != "SPID" {
		t.Errorf("two: %+v", two.Providers)
	}
	if c := read(oidc.Flags{}); len(c.Providers) != 0 {
		t.Errorf("none: %+v", c)
	}
}

// Settings that cannot be are refused with a sentence that says what to do.
func TestWrongSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	one := []string{"one=https://login.example"}
	for name, c := range map[string]struct {
		flags oidc.Flags
		says  string
	}{
		"http":             {oidc.Flags{Issuers: []string{"one=http://login.example"}, ClientIDs: []string{"x"}}, "https://"},
		"no address":       {oidc.Flags{Issuers: []string{"one=login.example"}, ClientIDs: []string{"x"}}, "https://"},
		"query":            {oidc.Flags{Issuers: []string{"one=https://login.example?a=b"}, ClientIDs: []string{"x"}}, "no issuer"},
		"password":         {oidc.Flags{Issuers: []string{"one=https://u:p@login.example"}, ClientIDs: []string{"x"}}, "no issuer"},
		"name":             {oidc.Flags{Issuers: []string{"One!=https://login.example"}, ClientIDs: []string{"x"}}, "small letters"},
		"no client":        {oidc.Flags{Issuers: one}, "--oidc-client-id one=ID"},
		"profile":          {oidc.Flags{Issuers: one, ClientIDs: []string{"x"}, Profiles: []string{"saml"}}, "generic or spid-cie"},
		"button":           {oidc.Flags{Issuers: one, ClientIDs: []string{"x"}, Buttons: []string{"blue"}}, "spid or cie"},
		"level":            {oidc.Flags{Issuers: one, ClientIDs: []string{"x"}, Levels: []string{"4"}}, "1, 2 or 3"},
		"nobody's":         {oidc.Flags{ClientIDs: []string{"x"}}, "--oidc-issuer"},
		"which":            {oidc.Flags{Issuers: []string{"a=https://a.example", "b=https://b.example"}, ClientIDs: []string{"x"}}, "a, b"},
		"twice":            {oidc.Flags{File: write("g.json", `{"providers": [{"name": "a", "issuer": "https://a.example", "client_id": "x"}, {"name": "a", "issuer": "https://b.example", "client_id": "x"}]}`)}, "name of its own"},
		"no secret":        {oidc.Flags{Issuers: one, ClientIDs: []string{"x"}, SecretFiles: []string{filepath.Join(dir, "none")}}, "--oidc-client-secret-file"},
		"empty secret":     {oidc.Flags{Issuers: one, ClientIDs: []string{"x"}, SecretFiles: []string{write("empty", " \n")}}, "empty"},
		"no picture":       {oidc.Flags{Issuers: one, ClientIDs: []string{"x"}, LogoFiles: []string{write("logo", "hello")}}, "SVG or a PNG"},
		"host":             {oidc.Flags{Issuers: one, ClientIDs: []string{"x"}, Hosts: []string{"https://x.example/"}}, "HOST:PORT"},
		"no file":          {oidc.Flags{File: filepath.Join(dir, "none")}, "--oidc"},
		"no JSON":          {oidc.Flags{File: write("a.json", "{")}, "docs/providers.md"},
		"unknown setting":  {oidc.Flags{File: write("b.json", `{"providers": [{"isuer": "x"}]}`)}, "isuer"},
		"more than a file": {oidc.Flags{File: write("c.json", `{} {}`)}, "goes on"},
		"claim":            {oidc.Flags{File: write("d.json", `{"providers": [{"name": "a", "issuer": "https://a.example", "client_id": "x", "claims": {"shoe": "size"}}]}`)}, "given_name"},
		"federation":       {oidc.Flags{File: write("e.json", `{"federation": {"organization_name": "x"}}`)}, "authority_hints"},
		"elsewhere's entity": {oidc.Flags{File: write("f.json", `{"providers": [{"name": "a", "issuer": "https://a.example", "profile": "spid-cie", "client_id": "https://b.example/"}],
			"federation": {"organization_name": "x", "contacts": ["x"], "authority_hints": ["https://t.example"]}}`)}, "leave client_id out"},
	} {
		conf, err := c.flags.Read()
		if err == nil {
			_, err = conf.Check(public)
		}
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
