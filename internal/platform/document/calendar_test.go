package document

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Each file of testdata/calendar is a pair: events as JSON, or an object of the
// head's fields and Events, a line of dashes, the calendar they make (line ends as LF). A new case is a new file.
func TestCalendarGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/calendar/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			pair, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			input, want, _ := strings.Cut(string(pair), "\n----------\n")
			var in struct {
				Head
				Events []Event
			}
			into := any(&in)
			if strings.HasPrefix(input, "[") {
				into = &in.Events
			}
			if err := json.Unmarshal([]byte(input), into); err != nil {
				t.Fatal(err)
			}
			out, err := Calendar(in.Head, in.Events...)
			if err != nil {
				t.Fatal(err)
			}
			checkCalendar(t, out, in.Head, in.Events)
			got := strings.ReplaceAll(string(out), "\r\n", "\n")
			if *update {
				if err := os.WriteFile(file, []byte(input+"\n----------\n"+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func example() Event {
	return Event{
		UID: "01890a5d-ac96-774b-bcce-b302099a8057@polis.example", Stamp: time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC),
		Start: time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC), End: time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC),
		Zone: "Europe/Rome", Summary: "Postazione A12",
	}
}

// A meeting over the end of daylight saving time, both ends at "02:30" on the
// wall, is one hour long.
func TestCalendarInstants(t *testing.T) {
	t.Parallel()
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	e := example()
	if s, f := e.Start.In(rome).Format("15:04"), e.End.In(rome).Format("15:04"); s != "02:30" || f != "02:30" {
		t.Fatalf("the example is from %s to %s", s, f)
	}
	utc, err := Calendar(Head{}, e)
	if err != nil {
		t.Fatal(err)
	}
	e.Start, e.End, e.Stamp = e.Start.In(rome), e.End.In(rome), e.Stamp.In(rome)
	local, err := Calendar(Head{}, e)
	if err != nil || !bytes.Equal(utc, local) {
		t.Errorf("the zone of a time.Time shows in the file: %s %v", local, err)
	}
	if !bytes.Contains(utc, []byte("DTSTART:20261025T003000Z\r\nDTEND:20261025T013000Z\r\n")) {
		t.Errorf("no instants: %s", utc)
	}
}

func TestCalendarRefuses(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*Event){
		"no uid":              func(e *Event) { e.UID = "\x00" },
		"no stamp":            func(e *Event) { e.Stamp = time.Time{} },
		"no start":            func(e *Event) { e.Start = time.Time{} },
		"no end":              func(e *Event) { e.End = time.Time{} },
		"no length":           func(e *Event) { e.End = e.Start },
		"less than a second":  func(e *Event) { e.End = e.Start.Add(time.Millisecond) },
		"year 10000":          func(e *Event) { e.End = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"before year 1":       func(e *Event) { e.Start = time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC) },
		"negative sequence":   func(e *Event) { e.Sequence = -1 },
		"unknown zone":        func(e *Event) { e.Zone = "Europe/Gavirate" },
		"zone with a line":    func(e *Event) { e.Zone = "Europe/Rome\r\nX:1" },
		"script":              func(e *Event) { e.URL = "javascript:alert(1)" },
		"URL with a line":     func(e *Event) { e.URL = "https://polis.example/\r\nATTACH:x" },
		"URL with a space":    func(e *Event) { e.URL = "https://polis.example/?a b" },
		"URL not ASCII":       func(e *Event) { e.URL = "https://polis.example/?è" },
		"URL without a host":  func(e *Event) { e.URL = "https:///x" },
		"relative URL":        func(e *Event) { e.URL = "/prenotazioni" },
		"organizer with name": func(e *Event) { e.Organizer = "Polis <a@polis.example>" },
		"organizer with line": func(e *Event) { e.Organizer = "a@polis.example\r\nATTENDEE:b" },
		"organizer no mail":   func(e *Event) { e.Organizer = "polis" },
		"attendee with name":  func(e *Event) { e.Attendee = "Maria <a@polis.example>" },
		"attendee with line":  func(e *Event) { e.Attendee = "a@polis.example\r\nURL:b" },
	} {
		e := example()
		spoil(&e)
		if out, err := Calendar(Head{}, e); err == nil {
			t.Errorf("%s: written\n%s", name, out)
		}
	}
	if _, err := Calendar(Head{}); err == nil {
		t.Error("a calendar of nothing")
	}
}

