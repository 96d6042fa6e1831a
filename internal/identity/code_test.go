package identity_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/mail"
)

func (w *wayIn) ask(t testing.TB, address string) string {
	t.Helper()
	return must[string](t)(w.Ask(t.Context(), identity.Asking{Address: address, Language: "it", Client: here}))
}

// again asks once more in the browser that asked for a code before.
func (w *wayIn) again(t testing.TB, before, address string) string {
	t.Helper()
	return must[string](t)(w.Ask(t.Context(), identity.Asking{Address: address, Language: "it", Client: here, Before: before}))
}

// other is a code that is not this one.
func other(code string) string {
	return strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, code)
}

// Somebody who was never here becomes a person when the code was right, and not
// before; the second time it is the same one.
func TestCodeMakesSomebodyNew(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		id := w.ask(t, " Nuova@Example.ORG ")
		code := w.code(t)
		m := w.out.list[0]
		if m.To != "nuova@example.org" || m.Lang != "it" || strings.Contains(m.Subject, code) || !strings.Contains(m.Text, "https://polis.example/accedi/codice#"+code) {
			t.Errorf("to %q: %s\n%s", m.To, m.Subject, m.Text)
		}
		if w.population(t) != 0 {
			t.Error("somebody was made before the code was right")
		}
		if _, err := w.Enter(ctx, id, ""); !errs.HasKey(err, "identity.code.over") {
			t.Errorf("in without a code: %v", err)
		}
		if err := w.Answer(ctx, id, " "+code[:3]+" "+code[3:]+" "); err != nil {
			t.Fatal(err)
		}
		p := must[identity.Person](t)(w.Enter(ctx, id, ""))
		got := must[identity.Person](t)(w.people.Get(ctx, p.ID))
		if got.Email != "nuova@example.org" || !got.Verified.Equal(noon) || got.Language != "it" {
			t.Errorf("made %#v", got)
		}
		if err := w.Answer(ctx, id, code); !errs.HasKey(err, "identity.code.over") {
			t.Errorf("the code again: %v", err)
		}
		if _, err := w.Enter(ctx, id, ""); !errs.HasKey(err, "identity.code.over") {
			t.Errorf("in again: %v", err)
		}
		id = w.ask(t, "NUOVA@example.org")
		if err := w.Answer(ctx, id, w.code(t)); err != nil {
			t.Fatal(err)
		}
		if again := must[identity.Person](t)(w.Enter(ctx, id, "")); again.ID != p.ID || w.population(t) != 1 {
			t.Errorf("%v the second time, of %d", again, w.population(t))
		}
	})
}

// Five tries, also when they come at once and on two replicas; then not even
// the right code counts.
func TestCodeCannotBeGuessed(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		replica := newWayIn(t, w.house)
		id := w.ask(t, rossi.Email)
		code := w.code(t)
		if err := w.Answer(ctx, id, other(code)); !errs.HasKey(err, "identity.code.wrong") || errs.As(err).Args["count"] != 4 {
			t.Errorf("the first: %v", err)
		}
		for _, s := range []string{"", "12345", "1234567", "abcdef", "12345٦", "000000\x00"} {
			if err := w.Answer(ctx, id, s); !errs.HasKey(err, "identity.code.form") {
				t.Errorf("%q: %v", s, err)
			}
		}
		var wg sync.WaitGroup
		tried := make(chan error, 8)
		for i := range 8 {
			wg.Go(func() { tried <- []*wayIn{w, replica}[i%2].Answer(ctx, id, other(code)) })
		}
		wg.Wait()
		close(tried)
		wrong := 0
		for err := range tried {
			if errs.HasKey(err, "identity.code.wrong") {
				wrong++
			} else if !errs.HasKey(err, "identity.code.over") {
				t.Error(err)
			}
		}
		if wrong != 3 { // the fifth is told that it is over
			t.Errorf("%d tries counted, want 3 more that may go on", wrong)
		}
		if err := w.Answer(ctx, id, code); !errs.HasKey(err, "identity.code.over") {
			t.Errorf("the right code after five wrong ones: %v", err)
		}
	})
}

