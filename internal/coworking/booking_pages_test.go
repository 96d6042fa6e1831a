package coworking_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/notify"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/web/webtest"
	"polis/internal/platform/web/webtest/browser"
	"polis/internal/reserve"
)

var (
	writeRules = db.Q("test.write-rules", `INSERT INTO house_rules (site, version, text_it, text_en, since) VALUES ($1, $2, $3, $4, 0)`)
	countActs  = db.Q("test.count-acts", `SELECT COUNT(*) FROM act WHERE kind = $1`)
	oldBooking = db.Rows("test.old-booking", `
		INSERT INTO booking (id, person, status, starts, ends, due, parts, uses, created, changed, rev)
		SELECT column1, b.person, 'cancelled', b.starts - column2, b.ends - column2, NULL, b.parts, b.uses, b.created, b.changed, 1
		FROM {rows} JOIN booking b ON b.id = {1} WHERE column1 IS NOT NULL`, "TEXT", "BIGINT")
)

// rules gives a site ("" is the network) house rules.
func giveRules(t *testing.T, w *coworkingtest.World, siteID string, version int) {
	t.Helper()
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), writeRules, siteID, int64(version),
			fmt.Sprintf("Si parla piano.\n\nVersione %d.", version), fmt.Sprintf("Keep your voice down.\n\nVersion %d.", version))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Reload(t)
}

