package e2e

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// A power cut right after a booking is confirmed: the mail of it is sent once
// the program is back, and once only.
func TestMailAfterAPowerCut(t *testing.T) {
	everyDay(t)
	t.Parallel()
	post := newMailServer(t)
	s := newDemo(t, sqlite)
	args := []string{"--demo", "--smtp", "smtp://" + post.address + "?starttls=never", "--mail-from", "Polis <noreply@polis.example.org>"}
	post.refuse = func(string) error { return &smtp.SMTPError{Code: 451, Message: "not now"} }
	srv := serve(t, s, args...)
	maria := srv.visitor()
	maria.signIn("maria")
	_, path := maria.page("POST", "/spazi/gavirate/prenota", url.Values{
		"modo": {"auto"}, "posti": {"1"}, "tipo": {"desk"}, "giorno": {srv.quietDay()}, "dalle": {"10:00"}, "alle": {"12:00"},
	})
	maria.confirmed(path)
	srv.kill()
	post.refuse = func(string) error { return nil }
	s.exec(t, "UPDATE job SET run_at = 0") // nobody waits for the next attempt
	srv = serve(t, s, args...)
	if first := post.next(t, 1); !strings.Contains(first.Text, path) {
		t.Errorf("another mail: %s", first.Text)
	}
	eventually(t, 30*time.Second, "the message is noted as sent", func() bool {
		return s.number(t, "SELECT COUNT(*) FROM message WHERE state = 'sent'") == 1
	})
	srv.stop()
	if len(post.got) != 1 {
		t.Errorf("%d mails", len(post.got))
	}
	s.check(t)
}

var (
	feedAddress = regexp.MustCompile(`/calendario/([A-Za-z0-9_-]{20,})\.ics`)
	reportKey   = regexp.MustCompile(`[?&]chiave=([A-Za-z0-9_-]{10,})`)
)