// A code lasts ten minutes, and only until the next one of its browser.
func TestCodeEnds(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		first := w.ask(t, rossi.Email)
		code := w.code(t)
		second := w.again(t, first, strings.ToUpper(rossi.Email))
		if err := w.Answer(ctx, first, code); !errs.HasKey(err, "identity.code.over") {
			t.Errorf("a replaced one: %v", err)
		}
		if _, err := w.Asked(ctx, first); err == nil {
			t.Error("a replaced one is shown")
		}
		code = w.code(t)
		w.clk.Advance(10*time.Minute - time.Microsecond)
		if address := must[string](t)(w.Asked(ctx, second)); address != strings.ToLower(rossi.Email) {
			t.Errorf("asked for %q", address)
		}
		w.clk.Advance(time.Microsecond)
		if err := w.Answer(ctx, second, code); !errs.HasKey(err, "identity.code.over") {
			t.Errorf("after ten minutes: %v", err)
		}
		// One answered in time is worth nothing after it.
		third := w.ask(t, rossi.Email)
		if err := w.Answer(ctx, third, w.code(t)); err != nil {
			t.Fatal(err)
		}
		w.clk.Advance(10 * time.Minute)
		if _, err := w.Enter(ctx, third, ""); !errs.HasKey(err, "identity.code.over") {
			t.Errorf("in after ten minutes: %v", err)
		}
		for _, id := range []string{"", "x"} {
			if err := w.Answer(ctx, id, code); !errs.HasKey(err, "identity.code.over") {
				t.Errorf("id %q: %v", id, err)
			}
		}
	})
}

// client is an address of a network of its own.
func client(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{198, 51, byte(n / 250), byte(n%250 + 1)})
}

// What is asked for is limited for each client and, however many these are, for
// each address: on all replicas together and after a new start.
func TestLimits(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		ask := func(w *wayIn, address string, client netip.Addr) error {
			_, err := w.Ask(ctx, identity.Asking{Address: address, Language: "it", Client: client})
			return err
		}
		for range 5 {
			if err := ask(w, rossi.Email, here); err != nil {
				t.Fatal(err)
			}
		}
		err := ask(newWayIn(t, w.house), strings.ToUpper(rossi.Email), here)
		if !errs.Is(err, errs.TooMany) || errs.As(err).Args["count"] != 30 {
			t.Errorf("the sixth: %v", err)
		}
		if strings.Contains(err.Error(), "ossi") {
			t.Errorf("the error tells the address: %v", err)
		}
		mailed := 5
		for n := range 40 {
			if ask([]*wayIn{w, newWayIn(t, w.house)}[n%2], rossi.Email, client(n)) == nil {
				mailed++
			}
		}
		if mailed != 15 {
			t.Errorf("%d messages to one address at once", mailed)
		}
		w.clk.Advance(10 * time.Minute)
		if err := ask(w, rossi.Email, client(41)); err != nil {
			t.Errorf("ten minutes later: %v", err)
		}
		w.clk.Advance(24 * time.Hour)
		// One household of IPv6 is one client.
		for i := range 61 {
			client := netip.MustParseAddr(fmt.Sprintf("2001:db8:0:1::%x", i+1))
			if err := ask(w, fmt.Sprintf("p%d@example.org", i), client); (err != nil) != (i == 60) {
				t.Fatalf("person %d: %v", i, err)
			}
		}
		if err := ask(w, "another@example.org", netip.MustParseAddr("2001:db8:0:2::1")); err != nil {
			t.Errorf("the neighbours: %v", err)
		}
		w.clk.Advance(48 * time.Hour)
		if err := w.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
	})
}

