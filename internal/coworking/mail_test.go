package coworking_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"golang.org/x/net/html"

	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/notify"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/mail"
	"polis/internal/reserve"
	"polis/internal/site"
)

// subjects are those of some mails.
func subjects(list []mail.Message) (out []string) {
	for _, m := range list {
		out = append(out, m.To+" "+m.Subject)
	}
	return out
}

func wantMails(t *testing.T, got []mail.Message, want ...string) {
	t.Helper()
	if have := subjects(got); fmt.Sprint(have) != fmt.Sprint(want) {
		t.Fatalf("mails\n%s\nwant\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
	}
}

// invited reads the calendar files of a mail: one entry each.
func invited(t *testing.T, m mail.Message) (list []entry) {
	t.Helper()
	for _, c := range m.Calendars {
		got := entries(t, c.Data, ics.Method(c.Method))
		if len(got) != 1 {
			t.Fatalf("%d entries in a file", len(got))
		}
		cal, err := ics.ParseCalendar(strings.NewReader(string(c.Data)))
		if err != nil {
			t.Fatal(err)
		}
		e := cal.Events()[0]
		organizer, attendees := e.GetProperty(ics.ComponentPropertyOrganizer), e.Attendees()
		if organizer == nil || organizer.Value != "mailto:"+coworkingtest.MailFrom || len(attendees) != 1 || attendees[0].Email() != m.To {
			t.Errorf("organizer %v, attendees %v", organizer, attendees)
		}
		if gone := got[0].status == "CANCELLED"; gone != (c.Method == "CANCEL") {
			t.Errorf("%s in a file of method %s", got[0].status, c.Method)
		}
		list = append(list, got[0])
	}
	return list
}

// readable checks that both forms of a mail say some texts, and that the page
// brings nothing from elsewhere.
func readable(t *testing.T, m mail.Message, texts ...string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(m.HTML))
	if err != nil {
		t.Fatal(err)
	}
	var page strings.Builder
	for n := range doc.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "style" {
			page.WriteString(n.Data + " ")
		}
		switch n.Data {
		case "img", "script", "link", "table", "iframe", "form":
			t.Errorf("<%s> in a mail", n.Data)
		}
	}
	flat := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	for _, text := range texts {
		if !strings.Contains(flat(m.Text), text) {
			t.Errorf("the text does not say %q:\n%s", text, m.Text)
		}
		if !strings.HasPrefix(text, "http") && !strings.Contains(flat(page.String()), text) {
			t.Errorf("the page does not say %q:\n%s", text, flat(page.String()))
		}
		if strings.HasPrefix(text, "http") && !strings.Contains(m.HTML, `href="`+text+`"`) {
			t.Errorf("the page does not lead to %s", text)
		}
	}
	for _, s := range []string{m.Subject, m.Text, m.HTML} {
		if strings.Contains(s, "mail.") || strings.Contains(s, "coworking.") || strings.Contains(s, "<no value>") || strings.Contains(s, "ZgotmplZ") {
			t.Errorf("a word is missing: %s", s)
		}
	}
}

