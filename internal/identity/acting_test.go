package identity_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/identity/mandate"
	"polis/internal/identity/organisation"
	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
)

// others is a way in with mandates and organisations.
type others struct {
	*wayIn
	mandates *mandate.Service
	parties  *organisation.Service
	// parent, child, friend and the two who work at the house aurora.
	parent, child, friend, clerk, colleague identity.Person
}

func runOthers(t *testing.T, test func(t *testing.T, w *others)) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		if err := errors.Join(w.words.Add(mandate.Words), w.words.Add(organisation.Words)); err != nil {
			t.Fatal(err)
		}
		o := &others{wayIn: w}
		o.mandates = mandate.New(mandate.Options{DB: w.db, People: w.people, Grants: w.grants, Access: w.Access, Clock: w.clk, IDs: clock.NewID})
		o.parties = organisation.New(organisation.Options{DB: w.db, Keys: w.keys, People: w.people, Grants: w.grants, Access: w.Access, Clock: w.clk, IDs: clock.NewID})
		o.mandates.Register(w.worker)
		o.parties.Register(w.worker)
		w.sessions.ActThrough(o.mandates, func(path string) bool { return path != "/profilo" })
		o.parent = w.verified(t, identity.Person{GivenName: "Maria", FamilyName: "Bianchi", FiscalNumber: "BNCMRA90D52H501S", Email: "maria@example.org"})
		o.child = w.create(t, identity.Person{GivenName: "Sofia", FamilyName: "Bianchi", FiscalNumber: "BNCSFO16E54H501I", BirthDate: "2016-05-14"})
		o.friend = w.verified(t, identity.Person{GivenName: "Ugo", FamilyName: "Fo", Email: "ugo@example.org"})
		o.clerk = w.verified(t, identity.Person{GivenName: "Anna", FamilyName: "Rossi", Email: "anna@example.org"})
		o.colleague = w.verified(t, identity.Person{GivenName: "Luca", FamilyName: "Ferri", Email: "luca@example.org"})
		for _, p := range []identity.Person{o.clerk, o.colleague} {
			if err := w.grants.Give(t.Context(), identity.Grant{Person: p.ID, Role: identity.CounterOperator, Scope: identity.Site("aurora")}); err != nil {
				t.Fatal(err)
			}
		}
		test(t, o)
	})
}

// verified makes somebody who has proved their address.
func (w *wayIn) verified(t testing.TB, p identity.Person) identity.Person {
	t.Helper()
	p = w.create(t, p)
	id := w.ask(t, p.Email)
	if err := w.Answer(t.Context(), id, w.code(t)); err != nil {
		t.Fatal(err)
	}
	return must[identity.Person](t)(w.Enter(t.Context(), id, p.ID))
}