func acts(t *testing.T, w *coworkingtest.World, kind string) (n int) {
	t.Helper()
	if err := db.One(t.Context(), w.DB, countActs, []any{kind}, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRulesAreAcceptedByVersion(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *coworkingtest.World) {
		ctx, s, maria := t.Context(), w.Service, w.Maria.Actor
		giveRules(t, w, "", 1)
		giveRules(t, w, coworkingtest.SiteID("faro"), 4)
		hold := func(day int) coworking.Booking {
			t.Helper()
			faro := on(w, day, 9, 11)
			faro.Resources = []string{w.ID("faro", "D-01")}
			b, err := s.Hold(ctx, maria, ask(on(w, day, 9, 11, "D-01"), faro))
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		b := hold(0)
		network, faro := coworking.RulesVersion{Version: 1}, coworking.RulesVersion{Site: coworkingtest.SiteID("faro"), Version: 4}
		for _, names := range [][]coworking.RulesVersion{nil, {network}, {{Version: 2}, faro}} {
			if _, err := s.ConfirmAccepting(ctx, maria, b.ID, names...); errs.As(err).Key != "rules.not-accepted" {
				t.Fatalf("with %v accepted: %v", names, err)
			}
		}
		if _, err := s.AcceptRules(ctx, maria, b.ID, coworking.RulesVersion{Version: 2}); errs.As(err).Key != "rules.changed" {
			t.Fatalf("a version that does not hold: %v", err)
		}
		if _, err := s.AcceptRules(ctx, w.Giuseppe.Actor, b.ID); !errs.Is(err, errs.NotFound) {
			t.Fatalf("for somebody else: %v", err)
		}
		if _, err := s.ConfirmAccepting(ctx, maria, b.ID, faro, network); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ConfirmAccepting(ctx, maria, b.ID); err != nil {
			t.Fatalf("a second tap: %v", err)
		}
		if _, err := s.ConfirmAccepting(ctx, maria, hold(1).ID); err != nil {
			t.Fatalf("accepted before: %v", err)
		}
		if n := acts(t, w, "rules.accepted"); n != 2 {
			t.Errorf("%d acts of acceptance, want 2", n)
		}
		giveRules(t, w, "", 2)
		if _, err := s.ConfirmAccepting(ctx, maria, hold(2).ID); errs.As(err).Key != "rules.not-accepted" {
			t.Fatalf("a new version: %v", err)
		}
		if _, err := s.Confirm(ctx, maria, hold(3).ID); err != nil {
			t.Fatalf("a program that knows of no rules: %v", err)
		}
	})
}

func TestRatings(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *coworkingtest.World) {
		ctx, s, who := t.Context(), w.Service, w.Load.Actor
		var list []coworking.Booking
		for i := range 6 {
			b, err := s.Book(ctx, who, ask(on(w, 0, 9, 11, fmt.Sprintf("D-0%d", i+1))))
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, b)
		}
		rate := func(b coworking.Booking, score int, want string) {
			t.Helper()
			err := s.Rate(ctx, who, b.ID, score)
			if want == "" && err != nil || want != "" && errs.As(err).Key != want {
				t.Fatalf("%v, want %q", err, want)
			}
		}
		rate(list[0], 4, "rating.early")
		w.Clock.Set(list[0].Starts)
		for _, b := range list[:5] {
			if _, err := s.CheckIn(ctx, who, b.ID); err != nil {
				t.Fatal(err)
			}
		}
		w.Clock.Advance(14 * time.Minute)
		rate(list[0], 4, "rating.early")
		if _, ok, err := s.ToRate(ctx, who); ok || err != nil {
			t.Fatalf("asked too early: %v", err)
		}
		w.Clock.Advance(time.Minute)
		rate(list[0], 0, "rating.score")
		rate(list[0], 6, "rating.score")
		rate(list[0], 4, "")
		rate(list[0], 4, "")
		if err := s.Rate(ctx, w.Maria.Actor, list[0].ID, 1); !errs.Is(err, errs.NotFound) {
			t.Fatalf("somebody else's visit: %v", err)
		}
		w.Sweep(t)
		rate(list[5], 4, "booking.no-show")
		for _, b := range list[1:4] {
			rate(b, 5, "")
		}
		if average, n, err := s.Ratings(ctx, coworkingtest.SiteID("aurora")); average != 0 || n != 0 || err != nil {
			t.Errorf("four ratings are told: %v of %d, %v", average, n, err)
		}
		last, ok, err := s.ToRate(ctx, who)
		if err != nil || !ok || last.ID != list[4].ID {
			t.Errorf("to rate: %v %v, want the last visit: %v", last.ID, ok, err)
		}
		w.Clock.Set(list[0].Ends)
		w.Sweep(t)
		rate(list[4], 1, "")
		rate(list[4], 2, "") // thought better of it
		if average, n, err := s.Ratings(ctx, coworkingtest.SiteID("aurora")); average != 4.2 || n != 5 || err != nil {
			t.Errorf("average %v of %d, %v", average, n, err)
		}
		if n := acts(t, w, "booking.rated"); n != 6 {
			t.Errorf("%d acts, want 6", n)
		}
		w.Clock.Advance(14 * 24 * time.Hour)
		rate(list[4], 3, "")
		w.Clock.Advance(time.Second)
		rate(list[4], 3, "rating.late")
	})
}