// A mailed file has one event and says who is involved; a feed has a name and
// may be empty.
func TestCalendarMethods(t *testing.T) {
	t.Parallel()
	mailed := example()
	mailed.Organizer, mailed.Attendee = "polis@polis.example", "maria@polis.example"
	gone := mailed
	gone.Cancelled = true
	alone := mailed
	alone.Attendee = ""
	for _, tt := range []struct {
		name   string
		head   Head
		events []Event
		ok     bool
	}{
		{"request", Head{Method: Request}, []Event{mailed}, true},
		{"cancel", Head{Method: Cancel}, []Event{gone}, true},
		{"two in a request", Head{Method: Request}, []Event{mailed, mailed}, false},
		{"request without attendee", Head{Method: Request}, []Event{alone}, false},
		{"request of what is cancelled", Head{Method: Request}, []Event{gone}, false},
		{"cancel of what is not", Head{Method: Cancel}, []Event{mailed}, false},
		{"unknown method", Head{Method: "REPLY"}, []Event{mailed}, false},
		{"feed", Head{Method: Publish, Name: "Polis", Refresh: time.Hour}, []Event{gone, example()}, true},
		{"feed of cancelled", Head{Method: Publish, Name: "Polis"}, []Event{gone}, true},
		{"empty feed", Head{Method: Publish, Name: "a,b;c\r\nX:1 " + strings.Repeat("è", 60), Refresh: time.Hour}, nil, true},
		{"empty file", Head{Method: Publish}, nil, false},
	} {
		out, err := Calendar(tt.head, tt.events...)
		if (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
		if err == nil {
			checkCalendar(t, out, tt.head, tt.events)
		}
	}
}

func TestCalendarOrganizer(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"casa+polis@polis.example", "a?cc=b@polis.example", "50%25@polis.example", "è@polis.example"} {
		e := example()
		e.Organizer = address
		out, err := Calendar(Head{}, e)
		if err != nil {
			t.Fatal(err)
		}
		checkCalendar(t, out, Head{}, []Event{e})
	}
}

// FuzzCalendar puts any text everywhere: what comes out is the agreed lines,
// no more and no fewer.
func FuzzCalendar(f *testing.F) {
	for _, seed := range []string{
		"Postazione A12", "a,b;c:d\\e\"f", "\r\nEND:VEVENT\r\nBEGIN:VEVENT", "\nATTENDEE:mailto:x@y\r", "NUL\x00ESC\x1bDEL\x7f",
		"\\n\\,\\;\\\\n", "\u0085a\u2028b\u2029c\x0b\x0cd\x1ee", "broken \xff\xc3 \xe2\x82", strings.Repeat("è", 100), strings.Repeat("𝄞", 40),
		strings.Repeat("parola ", 30), strings.Repeat(" ", 200), "<a>" + strings.Repeat("b", 80) + ">", "\t", "😀" + strings.Repeat("x", 74), "trailing \\",
	} {
		f.Add(seed, seed, seed, 0)
	}
	f.Fuzz(func(t *testing.T, summary, description, other string, sequence int) {
		e := example()
		e.Summary, e.Description, e.Location, e.Sequence = summary, description, other, max(sequence, 0)
		cancelled := e
		cancelled.UID, cancelled.URL, cancelled.Organizer, cancelled.Cancelled = other, other, other, true
		if _, err := Calendar(Head{}, cancelled); err != nil {
			cancelled.UID, cancelled.URL, cancelled.Organizer = "2", "https://polis.example/?q=,;\\", "casa+polis@polis.example"
		}
		events := []Event{e, cancelled}
		out, err := Calendar(Head{}, events...)
		if err != nil {
			t.Fatal(err)
		}
		checkCalendar(t, out, Head{}, events)
	})
}

