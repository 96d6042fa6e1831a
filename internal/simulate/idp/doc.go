// Package idp stands in for an identity provider: an OpenID provider with
// ready-made test people, who are whoever a visitor says they are. It speaks what
// Italian providers speak (profile SPIDCIE) and what any other does (Generic), is
// as strict with clients as the rules are, and misbehaves where it is asked to
// (Fault), so that one can see what a client makes of it.
//
// It proves nothing about anybody. The demonstration has it under /demo/idp, tests
// on a loopback port, `polis simulate idp` on any.
//
// Rules: "Regole tecniche OpenID Connect in SPID" and "CIE id" of
// italia/spid-cie-oidc-docs; OpenID Connect Core 1.0, OpenID Federation 1.0, RFC
// 6749 (errors), 7009 (revocation), 7523 (assertions of clients), 7636 (PKCE),
// 9101 (signed requests), 9207 (issuer in the answer).
package idp

import "embed"

// Words are the texts of its pages, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS

// Pages are its templates.
//
//go:embed pages/*.gohtml
var Pages embed.FS
