package identity_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// actor makes somebody with a role, who acts.
func (w *wayIn) actor(t testing.TB, role identity.Role, scope identity.Scope, name string) identity.Actor {
	t.Helper()
	p := w.create(t, identity.Person{GivenName: name, FamilyName: "Prova", Email: strings.ToLower(name) + "@example.org"})
	if role != identity.Citizen {
		if err := w.grants.Give(t.Context(), identity.Grant{Person: p.ID, Role: role, Scope: scope}); err != nil {
			t.Fatal(err)
		}
	}
	return identity.Actor{Person: p.ID, Name: p.DisplayName(), Role: role, Scope: scope}
}

// secret is what the link of an invitation ends with.
func (w *wayIn) secret(t testing.TB, in identity.Invitation) string {
	t.Helper()
	link := must[string](t)(w.InvitationLink(t.Context(), in))
	secret, ok := strings.CutPrefix(link, "https://polis.example/invito#")
	if !ok {
		t.Fatalf("link %q", link)
	}
	return secret
}

// invited is an invitation as the page of its link shows it.
func (w *wayIn) invited(t testing.TB, actor identity.Actor, secret string) (in identity.Invitation, known bool, err error) {
	t.Helper()
	opened, err := w.OpenInvitation(t.Context(), secret)
	if err != nil {
		return in, false, err
	}
	return w.Invited(t.Context(), actor, opened)
}

// accept opens the link of an invitation and accepts it.
func (w *wayIn) accept(t testing.TB, actor identity.Actor, secret string) (identity.Person, error) {
	t.Helper()
	opened, err := w.OpenInvitation(t.Context(), secret)
	if err != nil {
		return identity.Person{}, err
	}
	return w.Accept(t.Context(), actor, opened)
}

func (w *wayIn) roles(t testing.TB, person string) (list []string) {
	t.Helper()
	for _, g := range must[[]identity.Grant](t)(w.grants.Of(t.Context(), person)) {
		list = append(list, string(g.Role)+" "+g.Scope.Kind+" "+g.Scope.ID)
	}
	return list
}

func kindsOfActs(t testing.TB, w *wayIn) string {
	t.Helper()
	list := must[[]string](t)(db.All(t.Context(), w.db, actKinds, scanText))
	return strings.Join(list, " ")
}

func TestInvitation(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		paola := w.actor(t, identity.Administrator, identity.Network, "Paola")
		in := must[identity.Invitation](t)(w.Invite(ctx, paola, identity.Invitation{
			Email: " Luca@Example.org", GivenName: "Luca", FamilyName: "Ferrari", Role: identity.SiteManager, Scope: identity.Site("aurora"), Language: "en",
		}))
		secret := w.secret(t, in)
		m := w.mails(t)[0]
		if m.To != "luca@example.org" || m.ToName != "Luca Ferrari" || m.Lang != "en" || !strings.Contains(m.Text, "/invito#"+secret) ||
			!strings.Contains(m.Text, "Paola P.") || !strings.Contains(m.Text, "Aurora, Gavirate (VA)") {
			t.Errorf("mailed to %s %q:\n%s", m.To, m.ToName, m.Text)
		}
		got, known, err := w.invited(t, identity.Anonymous, secret)
		if err != nil || got.ID != in.ID || known || got.GivenBy != paola.Person {
			t.Errorf("invited %v %v, %v", got, known, err)
		}
		// Looking changes nothing, and who invites cannot accept.
		if _, err := w.accept(t, paola, secret); !errs.HasKey(err, "identity.own-role") {
			t.Errorf("accepted by who invites: %v", err)
		}
		p := must[identity.Person](t)(w.accept(t, identity.Anonymous, secret))
		if p.FullName() != "Luca Ferrari" || p.Language != "en" || strings.Join(w.roles(t, p.ID), "") != "site-manager site aurora" {
			t.Errorf("accepted by %s with %v", p.FullName(), w.roles(t, p.ID))
		}
		if _, err := w.accept(t, identity.Anonymous, secret); !errs.HasKey(err, "identity.invitation.over") {
			t.Errorf("accepted twice: %v", err)
		}
		if list := must[[]identity.Invitation](t)(w.Invitations(ctx, paola, "", 10)); len(list) != 0 {
			t.Errorf("still waits: %v", list)
		}
		if acts := kindsOfActs(t, w); acts != "invitation.accepted invitation.made role.given" {
			t.Errorf("acts %s", acts)
		}
	})
}

