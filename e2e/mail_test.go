package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/emersion/go-smtp"
	"github.com/jhillyerd/enmime/v2"
)

// mailServer receives what the program sends, over a real conversation on
// loopback. It refuses those to whom refuse says so.
type mailServer struct {
	address string
	refuse  func(to string) error

	mu   sync.Mutex
	got  []*enmime.Envelope
	came chan struct{}
}

func newMailServer(t *testing.T) *mailServer {
	t.Helper()
	m := &mailServer{came: make(chan struct{}, 100), refuse: func(string) error { return nil }}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.address = ln.Addr().String()
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &mailSession{m: m}, nil }))
	srv.Domain, srv.MaxMessageBytes = "localhost", 1<<20
	go srv.Serve(ln) //nolint:errcheck // it ends with the test
	t.Cleanup(func() { srv.Close() })
	return m
}

type mailSession struct{ m *mailServer }

func (s *mailSession) Mail(string, *smtp.MailOptions) error { return nil }

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error { return s.m.refuse(to) }

func (s *mailSession) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	e, err := enmime.ReadEnvelope(bytes.NewReader(data))
	if err != nil {
		return err
	}
	s.m.mu.Lock()
	s.m.got = append(s.m.got, e)
	s.m.mu.Unlock()
	s.m.came <- struct{}{}
	return nil
}

func (s *mailSession) Reset() {}

func (s *mailSession) Logout() error { return nil }

// next waits for the nth message.
func (m *mailServer) next(t testing.TB, n int) *enmime.Envelope {
	t.Helper()
	for {
		m.mu.Lock()
		if len(m.got) >= n {
			defer m.mu.Unlock()
			return m.got[n-1]
		}
		m.mu.Unlock()
		select {
		case <-m.came:
		case <-time.After(30 * time.Second):
			m.mu.Lock()
			for _, e := range m.got {
				t.Logf("to %s: %s\n%.400s", e.GetHeader("To"), e.GetHeader("Subject"), e.Text)
			}
			m.mu.Unlock()
			t.Fatalf("mail %d does not come", n)
		}
	}
}

// event is the one event of a mail's calendar, as another's parser reads it;
// part and attachment must say the same.
func event(t *testing.T, e *enmime.Envelope, method string) *ics.VEvent {
	t.Helper()
	var parts []*enmime.Part
	parts = append(parts, e.OtherParts...)
	parts = append(parts, e.Attachments...)
	var found *ics.VEvent
	for _, p := range parts {
		if !strings.HasPrefix(p.ContentType, "text/calendar") && !strings.HasSuffix(p.FileName, ".ics") {
			continue
		}
		cal, err := ics.ParseCalendar(bytes.NewReader(p.Content))
		if err != nil {
			t.Fatalf("%s: %v\n%s", p.FileName, err, p.Content)
		}
		for _, prop := range cal.CalendarProperties {
			if prop.IANAToken == "METHOD" && prop.Value != method {
				t.Errorf("METHOD:%s, want %s", prop.Value, method)
			}
		}
		if n := len(cal.Events()); n != 1 {
			t.Fatalf("%d events", n)
		}
		found = cal.Events()[0]
	}
	if found == nil {
		t.Fatalf("%q has no calendar", e.GetHeader("Subject"))
	}
	return found
}

func prop(e *ics.VEvent, name ics.ComponentProperty) string {
	if p := e.GetProperty(name); p != nil {
		return p.Value
	}
	return ""
}

var ruleBox = regexp.MustCompile(`name="regolamento" value="([^"]+)"`)

// confirmed confirms a hold as its page asks for it.
func (v *visitor) confirmed(path string) {
	v.t.Helper()
	a, _ := v.visit("GET", path, nil)
	form := url.Values{}
	for _, m := range ruleBox.FindAllStringSubmatch(string(a.body), -1) {
		form.Add("regolamento", m[1])
	}
	v.page("POST", path+"/conferma", form)
}

