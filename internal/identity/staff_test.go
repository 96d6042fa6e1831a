package identity_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

var actKinds = db.Q("identity.test.acts", `SELECT kind FROM act ORDER BY kind`)

func scanText(rows *sql.Rows) (text string, err error) {
	err = rows.Scan(&text)
	return text, err
}

func TestRolesAreGivenAndTaken(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		paola := w.actor(t, identity.Administrator, identity.Network, "Paola")
		eva := w.actor(t, identity.Citizen, identity.Scope{}, "Eva")
		give := func(g identity.Grant) error { return w.Give(ctx, paola, g) }
		desk := identity.Grant{Person: eva.Person, Role: identity.CounterOperator, Scope: identity.Site("aurora")}
		soon := desk
		soon.Scope, soon.Starts, soon.Ends = identity.Site("borgo"), noon.Add(time.Hour), noon.Add(2*time.Hour)
		for _, g := range []identity.Grant{desk, desk, soon} { // the second tap does no harm
			if err := give(g); err != nil {
				t.Fatal(err)
			}
		}
		m, err := w.Member(ctx, paola, eva.Person)
		if err != nil || m.Sessions != 0 || len(m.Grants) != 2 || m.Grants[0].GivenBy != paola.Person || !m.Grants[1].Ends.Equal(soon.Ends) {
			t.Errorf("%v, %d sessions, %v", m.Grants, m.Sessions, err)
		}
		if got := w.roles(t, eva.Person); !slices.Equal(got, []string{"counter-operator site aurora"}) {
			t.Errorf("now %v", got)
		}
		for what, c := range map[string]struct {
			g   identity.Grant
			key string
		}{
			"to herself":        {identity.Grant{Person: paola.Person, Role: identity.NetworkManager, Scope: identity.Network}, "identity.own-role"},
			"to nobody":         {identity.Grant{Person: "nobody", Role: identity.NetworkManager, Scope: identity.Network}, "identity.unknown"},
			"at no house":       {identity.Grant{Person: eva.Person, Role: identity.SiteManager, Scope: identity.Site("gone")}, "identity.house"},
			"of one house":      {identity.Grant{Person: eva.Person, Role: identity.Administrator, Scope: identity.Site("aurora")}, "identity.scope"},
			"none":              {identity.Grant{Person: eva.Person, Role: "king", Scope: identity.Network}, "identity.role"},
			"everybody's":       {identity.Grant{Person: eva.Person, Role: identity.Citizen, Scope: identity.Network}, "identity.role"},
			"over already":      {identity.Grant{Person: eva.Person, Role: identity.NetworkManager, Scope: identity.Network, Starts: noon.Add(-2 * time.Hour), Ends: noon}, "identity.ends"},
			"over before begun": {identity.Grant{Person: eva.Person, Role: identity.NetworkManager, Scope: identity.Network, Starts: noon.Add(2 * time.Hour), Ends: noon.Add(time.Hour)}, "identity.ends"},
		} {
			if err := give(c.g); !errs.HasKey(err, c.key) {
				t.Errorf("a role %s: %v", what, err)
			}
		}
		spec := identity.TokenSpec{Person: eva.Person, Role: identity.CounterOperator, Scope: identity.Site("aurora")}
		atWork := must[string](t)(identity.NewTokens(w.people, w.grants, false).Create(ctx, spec))
		own := must[string](t)(identity.NewTokens(w.people, w.grants, false).Create(ctx, identity.TokenSpec{Person: eva.Person}))
		if err := w.End(ctx, paola, eva.Person, identity.CounterOperator, identity.Site("aurora")); err != nil {
			t.Fatal(err)
		}
		if err := w.End(ctx, paola, eva.Person, identity.CounterOperator, identity.Site("aurora")); !errs.HasKey(err, "identity.grant") {
			t.Errorf("taken twice: %v", err)
		}
		if got := w.roles(t, eva.Person); len(got) != 0 {
			t.Errorf("then %v", got)
		}
		tokens := identity.NewTokens(w.people, w.grants, false) // whose memory is empty
		if _, err := tokens.Authenticate(ctx, atWork); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("a token of the role that was taken: %v", err)
		}
		if a, err := tokens.Authenticate(ctx, own); err != nil || a.Role != identity.Citizen {
			t.Errorf("a token of her own: %v, %v", a.Role, err)
		}
		if acts := kindsOfActs(t, w); acts != "person.read role.given role.given role.given role.taken token.made token.made" {
			t.Errorf("acts %s", acts)
		}
	})
}

