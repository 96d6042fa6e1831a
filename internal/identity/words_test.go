package identity_test

import (
	"os"
	"testing"

	"polis/internal/identity"
	"polis/internal/platform/i18n"
	"polis/internal/platform/i18n/i18ntest"
)

func TestWords(t *testing.T) {
	bundle := i18n.NewBundle()
	if err := bundle.Add(identity.Words); err != nil {
		t.Fatal(err)
	}
	i18ntest.Check(t, bundle, os.DirFS("."))
}