// Of those who come at once with one link, on two replicas, one is in.
func TestInvitationIsAcceptedOnce(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		replica := newWayIn(t, w.house)
		in := must[identity.Invitation](t)(w.InviteByProgram(t.Context(), identity.Invitation{Email: "luca@example.org", Role: identity.Administrator, Scope: identity.Network}))
		secret := w.secret(t, in)
		var wg sync.WaitGroup
		var mu sync.Mutex
		accepted, over := 0, 0
		for i := range 6 {
			wg.Go(func() {
				_, err := []*wayIn{w, replica}[i%2].accept(t, identity.Anonymous, secret)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					accepted++
				case errs.HasKey(err, "identity.invitation.over"):
					over++
				case !errs.HasKey(err, "identity.invitation.known"): // the person is known by now
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if accepted != 1 || w.population(t) != 1 {
			t.Errorf("%d are in, %d late, %d people", accepted, over, w.population(t))
		}
	})
}

func TestInvitationEnds(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		paola := w.actor(t, identity.Administrator, identity.Network, "Paola")
		invite := func() identity.Invitation {
			return must[identity.Invitation](t)(w.Invite(ctx, paola, identity.Invitation{Email: "luca@example.org", Role: identity.CounterOperator, Scope: identity.Site("borgo")}))
		}
		over := func(what, secret string) {
			t.Helper()
			if _, _, err := w.invited(t, identity.Anonymous, secret); !errs.HasKey(err, "identity.invitation.over") {
				t.Errorf("%s is shown: %v", what, err)
			}
			if _, err := w.accept(t, identity.Anonymous, secret); !errs.HasKey(err, "identity.invitation.over") {
				t.Errorf("%s is accepted: %v", what, err)
			}
		}
		revoked := invite()
		if err := w.Revoke(ctx, paola, revoked.ID); err != nil {
			t.Fatal(err)
		}
		over("a revoked one", w.secret(t, revoked))
		if err := w.Revoke(ctx, paola, revoked.ID); !errs.HasKey(err, "identity.invitation.over") {
			t.Errorf("revoked twice: %v", err)
		}
		w.mails(t)
		w.out.list = nil

		in := invite()
		old := w.secret(t, in)
		w.mails(t)
		again := must[identity.Invitation](t)(w.Resend(ctx, paola, in.ID))
		over("the link before", old)
		list := w.mails(t)
		if last := list[len(list)-1]; !strings.Contains(last.Text, w.secret(t, again)) || len(list) != 2 || list[0].ID == last.ID {
			t.Errorf("%d messages, the last: %s", len(list), last.Text)
		}
		w.clk.Advance(7 * 24 * time.Hour)
		over("an old one", w.secret(t, again))
		if list := must[[]identity.Invitation](t)(w.Invitations(ctx, paola, "", 10)); len(list) != 1 {
			t.Errorf("the old one is not listed: %v", list)
		}
		again = must[identity.Invitation](t)(w.Resend(ctx, paola, in.ID))
		if _, _, err := w.invited(t, identity.Anonymous, w.secret(t, again)); err != nil {
			t.Errorf("sent again after its time: %v", err)
		}
		w.clk.Advance(40 * 24 * time.Hour)
		if err := w.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if list := must[[]identity.Invitation](t)(w.Invitations(ctx, paola, "", 10)); len(list) != 0 {
			t.Errorf("kept for ever: %v", list)
		}
		for _, s := range []string{"", "x", strings.Repeat("a", 32)} {
			over("a made-up one", s)
		}
	})
}