// checkCalendar reads a calendar twice, with the library and line by line by
// RFC 5545 §3.1, and compares it with its events.
func checkCalendar(t *testing.T, out []byte, head Head, events []Event) {
	t.Helper()
	method := string(head.Method)
	if method == "" {
		method = "CANCEL"
		for _, e := range events {
			if !e.Cancelled {
				method = "PUBLISH"
			}
		}
	}
	want := []string{"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Polis//Polis//IT", "METHOD:" + method}
	if head.Name != "" {
		want = append(want, "X-WR-CALNAME:"+clean(head.Name))
	}
	if head.Refresh > 0 {
		every := fmt.Sprintf("PT%dM", int(head.Refresh.Minutes()))
		want = append(want, "REFRESH-INTERVAL;VALUE=DURATION:"+every, "X-PUBLISHED-TTL:"+every)
	}
	sameZone := !slices.ContainsFunc(events, func(e Event) bool { return e.Zone != events[0].Zone })
	if sameZone && len(events) > 0 && events[0].Zone != "" {
		want = append(want, "X-WR-TIMEZONE:"+events[0].Zone)
	}
	const instant = "20060102T150405Z"
	for _, e := range events {
		status := "CONFIRMED"
		if e.Cancelled {
			status = "CANCELLED"
		}
		sequence, _ := json.Marshal(e.Sequence)
		want = append(want, "BEGIN:VEVENT", "UID:"+clean(e.UID), "DTSTAMP:"+e.Stamp.UTC().Format(instant), "SEQUENCE:"+string(sequence),
			"DTSTART:"+e.Start.UTC().Format(instant), "DTEND:"+e.End.UTC().Format(instant), "STATUS:"+status, "SUMMARY:"+clean(e.Summary))
		for _, optional := range []struct{ name, value string }{
			{"DESCRIPTION:", e.Description},
			{"LOCATION:", e.Location},
			{"URL:", e.URL},
			{"GEO:", place(e)},
			{"LAST-MODIFIED:", changed(e)},
			{"ORGANIZER:mailto:", e.Organizer},
			{"ATTENDEE;PARTSTAT=ACCEPTED;RSVP=false:mailto:", e.Attendee},
		} {
			if optional.value != "" {
				want = append(want, optional.name+clean(optional.value))
			}
		}
		want = append(want, "END:VEVENT")
	}
	want = append(want, "END:VCALENDAR")
	if diff := cmp.Diff(want, lines(t, out)); diff != "" {
		t.Fatalf("line by line (-want +got):\n%s", diff)
	}

	parsed, err := ics.ParseCalendar(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	if len(parsed.Events()) != len(events) {
		t.Fatalf("%d events, want %d", len(parsed.Events()), len(events))
	}
	for i, p := range parsed.Events() {
		start, err1 := p.GetStartAt()
		end, err2 := p.GetEndAt()
		if err1 != nil || err2 != nil || start.Unix() != events[i].Start.Unix() || end.Unix() != events[i].End.Unix() {
			t.Errorf("event %d from %v to %v, %v %v", i, start, end, err1, err2)
		}
		if p.Id() != clean(events[i].UID) {
			t.Errorf("event %d: uid %q", i, p.Id())
		}
		if got := p.GetProperty(ics.ComponentPropertySummary).Value; got != clean(events[i].Summary) {
			t.Errorf("event %d: summary %q, want %q", i, got, clean(events[i].Summary))
		}
	}
}

func place(e Event) string {
	if e.Lat == 0 && e.Lon == 0 {
		return ""
	}
	return fmt.Sprintf("%.6f;%.6f", e.Lat, e.Lon)
}

func changed(e Event) string {
	if e.Changed.IsZero() {
		return ""
	}
	return e.Changed.UTC().Format("20060102T150405Z")
}

// lines checks the physical lines, unfolds them and takes the escapes off the
// values that are texts.
func lines(t *testing.T, out []byte) (unfolded []string) {
	t.Helper()
	text, ok := strings.CutSuffix(string(out), "\r\n")
	if !ok {
		t.Fatal("the last line has no end")
	}
	for _, line := range strings.Split(text, "\r\n") {
		if len(line) == 0 || len(line) > 75 {
			t.Fatalf("a line of %d bytes", len(line))
		}
		if !utf8.ValidString(line) || strings.ContainsFunc(line, unicode.IsControl) || strings.ContainsAny(line, "\u2028\u2029") {
			t.Fatalf("not plain text: %q", line)
		}
		if more, ok := strings.CutPrefix(line, " "); ok {
			unfolded[len(unfolded)-1] += more
			continue
		}
		unfolded = append(unfolded, line)
	}
	property := regexp.MustCompile(`^([A-Z-]+)(?:;[A-Za-z;=-]+)?:(.*)$`)
	escape := regexp.MustCompile(`\\(.?)`)
	for i, line := range unfolded {
		parts := property.FindStringSubmatch(line)
		if parts == nil {
			t.Fatalf("not a property: %q", line)
		}
		switch parts[1] {
		case "URL", "GEO":
			continue
		case "ORGANIZER", "ATTENDEE":
			uri, err := url.PathUnescape(line)
			if err != nil || strings.ContainsAny(line, "? ") {
				t.Fatalf("not a URI: %q", line)
			}
			unfolded[i] = uri
			continue
		}
		rest := escape.ReplaceAllStringFunc(parts[2], func(s string) string {
			if s != `\\` && s != `\,` && s != `\;` && s != `\n` {
				t.Fatalf("escape %q in %q", s, line)
			}
			return ""
		})
		if strings.ContainsAny(rest, ",;") {
			t.Fatalf("not escaped: %q", line)
		}
		unfolded[i] = strings.TrimSuffix(line, parts[2]) + escape.ReplaceAllStringFunc(parts[2], func(s string) string {
			if s == `\n` {
				return "\n"
			}
			return s[1:]
		})
	}
	return unfolded
}

// clean says, rune by rune, what shall become of a text.
func clean(s string) string {
	var out strings.Builder
	runes := []rune(strings.ToValidUTF8(s, "\uFFFD"))
	for i, r := range runes {
		switch {
		case r == '\n' && i > 0 && runes[i-1] == '\r': // the second half of a line end
		case r == '\n', r == '\r', r == '\u0085', r == '\u2028', r == '\u2029':
			out.WriteByte('\n')
		case r == '\t':
			out.WriteByte(' ')
		case r < 0x20, 0x7f <= r && r < 0xa0:
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