// Whoever knows an address can end none of its owner's codes, and use up neither
// what a browser may ask that was in before nor, alone, what any browser may.
func TestNobodyIsLockedOut(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		owner := w.create(t, rossi)
		id := w.ask(t, rossi.Email)
		code := w.code(t)
		mark := must[string](t)(w.MarkBrowser(ctx, rossi.Email))
		attack := func(from netip.Addr) (asked int) {
			for {
				theirs, err := w.Ask(ctx, identity.Asking{Address: rossi.Email, Language: "it", Client: from})
				if errs.Is(err, errs.TooMany) {
					return asked
				}
				if err != nil {
					t.Fatal(err)
				}
				asked++
				for i := range 8 {
					if err := w.Answer(ctx, theirs, fmt.Sprintf("%06d", i)); err == nil {
						t.Fatal("guessed")
					}
				}
			}
		}
		if n := attack(client(1)); n > 5 {
			t.Errorf("one client has %d messages sent", n)
		}
		if err := w.Answer(ctx, id, code); err != nil {
			t.Errorf("the owner's code after the attack: %v", err)
		}
		if p := must[identity.Person](t)(w.Enter(ctx, id, "")); p.ID != owner.ID {
			t.Errorf("in as %v", p)
		}
		if _, err := w.Ask(ctx, identity.Asking{Address: rossi.Email, Language: "it", Client: here}); err != nil {
			t.Errorf("the owner in another browser: %v", err)
		}
		for n := range 20 {
			attack(client(2 + n))
		}
		if _, err := w.Ask(ctx, identity.Asking{Address: rossi.Email, Language: "it", Client: here}); !errs.Is(err, errs.TooMany) {
			t.Errorf("messages without end: %v", err)
		}
		w.mails(t)
		for what, c := range map[string]struct {
			mark, address string
			known         bool
		}{
			"the owner's":                   {mark, strings.ToUpper(rossi.Email), true},
			"of another address":            {must[string](t)(w.MarkBrowser(ctx, "thief@example.org")), rossi.Email, false},
			"made up":                       {mark[:len(mark)-1] + "1", rossi.Email, false},
			"with another name":             {"1" + mark[1:], rossi.Email, false},
			"of nothing but what separates": {".", rossi.Email, false},
			"of bytes that are no text":     {"\xff.\xff", rossi.Email, false},
		} {
			id, err := w.Ask(ctx, identity.Asking{Address: c.address, Language: "it", Client: here, Mark: c.mark})
			if (err == nil) != c.known {
				t.Errorf("a browser with a mark that is %s: %v", what, err)
			}
			if err == nil && len(w.code(t)) != 6 || err == nil && w.Answer(ctx, id, w.code(t)) != nil {
				t.Error("its code is not a usual one")
			}
		}
		asked := 1
		for ; asked < 100; asked++ {
			if _, err := w.Ask(ctx, identity.Asking{Address: rossi.Email, Language: "it", Client: here, Mark: mark}); err != nil {
				break
			}
		}
		if asked != 5 {
			t.Errorf("a browser that was in before asks %d times", asked)
		}
	})
}

var tenDigits = regexp.MustCompile(`\b\d{10}\b`)

// Where an address is asked for again and again, what is to be guessed grows:
// three codes of six digits in some hours, then of ten.
func TestManyCodesAreLonger(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx, short := t.Context(), 0
		for n := range 9 {
			id := must[string](t)(w.Ask(ctx, identity.Asking{Address: rossi.Email, Language: "it", Client: client(n)}))
			list := w.mails(t)
			text := list[len(list)-1].Text
			code := tenDigits.FindString(text)
			if code == "" {
				short++
				code = sixDigits.FindString(text)
			} else if err := w.Answer(ctx, id, code[:6]); !errs.HasKey(err, "identity.code.form") {
				t.Errorf("six of ten digits: %v", err)
			}
			if err := w.Answer(ctx, id, code[:len(code)-4]+" "+code[len(code)-4:]); err != nil {
				t.Errorf("code %d: %v", n, err)
			}
		}
		if short != 3 {
			t.Errorf("%d of nine codes have six digits", short)
		}
		w.clk.Advance(24 * time.Hour)
		w.ask(t, rossi.Email)
		if len(w.code(t)) != 6 {
			t.Error("a day later the code is still long")
		}
	})
}

// Wrong codes of a client bar right ones too, or there would be no limit; of no other
// client, and not of a browser in which the address was proved before.
func TestWrongCodesLockOutNobodyElse(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		w.create(t, rossi)
		mark := must[string](t)(w.MarkBrowser(ctx, rossi.Email))
		var err error
		for range 61 {
			err = w.AnswerFrom(ctx, here, "", "nothing", "123456")
		}
		if !errs.Is(err, errs.TooMany) {
			t.Errorf("61 wrong codes: %v", err)
		}
		answer := func(from netip.Addr, mark string) error {
			id := must[string](t)(w.Ask(ctx, identity.Asking{Address: rossi.Email, Language: "it", Client: from, Mark: mark}))
			return w.AnswerFrom(ctx, from, mark, id, w.code(t))
		}
		if err := answer(here, ""); !errs.Is(err, errs.TooMany) {
			t.Errorf("a right one of that client: %v", err)
		}
		if err := answer(here, mark); err != nil {
			t.Errorf("in a browser that was in before: %v", err)
		}
		if err := answer(here, must[string](t)(w.MarkBrowser(ctx, "thief@example.org"))); !errs.Is(err, errs.TooMany) {
			t.Errorf("with the mark of another address: %v", err)
		}
		if err := answer(client(9), ""); err != nil {
			t.Errorf("of another client: %v", err)
		}
	})
}

// Somebody new who comes in by two codes at once, in two browsers, is one person.
func TestTwoCodesMakeOnePerson(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx, replica := t.Context(), newWayIn(t, w.house)
		var wg sync.WaitGroup
		in := make(chan string, 2)
		var ids []string
		for range 2 {
			id := w.ask(t, "nuova@example.org")
			if err := w.Answer(ctx, id, w.code(t)); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		for i, id := range ids {
			wg.Go(func() {
				p, err := []*wayIn{w, replica}[i].Enter(ctx, id, "")
				if err != nil {
					t.Error(err)
				}
				in <- p.ID
			})
		}
		wg.Wait()
		if a, b := <-in, <-in; a != b || w.population(t) != 1 {
			t.Errorf("%d people", w.population(t))
		}
	})
}

// An address that only looks like somebody's proves nothing of theirs: the code
// goes where people are found.
func TestAddressesThatLookAlike(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		kim := w.create(t, identity.Person{GivenName: "Kim", FamilyName: "Kofler", Email: "kim@example.org"})
		id := w.ask(t, "\u212Aim@example.org") // the sign of Kelvin, a small k when lowered
		if err := w.Answer(ctx, id, w.code(t)); err != nil {
			t.Fatal(err)
		}
		if p := must[identity.Person](t)(w.Enter(ctx, id, "")); p.ID != kim.ID || w.out.list[0].To != "kim@example.org" {
			t.Errorf("%v is in, by a code sent to %q", p, w.out.list[0].To)
		}
		for _, s := range []string{
			"", "kim", "kim@", "@example.org", "a@b@c", "kim@example.org\r\nBcc: all@example.org", "kim@example.org, eva@example.org",
			"kim\u200b@example.org", "\u202ekim@example.org", "kim @example.org", "<kim@example.org>", "Kim <kim@example.org>", "kim@example.org\x00",
			"kim\u00a0k@example.org", strings.Repeat("x", 250) + "@example.org", "kim@exa\xffmple.org", `"kim k"@example.org`,
		} {
			if _, err := w.Ask(ctx, identity.Asking{Address: s, Language: "it", Client: here}); errs.As(err).Field != "email" {
				t.Errorf("%q: %v", s, err)
			}
		}
		if n := len(w.mails(t)); n != 1 {
			t.Errorf("%d messages", n)
		}
	})
}

// Several people with one address are told apart after the code; somebody else
// cannot be chosen.
func TestFamilyWithOneAddress(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		eva := w.create(t, identity.Person{GivenName: "Eva", FamilyName: "Neri", Email: "neri@example.org"})
		ugo := w.create(t, identity.Person{GivenName: "Ugo", FamilyName: "Neri", Email: "Neri@example.org"})
		w.create(t, identity.Person{Email: "neri@example.org"}) // somebody wrote once from there
		stranger := w.create(t, rossi)
		proved := func() string {
			id := w.ask(t, "neri@example.org")
			if _, err := w.Choices(ctx, id); !errs.HasKey(err, "identity.code.over") {
				t.Errorf("the people are shown before the code: %v", err)
			}
			if err := w.Answer(ctx, id, w.code(t)); err != nil {
				t.Fatal(err)
			}
			return id
		}
		id := proved()
		if _, err := w.Enter(ctx, id, ""); !errs.HasKey(err, "identity.choose") {
			t.Errorf("not asked who: %v", err)
		}
		if list := must[[]identity.Person](t)(w.Choices(ctx, id)); len(list) != 2 || list[0].ID != eva.ID || list[1].ID != ugo.ID {
			t.Errorf("choices %v", list)
		}
		if _, err := w.Enter(ctx, id, stranger.ID); !errs.HasKey(err, "identity.unknown") {
			t.Errorf("as somebody else: %v", err)
		}
		if p := must[identity.Person](t)(w.Enter(ctx, id, ugo.ID)); p.ID != ugo.ID {
			t.Errorf("in as %v", p)
		}
		if _, err := w.Enter(ctx, id, eva.ID); !errs.HasKey(err, "identity.code.over") {
			t.Errorf("two people by one code: %v", err)
		}
		if p := must[identity.Person](t)(w.Enter(ctx, proved(), identity.SomebodyNew)); p.ID == eva.ID || p.ID == ugo.ID || p.Email != "neri@example.org" {
			t.Errorf("somebody new is %v", p)
		}
	})
}

// Who once wrote without signing in, from an address, is that person.
func TestWhoWroteOnceIsKnown(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		once := w.create(t, identity.Person{Email: "once@example.org"})
		w.create(t, identity.Person{Email: "once@example.org"})
		id := w.ask(t, "once@example.org")
		if err := w.Answer(t.Context(), id, w.code(t)); err != nil {
			t.Fatal(err)
		}
		if p := must[identity.Person](t)(w.Enter(t.Context(), id, "")); p.ID != once.ID {
			t.Errorf("in as %v", p)
		}
	})
}

// codesIn are the codes of the last messages, by whom they went to.
func (w *wayIn) codesIn(t testing.TB) map[string]string {
	t.Helper()
	codes := map[string]string{}
	for _, m := range w.mails(t) {
		codes[m.To] = sixDigits.FindString(m.Text)
	}
	return codes
}

// A new address is taken when its code was typed by who asked for it, and the
// code of the address so far where that is verified; the one before is told.
func TestNewAddress(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		p, q := w.create(t, rossi), w.create(t, identity.Person{GivenName: "Eva", Email: "eva@example.org"})
		as := func(p identity.Person) identity.Actor { return identity.Actor{Person: p.ID, Role: identity.Citizen} }
		asking := func(address string) identity.Asking {
			return identity.Asking{Address: address, Language: "en", Client: here}
		}
		answer := func(id, code string) {
			t.Helper()
			if err := w.Answer(ctx, id, code); err != nil {
				t.Fatal(err)
			}
		}
		over := func(what string, actor identity.Actor, m identity.Moving) {
			t.Helper()
			if err := w.TakeContact(ctx, actor, m); !errs.HasKey(err, "identity.code.over") {
				t.Errorf("%s: %v", what, err)
			}
		}
		m := must[identity.Moving](t)(w.AskContact(ctx, as(p), asking("maria@example.net"), identity.Moving{}))
		over("without the code", as(p), m)
		if m.Old != "" {
			t.Error("an address that was never verified is asked")
		}
		answer(m.New, w.code(t))
		if err := w.TakeContact(ctx, identity.Anonymous, m); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("nobody takes it: %v", err)
		}
		over("somebody else takes it", as(q), m)
		if _, err := w.Enter(ctx, m.New, ""); !errs.HasKey(err, "identity.code.over") {
			t.Errorf("it signs in: %v", err)
		}
		if err := w.TakeContact(ctx, as(p), m); err != nil {
			t.Fatal(err)
		}
		if data := dump(t, w.db); bytes.Contains(data, []byte(rossi.Email)) {
			t.Error("the address before lies open while it is told")
		}
		list := w.mails(t)
		if last := list[len(list)-1]; last.To != rossi.Email || len(list) != 2 || strings.Contains(last.Text, "example.net") {
			t.Errorf("%d messages, the last to %s: %s", len(list), last.To, last.Text)
		}
		got := must[identity.Person](t)(w.people.Get(ctx, p.ID))
		if got.Email != "maria@example.net" || got.Verified.IsZero() || got.FiscalNumber != p.FiscalNumber {
			t.Errorf("now %#v", got)
		}

		// From now on the address is verified: an open session does not take it.
		if _, err := w.AskContact(ctx, as(p), asking("MARIA@example.net"), identity.Moving{}); !errs.HasKey(err, "identity.contact.same") {
			t.Errorf("the same again: %v", err)
		}
		m = must[identity.Moving](t)(w.AskContact(ctx, as(p), asking("thief@example.com"), identity.Moving{}))
		codes := w.codesIn(t)
		if len(codes) != 3 || m.Old == "" {
			t.Fatalf("codes went to %d addresses", len(codes))
		}
		answer(m.New, codes["thief@example.com"])
		over("with the code of the new address alone", as(p), m)
		over("with one code for both", as(p), identity.Moving{New: m.New, Old: m.New})
		signIn := must[string](t)(w.Ask(ctx, asking("maria@example.net")))
		answer(signIn, w.code(t))
		over("with a code to sign in", as(p), identity.Moving{New: m.New, Old: signIn})
		answer(m.Old, codes["maria@example.net"])
		over("the other way round", as(p), identity.Moving{New: m.Old, Old: m.New})
		if err := w.TakeContact(ctx, as(p), m); err != nil {
			t.Errorf("with both: %v", err)
		}

		got = must[identity.Person](t)(w.people.Get(ctx, p.ID))
		got.Email = "Thief@Example.com" // the same to whoever delivers it
		got = must[identity.Person](t)(w.people.Update(ctx, got))
		if got = must[identity.Person](t)(w.people.Get(ctx, p.ID)); got.Verified.IsZero() {
			t.Error("the same address in other letters is not verified any more")
		}
		got.Email = "other@example.net"
		must[identity.Person](t)(w.people.Update(ctx, got))
		if got = must[identity.Person](t)(w.people.Get(ctx, p.ID)); !got.Verified.IsZero() {
			t.Error("another address counts as verified")
		}
		// And the other way round: a code to sign in changes no address.
		id := w.ask(t, "eva@example.org")
		answer(id, w.code(t))
		over("a code to sign in changes an address", as(p), identity.Moving{New: id})
	})
}

// A message is tried again until its code is over; a server that knows no such
// address tells nobody.
func TestCodeIsMailedAgain(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		w.out.err = errors.New("the server cannot be reached")
		w.ask(t, rossi.Email)
		if n := len(w.mails(t)); n != 0 {
			t.Fatalf("%d messages", n)
		}
		w.out.err = nil
		w.clk.Advance(time.Minute)
		if n := len(w.mails(t)); n != 1 {
			t.Errorf("%d messages after a minute", n)
		}
		w.out.err = errors.New("the server cannot be reached")
		w.ask(t, "late@example.org")
		w.mails(t)
		w.out.err = nil
		w.clk.Advance(time.Hour)
		if n := len(w.mails(t)); n != 1 {
			t.Error("a code that is over was mailed")
		}
		w.out.err = &mail.Rejected{Code: 550, Status: "5.1.1"}
		w.ask(t, "nobody@example.org")
		w.mails(t)
		w.out.err = nil
		w.clk.Advance(time.Minute)
		if n := len(w.mails(t)); n != 1 {
			t.Error("what was rejected was tried again")
		}
		w.Transport = nil
		if _, err := w.Ask(t.Context(), identity.Asking{Address: rossi.Email, Language: "it", Client: here}); !errs.HasKey(err, "identity.mail.none") {
			t.Errorf("without a mail server: %v", err)
		}
	})
}

// Neither code nor address lies in the open: not in the tables, not in what a
// job is told.
func TestDatabaseTellsNoCode(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		w.ask(t, "sealed.person@example.org")
		data := dump(t, w.db) // with the job that waits
		code := w.code(t)
		data = append(data, dump(t, w.db)...)
		in := must[identity.Invitation](t)(w.InviteByProgram(ctx, identity.Invitation{
			Email: "invited.person@example.org", GivenName: "Giovannella", Role: identity.NetworkManager, Scope: identity.Network,
		}))
		link := must[string](t)(w.InvitationLink(ctx, in))
		p := w.create(t, rossi)
		signIn := must[string](t)(w.Link(ctx, p.ID))
		data = append(data, dump(t, w.db)...)
		for _, s := range []string{code, "sealed.person", "invited.person", "Giovannella", link[strings.LastIndex(link, "#")+1:], signIn[strings.LastIndex(signIn, "#")+1:], here.String()} {
			if bytes.Contains(data, []byte(s)) {
				t.Errorf("the database holds %q", s)
			}
		}
	})
}
