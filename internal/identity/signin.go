package identity

import (
	"context"
	"net/url"
)

// Provider is a way to prove who one is, beside the codes and links of Access.
// The pages list the providers; whoever chooses one is sent to Start's address
// and comes back with an answer, of which Finish makes a person, whom the pages
// then let in as they let in everybody. What must be remembered between the two
// (state, nonce) goes through Sessions.Keep.
type Provider interface {
	// Name stands in addresses and settings, e.g. "demo".
	Name() string
	// Label is the message key of the provider's button.
	Label() string
	// Start returns the address at which the person proves who they are.
	Start(ctx context.Context) (address string, err error)
	// Finish returns the id of the person whom the answer proves, made where
	// new. An answer that proves nothing is Unauthenticated.
	Finish(ctx context.Context, answer url.Values) (person string, err error)
}
