package coworking

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/document"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/reserve"
)

// Calendar is a booking as a calendar file.
func (s *Service) Calendar(ctx context.Context, actor identity.Actor, id string, p *i18n.Printer) ([]byte, error) {
	b, err := s.mine(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	events := s.events(p, s.view(b))
	if len(events) == 0 { // its houses have left the network
		return nil, errs.New(errs.NotFound, "booking.unknown", nil)
	}
	return document.Calendar(document.Head{}, events...)
}

// events are the parts of a booking as entries of a calendar, each under the
// same UID in every file, mail and feed.
func (s *Service) events(p *i18n.Printer, b Booking) (events []document.Event) {
	for _, part := range b.Places {
		var places []string
		for _, u := range part.Units {
			places = append(places, u.Name)
		}
		events = append(events, document.Event{
			UID: uid(b.ID, part.N), Sequence: int(b.Rev), Stamp: b.Changed, Changed: b.Changed,
			Start: part.From, End: part.To, Zone: part.Zone.String(),
			Summary:     p.T("calendar.summary", "site", part.Site.Name),
			Description: p.T("coworking.kind."+string(part.Kind)) + ": " + names(p, places),
			Location:    part.Site.Name + ", " + part.Site.Address + ", " + part.Where,
			Lat:         part.Site.Lat, Lon: part.Site.Lon,
			URL: s.issuer + bookingPath(b.ID),
			// An expired hold or a missed visit no longer stands in the calendar.
			Cancelled: !b.Status.Holds(),
		})
	}
	return events
}

func uid(booking string, part int) string { return booking + "-" + strconv.Itoa(part+1) + "@polis" }

// A feed is the calendar of somebody's bookings at an address of its own, for
// the calendar program that they use. Whoever has the address reads it, so it
// is made of two halves: an id in the database, which the person can change,
// and its HMAC, so that the database alone gives no address that works.

var (
	getFeed   = db.Q("coworking.feed", `SELECT id FROM calendar_feed WHERE person = $1`)
	firstFeed = db.Q("coworking.feed-first", `
		INSERT INTO calendar_feed (person, id, created) VALUES ($1, $2, $3) ON CONFLICT (person) DO NOTHING`)
	renewFeed = db.Q("coworking.feed-renew", `
		INSERT INTO calendar_feed (person, id, created) VALUES ($1, $2, $3)
		ON CONFLICT (person) DO UPDATE SET id = excluded.id, created = excluded.created`)
	personOfFeed = db.Q("coworking.feed-person", `SELECT person FROM calendar_feed WHERE id = $1`)
)

// CalendarAddress is the address of the calendar of one's own bookings; the
// first asking makes it.
func (s *Service) CalendarAddress(ctx context.Context, actor identity.Actor) (string, error) {
	if err := actor.Check(identity.BookingOwn, identity.Of(actor.Person)); err != nil {
		return "", err
	}
	var id string
	err := db.One(ctx, s.db, getFeed, []any{actor.Person}, &id)
	if !errors.Is(err, db.ErrNoRow) {
		return s.feedAddress(id), err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, firstFeed, actor.Person, clock.NewID(), clock.Micros(s.clock.Now())); err != nil {
			return err
		}
		return db.One(ctx, tx, getFeed, []any{actor.Person}, &id)
	})
	return s.feedAddress(id), err
}

// RenewCalendarAddress ends the address of one's own calendar and makes another.
func (s *Service) RenewCalendarAddress(ctx context.Context, actor identity.Actor) (string, error) {
	if err := actor.Check(identity.BookingOwn, identity.Of(actor.Person)); err != nil {
		return "", err
	}
	id, now := clock.NewID(), s.clock.Now()
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, renewFeed, actor.Person, id, clock.Micros(now)); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Act{At: now, Kind: "calendar.renewed", Subject: actor.Person, Person: actor.Person})
	})
	return s.feedAddress(id), err
}

// feedRoot is where the calendars are; what follows is secret.
const feedRoot = "/calendario/"

func (s *Service) feedAddress(id string) string {
	u, err := uuid.Parse(id)
	if err != nil {
		return ""
	}
	return s.issuer + feedRoot + base64.RawURLEncoding.EncodeToString(append(u[:], s.feedMAC(u)...)) + ".ics"
}

func (s *Service) feedMAC(id uuid.UUID) []byte {
	mac := hmac.New(sha256.New, s.feedKey)
	mac.Write(id[:])
	return mac.Sum(nil)[:16]
}

// readFeedToken gives the id in the last part of a calendar's address, if it is
// one that we made.
func (s *Service) readFeedToken(name string) (id string, ok bool) {
	text, ok := strings.CutSuffix(name, ".ics")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if !ok || err != nil || len(raw) != 32 {
		return "", false
	}
	u := uuid.UUID(raw[:16])
	return u.String(), hmac.Equal(raw[16:], s.feedMAC(u))
}

const (
	feedDays    = 30        // that bookings stay in a feed after their end
	feedMost    = 2000      // bookings in a feed
	feedRefresh = time.Hour // how often programs are asked to read it
)

// Feed is the calendar at an address that somebody gave to their calendar
// program, in their language. Errors: NotFound "calendar.unknown", whatever is
// wrong with the address.
func (s *Service) Feed(ctx context.Context, name string) ([]byte, error) {
	id, ok := s.readFeedToken(name)
	if !ok {
		return nil, errs.New(errs.NotFound, "calendar.unknown", nil)
	}
	var of string
	err := db.One(ctx, s.db, personOfFeed, []any{id}, &of)
	if errors.Is(err, db.ErrNoRow) {
		return nil, errs.New(errs.NotFound, "calendar.unknown", nil)
	}
	if err != nil {
		return nil, err
	}
	person, err := s.people.Get(ctx, of)
	if err != nil {
		return nil, err
	}
	list, err := s.engine.Since(ctx, of, s.clock.Now().AddDate(0, 0, -feedDays), feedMost)
	if err != nil {
		return nil, err
	}
	who, err := s.grants.Acting(ctx, of)
	if err != nil {
		return nil, err
	}
	p := s.printerFor(person)
	var events []document.Event
	for _, b := range slices.Backward(list) {
		if inFeed(b) && owns(who, b) {
			events = append(events, s.events(p, s.view(b))...)
		}
	}
	head := document.Head{Method: document.Publish, Name: p.T("calendar.name", "name", s.notes.Look.Called()), Refresh: feedRefresh}
	return document.Calendar(head, events...)
}

// inFeed tells whether a booking was ever one. What was cancelled so soon may
// have been no more than a hold: it is left out, and so leaves the calendars
// too.
func inFeed(b reserve.Booking) bool {
	switch b.Status {
	case reserve.Held, reserve.Expired, reserve.Waiting:
		return false
	case reserve.Cancelled:
		return b.Changed.Sub(b.Created) >= feedRefresh
	}
	return true
}

// printerFor writes in the language of a person.
func (s *Service) printerFor(person identity.Person) *i18n.Printer {
	lang := i18n.Lang(person.Language)
	if lang != i18n.EN {
		lang = i18n.IT
	}
	return s.words.Printer(lang, nil)
}