// citizen is somebody who has just proved who they are, however long the test lasts.
func citizen(p identity.Person) identity.Actor {
	return identity.Actor{
		Person: p.ID, Name: p.DisplayName(), Role: identity.Citizen, Channel: identity.ChannelWeb,
		Level: identity.LevelHigh, Proved: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

func (w *others) desk(p identity.Person) identity.Actor {
	a := citizen(p)
	a.Role, a.Scope = identity.CounterOperator, identity.Site("aurora")
	return a
}

var seen = mandate.Document{Kind: "family-record", Number: "SF-1234", Date: "2026-01-12"}

// A parent acts for a child until she is of age, after somebody at a desk has seen
// a document; the mother is told nothing of the desk, and the desk nothing more.
func TestParentActsForAChild(t *testing.T) {
	runOthers(t, func(t *testing.T, w *others) {
		ctx := t.Context()
		in := mandate.Recording{Kind: mandate.Parent, Principal: w.child.ID, Agent: w.parent.ID, Document: seen}
		if _, err := w.mandates.Record(ctx, citizen(w.parent), "aurora", in); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a citizen records: %v", err)
		}
		if _, err := w.mandates.Record(ctx, w.desk(w.clerk), "other", in); !errs.Is(err, errs.Forbidden) {
			t.Errorf("at another house: %v", err)
		}
		for key, change := range map[string]func(*mandate.Recording){
			"mandate.document": func(r *mandate.Recording) { r.Document.Kind = "letter" },
			"mandate.number":   func(r *mandate.Recording) { r.Document.Number = " " },
			"mandate.date":     func(r *mandate.Recording) { r.Document.Date = "2027-01-01" },
			"mandate.kind":     func(r *mandate.Recording) { r.Kind = mandate.Delegate },
			"mandate.own":      func(r *mandate.Recording) { r.Agent = w.clerk.ID },
			"mandate.self":     func(r *mandate.Recording) { r.Agent = w.child.ID },
			"mandate.no-birth": func(r *mandate.Recording) { r.Principal = w.friend.ID },
			"identity.unknown": func(r *mandate.Recording) { r.Agent = "nobody" },
			"mandate.until":    func(r *mandate.Recording) { r.Kind = mandate.Guardian },
		} {
			bad := in
			change(&bad)
			if _, err := w.mandates.Record(ctx, w.desk(w.clerk), "aurora", bad); !errs.HasKey(err, key) {
				t.Errorf("want %s: %v", key, err)
			}
		}
		long := in
		long.Until = agenda.Date{Year: 2050, Month: 1, Day: 1}
		m := must[mandate.Mandate](t)(w.mandates.Record(ctx, w.desk(w.clerk), "aurora", long))
		if want := time.Date(2034, 5, 14, 0, 0, 0, 0, agenda.Rome); !m.Ends.Equal(want) {
			t.Errorf("ends %v, want %v, when she is of age", m.Ends, want)
		}
		a := must[identity.Actor](t)(w.mandates.Begin(ctx, citizen(w.parent), m.ID))
		if a.Person != w.child.ID || a.By != w.parent.ID || !a.May(identity.BookingOwn, identity.Of(w.child.ID)) || a.May(identity.AccountOwn, identity.Of(w.child.ID)) {
			t.Errorf("the mother is %+v", a)
		}
		for name, other := range map[string]identity.Actor{"a friend": citizen(w.friend), "the child": citizen(w.child), "an agent": a} {
			if _, err := w.mandates.Act(ctx, other, m.ID); !errs.HasKey(err, "identity.acting.over") {
				t.Errorf("%s acts: %v", name, err)
			}
		}
		if err := w.mandates.End(ctx, citizen(w.friend), m.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("a friend ends it: %v", err)
		}
		w.clk.Set(time.Date(2034, 5, 14, 0, 0, 0, 0, agenda.Rome))
		if _, err := w.mandates.Act(ctx, citizen(w.parent), m.ID); !errs.HasKey(err, "identity.acting.over") {
			t.Errorf("at eighteen: %v", err)
		}
		if _, err := w.mandates.Record(ctx, w.desk(w.clerk), "aurora", in); !errs.HasKey(err, "mandate.of-age") {
			t.Errorf("a new one at eighteen: %v", err)
		}
	})
}

// Somebody gives a mandate to an address; only who has proved it finds it; the
// principal is told once, and ends it at once.
func TestDelegate(t *testing.T) {
	runOthers(t, func(t *testing.T, w *others) {
		ctx, until := t.Context(), agenda.Date{Year: 2026, Month: 12, Day: 24}
		for key, in := range map[string]mandate.Offer{
			"identity.target": {To: "nobody", Until: until},
			"mandate.self":    {To: "MARIA@example.org", Until: until},
			"mandate.until":   {To: "ugo@example.org", Until: agenda.Date{Year: 2026, Month: 11, Day: 15}},
		} {
			if _, err := w.mandates.Offer(ctx, citizen(w.parent), in); !errs.HasKey(err, key) {
				t.Errorf("want %s: %v", key, err)
			}
		}
		id := must[string](t)(w.mandates.Offer(ctx, citizen(w.parent), mandate.Offer{To: "Ugo@example.org", Until: until}))
		if list := w.mails(t); list[len(list)-1].To != "ugo@example.org" {
			t.Errorf("told %s", list[len(list)-1].To)
		}
		if err := w.mandates.Accept(ctx, citizen(w.clerk), id); !errs.Is(err, errs.NotFound) {
			t.Errorf("somebody else accepts: %v", err)
		}
		if offers := must[[]mandate.Mandate](t)(w.mandates.Offers(ctx, citizen(w.friend))); len(offers) != 1 || offers[0].ID != id {
			t.Errorf("offers %v", offers)
		}
		if _, err := w.mandates.Act(ctx, citizen(w.friend), id); !errs.HasKey(err, "identity.acting.over") {
			t.Errorf("before it was accepted: %v", err)
		}
		for range 2 {
			err := w.mandates.Accept(ctx, citizen(w.friend), id)
			if err != nil && !errs.Is(err, errs.NotFound) {
				t.Error(err)
			}
		}
		before := len(w.mails(t))
		for range 3 {
			a := must[identity.Actor](t)(w.mandates.Begin(ctx, citizen(w.friend), id))
			if _, err := w.mandates.Offer(ctx, a, mandate.Offer{To: "anna@example.org", Until: until}); !errs.Is(err, errs.Forbidden) {
				t.Errorf("a chain: %v", err)
			}
		}
		if told := w.mails(t)[before:]; len(told) != 1 || told[0].To != "maria@example.org" {
			t.Errorf("told %d times", len(told))
		}
		given := must[[]mandate.Mandate](t)(w.mandates.Given(ctx, citizen(w.parent), "", 10))
		if len(given) != 1 || given[0].To != "ugo@example.org" || given[0].Agent != w.friend.ID || given[0].Used.IsZero() {
			t.Errorf("given %+v", given)
		}
		for range 2 {
			if err := w.mandates.End(ctx, citizen(w.parent), id); err != nil {
				t.Error(err)
			}
		}
		if _, err := w.mandates.Act(ctx, citizen(w.friend), id); !errs.HasKey(err, "identity.acting.over") {
			t.Errorf("after the end: %v", err)
		}
	})
}

// At a counter the citizen shows a document, or says a code that was mailed to
// them; it holds at that house for a quarter of an hour.
func TestCounter(t *testing.T) {
	runOthers(t, func(t *testing.T, w *others) {
		ctx, clerk := t.Context(), w.desk(w.clerk)
		if _, err := w.mandates.Find(ctx, citizen(w.friend), "aurora", "BNCMRA90D52H501S"); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a citizen looks somebody up: %v", err)
		}
		if _, err := w.mandates.Find(ctx, clerk, "aurora", "maria@example.org"); !errs.Is(err, errs.NotFound) {
			t.Errorf("by an address: %v", err)
		}
		if p := must[identity.Person](t)(w.mandates.Find(ctx, clerk, "aurora", "bncmra90d52h501s")); p.ID != w.parent.ID {
			t.Errorf("found %v", p)
		}
		if _, err := w.mandates.Assist(ctx, clerk, "aurora", w.clerk.ID, seen); !errs.HasKey(err, "mandate.own") {
			t.Errorf("for oneself: %v", err)
		}
		m := must[mandate.Mandate](t)(w.mandates.Assist(ctx, clerk, "aurora", w.parent.ID, seen))
		a := must[identity.Actor](t)(w.mandates.Begin(ctx, clerk, m.ID))
		if !a.Within("aurora") || a.Within("other") || a.May(identity.BookingRead, identity.Site("aurora")) {
			t.Errorf("at the counter %+v", a)
		}
		if _, err := w.mandates.Act(ctx, w.desk(w.colleague), m.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("a colleague goes on: %v", err)
		}
		if _, err := w.mandates.Act(ctx, citizen(w.clerk), m.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("without the role any more: %v", err)
		}
		w.clk.Advance(15 * time.Minute)
		if _, err := w.mandates.Act(ctx, clerk, m.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("after a quarter of an hour: %v", err)
		}
		// With a code.
		p := must[identity.Person](t)(w.people.Get(ctx, w.parent.ID))
		code := must[string](t)(w.AskOf(ctx, p, identity.Asking{Language: "it", Client: here}))
		m = must[mandate.Mandate](t)(w.mandates.Assist(ctx, clerk, "aurora", w.parent.ID, mandate.Document{}))
		if _, err := w.mandates.Act(ctx, clerk, m.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("before the code: %v", err)
		}
		if err := w.mandates.Confirm(ctx, clerk, m.ID, code); !errs.HasKey(err, "identity.code.over") {
			t.Errorf("without the code: %v", err)
		}
		if err := w.Answer(ctx, code, w.code(t)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Enter(ctx, code, ""); !errs.HasKey(err, "identity.code.over") {
			t.Errorf("the code signs in: %v", err)
		}
		code = must[string](t)(w.AskOf(ctx, p, identity.Asking{Language: "it", Client: here}))
		if err := w.Answer(ctx, code, w.code(t)); err != nil {
			t.Fatal(err)
		}
		if err := w.mandates.Confirm(ctx, w.desk(w.colleague), m.ID, code); !errs.Is(err, errs.NotFound) {
			t.Errorf("a colleague confirms: %v", err)
		}
		if err := w.mandates.Confirm(ctx, clerk, m.ID, code); err != nil {
			t.Fatal(err)
		}
		a = must[identity.Actor](t)(w.mandates.Act(ctx, clerk, m.ID))
		if err := w.mandates.Leave(ctx, a); err != nil {
			t.Fatal(err)
		}
		if _, err := w.mandates.Act(ctx, clerk, m.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("after the citizen left: %v", err)
		}
		// Somebody who was never here.
		fresh := identity.Person{FiscalNumber: "RSSMRA85T10A562S", GivenName: "Mario", FamilyName: "Rossi"}
		wrong := fresh
		wrong.FamilyName = "Verdi"
		if _, err := w.mandates.Enrol(ctx, clerk, "aurora", wrong, seen); !errs.HasKey(err, "mandate.names-differ") {
			t.Errorf("another name: %v", err)
		}
		if got := must[identity.Person](t)(w.mandates.Enrol(ctx, clerk, "aurora", fresh, seen)); got.BirthDate != "1985-12-10" {
			t.Errorf("born %s", got.BirthDate)
		}
	})
}

// A session that acts for another is looked at anew with every request; once it
// is over, nothing is done as somebody else, and it is that of its person again.
func TestSessionActs(t *testing.T) {
	runOthers(t, func(t *testing.T, w *others) {
		ctx := t.Context()
		m := must[mandate.Mandate](t)(w.mandates.Record(ctx, w.desk(w.clerk), "aurora", mandate.Recording{Kind: mandate.Parent, Principal: w.child.ID, Agent: w.parent.ID, Document: seen}))
		w.sessions.OnError(func(rw http.ResponseWriter, _ *http.Request, err error) {
			http.Error(rw, errs.As(err).Key, http.StatusForbidden)
		})
		srv := httptest.NewServer(w.sessions.Middleware(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/in":
				if err := w.sessions.SignIn(r.Context(), identity.Proof{Person: w.parent.ID, Method: "code", Level: identity.LevelLow}); err != nil {
					t.Error(err)
				}
			case "/act":
				if err := w.sessions.ActUnder(r.Context(), m.ID); err != nil {
					t.Error(err)
				}
			}
			a := identity.ActorFrom(r.Context())
			rw.Header().Set("Who", a.Person+" "+a.By)
		})))
		t.Cleanup(srv.Close)
		browser := &http.Client{Jar: must[*cookiejar.Jar](t)(cookiejar.New(nil))}
		get := func(path string) (int, string) {
			res := must[*http.Response](t)(browser.Get(srv.URL + path))
			res.Body.Close()
			return res.StatusCode, res.Header.Get("Who")
		}
		get("/in")
		get("/act")
		if _, who := get("/"); who != w.child.ID+" "+w.parent.ID {
			t.Errorf("acts as %q", who)
		}
		if status, _ := get("/profilo"); status != http.StatusForbidden {
			t.Errorf("the child's profile: %d", status)
		}
		if err := w.mandates.End(ctx, citizen(w.parent), m.ID); err != nil {
			t.Fatal(err)
		}
		if status, who := get("/"); status != http.StatusForbidden || who != "" {
			t.Errorf("after the end: %d as %q", status, who)
		}
		if status, who := get("/"); status != http.StatusOK || who != w.parent.ID {
			t.Errorf("then: %d as %q", status, who)
		}
	})
}

// Whoever asks for an organisation administers it once somebody has approved it;
// who is invited proves the address; the last administrator stays.
func TestOrganisation(t *testing.T) {
	runOthers(t, func(t *testing.T, w *others) {
		ctx := t.Context()
		runs := citizen(w.colleague)
		runs.Role, runs.Scope = identity.NetworkManager, identity.Network
		firm := organisation.Organisation{Kind: "company", Name: "  Verdi   Arredi S.r.l. ", Fiscal: "00743110157", Email: "info@verdi.example"}
		for key, change := range map[string]func(*organisation.Organisation){
			"organisation.invalid.kind":   func(o *organisation.Organisation) { o.Kind = "club" },
			"organisation.invalid.name":   func(o *organisation.Organisation) { o.Name = " - " },
			"organisation.invalid.fiscal": func(o *organisation.Organisation) { o.Fiscal = "00743110158" },
			"organisation.invalid.code":   func(o *organisation.Organisation) { o.Kind, o.Code = "administration", "C H501" },
			"organisation.invalid.phone":  func(o *organisation.Organisation) { o.Phone = "ring me" },
		} {
			bad := firm
			change(&bad)
			if _, err := w.parties.Create(ctx, citizen(w.parent), bad); !errs.HasKey(err, key) {
				t.Errorf("want %s: %v", key, err)
			}
		}
		o := must[organisation.Organisation](t)(w.parties.Create(ctx, citizen(w.parent), firm))
		if o.State != organisation.Asked || o.Name != "Verdi Arredi S.r.l." {
			t.Errorf("made %+v", o)
		}
		if _, err := w.parties.Create(ctx, citizen(w.friend), firm); !errs.HasKey(err, "organisation.known") {
			t.Errorf("twice: %v", err)
		}
		if _, err := w.parties.Get(ctx, citizen(w.friend), o.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("another sees it: %v", err)
		}
		if err := w.parties.Approve(ctx, citizen(w.parent), o.ID); !errs.Is(err, errs.Forbidden) {
			t.Errorf("approves their own: %v", err)
		}
		if err := w.parties.Approve(ctx, runs, o.ID); err != nil {
			t.Fatal(err)
		}
		admin := citizen(w.parent)
		admin.Held = []identity.Held{{Role: identity.OrganisationAdmin, Scope: identity.Organisation(o.ID)}}
		if err := w.parties.Invite(ctx, citizen(w.friend), organisation.Invitation{Organisation: o.ID, Email: "x@example.org", Role: identity.Member}); !errs.Is(err, errs.NotFound) {
			t.Errorf("a stranger invites: %v", err)
		}
		if err := w.parties.Invite(ctx, admin, organisation.Invitation{Organisation: o.ID, Email: "maria@example.org", Role: identity.OrganisationAdmin}); !errs.HasKey(err, "organisation.own") {
			t.Errorf("oneself: %v", err)
		}
		if err := w.parties.Invite(ctx, admin, organisation.Invitation{Organisation: o.ID, Email: "ugo@example.org", Role: identity.Member}); err != nil {
			t.Fatal(err)
		}
		waiting, names, err := w.parties.Waiting(ctx, citizen(w.friend))
		if err != nil || len(waiting) != 1 || names[o.ID] != o.Name {
			t.Fatalf("waiting %v, %v, %v", waiting, names, err)
		}
		if err := w.parties.Accept(ctx, citizen(w.clerk), waiting[0].ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("somebody else accepts: %v", err)
		}
		if err := w.parties.Accept(ctx, citizen(w.friend), waiting[0].ID); err != nil {
			t.Fatal(err)
		}
		if grants := must[[]identity.Grant](t)(w.grants.Of(ctx, w.friend.ID)); len(grants) != 1 || grants[0].Role != identity.Member || grants[0].Scope != identity.Organisation(o.ID) {
			t.Errorf("grants %v", grants)
		}
		if groups := must[[]string](t)(w.grants.Groups(ctx, w.friend.ID)); len(groups) != 0 {
			t.Errorf("an organisation is a group: %v", groups)
		}
		if err := w.parties.Remove(ctx, admin, o.ID, w.parent.ID); !errs.HasKey(err, "identity.last-admin") {
			t.Errorf("the last one leaves: %v", err)
		}
		if err := w.parties.SetRole(ctx, admin, o.ID, w.friend.ID, identity.OrganisationAdmin); err != nil {
			t.Fatal(err)
		}
		if err := w.parties.Remove(ctx, admin, o.ID, w.parent.ID); err != nil {
			t.Errorf("one of two leaves: %v", err)
		}
		for _, text := range []string{"verdi", "VERDI ARR", "007 431 101 57"} {
			if found := must[[]organisation.Organisation](t)(w.parties.List(ctx, runs, organisation.Query{Text: text}, 10)); len(found) != 1 {
				t.Errorf("%q finds %d", text, len(found))
			}
		}
		if err := w.parties.Archive(ctx, runs, o.ID); err != nil {
			t.Fatal(err)
		}
		if grants := must[[]identity.Grant](t)(w.grants.Of(ctx, w.friend.ID)); len(grants) != 0 {
			t.Errorf("after the end %v", grants)
		}
		sole := must[organisation.Organisation](t)(w.parties.Create(ctx, runs, organisation.Organisation{Kind: "contractor", Name: "Mario Rossi", Fiscal: "RSSMRA85T10A562S"}))
		if found := must[[]organisation.Organisation](t)(w.parties.List(ctx, runs, organisation.Query{Text: "mario"}, 10)); len(found) != 0 {
			t.Error("a sole trader is found by name")
		}
		if found := must[[]organisation.Organisation](t)(w.parties.List(ctx, runs, organisation.Query{State: organisation.Active}, 10)); len(found) != 1 || found[0].Name != "Mario Rossi" || found[0].ID != sole.ID {
			t.Errorf("listed %v", found)
		}
	})
}