func TestPagesAddToAHold(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	w.as("giuseppe", "it").getKept("D-01", "giorno=2026-11-25&dalle=09:00&alle=13:00")
	for lang, words := range map[string][]string{
		"it": {"un altro posto libero", "Si aggiunge alla prenotazione in corso", "In tutto: 12 ore.", "L’arrivo si registra una volta"},
		"en": {"another place is free", "This adds to the booking under way", "In all: 12 hours.", "Check in once"},
	} {
		b := w.as("maria", lang)
		b.kept("D-01").want(200, words[0])
		held := b.at
		path, body := b.form("/giorni")
		b.open(http.MethodPost, path, body).want(400) // no day chosen
		body["giorni"] = []string{"2026-11-25", "2026-11-26"}
		b.open(http.MethodPost, path, body).want(200, words[2])
		b.open(http.MethodPost, path, body).want(200, words[2]) // a second tap
		if n := len(b.page.All("form[action=" + held + "/togli]")); n != 3 {
			t.Fatalf("%d parts can be dropped, want 3", n)
		}
		drop, part := b.form("/togli")
		b.open(http.MethodPost, drop, part).want(200)
		b.open(http.MethodPost, drop, part).want(200) // a second tap
		if n := len(b.page.All("form[action=" + held + "/togli]")); n != 2 {
			t.Fatalf("%d parts after one was dropped, want 2", n)
		}
		more := b.page.One(t, ".polis-more-links").All("a")
		b.get(more[1].Attr["href"]+"&q=Palermo").want(200, words[1], "Spazio Molo")
		b.get(b.page.All(".polis-card")[0].One(t, "a").Attr["href"]).want(200, words[1])
		b.get(more[0].Attr["href"]).want(200, words[1], "Spazio Aurora")
		again, choice := b.form("/prenota", "modo", "scelti", "posto", b.ID("aurora", "D-04"))
		b.open(http.MethodPost, again, choice).want(200, "D-04", words[2])
		if b.at != held {
			t.Fatalf("what was added stands at %s", b.at)
		}
		b.send("/conferma").want(200, words[3])
		b.open(http.MethodPost, again, choice).want(200, words[3]) // back, and the same form: it is there
		choice.Set("posto", b.ID("aurora", "D-05"))
		b.open(http.MethodPost, again, choice).want(409) // another one: nothing is added to what is confirmed
		b.get(held)
		b.get(b.page.All(".polis-part-rows")[0].All("a")[0].Attr["href"]).want(200, "D-0")
		b.send("/sposta", "inizio", "2026-11-24T14:00:00Z").want(200, "15:00")
		b.get(held + "/annulla").send("/annulla").want(200)
	}
	w.Check(t)
}

// getKept holds a place of Aurora at a time.
func (b *surfer) getKept(place, when string) *surfer {
	b.t.Helper()
	b.get("/spazi/aurora?" + when).want(200)
	path, body := b.form("/prenota", "modo", "scelti", "posto", b.ID("aurora", place))
	return b.open(http.MethodPost, path, body)
}

func TestPagesAskForTheRules(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	giveRules(t, w.World, "", 3)
	for lang, words := range map[string][]string{
		"it": {"Accetto il regolamento della sede (versione 3)", "Si parla piano.", "per prenotare, accettare il regolamento", "Prenotazione confermata"},
		"en": {"I accept the house rules (version 3)", "Keep your voice down.", "to book, accept the house rules", "Booking confirmed"},
	} {
		b := w.as(map[string]string{"it": "maria", "en": "giuseppe"}[lang], lang)
		b.kept(map[string]string{"it": "D-01", "en": "D-02"}[lang]).want(200, words[0], words[1])
		b.send("/conferma").want(422, words[2])
		if b.page.One(t, "#error-summary").One(t, "a").Attr["href"] != "#f-regolamento" {
			t.Error("the summary does not lead to the box")
		}
		b.send("/conferma", "regolamento", ":3").want(200, words[3])
		b.kept("D-03").send("/conferma").want(200, words[3]) // not asked again
		b.get(strings.TrimSuffix(b.at, "/conferma") + "/annulla").send("/annulla").want(200)
	}
	giveRules(t, w.World, "", 4)
	program, err := w.Service.Book(t.Context(), w.Maria.Actor, ask(on(w.World, 1, 9, 11, "D-05")))
	if err != nil {
		t.Fatal(err)
	}
	b := w.as("maria", "it")
	b.get("/prenotazioni/"+program.ID).want(200, "Manca il regolamento", "Versione 4.")
	b.open(http.MethodPost, "/prenotazioni/"+program.ID+"/regolamento", url.Values{"regolamento": {":3"}}).want(422)
	b.get("/prenotazioni/"+program.ID).send("/regolamento").want(200, "Il regolamento è accettato.")
	if strings.Contains(b.page.One(t, "main").Text(), "Manca il regolamento") {
		t.Error("still asked for")
	}
}