// A booking is told of when it is made, on the evening before, when it changes
// and when it is cancelled, each once.
func TestMailsOfABooking(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		b := book(t, w, w.Maria, places(w, "aurora", 49, 53, "D-01"))
		got := w.Mails(t)
		wantMails(t, got, "maria@example.org Prenotazione confermata: Spazio Aurora, mercoledì 25 novembre 2026, 09:00–13:00")
		path := coworkingtest.Issuer + "/prenotazioni/" + b.ID
		readable(t, got[0], "Buongiorno Maria Bianchi,", "D-01", "Via del Lago 1, Gavirate (VA)", "Dalle 08:30 il pass apre la porta.",
			"entro le 09:15", path, path+"/pass", path+"/sposta", path+"/annulla")
		if got[0].Lang != "it" || got[0].From.Address != coworkingtest.MailFrom {
			t.Errorf("%+v", got[0])
		}
		entry := invited(t, got[0])
		if len(entry) != 1 || entry[0].uid != b.ID+"-1@polis" || entry[0].sequence != "1" || !entry[0].start.Equal(at(49)) {
			t.Errorf("%v", entry)
		}
		wantMails(t, w.Mails(t)) // a second turn has nothing new

		w.Clock.Set(at(33.9)) // Tuesday, 17:54
		wantMails(t, w.Deliver(t))
		w.Clock.Set(at(34))
		got = w.Deliver(t)
		wantMails(t, got, "maria@example.org Promemoria: Spazio Aurora, mercoledì 25 novembre 2026, 09:00–13:00")
		readable(t, got[0], "La prenotazione è domani.", "Dalle 08:30 il pass apre la porta.", path)
		wantMails(t, w.Mails(t))

		if _, err := w.Service.Move(ctx, w.Maria.Actor, b.ID, at(73), at(75), 0); err != nil {
			t.Fatal(err)
		}
		got = w.Mails(t)
		wantMails(t, got, "maria@example.org Prenotazione cambiata: Spazio Aurora, giovedì 26 novembre 2026, 09:00–11:00")
		readable(t, got[0], "Prima era: mercoledì 25 novembre 2026, 09:00–13:00.", "entro le 09:15")
		if entry := invited(t, got[0]); len(entry) != 1 || entry[0].uid != b.ID+"-1@polis" || entry[0].sequence != "2" || !entry[0].start.Equal(at(73)) {
			t.Errorf("%v", entry)
		}

		if _, err := w.Service.Cancel(ctx, w.Maria.Actor, b.ID, 0); err != nil {
			t.Fatal(err)
		}
		got = w.Mails(t)
		wantMails(t, got, "maria@example.org Prenotazione annullata: Spazio Aurora, giovedì 26 novembre 2026, 09:00–11:00")
		readable(t, got[0], "La prenotazione è annullata, come richiesto.", coworkingtest.Issuer+"/spazi/aurora")
		if entry := invited(t, got[0]); len(entry) != 1 || entry[0].uid != b.ID+"-1@polis" || entry[0].sequence != "3" {
			t.Errorf("%v", entry)
		}
		w.Clock.Set(at(100))
		wantMails(t, w.Mails(t)) // the reminder of what was cancelled is moot
	})
}

// What was never more than a hold is told to nobody; a hold that is confirmed
// is a booking like any other.
func TestMailsOfHolds(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		hold := func(from float64) coworking.Booking {
			b, err := w.Service.Hold(ctx, w.Maria.Actor, coworking.Request{Parts: []coworking.PartRequest{places(w, "molo", from, from+1, "D-01")}})
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		given, kept := hold(24), hold(26)
		hold(28)
		if _, err := w.Service.Cancel(ctx, w.Maria.Actor, given.ID, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Service.Move(ctx, w.Maria.Actor, kept.ID, at(30), at(31), 0); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Service.Confirm(ctx, w.Maria.Actor, kept.ID); err != nil {
			t.Fatal(err)
		}
		w.Clock.Set(at(1))
		w.Sweep(t)
		wantMails(t, w.Mails(t), "maria@example.org Prenotazione confermata: Spazio Molo, martedì 24 novembre 2026, 14:00–15:00")
	})
}

