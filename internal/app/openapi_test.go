package app

import (
	"log/slog"
	"net/http"
	"testing"

	"polis/internal/platform/api/apitest"
	"polis/internal/platform/clock"
)

// The description of the API is a file of the repository.
func TestSpecification(t *testing.T) {
	t.Parallel()
	words, err := allWords()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{base: &base{env: &env{clock: clock.System{}, log: slog.New(slog.DiscardHandler)}}}
	apitest.Golden(t, p.api(http.NewServeMux(), words), "../../docs/openapi.json")
}
