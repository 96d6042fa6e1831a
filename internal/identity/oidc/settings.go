package oidc

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"polis/internal/identity"
)

// Settings are those of one provider, as the file of --oidc has them.
type Settings struct {
	Name       string `json:"name"`   // stands in addresses: small letters, digits, hyphens
	Issuer     string `json:"issuer"` // byte for byte as the provider calls itself
	ClientID   string `json:"client_id"`
	SecretFile string `json:"client_secret_file,omitempty"`
	Profile    string `json:"profile,omitempty"` // "generic" or "spid-cie"
	Label      string `json:"label,omitempty"`   // what the button says
	LogoFile   string `json:"logo_file,omitempty"`
	Button     string `json:"button,omitempty"` // "spid", "cie"; "" = one of ours
	// Level is the least that is taken: 1, 2 or 3.
	Level identity.Level `json:"level,omitempty"`
	// Best is the surest level that the provider has, where it has not all.
	Best   identity.Level `json:"best_level,omitempty"`
	Scopes []string       `json:"scopes,omitempty"`
	// Hosts may be called and led to beside that of the issuer.
	Hosts []string `json:"hosts,omitempty"`
	// Claims, Levels and Ask are put over those of the profile.
	Claims map[string]string         `json:"claims,omitempty"`
	Levels map[string]identity.Level `json:"levels,omitempty"`
	Ask    map[identity.Level]string `json:"acr_values,omitempty"`
	// Keyed, TrustEmail and Proves overrule the profile.
	Keyed      *bool `json:"private_key_jwt,omitempty"`
	TrustEmail *bool `json:"trust_email,omitempty"`
	Proves     *bool `json:"proves_names,omitempty"`

	Demo   bool   `json:"-"` // it only stands in for the real one
	Secret string `json:"-"` // of SecretFile
	Logo   string `json:"-"` // of LogoFile, as an address data:…
}

// Federation says who we are to the federation of SPID and CIE.
type Federation struct {
	Name           string      `json:"organization_name"`
	Homepage       string      `json:"homepage_uri"`
	Policy         string      `json:"policy_uri"`
	Logo           string      `json:"logo_uri"`
	Contacts       []string    `json:"contacts"`
	AuthorityHints []string    `json:"authority_hints"`
	TrustMarks     []TrustMark `json:"trust_marks"`
}

// TrustMark is what the federation has signed of us.
type TrustMark struct {
	ID   string `json:"id"`
	Mark string `json:"trust_mark"`
}

// Config is all providers, and who we are to their federation.
type Config struct {
	Providers  []Settings  `json:"providers"`
	Federation *Federation `json:"federation,omitempty"`
}

// Flags are the settings as a command line has them: each NAME=VALUE, or the
// value alone where there is one provider.
type Flags struct {
	File                                                         string
	Issuers, ClientIDs, SecretFiles, Profiles, Labels, LogoFiles []string
	Buttons, Levels, Scopes, Hosts                               []string
}