// A mail that waits while the booking changes again says nothing: only the last
// one does.
func TestOvertakenMailsAreMoot(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		b := book(t, w, w.Maria, places(w, "molo", 49, 53, "D-01"))
		w.Follow(t, w.Service.MailConsumer())
		for _, from := range []float64{50, 51} {
			if _, err := w.Service.Move(ctx, w.Maria.Actor, b.ID, at(from), at(54), 0); err != nil {
				t.Fatal(err)
			}
			w.Follow(t, w.Service.MailConsumer())
		}
		wantMails(t, w.Deliver(t), "maria@example.org Prenotazione cambiata: Spazio Molo, mercoledì 25 novembre 2026, 11:00–14:00")
		other := book(t, w, w.Maria, places(w, "molo", 55, 56, "D-01"))
		if _, err := w.Service.Move(ctx, w.Maria.Actor, other.ID, at(56), at(57), 0); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Service.Cancel(ctx, w.Maria.Actor, other.ID, 0); err != nil {
			t.Fatal(err)
		}
		wantMails(t, w.Mails(t), "maria@example.org Prenotazione annullata: Spazio Molo, mercoledì 25 novembre 2026, 16:00–17:00")
		w.Clock.Set(at(34))
		wantMails(t, w.Mails(t), "maria@example.org Promemoria: Spazio Molo, mercoledì 25 novembre 2026, 11:00–14:00")
		states := map[notify.State]int{}
		for _, id := range []string{b.ID, other.ID} {
			list, err := w.Notes.About(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range list {
				states[m.State]++
			}
		}
		if states[notify.StateSent] != 3 || states[notify.StateWaiting] != 0 {
			t.Errorf("%v", states)
		}
	})
}

// Who does not come hears that the place is somebody else's, and what it means.
func TestMailsOfAMissedVisit(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := coworkingtest.New(t, d)
		for i, want := range []string{
			"È la prima prenotazione senza arrivo negli ultimi 30 giorni.",
			"Sono 2 prenotazioni senza arrivo negli ultimi 30 giorni.",
			"Dopo 3 prenotazioni senza arrivo non si può prenotare fino a lunedì 30 novembre 2026, ore 12:00.",
		} {
			from := float64(1 + 1.5*float64(i))
			if i == 2 {
				from = 4
			}
			book(t, w, w.Maria, places(w, "molo", from, from+1, "D-01"))
			w.Mails(t)
			w.Clock.Set(at(from + 0.25))
			w.Sweep(t)
			got := w.Mails(t)
			if len(got) != 1 || !strings.HasPrefix(got[0].Subject, "Posto tornato libero: Spazio Molo, ") || len(got[0].Calendars) != 0 {
				t.Fatalf("%d: %v", i, subjects(got))
			}
			readable(t, got[0], want)
			if i < 2 {
				readable(t, got[0], "Dopo 3 prenotazioni senza arrivo in 30 giorni non si può prenotare per 7 giorni.")
			}
		}
	})
}

// The house that cancels says so, and why where a closure is the reason.
func TestMailsOfTheHouse(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		house := func(b coworking.Booking) {
			t.Helper()
			if _, err := w.Engine.Do(ctx, reserve.Plan{
				Booking: b.ID, By: w.Luca.Person, When: []reserve.Status{reserve.Confirmed}, To: reserve.Cancelled,
			}); err != nil {
				t.Fatal(err)
			}
		}
		first := book(t, w, w.Giuseppe, places(w, "molo", 24, 26, "D-01"))
		second := book(t, w, w.Giuseppe, places(w, "molo", 24, 26, "D-02"))
		wantMails(t, w.Mails(t),
			"giuseppe@example.org Booking confirmed: Spazio Molo, Tuesday 24 November 2026, 08:00–10:00",
			"giuseppe@example.org Booking confirmed: Spazio Molo, Tuesday 24 November 2026, 08:00–10:00")
		if _, _, err := w.Service.Close(ctx, w.Luca.Actor, coworking.ClosureRequest{
			Site: coworkingtest.SiteID("molo"), Resources: []string{w.ID("molo", "D-01")}, Reason: "New <wiring> & paint", From: at(20), To: at(30),
		}); err != nil {
			t.Fatal(err)
		}
		house(first)
		got := w.Mails(t)
		wantMails(t, got, "giuseppe@example.org Booking cancelled: Spazio Molo, Tuesday 24 November 2026, 08:00–10:00")
		readable(t, got[0], "The site had to cancel the booking.", "Reason: New <wiring> & paint", "Hello Giuseppe Verdi,")
		if len(got[0].Calendars) != 1 || got[0].Calendars[0].Method != "CANCEL" {
			t.Errorf("%v", got[0].Calendars)
		}
		house(second)
		got = w.Mails(t)
		if len(got) != 1 || strings.Contains(got[0].Text, "Reason") {
			t.Errorf("another place was closed: %v", got)
		}
	})
}

