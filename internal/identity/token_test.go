package identity_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
)

func sqlite(t testing.TB) *db.DB { return dbtest.SQLite(t) }

func TestTokenLife(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		p := h.create(t, rossi)
		if err := h.grants.Give(ctx, identity.Grant{Person: p.ID, Role: identity.Member, Scope: identity.Group("staff")},
			identity.Grant{Person: p.ID, Role: identity.CounterOperator, Scope: identity.Site("a")}); err != nil {
			t.Fatal(err)
		}
		here := identity.NewTokens(h.people, h.grants, false)
		there := identity.NewTokens(h.people, h.grants, false) // another replica
		text := must[string](t)(here.Create(ctx, identity.TokenSpec{
			Person: p.ID, Name: "till", Role: identity.CounterOperator, Scope: identity.Site("a"), Expires: noon.Add(time.Hour),
		}))
		if !strings.HasPrefix(text, "polis_") || len(text) != 58 {
			t.Errorf("a token like %q", text)
		}
		want := identity.Actor{
			Person: p.ID, Name: "Maria D.", Role: identity.CounterOperator, Scope: identity.Site("a"), Groups: []string{"staff"},
			Channel: identity.ChannelAPI, Language: "it", Held: []identity.Held{{Role: identity.CounterOperator, Scope: identity.Site("a")}},
		}
		list := must[[]identity.Token](t)(here.List(ctx, p.ID))
		if len(list) != 1 || list[0].Name != "till" || !list[0].Expires.Equal(noon.Add(time.Hour)) || !list[0].Revoked.IsZero() {
			t.Fatalf("listed %+v", list)
		}
		want.Token = list[0].ID
		for _, s := range []*identity.Tokens{here, there, here} {
			got := must[identity.Actor](t)(s.Authenticate(ctx, text))
			if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(identity.Actor{})); d != "" {
				t.Error(d)
			}
		}

		refused := func(s *identity.Tokens, text string) {
			t.Helper()
			a, err := s.Authenticate(ctx, text)
			if !errs.Is(err, errs.Unauthenticated) || !errs.HasKey(err, "identity.token") || a.SignedIn() {
				t.Errorf("got %v, %v", a, err)
			}
		}
		for _, bad := range []string{"", "polis_", text[:57], text + "a", strings.ToUpper(text), "xolis_" + text[6:], text[:57] + "\x00", strings.Repeat("p", 58)} {
			refused(here, bad)
		}

		// Revoked: here at once, elsewhere within 5 seconds.
		if err := here.Revoke(ctx, "", "somebody else", want.Token); !errs.HasKey(err, "identity.token-unknown") {
			t.Errorf("revoked by somebody else: %v", err)
		}
		if err := here.Revoke(ctx, p.ID, p.ID, want.Token); err != nil {
			t.Fatal(err)
		}
		refused(here, text)
		h.clk.Advance(5 * time.Second)
		refused(there, text)
		if err := here.Revoke(ctx, p.ID, p.ID, want.Token); !errs.HasKey(err, "identity.token-unknown") {
			t.Errorf("revoked twice: %v", err)
		}
		if list := must[[]identity.Token](t)(here.List(ctx, p.ID)); list[0].Revoked.IsZero() {
			t.Error("not listed as revoked")
		}

		// Ended: to the instant, also from memory.
		text = must[string](t)(here.Create(ctx, identity.TokenSpec{Person: p.ID, Expires: h.clk.Now().Add(3 * time.Second)}))
		must[identity.Actor](t)(here.Authenticate(ctx, text))
		h.clk.Advance(3 * time.Second)
		refused(here, text)
		refused(there, text)
	})
}

func TestTokensThatAreRefused(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		p := h.create(t, rossi)
		tokens := identity.NewTokens(h.people, h.grants, false)
		for key, spec := range map[string]identity.TokenSpec{
			"identity.unknown":          {Person: "nobody"},
			"identity.role":             {Person: p.ID, Role: "king"},
			"identity.scope":            {Person: p.ID, Role: identity.SiteManager},
			"identity.unlimited":        {Person: p.ID, Unlimited: true},
			"identity.invalid.name":     {Person: p.ID, Name: strings.Repeat("x", 200)},
			"identity.invalid.expires":  {Person: p.ID, Expires: noon},
			"identity.token-long":       {Person: p.ID, Expires: noon.AddDate(1, 0, 2)},
			"identity.token-role":       {Person: p.ID, Role: identity.SiteManager, Scope: identity.Site("a")},
			"identity.token-permission": {Person: p.ID, Only: []identity.Permission{identity.BookingOwn, identity.SiteWrite}},
		} {
			if _, err := tokens.Create(t.Context(), spec); !errs.HasKey(err, key) {
				t.Errorf("%s: got %v", key, err)
			}
		}
		spec := identity.TokenSpec{Person: p.ID, Role: identity.Member, Scope: identity.Group("g")}
		if _, err := tokens.Create(t.Context(), spec); !errs.HasKey(err, "identity.role") {
			t.Errorf("a token that acts as a member: %v", err)
		}
	})
}