// Nobody's mailbox is flooded: the same invitation waits once, an address is sent
// three in a day, and who invites has a limit too.
func TestInvitationsAreLimited(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		paola := w.actor(t, identity.Administrator, identity.Network, "Paola")
		ada := w.actor(t, identity.Administrator, identity.Network, "Ada")
		invite := func(by identity.Actor, email string, scope identity.Scope) (identity.Invitation, error) {
			return w.Invite(ctx, by, identity.Invitation{Email: email, Role: identity.CounterOperator, Scope: scope})
		}
		first := must[identity.Invitation](t)(invite(paola, "luca@example.org", identity.Network))
		for range 5 { // a second tap
			if again := must[identity.Invitation](t)(invite(paola, "LUCA@example.org", identity.Network)); again.ID != first.ID {
				t.Errorf("the same twice: %s and %s", first.ID, again.ID)
			}
		}
		if n := len(w.mails(t)); n != 1 {
			t.Errorf("%d messages", n)
		}
		must[identity.Invitation](t)(invite(ada, "luca@example.org", identity.Network)) // hers
		must[identity.Invitation](t)(w.Resend(ctx, paola, first.ID))
		_, resent := w.Resend(ctx, paola, first.ID)
		_, made := invite(ada, "luca@example.org", identity.Site("aurora"))
		for _, err := range []error{resent, made} {
			if !errs.Is(err, errs.TooMany) || errs.As(err).Field != "email" || errs.As(err).Args["count"] != 8 {
				t.Errorf("a fourth to one address: %v", err)
			}
		}
		w.clk.Advance(8 * time.Hour)
		must[identity.Invitation](t)(w.Resend(ctx, paola, first.ID))
		sent := 0
		for ; sent < 200; sent++ {
			if _, err := invite(ada, fmt.Sprintf("p%d@example.org", sent), identity.Network); err != nil {
				if !errs.HasKey(err, "identity.too-many") {
					t.Error(err)
				}
				break
			}
		}
		if sent != 100 {
			t.Errorf("one person sends %d at once", sent)
		}
		if _, err := w.InviteByProgram(ctx, identity.Invitation{Email: "luca@example.org", Role: identity.CounterOperator, Scope: identity.Network}); err != nil {
			t.Errorf("by who has the program in their hands: %v", err)
		}
	})
}

// What somebody gave who was an administrator then, and is none now, is worth
// nothing: they may have invited themselves by another address.
func TestInvitationOfWhoWasDismissed(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		paola := w.actor(t, identity.Administrator, identity.Network, "Paola")
		ada := w.actor(t, identity.Administrator, identity.Network, "Ada")
		secret := w.secret(t, must[identity.Invitation](t)(w.Invite(ctx, ada, identity.Invitation{Email: "ada.second@example.org", Role: identity.Administrator, Scope: identity.Network})))
		if err := w.End(ctx, paola, ada.Person, identity.Administrator, identity.Network); err != nil {
			t.Fatal(err)
		}
		if _, err := w.accept(t, identity.Anonymous, secret); !errs.HasKey(err, "identity.invitation.over") || w.population(t) != 2 {
			t.Errorf("accepted: %v", err)
		}
	})
}

// Who accepts: who is signed in, or somebody new; and nobody by a link alone who
// is known already, nor a second person of their address.
func TestWhoAccepts(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		paola := w.actor(t, identity.Administrator, identity.Network, "Paola")
		luca := w.actor(t, identity.Citizen, identity.Scope{}, "Luca")
		eva := w.actor(t, identity.Citizen, identity.Scope{}, "Eva")
		invite := func(email string, role identity.Role) string {
			return w.secret(t, must[identity.Invitation](t)(w.Invite(ctx, paola, identity.Invitation{Email: email, Role: role, Scope: identity.Network})))
		}
		secret := invite("luca@example.org", identity.NetworkManager)
		for _, c := range []struct {
			actor identity.Actor
			known bool
		}{{identity.Anonymous, true}, {luca, false}, {eva, false}} {
			if _, known, err := w.invited(t, c.actor, secret); err != nil || known != c.known {
				t.Errorf("%q is asked to sign in: %v, %v", c.actor.Name, known, err)
			}
		}
		if _, err := w.accept(t, identity.Anonymous, secret); !errs.HasKey(err, "identity.invitation.known") || w.population(t) != 3 {
			t.Errorf("a second person of an address: %v, %d people", err, w.population(t))
		}
		if p := must[identity.Person](t)(w.accept(t, eva, secret)); p.ID != eva.Person || len(w.roles(t, eva.Person)) != 1 {
			t.Errorf("accepted by %v", p)
		}
		if p := must[identity.Person](t)(w.accept(t, luca, invite("luca@example.org", identity.NetworkManager))); p.ID != luca.Person {
			t.Errorf("accepted by %v", p)
		}
		// Two at once to one address that nobody has: one of them becomes somebody.
		replica := newWayIn(t, w.house)
		first, second := invite("ugo@example.org", identity.NetworkManager), invite("UGO@example.org", identity.CounterOperator)
		var wg sync.WaitGroup
		became := make(chan error, 2)
		wg.Go(func() { _, err := w.accept(t, identity.Anonymous, first); became <- err })
		wg.Go(func() { _, err := replica.accept(t, identity.Anonymous, second); became <- err })
		wg.Wait()
		close(became)
		refused := 0
		for err := range became {
			if errs.HasKey(err, "identity.invitation.known") {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		if list := must[[]identity.Person](t)(w.people.ByContact(ctx, "ugo@example.org")); refused != 1 || len(list) != 1 {
			t.Errorf("%d refused, %d people of one address", refused, len(list))
		}
	})
}