// Each part is an entry of its own; what a change takes away is cancelled, also
// where the mail that would have said so first was moot.
func TestMailsOfSeveralParts(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		b := book(t, w, w.Giuseppe,
			places(w, "aurora", 25, 29, "D-01", "D-02", "D-03"), places(w, "faro", 49, 51, "M-1"), places(w, "borgo", 73, 74, "D-01"))
		got := w.Mails(t)
		wantMails(t, got, "giuseppe@example.org Booking confirmed: Spazio Aurora and 2 other sites, Tuesday 24 November 2026 – Thursday 26 November 2026")
		readable(t, got[0], "Spazio Aurora", "D-01, D-02, D-03", "Spazio Faro", "Wednesday 25 November 2026, 08:00–10:00 (Madeira time)", "Spazio Borgo", "L'Aquila (AQ)")
		if list := invited(t, got[0]); len(list) != 3 || list[2].uid != b.ID+"-3@polis" {
			t.Errorf("%v", list)
		}
		if got[0].Calendars[0].Name == got[0].Calendars[1].Name {
			t.Error("two files of one name")
		}

		shrink := func(parts ...reserve.Demand) {
			t.Helper()
			if _, err := w.Engine.Do(ctx, reserve.Plan{
				Booking: b.ID, By: w.Giuseppe.Person, When: []reserve.Status{reserve.Confirmed}, To: reserve.Confirmed, Due: at(25.25), Demands: parts,
			}); err != nil {
				t.Fatal(err)
			}
		}
		desk, err := w.Live.Network().Resource(w.ID("aurora", "D-01"))
		if err != nil {
			t.Fatal(err)
		}
		room, err := w.Live.Network().Resource(w.ID("faro", "M-1"))
		if err != nil {
			t.Fatal(err)
		}
		first := reserve.Demand{Site: desk.Site, Kind: string(site.Desk), From: at(25), To: at(29), Units: []int64{desk.Ordinal}}
		shrink(first, reserve.Demand{Site: room.Site, Kind: string(site.Meeting), From: at(49), To: at(51), Units: []int64{room.Ordinal}})
		w.Follow(t, w.Service.MailConsumer())
		shrink(first)
		got = w.Mails(t)
		wantMails(t, got, "giuseppe@example.org Booking changed: Spazio Aurora, Tuesday 24 November 2026, 09:00–13:00")
		list := invited(t, got[0])
		if len(list) != 3 || list[0].status != "CONFIRMED" || list[1].uid != b.ID+"-2@polis" || list[1].status != "CANCELLED" ||
			list[2].uid != b.ID+"-3@polis" || list[2].status != "CANCELLED" || !list[2].start.Equal(at(73)) || list[2].sequence != "3" {
			t.Errorf("%v", list)
		}
		if _, err := w.Service.Cancel(ctx, w.Giuseppe.Actor, b.ID, 0); err != nil {
			t.Fatal(err)
		}
		got = w.Mails(t)
		if list := invited(t, got[0]); len(list) != 3 || list[0].status != "CANCELLED" {
			t.Errorf("%v", list)
		}
	})
}

// A part that is moved alone stays the same entry of the calendar.
func TestMovedPartKeepsItsEntry(t *testing.T) {
	t.Parallel()
	w := coworkingtest.New(t, dbtest.SQLite(t))
	b := book(t, w, w.Maria, places(w, "molo", 25, 29, "D-01"), places(w, "molo", 49, 51, "D-02"), places(w, "aurora", 73, 74, "D-01"))
	was := feed(t, w, w.Maria)
	b, err := w.Service.MovePart(t.Context(), w.Maria.Actor, b.ID, b.Places[1].N, at(50), at(52), 0)
	if err != nil {
		t.Fatal(err)
	}
	now := feed(t, w, w.Maria)
	if len(now) != 3 || now[0].uid != was[0].uid || now[1].uid != was[1].uid || now[2].uid != was[2].uid ||
		!now[0].start.Equal(at(25)) || !now[1].start.Equal(at(50)) || !now[2].start.Equal(at(73)) {
		t.Errorf("was\n%v\nis\n%v", was, now)
	}
	got := w.Mails(t)
	wantMails(t, got, "maria@example.org Prenotazione cambiata: Spazio Molo e un’altra sede, martedì 24 novembre 2026 – giovedì 26 novembre 2026")
	if strings.Contains(got[0].Text, "Prima era") {
		t.Error("a part that moved alone has no single time before")
	}
}

// A reminder comes once and not soon after another mail.
func TestReminders(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		for _, tt := range []struct {
			name        string
			made, start float64 // hours after Monday 8:00
			want        float64 // 0: none
		}{
			{"evening before", 1, 49, 34},
			{"evening before, to the minute", 8, 25, 10},
			{"too late for the evening", 8.25, 25, 23},
			{"the same day", 1, 5, 3},
			{"too near", 1.25, 5, 0},
			{"after midnight", 1, 16.5, 10},
		} {
			t.Run(tt.name, func(t *testing.T) {
				w := coworkingtest.New(t, dbtest.SQLite(t))
				w.Clock.Set(at(tt.made))
				book(t, w, w.Maria, places(w, "molo", tt.start, tt.start+1, "D-01"))
				if got := w.Mails(t); len(got) != 1 {
					t.Fatal(subjects(got))
				}
				for hours := tt.made; hours < tt.start+2; hours += 0.25 {
					w.Clock.Set(at(hours))
					got := w.Deliver(t)
					if due := hours == tt.want; due != (len(got) == 1) {
						t.Errorf("after %v hours: %v", hours, subjects(got))
					}
				}
			})
		}
		t.Run("checked in", func(t *testing.T) {
			w := coworkingtest.New(t, d)
			b := book(t, w, w.Maria, places(w, "molo", 5, 6, "D-01"))
			w.Mails(t)
			w.Clock.Set(at(4.75))
			if _, err := w.Service.CheckIn(t.Context(), w.Maria.Actor, b.ID); err != nil {
				t.Fatal(err)
			}
			wantMails(t, w.Mails(t)) // the program was down when it was due
		})
	})
}

// Acts that come again after a failure ask for one mail; nobody is written to
// without an address, or where no mails are sent.
func TestMailsAreAskedForOnce(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		b := book(t, w, w.Maria, places(w, "molo", 49, 53, "D-01"))
		book(t, w, w.Load, places(w, "molo", 49, 53, "D-02"))
		boom := fmt.Errorf("boom")
		consumer := w.Service.MailConsumer()
		act := journal.Act{ID: "1", At: w.Clock.Now(), Kind: "booking.confirmed", Subject: b.ID, Person: b.Person, Data: `{"rev":1}`}
		if err := d.Write(ctx, func(tx *db.Tx) error {
			if err := consumer.Do(ctx, tx, []journal.Act{act, {Kind: "booking.confirmed", Subject: "unknown", Data: "{}"}, {Kind: "booking.confirmed", Subject: b.ID, Data: "{}"}}); err != nil {
				return err
			}
			return boom
		}); err != boom { //nolint:errorlint // the very error
			t.Fatal(err)
		}
		if got := w.Mails(t); len(got) != 1 || got[0].To != "maria@example.org" {
			t.Errorf("%v", subjects(got))
		}
		quiet := coworking.New(coworking.Options{
			DB: d, Live: w.Live, Engine: w.Engine, People: w.People, Clock: w.Clock, Words: w.Words,
			Notes: notify.New(notify.Options{DB: d, People: w.People, Clock: w.Clock}),
		})
		before, err := w.Notes.About(ctx, b.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Write(ctx, func(tx *db.Tx) error { return quiet.MailConsumer().Do(ctx, tx, []journal.Act{act}) }); err != nil {
			t.Fatal(err)
		}
		if after, err := w.Notes.About(ctx, b.ID); err != nil || len(after) != len(before) {
			t.Errorf("%d messages, then %d, %v", len(before), len(after), err)
		}
	})
}