// What is personal or secret of a whole journey stands in no log, however much
// is logged, in no metric, and in no table that tells what happened.
func TestNothingPersonalIsLeft(t *testing.T) {
	everyDay(t)
	t.Parallel()
	post := newMailServer(t)
	s := newDemo(t, sqlite)
	srv := serve(t, s, "--demo", "--log-level", "debug", "--smtp", "smtp://"+post.address+"?starttls=never", "--mail-from", "Polis <noreply@polis.example.org>")
	maria := srv.visitor()
	maria.signIn("maria")
	day := srv.quietDay()
	when := url.Values{"giorno": {day}, "dalle": {"10:00"}, "alle": {"12:00"}, "tipo": {"desk"}, "q": {"Gavirate"}}
	maria.page("GET", "/spazi?"+when.Encode(), nil)
	maria.page("POST", "/prenotazioni/ricerche", when)
	hold := url.Values{"modo": {"auto"}, "posti": {"1"}, "giorno": {day}, "dalle": {"10:00"}, "alle": {"12:00"}, "tipo": {"desk"}}
	_, path := maria.page("POST", "/spazi/gavirate/prenota", hold)
	var refused atomic.Int32 // servers name in their answers whom they refuse
	post.refuse = func(to string) error {
		if refused.Add(1) == 1 {
			return &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 1}, Message: "<" + to + ">: Bianchi is not here now"}
		}
		return nil
	}
	maria.confirmed(path)
	eventually(t, 30*time.Second, "a mail is refused", func() bool {
		return s.number(t, "SELECT COUNT(*) FROM job WHERE error <> ''") == 1
	})
	if text := s.text(t, "SELECT error FROM job WHERE error <> ''"); strings.Contains(text, "Bianchi") || strings.Contains(text, "maria") {
		t.Errorf("work keeps whom a mail server refused: %s", text)
	}
	s.exec(t, "UPDATE job SET run_at = 0 WHERE error <> ''") // the next mail has it sent too

	const word = "Ornitorincospia"
	a, _ := maria.visit("POST", "/segnala", url.Values{"tema": {"altro"}, "testo": {word + " non va per niente."}, "chiave": {"chiavedellarichiesta01"}})
	if a.status != http.StatusOK || !strings.Contains(string(a.body), word) {
		t.Fatalf("the report: %d", a.status)
	}
	guest := srv.visitor()
	guest.visit("POST", "/segnala", url.Values{"tema": {"altro"}, "testo": {word + " di un visitatore."}, "email": {"ospite.segreto@example.org"}, "chiave": {"chiavedellarichiesta02"}})

	a, _ = maria.visit("GET", "/prenotazioni/calendario", nil)
	feed := feedAddress.FindSubmatch(a.body)
	if feed == nil {
		if a, _ = maria.visit("POST", "/prenotazioni/calendario/nuovo-indirizzo", url.Values{}); a.status == http.StatusOK {
			feed = feedAddress.FindSubmatch(a.body)
		}
	}
	if feed == nil {
		t.Fatalf("no address of the calendar: %d", a.status)
	}
	srv.want(t, http.StatusOK, "GET", string(feed[0]), "", nil)
	srv.want(t, http.StatusNotFound, "GET", string(feed[0][:len(feed[0])-5])+"x.ics", "", nil)
	eventually(t, 30*time.Second, "the mails are sent", func() bool {
		return s.number(t, "SELECT COUNT(*) FROM message WHERE state = 'sent'") >= 3
	})
	secrets := []string{"Bianchi", "maria@example.org", "ospite.segreto", word, string(feed[1])}
	post.mu.Lock()
	for _, mail := range post.got {
		if m := reportKey.FindStringSubmatch(mail.Text); m != nil {
			secrets = append(secrets, m[1])
		}
	}
	post.mu.Unlock()
	if len(secrets) == 5 {
		t.Errorf("no mail with the key of a report: %d", len(post.got))
	}
	for _, key := range secrets[5:] { // the key is used, and a wrong one
		guest.visit("GET", "/segnalazioni/2026-000001?chiave="+key, nil)
	}
	anna := srv.visitor()
	anna.signIn("anna")
	anna.page("GET", "/accoglienza?casa=gavirate", nil)
	anna.page("POST", "/accoglienza?casa=gavirate", url.Values{"cerca": {"Bianchi"}, "casa": {"gavirate"}})
	for _, v := range []*visitor{maria, anna} {
		for name, value := range v.cookies {
			if strings.Contains(name, "session") {
				secrets = append(secrets, value)
			}
		}
	}
	if len(secrets) < 8 {
		t.Errorf("%d secrets: are the sessions found?", len(secrets))
	}
	metrics := string(srv.want(t, http.StatusOK, "GET", "/metrics", "", nil).body)
	srv.stop()
	log := srv.log.String()
	if !strings.Contains(log, "a job failed") {
		t.Errorf("the log does not tell of the mail that was refused: %.500s", log)
	}
	for _, secret := range secrets {
		for where, text := range map[string]string{"log": log, "metrics": metrics} {
			if i := strings.Index(strings.ToLower(text), strings.ToLower(secret)); i >= 0 {
				t.Errorf("%.6s… stands in the %s: %.200s", secret, where, text[max(0, i-100):])
			}
		}
		for query, table := range map[string]string{
			"SELECT COUNT(*) FROM act WHERE instr(lower(data || subject || kind), lower($1)) > 0":                "act",
			"SELECT COUNT(*) FROM message WHERE instr(lower(data || about || reason || kind), lower($1)) > 0":    "message",
			"SELECT COUNT(*) FROM job WHERE instr(lower(args || error || kind), lower($1)) > 0":                  "job",
			"SELECT COUNT(*) FROM report WHERE instr(lower(CAST(body AS TEXT) || request), lower($1)) > 0":       "report",
			"SELECT COUNT(*) FROM calendar_feed WHERE instr(id, $1) > 0":                                         "calendar_feed",
			"SELECT COUNT(*) FROM session WHERE instr(lower(CAST(data AS TEXT) || id || person), lower($1)) > 0": "session",
		} {
			if n := s.number(t, query, secret); n != 0 {
				t.Errorf("%.6s… stands in %d rows of %s", secret, n, table)
			}
		}
	}
	s.check(t)
}
