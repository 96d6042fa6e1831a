// Package identity knows who is who and who may do what: people, whose
// personal fields are encrypted with a key of their own and found by blind
// indexes only; roles with opaque scopes and the one table of what each role
// may do; tokens of programs; sessions of browsers; and the ways to sign in.
//
// A request has one Actor, put into its context by Sessions (pages) or by the
// caller of Tokens.Authenticate (programs). Capabilities ask it:
//
//	actor := identity.ActorFrom(ctx)
//	if err := actor.Check(identity.ClosureWrite, identity.Site(id)); err != nil {
//		return err
//	}
//
// Nothing here names a person in an error, a log or an address.
package identity

import "embed"

// Words are the texts of identity, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS
