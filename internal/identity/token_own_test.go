package identity_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/api"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
)

// A person lets a program in on pages: in a role that they have, for what they
// choose, until a day; they see its code once, when it was used, and end it.
func TestOwnPrograms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.create(t, rossi)
	if err := w.grants.Give(t.Context(), identity.Grant{Person: p.ID, Role: identity.CounterOperator, Scope: identity.Site("aurora")}); err != nil {
		t.Fatal(err)
	}
	s := w.open(t, false)()
	s.in(w, rossi.Email, "/profilo/programmi")
	if p := s.get("/profilo/programmi"); p.status != 200 || len(p.All(".polis-empty")) != 1 {
		t.Errorf("none: %d %s", p.status, p.Text())
	}
	if p := s.get("/profilo"); !strings.Contains(p.Text(), "Nessun programma") || !strings.Contains(p.Text(), "Operatore di sportello") {
		t.Errorf("the profile: %s", p.Text())
	}
	roles := s.get("/profilo/programmi/nuovo").One(t, "main").All("a.polis-choice")
	if len(roles) != 2 {
		t.Fatalf("%d roles to choose from", len(roles))
	}
	form := s.get(roles[1].Attr["href"])
	if n := len(form.All("input[name=puo]")); n != len(identity.CounterOperator.Narrowable()) {
		t.Errorf("%d permissions to choose from", n)
	}
	as := []string{"ruolo", "counter-operator", "tipo", "site", "ambito", "aurora", "nome", "Porta", "fino", "2027-01-31"}
	for _, x := range []struct {
		more   []string
		status int
		says   string
	}{
		{nil, 400, "almeno una cosa"},
		{[]string{"puo", "installation.write"}, 400, "installation.write"},
		{[]string{"puo", "booking.check-in", "fino", "2027-12-31"}, 400, "al massimo un anno"},
		{[]string{"puo", "booking.check-in", "fino", "2020-12-31"}, 400, "nel passato"},
	} {
		fields := as
		if len(x.more) > 2 {
			fields = as[:8]
		}
		if p := s.post("/profilo/programmi/nuovo", append(append([]string{}, fields...), x.more...)...); p.status != x.status || !strings.Contains(p.Text(), x.says) {
			t.Errorf("%v: %d %s", x.more, p.status, p.One(t, "main").Text())
		}
	}
	if p := s.post("/profilo/programmi/nuovo", "ruolo", "administrator", "tipo", "network", "nome", "x", "puo", "booking.own", "fino", "2027-01-31"); len(p.All("a.polis-choice")) != 2 {
		t.Errorf("a role that she has not: %d %s", p.status, p.Text())
	}
	made := s.post("/profilo/programmi/nuovo", append(append([]string{}, as...), "puo", "booking.check-in", "puo", "booking.own")...)
	text := made.One(t, "#program-token").Attr["value"]
	a := must[identity.Actor](t)(w.Tokens.Authenticate(t.Context(), text))
	if a.Person != p.ID || !a.May(identity.BookingCheck, identity.Site("aurora")) || a.May(identity.BookingRead, identity.Site("aurora")) || a.May(identity.AccountOwn, identity.Of(p.ID)) {
		t.Errorf("the program may %+v", a)
	}
	list := s.get("/profilo/programmi")
	for _, want := range []string{"Porta", "Segnare chi arriva", "proprie prenotazioni", "31 gennaio 2027", "Operatore di sportello"} {
		if !strings.Contains(list.Text(), want) {
			t.Errorf("the list does not say %q: %s", want, list.Text())
		}
	}
	if strings.Contains(list.Text(), text) || strings.Contains(list.Text(), "Mai") {
		t.Errorf("the list has the code, or does not know that it was used: %s", list.Text())
	}
	end := list.One(t, "main").One(t, "form[method=post]").Attr["action"]
	for range 2 { // a second tap finds it ended
		if p := s.post(end); p.at != "/profilo/programmi" || len(p.All(".polis-empty")) != 1 {
			t.Errorf("ended at %s: %s", p.at, p.Text())
		}
	}
	if _, err := w.Tokens.Authenticate(t.Context(), text); !errs.HasKey(err, "identity.token") {
		t.Errorf("an ended program is let in: %v", err)
	}
	w.clk.Advance(10*time.Minute + time.Second)
	if p := s.post("/profilo/programmi/nuovo", append(append([]string{}, as...), "puo", "booking.own")...); p.status != 401 {
		t.Errorf("without a new proof: %d %s", p.status, p.Text())
	}
}

// What somebody asks of their own tokens is for themselves; a program makes none,
// and sees who it stands for as far as it may.
func TestOwnTokensByProgram(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWayIn(t, newHouse(t, d))
		ctx, p := t.Context(), w.create(t, rossi)
		web := identity.Actor{Person: p.ID, Role: identity.Citizen, Channel: identity.ChannelWeb, Level: identity.LevelLow, Proved: noon}
		spec := identity.TokenSpec{Name: "calendar", Only: []identity.Permission{identity.BookingOwn, identity.AccountOwn}, Unlimited: true}
		whole := must[string](t)(w.Tokens.Make(ctx, web, spec))
		spec.Name, spec.Only = "less", []identity.Permission{identity.BookingOwn}
		less := must[string](t)(w.Tokens.Make(ctx, web, spec))
		program := must[identity.Actor](t)(w.Tokens.Authenticate(ctx, whole))
		narrow := must[identity.Actor](t)(w.Tokens.Authenticate(ctx, less))
		if program.Unlimited {
			t.Error("a token made on a page lifts fair use")
		}
		for who, actor := range map[string]identity.Actor{"a program": program, "a narrow program": narrow, "nobody": identity.Anonymous} {
			if _, err := w.Tokens.Make(ctx, actor, spec); err == nil {
				t.Errorf("%s makes a token", who)
			}
		}
		mux := http.NewServeMux()
		identity.RegisterAPI(api.New(mux, "Polis", "1", api.Options{
			Authenticate: func(ctx context.Context, bearer string) (context.Context, error) {
				a, err := w.Tokens.Authenticate(ctx, bearer)
				return identity.WithActor(ctx, a), err
			},
			Clock: w.clk, Limit: api.Quota{PerSecond: 100, Burst: 100},
		}), w.Tokens, w.sessions)
		call := func(token, method, path string, into any) int {
			r := httptest.NewRequestWithContext(ctx, method, path, http.NoBody)
			r.Header.Set("Authorization", "Bearer "+token)
			res := httptest.NewRecorder()
			mux.ServeHTTP(res, r)
			if into != nil && json.Unmarshal(res.Body.Bytes(), into) != nil {
				t.Errorf("%s %s: %d %s", method, path, res.Code, res.Body)
			}
			return res.Code
		}
		var me, little identity.Me
		call(whole, "GET", "/api/v1/me", &me)
		call(less, "GET", "/api/v1/me", &little)
		if me.Given != "Maria" || me.Family != rossi.FamilyName || len(me.Contacts) != 1 || me.Contacts[0].Value != rossi.Email || me.Contacts[0].Verified || me.Language != "it" || me.Token == nil {
			t.Errorf("me: %+v", me)
		}
		if little.Given != "" || len(little.Contacts) != 0 || little.ID != p.ID {
			t.Errorf("to a program that may less: %+v", little)
		}
		var list identity.ProgramTokens
		if call(whole, "GET", "/api/v1/me/tokens", &list); len(list.Items) != 2 || list.Items[0].Name != "less" || list.Items[0].Current || !list.Items[1].Current || list.Items[0].Used == nil {
			t.Fatalf("tokens: %+v", list)
		}
		if code := call(less, "GET", "/api/v1/me/tokens", nil); code != 403 {
			t.Errorf("to a program that may less: %d", code)
		}
		if code := call(less, "DELETE", "/api/v1/me/tokens/"+list.Items[1].ID, nil); code != 403 {
			t.Errorf("a program that may less ends another: %d", code)
		}
		other := w.create(t, identity.Person{GivenName: "Ada", FamilyName: "Verdi"})
		theirs := must[string](t)(w.Tokens.Create(ctx, identity.TokenSpec{Person: other.ID}))
		if code := call(theirs, "DELETE", "/api/v1/me/tokens/"+list.Items[0].ID, nil); code != 404 {
			t.Errorf("somebody else ends it: %d", code)
		}
		if code := call(whole, "DELETE", "/api/v1/me/tokens/"+list.Items[0].ID, nil); code != 204 {
			t.Errorf("ended: %d", code)
		}
		if code := call(less, "GET", "/api/v1/me", nil); code != 401 {
			t.Errorf("an ended token: %d", code)
		}
	})
}

// Every permission that a token can have is said in words.
func TestPermissionsInWords(t *testing.T) {
	w := newWorld(t)
	for _, r := range identity.Roles {
		for _, p := range r.Narrowable() {
			if !w.words.Has(p.Label()) {
				t.Errorf("%s has no words", p)
			}
		}
	}
}
