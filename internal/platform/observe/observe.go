// Package observe makes the program visible from outside: its log, its
// metrics, the ids of its requests, its build, and whether it is well.
//
// The order of a request: Metrics.Middleware is the outermost handler; it gives
// the request its id and counts it under the pattern of its route, which the
// innermost mux tells it (SetRoute). Nothing here carries personal data:
// labels are patterns, never paths.
package observe

import (
	"context"
	"runtime"
	"runtime/debug"
)

// Build says which program this is.
type Build struct {
	Version  string `json:"version"`  // of the release, or "dev"
	Commit   string `json:"commit"`   // "" outside a repository
	Time     string `json:"time"`     // of the commit, RFC 3339
	Modified bool   `json:"modified"` // built from files that differ from the commit
	Go       string `json:"go"`       // "go1.26.0"
}

// ReadBuild reads what the compiler noted. The version is given by the release
// build; where it is "" the module's is taken.
func ReadBuild(version string) Build {
	b := Build{Version: version, Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if ok {
		if b.Version == "" && info.Main.Version != "(devel)" {
			b.Version = info.Main.Version
		}
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Commit = s.Value
			case "vcs.time":
				b.Time = s.Value
			case "vcs.modified":
				b.Modified = s.Value == "true"
			}
		}
	}
	if b.Version == "" {
		b.Version = "dev"
	}
	return b
}

type contextKey struct{}

func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(contextKey{}).(*exchange)
	return x
}

// RequestID is the id of the request, as in the log and in X-Request-Id; ""
// outside of a request.
func RequestID(ctx context.Context) string {
	if x := exchangeOf(ctx); x != nil {
		return x.id
	}
	return ""
}

// SetRoute tells under which pattern the request is counted, such as
// "GET /api/v1/sites/{id}". The first one to tell is believed: the innermost
// mux knows best.
func SetRoute(ctx context.Context, pattern string) {
	if x := exchangeOf(ctx); x != nil && x.route == "" {
		x.route = pattern
	}
}