func TestPagesOfWhatExpiredAndWhatIsOver(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	b := w.as("maria", "it")
	b.kept("D-01").want(200)
	expired := b.at
	confirm, none := b.form("/conferma")
	days, day := b.form("/giorni", "giorni", "2026-11-25")
	w.Clock.Advance(10 * time.Minute)
	b.open(http.MethodPost, days, day).want(409, "Tempo scaduto") // in an old tab
	b.open(http.MethodPost, confirm, none).want(409, "Tempo scaduto")
	day.Del("giorni")
	b.open(http.MethodPost, days, day).want(200, "Tempo scaduto") // no day chosen, where none can be any more
	path, body := b.form("/riprova")
	b.open(http.MethodPost, path, body).want(200, "Controllare e confermare", "D-01")
	anew := b.at
	if anew == expired {
		t.Fatal("what expired came back itself")
	}
	b.open(http.MethodPost, path, body).want(200, "Controllare e confermare")
	if b.at != anew {
		t.Errorf("a second tap made %s beside %s", b.at, anew)
	}
	b.send("/conferma").want(200)
	b.open(http.MethodPost, anew+"/regolamento", url.Values{}).want(200, "Prenotazione confermata") // there are no rules to accept
	if b.get(expired).send("/riprova").want(200, "Prenotazione confermata"); b.at != anew {
		t.Errorf("what was tried again leads to %s", b.at)
	}
	b.kept("D-02").want(200)
	expired = b.at
	w.Clock.Advance(10 * time.Minute)
	w.as("giuseppe", "it").kept("D-02").want(200)
	b.get(expired).send("/riprova").want(409, "Che cosa è libero invece")
	w.Clock.Set(time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC))
	b.get(anew).send("/arrivo").want(200, "Buon lavoro")
	if len(b.page.All(".polis-rating")) != 0 {
		t.Error("asked on arrival")
	}
	b.open(http.MethodPost, anew+"/voto", url.Values{"voto": {"4"}}).want(422, "È presto")
	w.Clock.Set(time.Date(2026, 11, 24, 13, 0, 0, 0, time.UTC))
	b.get("/prenotazioni").want(200, "Com’è andata a Spazio Aurora")
	b.send("/voto", "voto", "5").want(200, "Grazie.")
	if b.at != "/prenotazioni" || len(b.page.All(".polis-rating")) != 0 {
		t.Errorf("after the rating: at %s, asked again", b.at)
	}
	b.get(anew).want(200, "Visita conclusa", "si può cambiare")
	if got := b.page.One(t, "button[aria-pressed=true]").Attr["value"]; got != "5" {
		t.Errorf("rated %s", got)
	}
	b.send("/voto", "voto", "x").want(400, "da 1 a 5")
	next := b.page.All("a.btn")
	again := next[slices.IndexFunc(next, func(n *webtest.Node) bool { return strings.Contains(n.Attr["href"], "/spazi/aurora") })].Attr["href"]
	if !strings.Contains(again, "giorno=2026-12-01") || !strings.Contains(again, "dalle=09%3A00") {
		t.Errorf("book again leads to %s", again)
	}
	b.get(again).want(200)
	if chosen := b.page.All("input[checked]"); len(chosen) != 1 || chosen[0].Attr["value"] != w.ID("aurora", "D-01") {
		t.Error("the same place is not chosen")
	}
	w.Clock.Advance(15 * 24 * time.Hour)
	if b.get(anew); len(b.page.All(".polis-rating")) != 0 {
		t.Error("asked two weeks later")
	}
}