// The last administrator stays, whoever comes at once, and however the role
// would end.
func TestLastAdministrator(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		paola := w.actor(t, identity.Administrator, identity.Network, "Paola")
		if err := w.End(ctx, paola, paola.Person, identity.Administrator, identity.Network); !errs.HasKey(err, "identity.last-administrator") {
			t.Errorf("the only one leaves: %v", err)
		}
		ada := w.actor(t, identity.Administrator, identity.Network, "Ada")
		err := w.Give(ctx, paola, identity.Grant{Person: ada.Person, Role: identity.Administrator, Scope: identity.Network, Ends: noon.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.End(ctx, paola, paola.Person, identity.Administrator, identity.Network); !errs.HasKey(err, "identity.last-administrator") {
			t.Errorf("who is left has an hour: %v", err)
		}
		if err := w.Give(ctx, paola, identity.Grant{Person: ada.Person, Role: identity.Administrator, Scope: identity.Network}); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		left := make(chan error, 2)
		for _, a := range []identity.Actor{paola, ada} {
			wg.Go(func() { left <- w.End(ctx, a, a.Person, identity.Administrator, identity.Network) })
		}
		wg.Wait()
		close(left)
		gone := 0
		for err := range left {
			if err == nil {
				gone++
			} else if !errs.HasKey(err, "identity.last-administrator") {
				t.Error(err)
			}
		}
		if gone != 1 {
			t.Errorf("%d of two left at once", gone)
		}
	})
}

// A list of thousands comes in pages, each person once.
func TestStaffInPages(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		paola := w.actor(t, identity.Administrator, identity.Network, "Paola")
		crowd := must[[]identity.Person](t)(w.people.CreateMany(ctx, identity.Crowd(300)))
		var grants []identity.Grant
		for i, p := range crowd {
			grants = append(grants, identity.Grant{Person: p.ID, Role: identity.CounterOperator, Scope: identity.Site(fmt.Sprint("s", i%7))})
			if i%3 == 0 {
				grants = append(grants, identity.Grant{Person: p.ID, Role: identity.SiteManager, Scope: identity.Site("aurora")})
			}
			if i%2 == 0 {
				grants = append(grants, identity.Grant{Person: p.ID, Role: identity.Member, Scope: identity.Group("g")})
			}
		}
		grants[0].Starts, grants[0].Ends = noon.Add(-2*time.Hour), noon.Add(-time.Hour) // one that is over
		if err := w.grants.Give(ctx, grants...); err != nil {
			t.Fatal(err)
		}
		for role, want := range map[identity.Role]int{"": 301, identity.CounterOperator: 299, identity.SiteManager: 100, identity.Administrator: 1} {
			seen := map[string]int{}
			after := ""
			for {
				list, total, err := w.Staff(ctx, paola, role, "", after, 40)
				if err != nil || total != want {
					t.Fatalf("%s: %d people, %v", role, total, err)
				}
				if len(list) == 0 {
					break
				}
				for _, m := range list {
					seen[m.ID]++
					for _, g := range m.Grants {
						if g.Role == identity.Member {
							t.Error("a group counts as a role")
						}
					}
					if len(m.Grants) == 0 {
						t.Errorf("%v has no role", m)
					}
				}
				after = list[len(list)-1].ID
			}
			if len(seen) != want {
				t.Errorf("%s: %d people seen, want %d", role, len(seen), want)
			}
		}
		for house, want := range map[string]int{"s3": 43, "aurora": 100, "none": 0} {
			if list, total, err := w.Staff(ctx, paola, "", house, "", 300); err != nil || total != want || len(list) != want {
				t.Errorf("at %s: %d of %d people, %v", house, len(list), total, err)
			}
		}
		p, q := crowd[7], crowd[8] // p is a receptionist, and q too
		for _, c := range []struct {
			identity.Search

			want int
		}{
			{identity.Search{Family: strings.ToUpper(p.FamilyName), Birth: p.BirthDate}, 1},
			{identity.Search{Family: p.FamilyName[:2], Birth: p.BirthDate}, 0},
			{identity.Search{Exact: "PAOLA@example.org"}, 1},
			{identity.Search{Exact: "paola"}, 0},
			{identity.Search{Exact: strings.ToLower(p.FiscalNumber)}, 1},
			{identity.Search{Exact: p.FiscalNumber[:15]}, 0},
			{identity.Search{Name: "paol  PRO"}, 1},
			{identity.Search{Name: "prova nobody"}, 0},
			{identity.Search{Name: "aola"}, 1}, // in the address
		} {
			list, more, err := w.Find(ctx, paola, c.Search)
			if err != nil || len(list) != c.want || more {
				t.Errorf("%+v: %d found, %v, %v", c, len(list), more, err)
			}
		}
		if list, _, err := w.Find(ctx, paola, identity.Search{Name: q.FamilyName + " " + q.GivenName[:2]}); err != nil || !slices.ContainsFunc(list, func(m identity.StaffMember) bool { return m.ID == q.ID && len(m.Grants) > 0 }) {
			t.Errorf("not found by name: %v, %v", list, err)
		}
		if list, more, err := w.Find(ctx, paola, identity.Search{Name: "example"}); err != nil || len(list) > 50 || more != (len(list) == 50) {
			t.Errorf("%d found by what many have, %v, %v", len(list), more, err)
		}
		for _, c := range []identity.Search{{}, {Family: "Rossi"}, {Birth: "1990-01-01"}, {Name: " '- "}} {
			if _, _, err := w.Find(ctx, paola, c); !errs.HasKey(err, "identity.search") {
				t.Errorf("%+v: %v", c, err)
			}
		}
	})
}

