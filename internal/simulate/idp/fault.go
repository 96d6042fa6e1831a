package idp

// Fault is a way to misbehave. Its name is stable: tests and links name it.
type Fault string

// The faults. What a good client makes of each stands beside it.
const (
	None Fault = ""

	// Answers that prove nothing: the client refuses them.
	WrongAudience    Fault = "wrong-audience"     // the ID token is for another client
	WrongIssuer      Fault = "wrong-issuer"       // the ID token is of another provider
	MixedUpIssuer    Fault = "mixed-up-issuer"    // the answer of the browser names another provider (RFC 9207)
	WrongNonce       Fault = "wrong-nonce"        // the ID token answers another request
	WrongState       Fault = "wrong-state"        // the answer belongs to no request of this browser
	WrongAccessHash  Fault = "wrong-at-hash"      // the access token is another than the ID token says
	Replayed         Fault = "replayed"           // the ID token of an earlier sign-in comes again
	Unsigned         Fault = "unsigned"           // alg none
	PublicKeyHMAC    Fault = "hmac-public-key"    // HS256 with the public key as the secret
	UnknownKey       Fault = "unknown-key"        // signed with a key that is not published
	EmbeddedKey      Fault = "embedded-key"       // signed with a key that the token brings along
	Expired          Fault = "expired"            // the ID token is over since an hour
	ClockAhead       Fault = "clock-ahead"        // the provider's clock is ten minutes ahead
	ClockBehind      Fault = "clock-behind"       // ten minutes behind
	LowLevel         Fault = "low-level"          // surer proof was asked for
	PlainUserinfo    Fault = "plain-userinfo"     // the person's data come unencrypted
	OtherSubject     Fault = "other-subject"      // the person's data are somebody else's
	NoFiscalNumber   Fault = "no-fiscal-number"   // the fiscal number is missing
	BadFiscalNumber  Fault = "bad-fiscal-number"  // its check character is wrong
	UserinfoOfOthers Fault = "userinfo-of-others" // the person's data are for another client

	// Errors of the provider, as SPID numbers them, and of what lies between.
	NR19          Fault = "nr19" // wrong credentials again and again
	NR20          Fault = "nr20" // no credentials for the level
	NR21          Fault = "nr21" // too slow
	NR22          Fault = "nr22" // did not consent to send the data
	NR23          Fault = "nr23" // suspended or revoked
	NR25          Fault = "nr25" // cancelled by the person
	NR30          Fault = "nr30" // a kind of identity that was not asked for
	Slow          Fault = "slow" // the token comes after a long time
	TokenError    Fault = "token-error"
	UserinfoError Fault = "userinfo-error"

	// What a good client gets over: the person is in.
	NoEmail    Fault = "no-email"    // the e-mail address is missing
	KeyRotated Fault = "key-rotated" // signed with a new key, which is published
)

// Faults lists them in the order in which the page shows them.
var Faults = []Fault{
	NR25, NR19, NR20, NR21, NR22, NR23, NR30, NoEmail, NoFiscalNumber, BadFiscalNumber, LowLevel, Slow, TokenError, UserinfoError, KeyRotated,
	WrongAudience, WrongIssuer, MixedUpIssuer, WrongNonce, WrongState, WrongAccessHash, Replayed, Unsigned, PublicKeyHMAC, UnknownKey,
	EmbeddedKey, Expired, ClockAhead, ClockBehind, PlainUserinfo, OtherSubject, UserinfoOfOthers,
}

// Harmless tells whether the person comes in all the same.
func (f Fault) Harmless() bool { return f == None || f == NoEmail || f == KeyRotated }

// Label is the message key of its description.
func (f Fault) Label() string {
	if f == None {
		return "idp.fault.none"
	}
	return "idp.fault." + string(f)
}

// refusal is the error that a fault answers the browser with, as SPID's SAML
// providers word it ("ErrorCode nrNN"); nil for one that answers otherwise.
func (f Fault) refusal() *oauthError {
	switch f {
	case NR19, NR20, NR21, NR22, NR23, NR25, NR30:
		return &oauthError{"access_denied", "ErrorCode " + string(f)}
	}
	return nil
}

// faultNamed is the fault of a name; false for a name of none.
func faultNamed(name string) (Fault, bool) {
	for _, f := range Faults {
		if string(f) == name {
			return f, true
		}
	}
	return None, name == ""
}
