package follow_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/programme/follow"
)

var (
	measure = follow.Topic{Kind: follow.Measure}
	houses  = follow.Topic{Kind: follow.Houses}
)

func (w *world) count(t follow.Topic) int {
	w.t.Helper()
	n, err := w.Count(w.t.Context(), t)
	w.must(err)
	return n
}

// The way of a follower through their mailbox: nothing is followed until they have
// pressed the button, which works once; all is changed and ended without a password.
func TestDoubleOptInAndStop(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		status, to := w.ask("POST", "/programma/segui?lang=en", url.Values{"cosa": {"misura"}, "ritmo": {"subito"}, "email": {"Ada@Example.org"}})
		if status != 303 || to != "/programma/segui/inviata" {
			t.Fatalf("asked: %d %s", status, to)
		}
		mails := w.run()
		if len(mails) != 1 || mails[0].To != "ada@example.org" || mails[0].Lang != "en" || mails[0].Unsubscribe != "" {
			t.Fatalf("%+v", mails)
		}
		link := w.link(mails[0], "conferma")
		for range 2 { // a scanner opens links
			if status, page := w.ask("GET", link, nil); status != 200 || !strings.Contains(page, "a…@example.org") || w.count(measure) != 0 {
				t.Errorf("opened: %d, %d follow", status, w.count(measure))
			}
		}
		var mine string
		if status, mine = w.ask("POST", link, nil); status != 303 || w.count(measure) != 1 {
			t.Fatalf("confirmed: %d, %d follow", status, w.count(measure))
		}
		if status, page := w.ask("POST", link, nil); status == 303 || !strings.Contains(page, "già stato usato") || w.count(measure) != 1 {
			t.Errorf("confirmed twice: %d", status)
		}
		if status, page := w.ask("GET", mine, nil); status != 200 || !strings.Contains(page, "La misura") || strings.Contains(page, "ada@") {
			t.Errorf("what is followed: %d", status)
		}
		w.follows("ada@example.org", follow.Topic{Kind: follow.Province, Place: "VA"}, follow.AtOnce, "it")
		if status, _ := w.ask("POST", mine, url.Values{"togli": {"measure:"}}); status != 303 || w.count(measure) != 0 || w.count(follow.Topic{Kind: follow.Province, Place: "VA"}) != 1 {
			t.Errorf("one taken away: %d", status)
		}
		if status, _ := w.ask("POST", mine, url.Values{"tutto": {"1"}}); status != 303 || rows(t, d) != 0 {
			t.Errorf("stopped: %d, %d rows", status, rows(t, d))
		}
		if status, page := w.ask("GET", mine, nil); status != 200 || !strings.Contains(page, "Non si segue niente") {
			t.Errorf("afterwards: %d", status)
		}
	})
}

var allRows = db.Q("follow.test-rows", `
	SELECT (SELECT COUNT(*) FROM programme_follower) + (SELECT COUNT(*) FROM programme_follow) + (SELECT COUNT(*) FROM programme_follow_request)`)

func rows(t testing.TB, d *db.DB) (n int) {
	t.Helper()
	if err := db.One(t.Context(), d, allRows, nil, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Two who press the button at the same moment make one follow; what nobody confirms
// is over after three days, and gone.
func TestConfirmingRacesAndEnds(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.must(w.Ask(t.Context(), follow.Asking{Address: "ada@example.org", Topic: measure, Rhythm: follow.Weekly, Language: "it"}))
		_, key, _ := strings.Cut(w.link(w.run()[0], "conferma"), "/conferma/")
		var wait sync.WaitGroup
		done := make([]error, 4)
		for i := range done {
			wait.Go(func() { _, _, done[i] = w.Confirm(t.Context(), key) })
		}
		wait.Wait()
		good := 0
		for _, err := range done {
			switch {
			case err == nil:
				good++
			case !errs.HasKey(err, "follow.link.over"):
				t.Error(err)
			}
		}
		if good != 1 || w.count(measure) != 1 {
			t.Errorf("%d confirmed, %d follow", good, w.count(measure))
		}
		w.must(w.Ask(t.Context(), follow.Asking{Address: "bea@example.org", Topic: measure, Rhythm: follow.Weekly, Language: "it"}))
		late := w.link(w.run()[0], "conferma")
		w.clock.Advance(3*24*time.Hour + time.Second)
		if status, page := w.ask("POST", late, nil); status == 303 || !strings.Contains(page, "scaduto") || w.count(measure) != 1 {
			t.Errorf("late: %d", status)
		}
		w.run()
		if n := rows(t, d); n != 2 { // Ada and what she follows
			t.Errorf("%d rows are left", n)
		}
	})
}