// Invitations are found by name or address too, and listed in pages.
func TestFindInvitations(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		paola := w.actor(t, identity.Administrator, identity.Network, "Paola")
		for i := range 60 {
			must[identity.Invitation](t)(w.InviteByProgram(ctx, identity.Invitation{
				Email: fmt.Sprintf("p%02d@example.org", i), GivenName: "Ugo", FamilyName: fmt.Sprintf("Neri%02d", i), Role: identity.NetworkManager, Scope: identity.Network,
			}))
		}
		for text, want := range map[string]int{"p07@": 1, "neri33 UGO": 1, "ugo": 50, "zzz": 0, "": 50} {
			list, more, err := w.FindInvitations(ctx, paola, text)
			if err != nil || len(list) != want || more != (want == 50) {
				t.Errorf("%q: %d found, %v, %v", text, len(list), more, err)
			}
		}
	})
}

var (
	readActs = db.Q("identity.test.read-acts", `SELECT person || ' ' || data FROM act WHERE kind = 'person.read' ORDER BY id`)
	readOf   = db.Q("identity.test.read-of", `
		SELECT r.page || ' ' || r.about || ' by ' || r.reader || ' ' || r.role || ' of ' || r.scope_kind FROM record_read r JOIN act a ON a.id = r.act
		WHERE r.subject = $1 ORDER BY r.act, r.about`)
)

// Whoever reads somebody's record at the desk leaves an act, which tells nothing
// of what is in it. Their own is no act, and the same again within a minute none
// either.
func TestReadingIsAnAct(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		paola := w.actor(t, identity.Administrator, identity.Network, "Paola")
		eva := w.actor(t, identity.Citizen, identity.Scope{}, "Eva")
		for range 2 {
			must[identity.Record](t)(w.Member(ctx, paola, eva.Person))
		}
		for _, s := range []identity.Search{{Exact: "eva@example.org"}, {Exact: "nobody@example.org"}, {Name: "Paola"}} {
			if _, _, err := w.Find(ctx, paola, s); err != nil {
				t.Fatal(err)
			}
		}
		w.Member(ctx, eva, paola.Person) // refused
		w.Member(ctx, paola, "nobody")
		w.clk.Advance(time.Minute)
		must[identity.Record](t)(w.Member(ctx, paola, eva.Person))
		facts := func(page string) string {
			return fmt.Sprintf(`%s {"page":%q,"role":"administrator","of":1}`, paola.Person, page)
		}
		want := []string{facts("member"), facts("found"), facts("member")}
		if got := must[[]string](t)(db.All(ctx, w.db, readActs, scanText)); !slices.Equal(got, want) {
			t.Errorf("acts %q, want %q", got, want)
		}
		by := "  by " + paola.Person + " administrator of network"
		if got := must[[]string](t)(db.All(ctx, w.db, readOf, scanText, eva.Person)); !slices.Equal(got, []string{"member" + by, "found" + by, "member" + by}) {
			t.Errorf("of eva: %q", got)
		}
	})
}

// However many people a page shows, it costs one act, and is written before it is
// shown.
func TestManyReadAtOnce(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		paola := w.actor(t, identity.Administrator, identity.Network, "Paola")
		r := identity.Reading{Page: "reception", Site: "aurora"}
		for i := range 50 {
			seen := identity.Seen{Person: fmt.Sprintf("person %d", i), About: identity.ForBooking(fmt.Sprint(i))}
			r.Of = append(r.Of, seen, seen)
		}
		r.Of = append(r.Of, identity.Seen{Person: paola.Person})
		if err := w.People.NoteRead(ctx, paola, r); err != nil {
			t.Fatal(err)
		}
		if got := must[[]string](t)(db.All(ctx, w.db, readActs, scanText)); len(got) != 1 || !strings.Contains(got[0], `"site":"aurora"`) || !strings.Contains(got[0], `"of":50`) {
			t.Errorf("acts %q", got)
		}
		if got := must[[]string](t)(db.All(ctx, w.db, readOf, scanText, "person 49")); len(got) != 1 {
			t.Errorf("of one of them: %q", got)
		}
	})
}