// Another address is added by who has proved both; then it signs in too, and can
// take the first place.
func TestContacts(t *testing.T) {
	runOthers(t, func(t *testing.T, w *others) {
		ctx, me := context.WithoutCancel(t.Context()), citizen(w.parent)
		me.Level, me.Proved = identity.LevelHigh, w.clk.Now()
		m := must[identity.Moving](t)(w.AskContact(ctx, me, identity.Asking{Address: "maria.b@example.net", Language: "it", Client: here}, identity.Moving{}))
		codes := map[string]string{}
		for _, mail := range w.mails(t) {
			codes[mail.To] = sixDigits.FindString(mail.Text)
		}
		if err := w.Answer(ctx, m.New, codes["maria.b@example.net"]); err != nil {
			t.Fatal(err)
		}
		if err := w.TakeMore(ctx, me, m, identity.ContactEmail); !errs.HasKey(err, "identity.code.over") {
			t.Errorf("without the old address: %v", err)
		}
		if err := w.Answer(ctx, m.Old, codes["maria@example.org"]); err != nil {
			t.Fatal(err)
		}
		if err := w.TakeMore(ctx, me, m, identity.ContactEmail); err != nil {
			t.Fatal(err)
		}
		id := w.ask(t, "maria.b@example.net")
		if err := w.Answer(ctx, id, w.code(t)); err != nil {
			t.Fatal(err)
		}
		if p := must[identity.Person](t)(w.Enter(ctx, id, "")); p.ID != w.parent.ID {
			t.Errorf("in as %v", p)
		}
		if err := w.AddPhone(ctx, me, "ring me"); !errs.HasKey(err, "identity.invalid.phone") {
			t.Errorf("a word: %v", err)
		}
		for range 2 {
			if err := w.AddPhone(ctx, me, "347 123.45 67"); err != nil {
				t.Fatal(err)
			}
		}
		list := must[[]identity.Contact](t)(w.people.Contacts(ctx, w.db, w.parent.ID))
		if len(list) != 2 || list[0].Value != "maria.b@example.net" || list[0].Verified.IsZero() || list[1].Value != "+393471234567" || !list[1].Verified.IsZero() {
			t.Fatalf("contacts %+v", list)
		}
		if err := w.Prefer(ctx, me, list[1].ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("a telephone becomes the first: %v", err)
		}
		if err := w.Prefer(ctx, citizen(w.friend), list[0].ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("another's: %v", err)
		}
		if err := w.Prefer(ctx, me, list[0].ID); err != nil {
			t.Fatal(err)
		}
		p := must[identity.Person](t)(w.people.Get(ctx, w.parent.ID))
		after := must[[]identity.Contact](t)(w.people.Contacts(ctx, w.db, w.parent.ID))
		if p.Email != "maria.b@example.net" || p.Verified.IsZero() || !slices.ContainsFunc(after, func(c identity.Contact) bool { return c.Value == "maria@example.org" }) {
			t.Errorf("first %s, beside it %v", p.Email, after)
		}
		for _, c := range after {
			if err := w.DropContact(ctx, me, c.ID); err != nil {
				t.Error(err)
			}
		}
		id = w.ask(t, "maria@example.org")
		if err := w.Answer(ctx, id, w.code(t)); err != nil {
			t.Fatal(err)
		}
		if p := must[identity.Person](t)(w.Enter(ctx, id, "")); p.ID == w.parent.ID {
			t.Error("a removed address still signs in")
		}
	})
}

