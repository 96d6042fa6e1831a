package mail

import (
	"bytes"
	"errors"
	"io/fs"
	"mime"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/google/go-cmp/cmp"
	"github.com/jhillyerd/enmime/v2"
	"pgregory.net/rapid"
)

const testID = "0193a1b2-0000-7000-8000-00000000000a"

var noon = time.Date(2026, 11, 16, 12, 0, 0, 0, time.UTC)

func sample() Message {
	return Message{
		ID: testID, Date: noon, From: Sender{Name: "Polis, le case", Address: "polis@example.it", Bounces: "bounce@mail.example.it"},
		To: "maria@example.org", ToName: `Maria "Mimì" D’Angelo`, Subject: "Prenotazione confermata: Gavirate, lunedì 16 novembre, dalle 9 alle 18, Sala dell’Università",
		Text: "Buongiorno.\n\nPerché sì: è confermata.\n.\nFine.\n", Lang: "it",
	}
}

func calendar(method string) Calendar {
	cal := ics.NewCalendar()
	cal.SetMethod(ics.Method(method))
	e := cal.AddEvent("b1@example.it")
	e.SetDtStampTime(noon)
	e.SetStartAt(noon)
	e.SetEndAt(noon.Add(time.Hour))
	e.SetSummary("Università di qualcosa")
	return Calendar{Name: "prenotazione.ics", Method: method, Data: []byte(cal.Serialize(ics.WithNewLine("\r\n")))}
}