// Every start that the page offers can be had; what is in the way is not
// offered.
func TestPagesOfferStartsThatCanBeHad(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	if _, err := w.Service.Book(t.Context(), w.Giuseppe.Actor, coworking.Request{Parts: []coworking.PartRequest{{
		Resources: []string{w.ID("aurora", "M-1")}, From: on(w.World, 0, 12, 13).From, To: on(w.World, 0, 12, 13).To,
	}}}); err != nil {
		t.Fatal(err)
	}
	b := w.as("maria", "it")
	b.get("/spazi/aurora?giorno=2026-11-24&dalle=09:00&alle=10:00&tipo=meeting")
	path, body := b.form("/prenota", "modo", "scelti", "posto", w.ID("aurora", "M-1"))
	b.open(http.MethodPost, path, body).send("/conferma").want(200)
	page := b.at
	b.get(page+"/sposta").want(200, "Nuovo orario, sempre di 1 ora")
	values := func() (list []string) {
		for _, n := range b.page.All("button[name=inizio]") {
			list = append(list, n.Attr["value"])
		}
		return list
	}
	list := values()
	for _, bad := range []string{"2026-11-24T10:00:00Z", "2026-11-24T11:00:00Z", "2026-11-24T08:00:00Z"} { // the turnover, taken, as it is
		if slices.Contains(list, bad) {
			t.Errorf("%s is offered", bad)
		}
	}
	if !slices.Contains(list, "2026-11-24T09:30:00Z") || !slices.Contains(list, "2026-11-24T12:30:00Z") {
		t.Errorf("offered: %v", list)
	}
	for _, start := range list {
		b.get(page+"/sposta?giorno=2026-11-24").send("/sposta", "inizio", start).want(200, "L’orario è cambiato.")
	}
	b.get(page+"/sposta?giorno=2026-11-29").want(200, "non ci sono 1 ora liberi di seguito")
	b.get(page+"/sposta").send("/sposta", "inizio", "2026-11-24T11:00:00Z").want(409)
	w.Check(t)
}

