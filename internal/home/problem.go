package home

import (
	"net/http"
	"slices"

	"polis/internal/platform/errs"
	"polis/internal/platform/web"
)

// ProblemsPath is where the types of the API's problem documents lead to, each
// by its kind.
const ProblemsPath = "/problems/"

// Problems are the kinds: those of errs, and what HTTP itself refuses.
var Problems = []string{
	"invalid", "unauthenticated", "forbidden", "not-found", "conflict", "rule", "stale", "too-large", "too-many",
	"unavailable", "internal", "method-not-allowed", "request-timeout", "uri-too-long", "unsupported-media-type",
}

// problemPage says what a kind of problem means to whoever writes a program.
type problemPage struct {
	web.Head
	About, What, Do string
}

func (problemPage) Template() string { return "home/problem" }

func (h *pages) problem(w http.ResponseWriter, r *http.Request) error {
	kind := r.PathValue("kind")
	if !slices.Contains(Problems, kind) {
		return errs.New(errs.NotFound, "home.problem.unknown", nil)
	}
	p, words := h.ui.Printer(r), "home.problem."+kind
	return h.ui.Render(w, r, http.StatusOK, problemPage{
		Head: web.Head{Title: kind}, About: p.T("home.problem.about"),
		What: p.T(words + ".what"), Do: p.T(words + ".do"),
	})
}