// A link opens nothing but what it was made for, and is not guessed: who tries is
// made to wait.
func TestLinksAreNotGuessed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	w.follows("ada@example.org", measure, follow.AtOnce, "it")
	w.must(w.AskChange(t.Context(), "ada@example.org", "it", ipOf(9)))
	mine := w.link(w.run()[0], "mie")
	_, key, _ := strings.Cut(mine, "/mie/")
	part := strings.Split(key, ".")
	for _, path := range []string{
		"/programma/segui/stop/" + key, "/programma/segui/conferma/" + key, "/programma/segui/mie/" + part[0] + ".0." + part[2],
		"/programma/segui/mie/" + part[0] + "." + part[1] + ".AAAAAAAAAAAAAAAAAAAAAA", "/programma/segui/mie/x", "/programma/segui/mie/..",
		"/programma/segui/stop/" + strings.Repeat("a", 4000), "/programma/segui/mie/" + part[0] + "." + part[1] + ".", "/programma/segui/mie/%2e%2e%2f",
	} {
		if status, _ := w.ask("POST", path, url.Values{"tutto": {"1"}}); status != 404 && status != 301 && status != 307 && status != 405 {
			t.Errorf("%s: %d", path, status)
		}
	}
	if w.count(measure) != 1 {
		t.Fatal("a wrong link ended it")
	}
	limited := 0
	for range 60 {
		if status, _ := w.ask("GET", "/programma/segui/mie/"+part[0]+".0.wrong", nil); status == http.StatusTooManyRequests {
			limited++
		}
	}
	if limited < 20 {
		t.Errorf("%d of 60 guesses were held up", limited)
	}
	if status, _ := w.ask("GET", mine, nil); status != 200 {
		t.Errorf("the right link meanwhile: %d", status)
	}
	w.clock.Advance(61 * 24 * time.Hour)
	if status, page := w.ask("GET", mine, nil); status == 200 || !strings.Contains(page, "scaduto") {
		t.Errorf("after two months: %d", status)
	}
}

// Nothing that is answered tells whether an address follows something; each address
// and each client has its limit, and no address brings a header of its own.
func TestAskingTellsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	w.follows("ada@example.org", measure, follow.AtOnce, "it")
	send := func(path, email string) (int, string) {
		return w.ask("POST", path, url.Values{"cosa": {"misura"}, "ritmo": {"subito"}, "email": {email}})
	}
	for _, path := range []string{"/programma/segui", "/programma/segui/mie"} {
		status, known := send(path, "ada@example.org")
		other, unknown := send(path, "nobody@example.org")
		if status != other || known != unknown || status != 303 {
			t.Errorf("%s: %d %q, and %d %q", path, status, known, other, unknown)
		}
	}
	if mails := w.run(); len(mails) != 3 { // two to confirm, and one with the link of who follows
		t.Errorf("%d mails", len(mails))
	}
	for _, bad := range []string{
		"", "ada", "@", "a@b@c", "ada@example.org\r\nBcc: eva@example.org", "ada@example.org\nSubject: x", "ada@example.org,eva@example.org",
		"<ada@example.org>", "Ada <ada@example.org>", "ada@example.org ", strings.Repeat("a", 300) + "@example.org", "ada@exa mple.org", "ada\u202e@example.org",
	} {
		status, _ := send("/programma/segui", bad)
		if strings.TrimSpace(bad) == "ada@example.org" {
			continue // a space behind it is no fault
		}
		if status != 422 && status != 400 {
			t.Errorf("%q: %d", bad, status)
		}
	}
	limited := 0
	for range 12 {
		if status, _ := send("/programma/segui", "vittima@example.org"); status == 429 {
			limited++
		}
	}
	if mails := w.run(); limited != 6 || len(mails) > 8 {
		t.Errorf("one address: %d held up, %d mails", limited, len(mails))
	}
	limited = 0
	for i := range 30 {
		if status, _ := send("/programma/segui", "p"+string(rune('a'+i))+"@example.org"); status == 429 {
			limited++
		}
	}
	if limited < 15 {
		t.Errorf("one client: %d of 30 held up", limited)
	}
}