// A demonstration's database served for real gives its tokens no freedom.
func TestUnlimitedIsForDemonstrations(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		p := h.create(t, rossi)
		demo := identity.NewTokens(h.people, h.grants, true)
		text := must[string](t)(demo.Create(t.Context(), identity.TokenSpec{Person: p.ID, Unlimited: true}))
		if !must[identity.Actor](t)(demo.Authenticate(t.Context(), text)).Unlimited {
			t.Error("limited in the demonstration")
		}
		served := identity.NewTokens(h.people, h.grants, false)
		if must[identity.Actor](t)(served.Authenticate(t.Context(), text)).Unlimited {
			t.Error("unlimited outside the demonstration")
		}
	})
}

func BenchmarkAuthenticate(b *testing.B) {
	h := newHouse(b, sqlite(b))
	p := h.create(b, rossi)
	tokens := identity.NewTokens(h.people, h.grants, false)
	text := must[string](b)(tokens.Create(b.Context(), identity.TokenSpec{Person: p.ID}))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tokens.Authenticate(b.Context(), text); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAuthenticateAnew is the same with nothing in memory.
func BenchmarkAuthenticateAnew(b *testing.B) {
	h := newHouse(b, sqlite(b))
	p := h.create(b, rossi)
	tokens := identity.NewTokens(h.people, h.grants, false)
	text := must[string](b)(tokens.Create(b.Context(), identity.TokenSpec{Person: p.ID}))
	for b.Loop() {
		h.clk.Advance(time.Minute)
		if _, err := tokens.Authenticate(b.Context(), text); err != nil {
			b.Fatal(err)
		}
	}
}

// A token never has more rights than its person has now, nor than it was made for;
// its use is noted once a minute.
func TestATokenIsNoMoreThanItsPerson(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ctx, p := t.Context(), h.create(t, rossi)
		tokens := identity.NewTokens(h.people, h.grants, false)
		here := identity.Grant{Person: p.ID, Role: identity.SiteManager, Scope: identity.Site("a"), Ends: noon.Add(2 * time.Hour)}
		if err := h.grants.Give(ctx, here); err != nil {
			t.Fatal(err)
		}
		create := func(spec identity.TokenSpec) (string, error) {
			spec.Person = p.ID
			return tokens.Create(ctx, spec)
		}
		for what, spec := range map[string]identity.TokenSpec{
			"at another house": {Role: identity.SiteManager, Scope: identity.Site("b")}, "of the network": {Role: identity.CounterOperator, Scope: identity.Network},
			"above": {Role: identity.NetworkManager, Scope: identity.Network},
		} {
			if _, err := create(spec); !errs.HasKey(err, "identity.token-role") {
				t.Errorf("%s: %v", what, err)
			}
		}
		less := must[string](t)(create(identity.TokenSpec{Role: identity.CounterOperator, Scope: identity.Site("a"), Only: []identity.Permission{identity.BookingCheck}}))
		a := must[identity.Actor](t)(tokens.Authenticate(ctx, less))
		if !a.May(identity.BookingCheck, identity.Site("a")) || a.May(identity.BookingRead, identity.Site("a")) || a.May(identity.AccountOwn, identity.Of(p.ID)) ||
			!a.May(identity.NetworkRead, identity.Network) || a.MaySomewhere(identity.BookingRead) || a.MayGive(identity.CounterOperator, identity.Site("a")) {
			t.Error("more or less than it was narrowed to")
		}
		used := func() time.Time { return must[[]identity.Token](t)(tokens.List(ctx, p.ID))[0].Used }
		if !used().Equal(noon) {
			t.Errorf("used %v", used())
		}
		for _, c := range []struct{ after, want time.Duration }{{59 * time.Second, 0}, {65 * time.Second, 65 * time.Second}} {
			h.clk.Set(noon.Add(c.after))
			must[identity.Actor](t)(tokens.Authenticate(ctx, less))
			if !used().Equal(noon.Add(c.want)) {
				t.Errorf("after %s used %v", c.after, used())
			}
		}
		h.clk.Set(noon.Add(2 * time.Hour)) // the role is over
		if _, err := tokens.Authenticate(ctx, less); !errs.HasKey(err, "identity.token") {
			t.Errorf("without the role: %v", err)
		}
	})
}
