package identity_test

import (
	"embed"
	"os"
	"testing"

	"polis/internal/identity"
	"polis/internal/identity/device"
	"polis/internal/identity/mandate"
	"polis/internal/identity/oidc"
	"polis/internal/identity/organisation"
	"polis/internal/identity/passkey"
	"polis/internal/identity/privacy"
	"polis/internal/identity/stepup"
	"polis/internal/platform/i18n"
	"polis/internal/platform/i18n/i18ntest"
)

func TestWords(t *testing.T) {
	bundle := i18n.NewBundle()
	for _, files := range []embed.FS{identity.Words, device.Words, mandate.Words, oidc.Words, organisation.Words, passkey.Words, privacy.Words, stepup.Words} {
		if err := bundle.Add(files); err != nil {
			t.Fatal(err)
		}
	}
	i18ntest.Check(t, bundle, os.DirFS("."))
}