// What somebody wishes is kept apart, and a name that is known twice by two forms
// of one fiscal number is found, and nothing merged.
func TestWishesAndAlike(t *testing.T) {
	runOthers(t, func(t *testing.T, w *others) {
		ctx, me := t.Context(), citizen(w.parent)
		if err := w.SaveWishes(ctx, me, func(x *identity.Wishes) {
			x.Needs, x.Mute = []identity.Need{identity.LargeText, identity.StepFree}, []string{"booking.reminder"}
		}); err != nil {
			t.Fatal(err)
		}
		got := must[identity.Wishes](t)(w.people.Wishes(ctx, w.parent.ID))
		if !slices.Equal(got.Of(identity.PageNeeds), []identity.Need{identity.LargeText}) || !slices.Equal(got.Of(identity.HouseNeeds), []identity.Need{identity.StepFree}) {
			t.Errorf("wishes %v", got)
		}
		for kind, want := range map[string]bool{"booking.reminder": false, "booking.moved": true} {
			if wants := must[bool](t)(w.people.Wants(ctx, w.parent.ID, kind)); wants != want {
				t.Errorf("%s: %v", kind, wants)
			}
		}
		if err := w.SaveWishes(ctx, identity.Anonymous, func(*identity.Wishes) {}); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("nobody wishes: %v", err)
		}
		one := w.create(t, identity.Person{GivenName: "Mario", FamilyName: "Rossi", FiscalNumber: "RSSMRA85T10A562S"})
		two := w.create(t, identity.Person{GivenName: "Mario", FamilyName: "Rossi", FiscalNumber: "RSSMRA85T10A56NH"})
		for p, want := range map[identity.Person]string{one: two.ID, two: one.ID} {
			if found := must[[]identity.Person](t)(w.people.Alike(ctx, p)); len(found) != 1 || found[0].ID != want {
				t.Errorf("like %v: %v", p, found)
			}
		}
		if found := must[[]identity.Person](t)(w.people.Alike(ctx, w.friend)); len(found) != 0 {
			t.Errorf("like who has no number: %v", found)
		}
	})
}