// Names and addresses of any length and sign stay texts.
func TestMailsToAnybody(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Maria Cristina Ludovica ", 5)
	for _, tt := range []struct {
		person identity.Person
		hello  string
		sent   bool
	}{
		{identity.Person{GivenName: long[:len(long)-1], FamilyName: "de’ <b>Rossi</b> & Figli", Email: "maria@example.org"}, "de’ <b>Rossi</b> & Figli,", true},
		{identity.Person{Email: "nobody@example.org", Language: "en"}, "Hello,", true},
		{identity.Person{GivenName: "Zoë", Email: "zoë@example.org"}, "Buongiorno Zoë,", true},
		{identity.Person{GivenName: "Ugo"}, "", false},
	} {
		w, ctx := coworkingtest.New(t, dbtest.SQLite(t)), context.Background()
		p, err := w.People.Create(ctx, tt.person)
		if err != nil {
			t.Fatal(err)
		}
		who := w.Maria
		who.Person = p.ID
		book(t, w, who, places(w, "molo", 49, 53, "D-01"))
		got := w.Mails(t)
		if (len(got) == 1) != tt.sent {
			t.Fatalf("%v: %v", tt.person.Email, subjects(got))
		}
		if tt.sent {
			readable(t, got[0], tt.hello)
		}
	}
}

// Both ends of the hour that comes twice are told apart.
func TestMailInTheLongNight(t *testing.T) {
	t.Parallel()
	w := coworkingtest.New(t, dbtest.SQLite(t))
	w.Clock.Set(time.Date(2026, time.October, 23, 8, 0, 0, 0, time.UTC))
	from := time.Date(2026, time.October, 25, 0, 30, 0, 0, time.UTC)
	book(t, w, w.Maria, coworking.PartRequest{Resources: []string{w.ID("molo", "D-01")}, From: from, To: from.Add(time.Hour)})
	wantMails(t, w.Mails(t), "maria@example.org Prenotazione confermata: Spazio Molo, domenica 25 ottobre 2026, 02:30 (+02:00)–02:30 (+01:00)")
	w.Clock.Set(time.Date(2026, time.October, 24, 16, 0, 0, 0, time.UTC)) // 18:00
	if got := w.Deliver(t); len(got) != 1 {
		t.Errorf("%v", subjects(got))
	}
}

// A mail about two days in one house says once how to get there, and that
// checking in is done once.
func TestMailOfTwoDays(t *testing.T) {
	t.Parallel()
	w := coworkingtest.New(t, dbtest.SQLite(t))
	b, err := w.Service.Hold(t.Context(), w.Maria.Actor, ask(on(w, 0, 9, 13, "D-01"), on(w, 1, 9, 13, "D-01")))
	if err == nil {
		_, err = w.Service.Confirm(t.Context(), w.Maria.Actor, b.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.Follow(t, w.Service.MailConsumer())
	got := w.Deliver(t)
	if len(got) != 1 {
		t.Fatalf("mails: %v", subjects(got))
	}
	text := got[0].Text
	if n := strings.Count(text, "Quando: "); n != 2 {
		t.Errorf("%d times, want 2:\n%s", n, text)
	}
	if n := strings.Count(text, "Telefono: "); n != 1 {
		t.Errorf("the telephone is told %d times:\n%s", n, text)
	}
	if !strings.Contains(text, "L’arrivo si registra una volta, il primo giorno in cui si viene.") {
		t.Errorf("nothing says that checking in is done once:\n%s", text)
	}
}
