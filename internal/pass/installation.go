package pass

import (
	"context"
	"crypto/ed25519"

	"polis/internal/identity"
)

// PublicOf is the public key of an installation's passes (PEM).
func PublicOf(ctx context.Context, keys *identity.Keys) ([]byte, error) {
	key, err := keys.SigningKey(ctx, "pass")
	if err != nil {
		return nil, err
	}
	return MarshalPublicPEM(key.Public().(ed25519.PublicKey)), nil
}