// RFC 8058: a mail program posts without cookies, origin or anything else, and is
// answered at once; a second time too. Opening the address ends nothing.
func TestOneClickStop(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.tell(w.TellAtOnce)
		w.follows("ada@example.org", houses, follow.AtOnce, "it")
		w.publish("works", worksOf(t, "gavirate", "2026-10-01", "2026-11-02", ""))
		mails := w.tell(w.TellAtOnce)
		if len(mails) != 1 || !strings.HasPrefix(mails[0].Unsubscribe, publicURL+"/programma/segui/stop/") {
			t.Fatalf("%+v", mails)
		}
		stop := mails[0].Unsubscribe
		if status, page := w.ask("GET", stop, nil); status != 200 || w.count(houses) != 1 || !strings.Contains(page, "Tutte le case") {
			t.Errorf("opened: %d", status)
		}
		for _, headers := range [][]string{nil, {"Origin", "https://mail.example.com", "Sec-Fetch-Site", "cross-site"}, {"Content-Type", "multipart/form-data; boundary=x"}} {
			if status, _ := w.ask("POST", stop, url.Values{"List-Unsubscribe": {"One-Click"}}, headers...); status != 200 || w.count(houses) != 0 {
				t.Errorf("stopped with %q: %d", headers, status)
			}
		}
		w.publish("works", worksOf(t, "orvieto", "2026-10-01", "2026-11-03", ""))
		if mails := w.tell(w.TellAtOnce); len(mails) != 0 || rows(t, d) != 0 {
			t.Errorf("then %d mails, %d rows", len(mails), rows(t, d))
		}
	})
}

// Who is signed in follows with one click, by the address that they have proved.
func TestOwnAddressIsConfirmedAlready(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	if status, page := w.ask("GET", "/programma/segui?casa=gavirate", nil, whoHeader, "maria"); status != 200 || !strings.Contains(page, "m…@example.org") || strings.Contains(page, `name="email"`) {
		t.Errorf("the form: %d", status)
	}
	if status, to := w.ask("POST", "/programma/segui", url.Values{"sede": {"gavirate"}, "ritmo": {"settimana"}}, whoHeader, "maria"); status != 303 || to != "/programma/segui/mie" {
		t.Errorf("followed: %d %s", status, to)
	}
	if w.count(follow.Topic{Kind: follow.House, Place: "gavirate"}) != 1 || len(w.run()) != 0 {
		t.Error("it is not followed at once")
	}
	if status, page := w.ask("GET", "/programma/segui/mie", nil, whoHeader, "maria"); status != 200 || !strings.Contains(page, "Spazio Aurora, Gavirate (VA)") {
		t.Errorf("hers: %d", status)
	}
	if status, _ := w.ask("POST", "/programma/segui/mie", url.Values{"togli": {"house:gavirate"}}, whoHeader, "maria"); status != 303 || w.count(follow.Topic{Kind: follow.House, Place: "gavirate"}) != 0 {
		t.Errorf("taken away: %d", status)
	}
	acting := w.maria
	acting.By = "somebody"
	if err := w.FollowOwn(t.Context(), acting, measure, follow.Weekly, "it"); !errs.Is(err, errs.Forbidden) {
		t.Errorf("for somebody else: %v", err)
	}
	if err := w.FollowOwn(t.Context(), identity.Anonymous, measure, follow.Weekly, "it"); err == nil {
		t.Error("a visitor has an address")
	}
}

// What cannot be followed is said, and what fits several houses is asked.
func TestWhatToFollow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	for want, form := range map[string]url.Values{
		"Scegliere una regione": {"cosa": {"territorio"}, "territorio": {"paese:IT"}},
		"Nessuna casa":          {"cosa": {"casa"}, "casa": {"zzzz"}},
	} {
		form.Set("email", "ada@example.org")
		if status, page := w.ask("POST", "/programma/segui", form); status != 400 && status != 422 || !strings.Contains(page, want) {
			t.Errorf("%v: %d", form, status)
		}
	}
	w.publish("works", worksOf(t, "gavirate", "2026-10-01", "2026-11-02", "=1+1;\"x\""))
	if status, file := w.ask("GET", "/programma/novita.csv?casa=gavirate", nil); status != 200 || strings.Count(file, "\n") != 3 || !strings.Contains(file, "house/gavirate/phase/survey") {
		t.Errorf("%d %q", status, file)
	}
	for _, path := range []string{"/programma/segui?casa=zzz", "/programma/feed.atom?provincia=ZZ", "/programma/novita?regione=Atlantide"} {
		if status, _ := w.ask("GET", path, nil); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
	status, to := w.ask("POST", "/programma/segui", url.Values{"cosa": {"casa"}, "casa": {"Spazio Duomo, Orvieto (TR)"}, "email": {"ada@example.org"}})
	if mails := w.run(); status != 303 || len(mails) != 1 || !strings.Contains(mails[0].Text, "Spazio Duomo, Orvieto (TR)") {
		t.Errorf("%d %s", status, to)
	}
}
