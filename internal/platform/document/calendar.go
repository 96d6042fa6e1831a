package document

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"
)

// Event is one entry of a calendar file.
type Event struct {
	UID         string    // never changes; calendars recognise the event by it
	Sequence    int       // grows by one with each change of time or place and with cancellation
	Stamp       time.Time // when this version of the event came to be
	Start, End  time.Time // End after Start
	Zone        string    // IANA name of the place's zone, e.g. "Europe/Rome"; may be empty
	Summary     string    // one line
	Description string    // may be empty, as all that follow
	Location    string
	URL         string    // http or https
	Lat, Lon    float64   // WGS 84 degrees; both 0 where nobody knows
	Changed     time.Time // when what it tells of changed last
	Organizer   string    // mail address; RFC 5546 §3.2 asks for one in files that are mailed
	Attendee    string    // mail address of who is expected
	Cancelled   bool
}

// Method is what the receiver of a calendar file shall do with it (RFC 5546).
type Method string

// The methods.
const (
	Publish Method = "PUBLISH" // take note
	Request Method = "REQUEST" // enter it, or change what was entered
	Cancel  Method = "CANCEL"  // take it out
)

// Head is what a calendar file says of itself. The zero value is a file that
// somebody downloads: its method is Cancel where all events are cancelled,
// otherwise Publish.
type Head struct {
	Method  Method
	Name    string        // of a calendar that is subscribed to
	Refresh time.Duration // how often to read it again, in whole minutes
}

// Calendar writes events as an iCalendar file (RFC 5545, media type
// "text/calendar; charset=utf-8"). A file that is mailed (Request, Cancel) has
// one event, since its readers take one UID from it, with an organizer and an
// attendee. Only a calendar with a name may be without events.
//
// Times are written as UTC instants. The other form, local times with TZID,
// needs the rules of the zone in the file, and clients read those each in
// their way: some take the zone's name and their own, perhaps older, rules,
// some ignore what they do not know and show an hour too early or late. An
// instant is an instant: what was booked is what is shown, in the zone of the
// reader. Nothing here recurs, so no local rule is lost. The zone of the place
// goes along as a hint (X-WR-TIMEZONE) where all events share it.
//
// Texts may hold anything: line ends become those of iCalendar, control
// characters go, broken UTF-8 is replaced. The errors are those of the caller:
// no events, a missing UID or stamp, an end not after its start, an address
// that is none.
func Calendar(head Head, events ...Event) ([]byte, error) {
	if len(events) == 0 && head.Name == "" {
		return nil, errors.New("document.Calendar: no events")
	}
	method, err := head.method(events)
	if err != nil {
		return nil, fmt.Errorf("document.Calendar: %w", err)
	}
	cal := ics.NewCalendar()
	cal.SetProductId("-//Polis//Polis//IT")
	cal.SetMethod(ics.Method(method))
	if head.Name != "" {
		cal.SetXWRCalName(plain(head.Name))
	}
	if minutes := int(head.Refresh / time.Minute); minutes > 0 {
		cal.SetRefreshInterval(fmt.Sprintf("PT%dM", minutes))
		cal.SetXPublishedTTL(fmt.Sprintf("PT%dM", minutes))
	}
	if zone := zoneOf(events); zone != "" {
		if _, err := time.LoadLocation(zone); err != nil {
			return nil, fmt.Errorf("document.Calendar: %w", err)
		}
		cal.SetXWRTimezone(zone)
	}
	for i, e := range events {
		event, err := e.component()
		if err != nil {
			return nil, fmt.Errorf("document.Calendar: event %d: %w", i, err)
		}
		cal.AddVEvent(event)
	}
	return []byte(cal.Serialize(ics.WithNewLine("\r\n"))), nil
}

// method is the method of a file of some events.
func (h Head) method(events []Event) (Method, error) {
	all := len(events) > 0 && !slices.ContainsFunc(events, func(e Event) bool { return !e.Cancelled })
	mailed := len(events) == 1 && events[0].Organizer != "" && events[0].Attendee != ""
	switch {
	case h.Method == "" && all:
		return Cancel, nil
	case h.Method == "", h.Method == Publish:
		return Publish, nil
	case h.Method == Request && mailed && !all, h.Method == Cancel && mailed && all:
		return h.Method, nil
	}
	return "", fmt.Errorf("these events are not for a file of the method %q", h.Method)
}

// zoneOf is the zone that all events share, if any.
func zoneOf(events []Event) string {
	for _, e := range events {
		if e.Zone != events[0].Zone {
			return ""
		}
	}
	if len(events) == 0 {
		return ""
	}
	return events[0].Zone
}

func (e Event) component() (*ics.VEvent, error) {
	uid := plain(e.UID)
	if uid == "" || e.Sequence < 0 {
		return nil, errors.New("no uid or a negative sequence")
	}
	for _, t := range []time.Time{e.Stamp, e.Start, e.End} {
		if t.IsZero() || t.UTC().Year() < 1 || t.UTC().Year() > 9999 {
			return nil, errors.New("a time is missing or cannot be written")
		}
	}
	// Both are written to the second.
	if e.End.Unix() <= e.Start.Unix() {
		return nil, errors.New("the end is not after the start")
	}
	out := ics.NewEvent(uid)
	out.SetDtStampTime(e.Stamp)
	out.SetSequence(e.Sequence)
	out.SetStartAt(e.Start)
	out.SetEndAt(e.End)
	status := ics.ObjectStatusConfirmed
	if e.Cancelled {
		status = ics.ObjectStatusCancelled
	}
	out.SetStatus(status)
	out.SetSummary(plain(e.Summary))
	if e.Description != "" {
		out.SetDescription(plain(e.Description))
	}
	if e.Location != "" {
		out.SetLocation(plain(e.Location))
	}
	// These two are not texts to iCalendar and the library writes them as they
	// are: only what is a URI may pass.
	if e.URL != "" {
		u, err := url.Parse(e.URL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || !graphic(e.URL) {
			return nil, errors.New("the URL is not one of the web")
		}
		out.SetURL(e.URL)
	}
	if e.Lat != 0 || e.Lon != 0 {
		out.SetGeo(fmt.Sprintf("%.6f", e.Lat), fmt.Sprintf("%.6f", e.Lon))
	}
	if !e.Changed.IsZero() {
		out.SetLastModifiedAt(e.Changed)
	}
	return out, e.people(out)
}

// people writes who is involved, by their addresses alone.
func (e Event) people(out *ics.VEvent) error {
	for _, who := range []struct {
		role, address string
		write         func(uri string)
	}{
		{"organizer", e.Organizer, func(uri string) { out.SetOrganizer(uri) }},
		// Who booked has accepted: their calendar need not ask.
		{"attendee", e.Attendee, func(uri string) { out.AddAttendee(uri, ics.ParticipationStatusAccepted, ics.WithRSVP(false)) }},
	} {
		if who.address == "" {
			continue
		}
		address, err := mail.ParseAddress(who.address)
		if err != nil || address.Address != who.address {
			return fmt.Errorf("the %s is not a mail address", who.role)
		}
		who.write("mailto:" + url.PathEscape(who.address))
	}
	return nil
}

// graphic tells whether s is ASCII without spaces and control characters.
func graphic(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// plain makes of any string what a TEXT value may hold (RFC 5545 §3.3.11):
// valid UTF-8 with "\n" as its only control character. Unicode's own line ends
// count as such: some readers of calendars split lines at them.
func plain(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n").
		Replace(strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			if r == '\t' {
				return ' '
			}
			return -1
		}
		return r
	}, s)
}
