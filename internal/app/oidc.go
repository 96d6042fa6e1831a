package app

import (
	"polis/internal/identity/oidc"
)

// oidcFlags are the providers by which people sign in. With several each value is
// NAME=VALUE.
type oidcFlags struct {
	OIDC           string   `name:"oidc" help:"Providers by which people sign in, with all their settings (JSON)." type:"existingfile" placeholder:"FILE"`
	OIDCIssuer     []string `name:"oidc-issuer" help:"Issuer of a provider (OpenID Connect) by which people sign in; with several NAME=URL, as in all that follows." placeholder:"URL"`
	OIDCClientID   []string `name:"oidc-client-id" help:"What the provider calls this installation." placeholder:"ID"`
	OIDCSecretFile []string `name:"oidc-client-secret-file" help:"File with the secret that the provider gave." placeholder:"FILE"`
	OIDCProfile    []string `name:"oidc-profile" help:"How it speaks: generic or spid-cie." placeholder:"PROFILE"`
	OIDCLabel      []string `name:"oidc-label" help:"What its button says." placeholder:"NAME"`
	OIDCLogoFile   []string `name:"oidc-logo-file" help:"Picture on its button, at most 32 KB." placeholder:"FILE"`
	OIDCButton     []string `name:"oidc-button" help:"Official button: spid or cie." placeholder:"NAME"`
	OIDCLevel      []string `name:"oidc-level" help:"Least level of assurance that is taken: 1, 2 or 3." placeholder:"LEVEL"`
	OIDCScope      []string `name:"oidc-scope" help:"Scope to ask for, instead of those of the profile." placeholder:"SCOPE"`
	OIDCHost       []string `name:"oidc-host" help:"Host of the provider beside that of its issuer." placeholder:"HOST"`
}

// config reads the flags.
func (f *oidcFlags) config() (oidc.Config, error) {
	return oidc.Flags{
		File: f.OIDC, Issuers: f.OIDCIssuer, ClientIDs: f.OIDCClientID, SecretFiles: f.OIDCSecretFile, Profiles: f.OIDCProfile,
		Labels: f.OIDCLabel, LogoFiles: f.OIDCLogoFile, Buttons: f.OIDCButton, Levels: f.OIDCLevel, Scopes: f.OIDCScope, Hosts: f.OIDCHost,
	}.Read()
}

// standInFor adds SPID and CIE, for which the provider of a demonstration stands
// in.
func (p *program) standInFor(c *oidc.Config) {
	for _, name := range []string{"spid", "cie"} {
		c.Providers = append(c.Providers, oidc.Settings{
			Name: name, Issuer: p.public + standInPath, Profile: oidc.SpidCIE, Button: name, Demo: true,
		})
	}
	if c.Federation == nil {
		id, mark := p.idp.TrustMark(p.public + "/")
		c.Federation = &oidc.Federation{
			Name: "Polis", Contacts: []string{"demo@example.org"}, AuthorityHints: []string{p.idp.Anchor()}, TrustMarks: []oidc.TrustMark{{ID: id, Mark: mark}},
		}
	}
}

// startOIDC readies the providers by which people sign in.
func (p *program) startOIDC() error {
	config, err := p.cmd.oidcFlags.config()
	if err != nil {
		return err
	}
	if p.idp != nil {
		p.standInFor(&config)
	}
	if config, err = config.Check(p.public); err != nil {
		return err
	}
	if only := config.OnlyOne(); only != "" {
		p.env.log.Warn("public bodies offer SPID and CIE side by side", "missing", only)
	}
	p.oidc, err = oidc.New(oidc.Options{
		DB: p.db, Keys: p.keys, People: p.people, Access: p.access, Clock: p.env.clock, IDs: p.env.ids, Log: p.env.log, URL: p.public, Config: config,
	})
	return err
}