// What a person is told by mail when they book, move and cancel, on both
// engines, read by others' parsers; a mailbox that does not exist is noted.
func TestMailsOfABooking(t *testing.T) {
	everyDay(t)
	t.Parallel()
	onEach(t, func(t *testing.T, e engine) {
		post := newMailServer(t)
		srv := serve(t, newDemo(t, e), "--demo", "--smtp", "smtp://"+post.address+"?starttls=never", "--mail-from", "Polis <noreply@polis.example.org>")
		maria := srv.visitor()
		maria.signIn("maria")
		day := srv.quietDays(srv.placesOf("gavirate", "desk")[0].ID, 1)[0]
		hold := url.Values{
			"modo": {"auto"}, "posti": {"1"}, "tipo": {"desk"},
			"giorno": {day.Format(time.DateOnly)}, "dalle": {"10:00"}, "alle": {"12:00"},
		}
		_, path := maria.page("POST", "/spazi/gavirate/prenota", hold)
		maria.confirmed(path)

		first := post.next(t, 1)
		if to := first.GetHeader("To"); !strings.Contains(to, "maria@example.org") {
			t.Errorf("it goes to %q", to)
		}
		if s := first.GetHeader("Subject"); !strings.Contains(s, "Gavirate") || !strings.Contains(s, "confermata") {
			t.Errorf("subject %q", s)
		}
		if !strings.Contains(first.Text, path) || !strings.Contains(first.Text, "10:00") || strings.Contains(first.HTML, "<script") || strings.Contains(first.HTML, "http-equiv") {
			t.Errorf("text: %s", first.Text)
		}
		for _, err := range first.Errors {
			t.Errorf("the parser complains: %v", err)
		}
		booked := event(t, first, "REQUEST")
		starts, err := booked.GetStartAt()
		if want := time.Date(day.Year(), day.Month(), day.Day(), 10, 0, 0, 0, rome); err != nil || !starts.Equal(want) {
			t.Errorf("starts %v, %v", starts, err)
		}

		page, _ := maria.page("GET", path+"/sposta", nil)
		rev := page.All("input[name=rev]")[0].Attr["value"]
		maria.page("POST", path+"/sposta", url.Values{"rev": {rev}, "giorno": hold["giorno"], "dalle": {"14:00"}, "alle": {"16:00"}})
		moved := event(t, post.next(t, 2), "REQUEST")
		if prop(moved, ics.ComponentPropertyUniqueId) != prop(booked, ics.ComponentPropertyUniqueId) {
			t.Error("the moved event is another one")
		}
		if a, b := prop(booked, ics.ComponentPropertySequence), prop(moved, ics.ComponentPropertySequence); number(a) >= number(b) {
			t.Errorf("sequence %s after %s", b, a)
		}

		page, _ = maria.page("GET", path+"/annulla", nil)
		maria.page("POST", path+"/annulla", url.Values{"rev": {page.All("input[name=rev]")[0].Attr["value"]}})
		gone := event(t, post.next(t, 3), "CANCEL")
		if prop(gone, ics.ComponentPropertyUniqueId) != prop(booked, ics.ComponentPropertyUniqueId) || prop(gone, ics.ComponentPropertyStatus) != "CANCELLED" ||
			number(prop(gone, ics.ComponentPropertySequence)) <= number(prop(moved, ics.ComponentPropertySequence)) {
			t.Errorf("cancelled: %s", gone.Serialize(&ics.SerializationConfiguration{MaxLength: 75, NewLine: "\n"}))
		}

		post.refuse = func(string) error {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
		}
		_, path = maria.page("POST", "/spazi/gavirate/prenota", hold)
		maria.confirmed(path)
		noted := false
		for end := time.Now().Add(30 * time.Second); !noted && time.Now().Before(end); {
			a, _ := maria.visit("GET", "/prenotazioni", nil)
			noted = a.status == http.StatusOK && strings.Contains(string(a.body), "polis-alert-warning")
		}
		if !noted {
			t.Error("the list does not say that mails come back")
		}
	})
}

// number reads a small number.
func number(text string) (n int) {
	fmt.Sscan(text, &n) //nolint:errcheck // what is none is 0
	return n
}