func TestPagesOfFiveThousandBookings(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	b := w.as("maria", "it")
	b.kept("D-01").send("/rinuncia").want(200)
	list, err := w.Service.List(t.Context(), w.Maria.Actor, reserve.Last, 1)
	if err != nil {
		t.Fatal(err)
	}
	var args []any
	for i := range 5000 {
		args = append(args, clock.NewID(), int64(i+1)*int64(time.Hour/time.Microsecond))
	}
	err = w.DB.Write(t.Context(), func(tx *db.Tx) error {
		for len(args) > 0 {
			n := min(len(args), 2*db.MaxRows())
			q, padded := oldBooking.For(slices.Clone(args[:n]), list[0].ID)
			if _, err := tx.Exec(t.Context(), q, padded...); err != nil {
				return err
			}
			args = args[n:]
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	pages := 0
	for href := "/prenotazioni"; href != ""; pages++ {
		b.get(href).want(200)
		for _, a := range b.page.One(t, ".polis-rows").All("a") {
			if seen[a.Attr["href"]] {
				t.Fatalf("%s comes twice", a.Attr["href"])
			}
			seen[a.Attr["href"]] = true
		}
		href = ""
		if next := b.page.All("[rel=next]"); len(next) == 1 {
			href = next[0].Attr["href"]
		}
	}
	if len(seen) != 5001 || pages != 251 {
		t.Errorf("%d bookings on %d pages, want 5001 on 251", len(seen), pages)
	}
}

// The clock of a hold in a real browser: it ticks by the time that the server
// said, tells who cannot see it, and gives way to what the server says.
func TestHoldInABrowser(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	w.always = "maria"
	if !w.built {
		t.Skip("SKIPPED: the front end is not built")
	}
	giveRules(t, w.World, "", 3)
	b, err := w.Service.Hold(t.Context(), w.Maria.Actor, ask(on(w.World, 0, 9, 13, "D-01"), on(w.World, 1, 9, 13, "D-01")))
	if err != nil {
		t.Fatal(err)
	}
	at := w.srv.URL + "/prenotazioni/" + b.ID
	tab := browser.Open(t)
	for _, view := range browser.Views {
		tab.Width(view.Width)
		tab.Go(at + "?lang=" + view.Lang)
		tab.Do(chromedp.Click(".polis-more summary"), chromedp.Click(".polis-rules summary"))
		tab.Check()
	}
	tab.Go(at + "?lang=it")
	tab.Do(chromedp.Click("form[action$=conferma] button")) // without the rules
	tab.WaitFor(`document.activeElement?.id === "error-summary"`)
	tab.Faults() // the browser notes the status 422
	tab.Check()
	w.Clock.Set(b.Due.Add(-122 * time.Second))
	tab.Go(at)
	tab.WaitFor(`document.querySelector(".polis-countdown strong").textContent === "2:00" && document.querySelector("[data-countdown-said]").textContent.includes("2 minuti")`)
	w.Clock.Set(b.Due.Add(-2 * time.Second))
	tab.Go(at)
	tab.WaitFor(`document.querySelector(".polis-countdown strong")?.textContent === "0:01"`)
	w.Clock.Set(b.Due)
	tab.WaitFor(`document.querySelector("form[action$=riprova]") !== null && document.querySelector("h1").textContent === "Tempo scaduto"`)
	tab.Check()
	// once more: confirmed, then the button "back"
	tab.Do(chromedp.Click("form[action$=riprova] button"))
	tab.WaitFor(`document.querySelector("form[action$=conferma]") !== null`)
	tab.Do(chromedp.Click("input[name=regolamento]"), chromedp.Click("form[action$=conferma] button"))
	tab.WaitFor(`document.querySelector(".polis-pass") !== null`)
	tab.Check()
	tab.Do(chromedp.Click(".polis-part-rows a"))
	tab.WaitFor(`document.querySelector(".polis-starts") !== null`)
	for _, width := range []int64{1280, 390} {
		tab.Width(width)
		tab.Check()
	}
	tab.Do(chromedp.Click(".polis-starts button"))
	tab.WaitFor(`document.querySelector(".polis-pass") !== null`)
	browser.Eval[bool](tab, `setTimeout(() => history.back()), true`)
	tab.WaitFor(`document.querySelector(".polis-starts, .polis-pass") !== null`)
	browser.Eval[bool](tab, `setTimeout(() => history.go(-2)), true`)
	tab.WaitFor(`location.pathname.startsWith("/prenotazioni/") && document.querySelector("form[action$=conferma]") === null && document.querySelector("form[action$=riprova], .polis-pass") !== null`)
	tab.Go(w.srv.URL + "/prenotazioni")
	tab.Check()
	coming, err := w.Service.Coming(t.Context(), w.Maria.Actor)
	if err != nil || len(coming) != 1 {
		t.Fatalf("%d coming, %v", len(coming), err)
	}
	w.Clock.Set(coming[0].Starts)
	if _, err := w.Service.CheckIn(t.Context(), w.Maria.Actor, coming[0].ID); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(15 * time.Minute)
	tab.Go(w.srv.URL + "/prenotazioni")
	tab.Check()
	tab.Do(chromedp.Click(".polis-score[value='4']"))
	tab.WaitFor(`document.querySelector(".polis-alert-success") !== null && document.querySelector(".polis-rating") === null`)
	tab.Go(w.srv.URL + "/prenotazioni/" + coming[0].ID)
	tab.Check()
	if faults := tab.Faults(); len(faults) > 0 {
		t.Error(faults)
	}
}

// A program extends a hold, accepts the rules and rates the visit; one that
// knows of neither books as before.
func TestProgramsExtendAcceptAndRate(t *testing.T) {
	const at = `"from":"2026-11-24T08:00:00Z","to":"2026-11-24T10:00:00Z"`
	play(t,
		step{then: func(t *testing.T, w *coworkingtest.World) { giveRules(t, w, "", 3) }},
		step{as: "maria", do: "POST /holds", body: `{"resources":["<aurora.D-01>"],` + at + `}`, want: 201, keep: "b", has: `{"house_rules":[{"version":3,"accepted":false}]}`},
		step{
			as: "maria", do: "POST /holds/<b>/parts", head: map[string]string{"Idempotency-Key": "k1"}, want: 200,
			body: `{"site":"aurora","kind":"desk","from":"2026-11-25T08:00:00Z","to":"2026-11-25T10:00:00Z"}`,
			has:  `{"status":"held","parts":[{"resources":["<aurora.D-01>"]},{"from":"2026-11-25T09:00:00+01:00"}],"rev":2}`,
		},
		step{
			name: "again", as: "maria", do: "POST /holds/<b>/parts", head: map[string]string{"Idempotency-Key": "k1"}, want: 200,
			body: `{"site":"aurora","kind":"desk","from":"2026-11-25T08:00:00Z","to":"2026-11-25T10:00:00Z"}`, has: `{"rev":2}`,
		},
		step{
			name: "unchanged since", as: "maria", do: "POST /holds/<b>/parts", head: map[string]string{"If-Match": `"1"`}, want: 412,
			body: `{"resources":["<aurora.D-02>"],` + at + `}`,
		},
		step{name: "by somebody else", as: "giuseppe", do: "POST /holds/<b>/parts", body: `{"resources":["<aurora.D-02>"],` + at + `}`, want: 404},
		step{name: "twice the same", as: "maria", do: "POST /holds/<b>/parts", body: `{"resources":["<aurora.D-01>"],` + at + `}`, want: 409, has: `{"code":"booking.taken"}`},
		step{as: "maria", do: "POST /bookings/<b>/confirm", want: 200, has: `{"status":"confirmed","house_rules":[{"version":3,"accepted":false}]}`},
		step{as: "maria", do: "POST /bookings/<b>/confirm", body: `{"accept_rules":true}`, want: 200, has: `{"house_rules":[{"version":3,"accepted":true}]}`},
		step{as: "maria", do: "GET /bookings/<b>", want: 200, has: `{"house_rules":[{"version":3,"accepted":true}]}`},
		step{as: "giuseppe", do: "POST /bookings", body: `{"resources":["<aurora.D-03>"],"accept_rules":true,` + at + `}`, want: 201, has: `{"house_rules":[{"accepted":true}]}`},
		step{as: "load", do: "POST /bookings", body: `{"resources":["<aurora.D-04>"],` + at + `}`, want: 201, hasNot: []string{"house_rules"}, keep: "c"},
		step{as: "load", do: "GET /bookings/<c>", want: 200, has: `{"house_rules":[{"accepted":false}]}`},
		step{as: "maria", do: "PUT /bookings/<b>/rating", body: `{"score":5}`, want: 422, has: `{"code":"rating.early"}`},
		step{at: "2026-11-24T08:00:00Z", as: "maria", do: "POST /bookings/<b>/check-in", want: 200},
		step{at: "2026-11-24T08:15:00Z", as: "maria", do: "PUT /bookings/<b>/rating", body: `{"score":6}`, want: 400},
		step{as: "maria", do: "PUT /bookings/<b>/rating", body: `{"score":5}`, want: 204},
		step{as: "maria", do: "POST /holds/<b>/parts", body: `{"resources":["<aurora.D-02>"],` + at + `}`, want: 409, has: `{"code":"booking.checked-in"}`},
	)
}

// The page of a booking says where its mail goes, to nobody but who knows the
// address.
func TestPagesSayWhereTheMailGoes(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	b := w.as("maria", "it")
	b.kept("D-01").send("/conferma").want(200, "Prenotazione confermata")
	if strings.Contains(b.page.One(t, "main").Text(), "La conferma") {
		t.Error("a mail is told that nobody asked for")
	}
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		return w.Notes.Send(t.Context(), tx, w.Clock.Now(), notify.Note{
			Person: w.Maria.Person, Kind: "booking.confirmed", About: strings.TrimPrefix(b.at, "/prenotazioni/"),
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	b.get(b.at).want(200, "La conferma arriva tra poco a m…@e….")
}