func composed(t testing.TB, m Message) []byte {
	t.Helper()
	msg, err := compose(m)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := msg.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// envelope reads a message with a parser that is not ours.
func envelope(t testing.TB, data []byte) *enmime.Envelope {
	t.Helper()
	e, err := enmime.ReadEnvelope(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range e.Errors {
		t.Errorf("the other parser says: %v", problem)
	}
	return e
}

func TestMessageIsReadByOthers(t *testing.T) {
	m := sample()
	m.HTML = "<p>Perché sì</p>"
	m.Calendars = []Calendar{calendar("REQUEST")}
	data := composed(t, m)
	e := envelope(t, data)
	for name, want := range map[string]string{
		"Message-ID": "<" + testID + "@example.it>", "Subject": m.Subject, "Auto-Submitted": "auto-generated",
		"Content-Language": "it", "Date": "Mon, 16 Nov 2026 12:00:00 +0000", "Mime-Version": "1.0",
	} {
		if got := e.GetHeader(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	to, err := e.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Name != m.ToName || to[0].Address != m.To {
		t.Errorf("To: %v, %v", to, err)
	}
	from, err := e.AddressList("From")
	if err != nil || len(from) != 1 || from[0].Name != m.From.Name || from[0].Address != m.From.Address {
		t.Errorf("From: %v, %v", from, err)
	}
	if got := strings.ReplaceAll(e.Text, "\r\n", "\n"); got != m.Text {
		t.Errorf("text %q", got)
	}
	if e.HTML != m.HTML {
		t.Errorf("HTML %q", e.HTML)
	}
	forms := e.Root.DepthMatchAll(func(p *enmime.Part) bool { return p.ContentType == "text/calendar" })
	if len(forms) != 2 || forms[0].Disposition != "" || forms[0].Parent.ContentType != "multipart/alternative" ||
		forms[1].Disposition != "attachment" || forms[1].FileName != "prenotazione.ics" || forms[1].Parent.ContentType != "multipart/mixed" {
		t.Fatalf("%d calendars: %+v", len(forms), forms)
	}
	for _, form := range forms {
		if _, params, err := mime.ParseMediaType(form.Header.Get("Content-Type")); err != nil ||
			params["method"] != "REQUEST" || !strings.EqualFold(params["charset"], "utf-8") {
			t.Errorf("%v, %v", params, err)
		}
		if d := cmp.Diff(m.Calendars[0].Data, form.Content); d != "" {
			t.Errorf("not the bytes of the calendar: %s", d)
		}
		cal, err := ics.ParseCalendar(bytes.NewReader(form.Content))
		if err != nil || len(cal.Events()) != 1 || cal.Events()[0].Id() != "b1@example.it" {
			t.Errorf("%v", err)
		}
	}
	for line := range bytes.Lines(data) {
		if !bytes.HasSuffix(line, []byte("\r\n")) || len(line) > 1000 || slices.ContainsFunc(line, func(b byte) bool { return b > 126 }) {
			t.Errorf("a line that not every server takes: %q", line)
		}
	}
}

func TestCalendarsThatAskNothingAreAttached(t *testing.T) {
	for _, c := range []struct {
		name string
		list []Calendar
	}{
		{"one published", []Calendar{calendar("PUBLISH")}},
		{"two cancelled", []Calendar{calendar("CANCEL"), calendar("CANCEL")}},
	} {
		m := sample()
		m.Calendars = c.list
		e := envelope(t, composed(t, m))
		forms := e.Root.DepthMatchAll(func(p *enmime.Part) bool { return p.ContentType == "text/calendar" })
		if len(forms) != len(c.list) || len(e.Attachments) != len(c.list) {
			t.Errorf("%s: %d calendars, %d attached", c.name, len(forms), len(e.Attachments))
		}
	}
	m := sample()
	m.Calendars = []Calendar{{Name: "x.ics", Method: "REQUEST\r\nX: y", Data: []byte("x")}}
	if _, err := compose(m); err == nil {
		t.Error("took a method that is none")
	}
}

// Whatever the texts hold, the headers are those we write, each once, and the
// other parser reads back one line of the same words.
func TestNobodyWritesHeaders(t *testing.T) {
	want := map[string]bool{}
	for _, k := range envelope(t, composed(t, sample())).GetHeaderKeys() {
		want[k] = true
	}
	nasty := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"x\r\nBcc: eve@example.org", "x\nX-Evil: 1", "x\r\n\r\nbody", "\"quoted\" \\ back", "a\u2028b\u0085c", "=?utf-8?q?=0D=0ABcc:?=",
		strings.Repeat("molto lungo è ", 60), strings.Repeat("w", 2000), "\xff\xfe", ",;:<>@[]()", "\x00\x1b",
	}))
	rapid.Check(t, func(rt *rapid.T) {
		m := sample()
		m.Subject, m.ToName, m.Text = nasty.Draw(rt, "subject"), nasty.Draw(rt, "name"), nasty.Draw(rt, "text")
		m.From.Name, m.Lang = nasty.Draw(rt, "from"), "it"
		m.Calendars = []Calendar{{Name: nasty.Draw(rt, "file"), Method: "PUBLISH", Data: []byte(nasty.Draw(rt, "data"))}}
		msg, err := compose(m)
		if err != nil {
			rt.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := msg.WriteTo(&out); err != nil {
			rt.Fatal(err)
		}
		for line := range bytes.Lines(out.Bytes()) {
			if len(line) > 1000 {
				rt.Fatalf("a line of %d bytes", len(line))
			}
		}
		h, _, err := read(&out)
		if err != nil {
			rt.Fatal(err)
		}
		for name, values := range h {
			if !want[name] && name != "Subject" && name != "Content-Type" || len(values) != 1 {
				rt.Fatalf("header %s: %q", name, values)
			}
		}
		if got := headerText(h.Get("Subject")); strings.ContainsAny(got, "\r\n") {
			rt.Fatalf("subject %q", got)
		}
		to, err := h.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Address != m.To {
			rt.Fatalf("To: %v, %v", to, err)
		}
		from, err := h.AddressList("From")
		if err != nil || len(from) != 1 || from[0].Address != m.From.Address {
			rt.Fatalf("From: %v, %v", from, err)
		}
	})
}

func TestAddressThatIsNoneIsRejected(t *testing.T) {
	for _, to := range []string{"", "maria", "maria@example.org, eve@example.org", "Maria <maria@example.org>", "a@b\r\nBcc: eve@example.org"} {
		m := sample()
		m.To = to
		if _, err := compose(m); err == nil || err.Error() != "mail rejected: 0 5.1.3" {
			t.Errorf("%q: %v", to, err)
		}
	}
	m := sample()
	m.ID = "x>\r\nX: y"
	if _, err := compose(m); err == nil {
		t.Error("took an id that is none")
	}
}

func TestFolder(t *testing.T) {
	f := Folder{Dir: filepath.Join(t.TempDir(), "deep", "mail")}
	if names, err := f.List(); err != nil || len(names) != 0 {
		t.Fatal(names, err)
	}
	m := sample()
	m.Calendars = []Calendar{calendar("CANCEL")}
	if err := f.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	later := sample()
	later.ID, later.Date = "later", noon.Add(time.Microsecond)
	if err := f.Send(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.Dir, "notes.eml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	names, err := f.List()
	want := []string{"20261116T120000.000001Z-later", "20261116T120000.000000Z-" + testID}
	if d := cmp.Diff(want, names); d != "" || err != nil {
		t.Fatal(d, err)
	}
	l, err := f.Open(names[1])
	if err != nil {
		t.Fatal(err)
	}
	if l.Subject != m.Subject || l.Text != m.Text || !l.At.Equal(noon) || l.Lang != "it" || l.To != m.ToName+" <maria@example.org>" || l.From != "Polis, le case <polis@example.it>" ||
		len(l.Calendars) != 1 || l.Calendars[0].Name != "prenotazione.ics" || l.Calendars[0].Method != "CANCEL" ||
		!bytes.Equal(l.Calendars[0].Data, m.Calendars[0].Data) {
		t.Errorf("%+v", l)
	}
	raw, err := f.Raw(names[1])
	if err != nil || envelope(t, raw).GetHeader("Subject") != m.Subject {
		t.Error(err)
	}
	for _, name := range []string{"", "notes", "../mail/" + names[0], names[0] + ".eml", "20261116T120000.000001Z-other"} {
		if _, err := f.Open(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// The address that ends a list stands whole in one line, as mail programs read it
// (RFC 8058); what would be more than an address is not sent.
func TestListsCanBeStopped(t *testing.T) {
	t.Parallel()
	m := sample()
	m.Unsubscribe = "https://polis.example.it/programma/segui/stop/" + testID + ".0." + strings.Repeat("x", 22)
	for _, want := range []string{"\r\nList-Unsubscribe: <" + m.Unsubscribe + ">\r\n", "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"} {
		if !bytes.Contains(composed(t, m), []byte(want)) {
			t.Errorf("no %q in %s", want, composed(t, m))
		}
	}
	if bytes.Contains(composed(t, sample()), []byte("List-Unsubscribe")) {
		t.Error("a message of no list can be stopped")
	}
	for _, bad := range []string{"https://a\r\nBcc: eva@example.org", "https://a b", "https://a>,<https://b", "https://è"} {
		m.Unsubscribe = bad
		if _, err := compose(m); err == nil {
			t.Errorf("%q is sent", bad)
		}
	}
}