func TestWhoInvites(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		paola := w.actor(t, identity.Administrator, identity.Network, "Paola")
		good := identity.Invitation{Email: "luca@example.org", Role: identity.NetworkManager, Scope: identity.Network}
		for name, actor := range map[string]identity.Actor{
			"nobody": identity.Anonymous, "a citizen": w.actor(t, identity.Citizen, identity.Scope{}, "Maria"),
			"an auditor": w.actor(t, identity.Auditor, identity.Network, "Luca"), "a counter operator": w.actor(t, identity.CounterOperator, identity.Site("aurora"), "Anna"),
		} {
			in := must[identity.Invitation](t)(w.Invite(ctx, paola, good))
			_, err := w.Invite(ctx, actor, good)
			_, list := w.Invitations(ctx, actor, "", 10)
			_, again := w.Resend(ctx, actor, in.ID)
			_, none := w.Resend(ctx, actor, "none")
			revoke := w.Revoke(ctx, actor, in.ID)
			_, _, staff := w.Staff(ctx, actor, "", "", "", 10)
			_, _, find := w.Find(ctx, actor, identity.Search{Exact: "luca@example.org"})
			_, _, findInvitation := w.FindInvitations(ctx, actor, "luca")
			_, waiting := w.Waiting(ctx, actor)
			token := w.Tokens.End(ctx, actor, paola.Person, "none")
			_, member := w.Member(ctx, actor, paola.Person)
			give := w.Give(ctx, actor, identity.Grant{Person: paola.Person, Role: identity.NetworkManager, Scope: identity.Network})
			end := w.End(ctx, actor, paola.Person, identity.Administrator, identity.Network)
			sessions := w.EndSessions(ctx, actor, paola.Person)
			for i, err := range []error{err, list, again, none, revoke, staff, find, findInvitation, waiting, token, member, give, end, sessions} {
				if !errs.Is(err, errs.Forbidden) && !errs.Is(err, errs.Unauthenticated) {
					t.Errorf("%s may do act %d: %v", name, i, err)
				}
			}
		}
		for field, change := range map[string]func(*identity.Invitation){
			"email":       func(in *identity.Invitation) { in.Email = "luca@example.org\r\nBcc: x@example.org" },
			"role":        func(in *identity.Invitation) { in.Role = identity.Citizen },
			"scope":       func(in *identity.Invitation) { in.Scope = identity.Site("gone") },
			"family_name": func(in *identity.Invitation) { in.FamilyName = "a\nb\x01" },
			"language":    func(in *identity.Invitation) { in.Language = "fr" },
		} {
			in := good
			change(&in)
			if _, err := w.Invite(ctx, paola, in); errs.As(err).Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		own := good
		own.Email = "PAOLA@example.org"
		if _, err := w.Invite(ctx, paola, own); !errs.HasKey(err, "identity.own-role") {
			t.Errorf("invites herself: %v", err)
		}
	})
}