// The desk lists the tokens of somebody's programs, and ends them.
func TestTokensOfAMember(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		paola := w.actor(t, identity.Administrator, identity.Network, "Paola")
		eva := w.actor(t, identity.Citizen, identity.Scope{}, "Eva")
		text := must[string](t)(w.Tokens.Create(ctx, identity.TokenSpec{Person: eva.Person, Name: "calendario"}))
		must[string](t)(w.Tokens.Create(ctx, identity.TokenSpec{Person: eva.Person, Expires: noon.Add(time.Hour)}))
		w.clk.Advance(time.Hour)
		r := must[identity.Record](t)(w.Member(ctx, paola, eva.Person))
		if len(r.Tokens) != 1 || r.Tokens[0].Name != "calendario" {
			t.Fatalf("tokens %+v", r.Tokens)
		}
		if err := w.Tokens.End(ctx, paola, paola.Person, r.Tokens[0].ID); !errs.HasKey(err, "identity.token-unknown") {
			t.Errorf("ended as hers: %v", err)
		}
		must[identity.Actor](t)(w.Tokens.Authenticate(ctx, text))
		if err := w.Tokens.End(ctx, paola, eva.Person, r.Tokens[0].ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Tokens.Authenticate(ctx, text); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("it still works: %v", err)
		}
		if r = must[identity.Record](t)(w.Member(ctx, paola, eva.Person)); len(r.Tokens) != 0 {
			t.Errorf("still listed: %+v", r.Tokens)
		}
		if acts := kindsOfActs(t, w); acts != "person.read token.made token.made token.revoked" {
			t.Errorf("acts %s", acts)
		}
	})
}

// A link lets one person in, once, within its hour.
func TestLink(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		p := w.create(t, rossi)
		link := func() string {
			link := must[string](t)(w.Link(ctx, p.ID))
			if !strings.HasPrefix(link, "https://polis.example/accedi/link#") {
				t.Fatalf("link %q", link)
			}
			return must[string](t)(w.OpenLink(ctx, link))
		}
		secret := link()
		for range 3 { // looking does not use it up
			if got := must[identity.Person](t)(w.Linked(ctx, secret)); got.ID != p.ID {
				t.Errorf("for %v", got)
			}
		}
		if got := must[string](t)(w.UseLink(ctx, secret)); got != p.ID {
			t.Errorf("lets in %s", got)
		}
		old := link()
		w.clk.Advance(time.Hour)
		for _, s := range []string{secret, old, "", "x"} {
			if _, err := w.OpenLink(ctx, s); !errs.HasKey(err, "identity.link.over") {
				t.Errorf("%q is opened: %v", s, err)
			}
			_, shown := w.Linked(ctx, s)
			_, used := w.UseLink(ctx, s)
			if !errs.HasKey(shown, "identity.link.over") || !errs.HasKey(used, "identity.link.over") {
				t.Errorf("%q: %v, %v", s, shown, used)
			}
		}
		if _, err := w.Link(ctx, "nobody"); !errs.Is(err, errs.NotFound) {
			t.Errorf("for nobody: %v", err)
		}
	})
}

func TestSaveProfile(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		p := w.create(t, rossi)
		me := identity.Actor{Person: p.ID, Role: identity.Citizen}
		good := identity.Profile{GivenName: " Maria  Rita", FamilyName: "Rossi", Language: "en"}
		rev := identity.Profile{GivenName: p.GivenName, FamilyName: p.FamilyName, Language: p.Language}.Rev()
		if err := w.SaveProfile(ctx, me, good, rev); err != nil {
			t.Fatal(err)
		}
		if err := w.SaveProfile(ctx, me, good, rev); err != nil { // a second tap
			t.Error(err)
		}
		other := good
		other.GivenName = "Mary"
		if err := w.SaveProfile(ctx, me, other, rev); !errs.HasKey(err, "identity.changed") {
			t.Errorf("from a page of before: %v", err)
		}
		got := must[identity.Person](t)(w.people.Get(ctx, p.ID))
		if got.FullName() != "Maria Rita Rossi" || got.Language != "en" || got.Email != rossi.Email || got.FiscalNumber != rossi.FiscalNumber {
			t.Errorf("now %#v", got)
		}
		for field, change := range map[string]func(*identity.Profile){
			"given_name": func(in *identity.Profile) { in.GivenName = " \u00a0" }, "family_name": func(in *identity.Profile) { in.FamilyName = strings.Repeat("x", 121) },
			"language": func(in *identity.Profile) { in.Language = "fr" },
		} {
			in := good
			change(&in)
			if err := w.SaveProfile(ctx, me, in, ""); errs.As(err).Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		if acts := kindsOfActs(t, w); acts != "person.changed" {
			t.Errorf("acts %s", acts)
		}
		if err := w.SaveProfile(ctx, identity.Anonymous, good, rev); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("nobody's: %v", err)
		}
	})
}
