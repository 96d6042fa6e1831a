package organisation_test

import (
	"os"
	"testing"

	"polis/internal/identity"
	"polis/internal/identity/organisation"
	"polis/internal/platform/i18n"
	"polis/internal/platform/i18n/i18ntest"
)

func TestWords(t *testing.T) {
	bundle := i18n.NewBundle()
	for _, words := range []any{identity.Words, organisation.Words} {
		_ = words
	}
	if err := bundle.Add(organisation.Words); err != nil {
		t.Fatal(err)
	}
	i18ntest.Check(t, bundle, os.DirFS("."))
}
