// Package kms reaches a key management service: one key there wraps the key file of
// an installation and never leaves the service.
package kms

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/vault/api"
	"github.com/tink-crypto/tink-go-hcvault/v2/integration/hcvault"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// patience is how long the service may take for an answer.
const patience = 10 * time.Second

// Open returns the key at an address, as in
// hcvault://vault.example.it:8200/transit/keys/polis: of HashiCorp Vault, OpenBao
// or what else speaks their API of the transit engine. tokenFile holds the token
// by which the service knows the program; it is read now. Certificates are those
// that the system trusts, or of VAULT_CACERT. Nothing is asked of the service
// before the key is used.
func Open(address, tokenFile string) (tink.AEAD, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "hcvault" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("key management service: an address like hcvault://vault.example.it:8200/transit/keys/polis is wanted, not %q", address)
	}
	token, err := os.ReadFile(tokenFile)
	if err != nil {
		return nil, fmt.Errorf("token of the key management service: %w", err)
	}
	cfg := api.DefaultConfig()
	if cfg.Error != nil {
		return nil, fmt.Errorf("key management service: %w", cfg.Error)
	}
	cfg.Address, cfg.Timeout, cfg.MaxRetries = "https://"+u.Host, patience, 1
	client, err := api.NewClient(cfg)
	if err != nil {
		return nil, fmt.Errorf("key management service: %w", err)
	}
	client.SetToken(strings.TrimSpace(string(token)))
	service, err := hcvault.NewClientWithAEADOptions("hcvault://"+u.Host, client.Logical())
	if err != nil {
		return nil, fmt.Errorf("key management service: %w", err)
	}
	key, err := service.GetAEAD(address)
	if err != nil {
		return nil, fmt.Errorf("key management service: %w", err)
	}
	return key, nil
}
