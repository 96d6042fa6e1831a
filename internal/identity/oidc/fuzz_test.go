package oidc_test

import (
	"net/url"
	"testing"

	"polis/internal/identity/oidc"
	"polis/internal/platform/errs"
)

// Whatever comes to the address of the answers lets nobody in, and is nobody's
// fault but who sent it.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		"", "code=x&state=y", "state=&code=", "error=access_denied&state=x", "code=a&code=b", "state=%00", "iss=https%3A%2F%2Fevil.example&code=x&state=y",
		"%zz", "state=' OR 1=1 --", "error=%ff%fe", "response=eyJhbGciOiJub25lIn0..",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, query string, begun bool) {
		w, o := generic(t)
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		if begun { // somebody who has a good state, and nothing else
			values.Set("state", w.begin(o, "one", oidc.Wish{}).Get("state"))
		}
		out, err := w.Finish(t.Context(), "one", "browser", values)
		if err == nil || out.Proof.Person != "" || errs.Is(err, errs.Internal) {
			t.Errorf("%q: in as %q, %v", query, out.Proof.Person, err)
		}
	})
}