// Read makes a configuration of flags and file; the error says what to do.
func (f Flags) Read() (c Config, err error) {
	if f.File != "" {
		if c, err = readFile(f.File); err != nil {
			return c, err
		}
	}
	for _, text := range f.Issuers {
		s := Settings{Issuer: text}
		if name, rest, ok := strings.Cut(text, "="); ok && !strings.Contains(name, ":") {
			s.Name, s.Issuer = name, rest
		}
		c.Providers = append(c.Providers, s)
	}
	for i := range c.Providers {
		if s := &c.Providers[i]; s.Name == "" {
			s.Name = nameOf(s.Issuer)
		}
	}
	for _, flag := range []struct {
		name   string
		values []string
		set    func(s *Settings, value string) error
	}{
		{"client-id", f.ClientIDs, func(s *Settings, v string) error { s.ClientID = v; return nil }},
		{"client-secret-file", f.SecretFiles, func(s *Settings, v string) error { s.SecretFile = v; return nil }},
		{"profile", f.Profiles, func(s *Settings, v string) error { s.Profile = v; return nil }},
		{"label", f.Labels, func(s *Settings, v string) error { s.Label = v; return nil }},
		{"logo-file", f.LogoFiles, func(s *Settings, v string) error { s.LogoFile = v; return nil }},
		{"button", f.Buttons, func(s *Settings, v string) error { s.Button = v; return nil }},
		{"level", f.Levels, setLevel},
		{"scope", f.Scopes, func(s *Settings, v string) error { s.Scopes = append(s.Scopes, v); return nil }},
		{"host", f.Hosts, func(s *Settings, v string) error { s.Hosts = append(s.Hosts, v); return nil }},
	} {
		for _, text := range flag.values {
			s, value, err := c.named(flag.name, text)
			if err != nil {
				return c, err
			}
			if err := flag.set(s, value); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

func setLevel(s *Settings, v string) error {
	i := slices.Index([]string{"1", "2", "3"}, v)
	if i < 0 {
		return fmt.Errorf("--oidc-level: %q is no level; say 1, 2 or 3", v)
	}
	s.Level = identity.Level(i + 1)
	return nil
}

// named finds the provider that a flag is about.
func (c *Config) named(flag, text string) (*Settings, string, error) {
	if name, value, ok := strings.Cut(text, "="); ok {
		for i := range c.Providers {
			if c.Providers[i].Name == name {
				return &c.Providers[i], value, nil
			}
		}
	}
	switch len(c.Providers) {
	case 1:
		return &c.Providers[0], text, nil
	case 0:
		return nil, "", fmt.Errorf("--oidc-%s: there is no provider; name one with --oidc-issuer NAME=URL", flag)
	}
	var names []string
	for _, s := range c.Providers {
		names = append(names, s.Name)
	}
	return nil, "", fmt.Errorf("--oidc-%s: there are several providers; say which, as NAME=VALUE with one of: %s", flag, strings.Join(names, ", "))
}

var notName = regexp.MustCompile(`[^a-z0-9]+`)

// nameOf is a name for a provider that was given none: its host.
func nameOf(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return ""
	}
	return strings.Trim(notName.ReplaceAllString(strings.ToLower(u.Hostname()), "-"), "-")
}

func readFile(path string) (c Config, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return c, fmt.Errorf("--oidc: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, fmt.Errorf("--oidc: %s is not as it should be (%w); docs/providers.md has an example", path, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return c, fmt.Errorf("--oidc: %s goes on after its end; docs/providers.md has an example", path)
	}
	return c, nil
}

var goodName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$`)

// Check completes a configuration and says what is wrong with it; public is the
// address by which the world reaches us.
func (c Config) Check(public string) (Config, error) {
	c.Providers = slices.Clone(c.Providers)
	names := map[string]bool{}
	for i := range c.Providers {
		s := &c.Providers[i]
		if err := s.check(public); err != nil {
			return c, err
		}
		if names[s.Name] {
			return c, fmt.Errorf("two providers are called %s; give each a name of its own: --oidc-issuer NAME=URL", s.Name)
		}
		names[s.Name] = true
	}
	if c.Federation != nil {
		for _, s := range c.Providers {
			if profiles[s.Profile].Keyed && strings.TrimSuffix(s.ClientID, "/") != public {
				return c, fmt.Errorf("provider %q: in a federation the client id is the address of this program, %s/; leave client_id out", s.Name, public)
			}
		}
	}
	return c, c.Federation.check()
}

// OnlyOne is "CIE" where people are offered SPID without CIE, "SPID" where it is
// the other way round, and else "": public bodies offer both (DL 76/2020, article
// 24).
func (c Config) OnlyOne() string {
	has := func(button string) bool {
		return slices.ContainsFunc(c.Providers, func(s Settings) bool { return s.Button == button })
	}
	switch spid, cie := has("spid"), has("cie"); {
	case spid && !cie:
		return "CIE"
	case cie && !spid:
		return "SPID"
	}
	return ""
}

func (s *Settings) check(public string) error {
	wrong := func(text string, args ...any) error {
		return fmt.Errorf("provider %q: "+text, append([]any{s.Name}, args...)...)
	}
	if !goodName.MatchString(s.Name) || s.Name == "resolve" {
		return wrong("a name has small letters, digits and hyphens, at most 32; give one with --oidc-issuer NAME=URL")
	}
	if !goodAddress(s.Issuer) {
		return wrong("%q is no issuer; it begins with https:// (http:// on this machine alone) and has no ? or #", s.Issuer)
	}
	if s.Profile == "" {
		s.Profile = Generic
	}
	profile, ok := profiles[s.Profile]
	if !ok {
		return wrong("there is no profile %q; say generic or spid-cie with --oidc-profile", s.Profile)
	}
	if s.ClientID == "" && profile.Fiscal {
		s.ClientID = public + "/"
	}
	if s.ClientID == "" {
		return wrong("the client id is missing; the provider has given one: --oidc-client-id %s=ID", s.Name)
	}
	if !slices.Contains([]string{"", "spid", "cie"}, s.Button) {
		return wrong("there is no button %q; say spid or cie with --oidc-button, or leave it out", s.Button)
	}
	if s.Level < 0 || s.Level > identity.LevelHigh || s.Best < 0 || s.Best > identity.LevelHigh {
		return wrong("a level is 1, 2 or 3")
	}
	if s.Level == 0 {
		s.Level = identity.LevelLow
		if profile.Fiscal {
			s.Level = identity.LevelSubstantial
		}
	}
	for field := range s.Claims {
		if !slices.Contains(claimFields, field) {
			return wrong("claims: %q is nothing that is known of people; say one of: %s", field, strings.Join(claimFields, ", "))
		}
	}
	for _, host := range s.Hosts {
		if strings.ContainsAny(host, "/ @?#") || host == "" {
			return wrong("%q is no host; say HOST or HOST:PORT", host)
		}
	}
	if err := s.readSecret(); err != nil {
		return wrong("%w", err)
	}
	if err := s.readLogo(); err != nil {
		return wrong("%w", err)
	}
	return nil
}

var claimFields = []string{claimBirth, claimEmail, claimVerified, claimFamily, claimFiscal, claimGiven, claimLanguage}

func (s *Settings) readSecret() error {
	if s.SecretFile == "" {
		return nil
	}
	data, err := os.ReadFile(s.SecretFile)
	if err != nil {
		return fmt.Errorf("--oidc-client-secret-file: %w", err)
	}
	if s.Secret = strings.TrimSpace(string(data)); s.Secret == "" {
		return fmt.Errorf("--oidc-client-secret-file: %s is empty; put the secret into it that the provider has given", s.SecretFile)
	}
	return nil
}

// mostLogo is how large a logo may be, in bytes: it stands in the page.
const mostLogo = 32 << 10

func (s *Settings) readLogo() error {
	if s.LogoFile == "" {
		return nil
	}
	data, err := os.ReadFile(s.LogoFile)
	if err != nil {
		return fmt.Errorf("--oidc-logo-file: %w", err)
	}
	kind := http.DetectContentType(data)
	if strings.Contains(string(data[:min(len(data), 1024)]), "<svg") {
		kind = "image/svg+xml"
	}
	if !strings.HasPrefix(kind, "image/") || len(data) > mostLogo {
		return fmt.Errorf("--oidc-logo-file: %s is no picture of at most 32 KB; take an SVG or a PNG", s.LogoFile)
	}
	s.Logo = "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(data)
	return nil
}

func (f *Federation) check() error {
	if f == nil {
		return nil
	}
	for _, text := range slices.Concat([]string{f.Homepage, f.Policy, f.Logo}, f.AuthorityHints) {
		if text != "" && !goodAddress(text) {
			return fmt.Errorf("federation: %q is no address; it begins with https://", text)
		}
	}
	if f.Name == "" || len(f.AuthorityHints) == 0 || len(f.Contacts) == 0 {
		return errors.New("federation: organization_name, contacts and authority_hints are needed; docs/providers.md has an example")
	}
	return nil
}

// goodAddress tells whether an address may be that of a provider: HTTPS, or this
// machine.
func goodAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && u.User == nil && u.RawQuery == "" && !strings.ContainsAny(text, "?#") &&
		(u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()))
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
