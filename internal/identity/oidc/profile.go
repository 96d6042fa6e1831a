package oidc

import (
	jose "github.com/go-jose/go-jose/v4"

	"polis/internal/identity"
)

// Profile is how providers of a kind speak: data, no code.
type Profile struct {
	Scopes []string
	// Claims are the names of the claims that say something of a person, by what
	// they say (the keys are those of settings).
	Claims map[string]string
	// Levels are what values of acr and amr are worth; a value that is not here is
	// worth Least.
	Levels map[string]identity.Level
	Least  identity.Level
	Best   identity.Level // the surest that is believed, unless settings say more
	// Ask are the values of acr to ask for a level with; none = nothing is asked,
	// and what comes back is looked at all the same.
	Ask map[identity.Level]string
	// Prompt is what the provider is told to ask of the person: at first, and where
	// they have to prove anew who they are.
	Prompt, PromptAnew string

	// Fiscal: the person is the fiscal number, if there is one.
	Fiscal bool
	// Keyed: our request is a signed object, we prove ourselves with our own key,
	// and what is said of the person comes signed and then encrypted for us.
	Keyed bool
	// Strict: the ID token must have at_hash, jti and an acr that is known, and says
	// nothing of the person but sub.
	Strict bool
	// TrustEmail: an address that it calls verified is verified.
	TrustEmail bool
	// Proves: names, birth and fiscal number are proved by it, and not changed here.
	Proves bool

	Signatures  []jose.SignatureAlgorithm
	KeyWraps    []jose.KeyAlgorithm
	Encryptions []jose.ContentEncryption
}

// What claims say.
const (
	claimFiscal   = "fiscal_number"
	claimGiven    = "given_name"
	claimFamily   = "family_name"
	claimBirth    = "birth_date"
	claimEmail    = "email"
	claimVerified = "email_verified"
	claimLanguage = "language"
)

// The profiles' names.
const (
	Generic = "generic"
	SpidCIE = "spid-cie"
)

// The levels of SPID and CIE, as their providers write them.
const (
	spidL1 = "https://www.spid.gov.it/SpidL1"
	spidL2 = "https://www.spid.gov.it/SpidL2"
	spidL3 = "https://www.spid.gov.it/SpidL3"
)

var profiles = map[string]Profile{
	// OpenID Connect Core 1.0, as most products of organisations speak it.
	Generic: {
		Scopes: []string{"openid", "profile", "email"},
		Claims: map[string]string{
			claimGiven: "given_name", claimFamily: "family_name", claimBirth: "birthdate",
			claimEmail: "email", claimVerified: "email_verified", claimLanguage: "locale",
		},
		Levels: map[string]identity.Level{
			spidL1: identity.LevelLow, spidL2: identity.LevelSubstantial, spidL3: identity.LevelHigh,
			"http://eidas.europa.eu/LoA/low": identity.LevelLow, "http://eidas.europa.eu/LoA/substantial": identity.LevelSubstantial,
			"http://eidas.europa.eu/LoA/high": identity.LevelHigh,
			"mfa":                             identity.LevelSubstantial, // RFC 8176
		},
		Least: identity.LevelLow, Best: identity.LevelSubstantial, PromptAnew: "login", TrustEmail: true,
		Signatures:  []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.ES256, jose.ES384, jose.ES512, jose.PS256, jose.PS384, jose.PS512, jose.EdDSA},
		KeyWraps:    []jose.KeyAlgorithm{jose.RSA_OAEP, jose.RSA_OAEP_256},
		Encryptions: []jose.ContentEncryption{jose.A128CBC_HS256, jose.A256CBC_HS512, jose.A128GCM, jose.A256GCM},
	},
	// The rules of SPID and CIE id for OpenID Connect (italia/spid-cie-oidc-docs).
	SpidCIE: {
		Scopes: []string{"openid"},
		Claims: map[string]string{
			claimFiscal: "https://attributes.eid.gov.it/fiscal_number",
			claimGiven:  "given_name", claimFamily: "family_name", claimBirth: "birthdate", claimEmail: "email", claimVerified: "email_verified",
		},
		Levels: map[string]identity.Level{spidL1: identity.LevelLow, spidL2: identity.LevelSubstantial, spidL3: identity.LevelHigh},
		Ask:    map[identity.Level]string{identity.LevelLow: spidL1, identity.LevelSubstantial: spidL2, identity.LevelHigh: spidL3},
		Best:   identity.LevelHigh, Prompt: "consent", PromptAnew: "consent login",
		Fiscal: true, Keyed: true, Strict: true, TrustEmail: true, Proves: true,
		Signatures:  []jose.SignatureAlgorithm{jose.RS256, jose.RS512, jose.ES256, jose.ES512, jose.PS256, jose.PS512},
		KeyWraps:    []jose.KeyAlgorithm{jose.RSA_OAEP, jose.RSA_OAEP_256},
		Encryptions: []jose.ContentEncryption{jose.A128CBC_HS256, jose.A256CBC_HS512},
	},
}
