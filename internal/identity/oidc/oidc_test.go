package oidc_test

import (
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/identity/oidc"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
)

// Somebody new comes in by a generic provider, and is the same the second time.
func TestGenericSignIn(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(noon)
		o := newOP(t, clk, false)
		w := newWorld(t, d, clk, o.settings("one"))
		out := must[oidc.Outcome](t)(w.in(o, "one"))
		p := w.person(out.Proof.Person)
		if p.FullName() != "Maria Rossi" || p.Email != "maria@example.org" || !p.Verified.Equal(noon) || p.Language != "en" {
			t.Errorf("made %#v", p)
		}
		if out.Proof.Method != "oidc:one" || out.Proof.Level != identity.LevelLow || !out.Proof.At.Equal(noon) {
			t.Errorf("proof %+v", out.Proof)
		}
		if proved, err := w.people.Proved(t.Context(), p.ID); err != nil || !proved.IsZero() {
			t.Errorf("names proved at %v, %v", proved, err)
		}
		o.set(func() { o.amr = []string{"pwd", "mfa"} })
		again := must[oidc.Outcome](t)(w.in(o, "one"))
		if again.Proof.Person != p.ID || again.Proof.Level != identity.LevelSubstantial || w.population() != 1 {
			t.Errorf("the second time %+v of %d", again.Proof, w.population())
		}
	})
}

// The person of SPID is the fiscal number, whatever the provider calls them.
func TestSpidPersonIsTheFiscalNumber(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(noon)
		o, cie := newOP(t, clk, true), newOP(t, clk, true)
		second := cie.settings("cie")
		second.Button = "cie"
		w := newWorld(t, d, clk, o.settings("spid"), second)
		known := must[identity.Person](t)(w.people.Create(t.Context(), identity.Person{FiscalNumber: rossiNumber, GivenName: "M.", FamilyName: "R."}))
		out := must[oidc.Outcome](t)(w.in(o, "spid"))
		if out.Proof.Person != known.ID || out.Proof.Level != identity.LevelSubstantial {
			t.Errorf("proof %+v", out.Proof)
		}
		if p := w.person(known.ID); p.FullName() != "Maria Rossi" || p.BirthDate != "1980-01-01" {
			t.Errorf("known as %#v", p)
		}
		if proved := must[time.Time](t)(w.people.Proved(t.Context(), known.ID)); proved.IsZero() {
			t.Error("names are not proved")
		}
		cie.set(func() { cie.sub = "pairwise-other"; cie.acr = "https://www.spid.gov.it/SpidL3" })
		if out = must[oidc.Outcome](t)(w.in(cie, "cie")); out.Proof.Person != known.ID || out.Proof.Level != identity.LevelHigh || w.population() != 1 {
			t.Errorf("by the other %+v of %d", out.Proof, w.population())
		}
		// A person without fiscal number (eIDAS) is what the provider calls them.
		o.set(func() { o.sub = "s-2"; o.about = claims{"given_name": "Ines", "family_name": "Keller"} })
		ines := must[oidc.Outcome](t)(w.in(o, "spid"))
		if again := must[oidc.Outcome](t)(w.in(o, "spid")); ines.Proof.Person == known.ID || again.Proof.Person != ines.Proof.Person {
			t.Errorf("a person without number: %+v, then %+v", ines.Proof, again.Proof)
		}
		// The subject of somebody with a number does not come with another.
		o.set(func() {
			o.sub = "s-1"
			o.about = claims{"given_name": "X", "family_name": "Y", "https://attributes.eid.gov.it/fiscal_number": "TINIT-" + verdiNumber}
		})
		if _, err := w.in(o, "spid"); !errs.HasKey(err, "oidc.answer.bad") {
			t.Errorf("a subject with two fiscal numbers: %v", err)
		}
	})
}

// What is asked for is enforced: more is taken, less is refused.
func TestLevels(t *testing.T) {
	t.Parallel()
	w, o := spid(t)
	for _, c := range []struct {
		wish identity.Level
		acr  string
		key  string
	}{
		{identity.LevelNone, "https://www.spid.gov.it/SpidL1", "oidc.level.low"}, // the settings ask for 2
		{identity.LevelNone, "https://www.spid.gov.it/SpidL2", ""},
		{identity.LevelNone, "https://www.spid.gov.it/SpidL3", ""},
		{identity.LevelHigh, "https://www.spid.gov.it/SpidL2", "oidc.level.low"},
		{identity.LevelHigh, "https://www.spid.gov.it/SpidL3", ""},
		{identity.LevelNone, "", "oidc.level.low"},
		{identity.LevelNone, "https://www.spid.gov.it/SpidL9", "oidc.level.low"},
	} {
		o.set(func() { o.acr = c.acr })
		_, err := w.Finish(t.Context(), "spid", "browser", w.begin(o, "spid", oidc.Wish{Level: c.wish}))
		if c.key == "" && err != nil || c.key != "" && !errs.HasKey(err, c.key) {
			t.Errorf("%d asked, %q given: %v", c.wish, c.acr, err)
		}
		want := map[identity.Level]string{0: "https://www.spid.gov.it/SpidL2", 3: "https://www.spid.gov.it/SpidL3"}[c.wish]
		if o.last["acr_values"] != want {
			t.Errorf("asked for %v", o.last["acr_values"])
		}
	}
}

// Who proves anew who they are does it now, as the same person.
func TestProveAnew(t *testing.T) {
	t.Parallel()
	w, o := generic(t)
	ctx := t.Context()
	first := must[oidc.Outcome](t)(w.in(o, "one"))
	wish := oidc.Wish{Person: first.Proof.Person, Anew: true}
	if out := must[oidc.Outcome](t)(w.Finish(ctx, "one", "browser", w.begin(o, "one", wish))); out.Proof.Person != first.Proof.Person || out.Person != first.Proof.Person {
		t.Errorf("%+v", out)
	}
	if o.last["prompt"] != "login" || o.last["max_age"] != "0" {
		t.Errorf("asked %v", o.last)
	}
	o.set(func() { o.alter = func(c claims) { c["auth_time"] = noon.Add(-time.Hour).Unix() } })
	if _, err := w.Finish(ctx, "one", "browser", w.begin(o, "one", wish)); !errs.HasKey(err, "oidc.level.old") {
		t.Errorf("an old proof: %v", err)
	}
	o.set(func() { o.alter = func(c claims) { delete(c, "auth_time") } })
	if _, err := w.Finish(ctx, "one", "browser", w.begin(o, "one", wish)); !errs.HasKey(err, "oidc.level.old") {
		t.Errorf("a provider that does not say when: %v", err)
	}
	o.set(func() { o.alter = nil; o.sub = "s-2"; o.about["email"] = "other@example.org" })
	if _, err := w.Finish(ctx, "one", "browser", w.begin(o, "one", wish)); !errs.HasKey(err, "oidc.level.other") {
		t.Errorf("somebody else: %v", err)
	}
	if w.population() != 1 {
		t.Errorf("%d people", w.population())
	}
}
