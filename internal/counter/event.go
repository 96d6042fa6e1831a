package counter

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// Event is something that happened in an office. Its facts are for everybody who
// stands there: no name, and no id by which somebody else's number could be given
// back.
type Event struct {
	Office string
	Seq    int64 // grows by at least one with every event of the office
	At     time.Time
	Kind   string // taken, called, recalled, started, missed, parked, returned, transferred, finished, left, desk, office
	Facts  EventFacts
}

// EventFacts is what an event says.
type EventFacts struct {
	Number  string `json:"number,omitempty"`
	Desk    int    `json:"desk,omitempty"`
	Waiting int    `json:"waiting"` // how many wait afterwards
}

// hubChannel is where replicas tell each other in which office something happened.
const hubChannel = "counter"

// eventsKept is how long events can be resumed from.
const eventsKept = 48 * time.Hour

var (
	insertEvent = db.Q("counter.event-insert", `
		INSERT INTO queue_event (office, seq, at, kind, body) VALUES ($1, $2, $3, $4, $5)`)
	eventsAfter = db.Q("counter.events-after", `
		SELECT seq, at, kind, body FROM queue_event WHERE office = $1 AND seq > $2 ORDER BY seq LIMIT $3`)
	forgetEvents = db.Q("counter.events-forget", `DELETE FROM queue_event WHERE at < $1`)
	officeSeq    = db.Q("counter.office-seq", `SELECT seq FROM queue_office WHERE office = $1`)
)

// Seq is the number of the newest event of an office; 0 where nothing happened yet.
func (s *Service) Seq(ctx context.Context, office string) (int64, error) {
	return seqOf(ctx, s.DB, office)
}

func seqOf(ctx context.Context, r db.Reader, office string) (seq int64, err error) {
	if err = db.One(ctx, r, officeSeq, []any{office}, &seq); errors.Is(err, db.ErrNoRow) {
		return 0, nil
	}
	return seq, err
}

// EventsAfter are the events of an office after one, oldest first, at most as many.
func (s *Service) EventsAfter(ctx context.Context, office string, after int64, most int) ([]Event, error) {
	return db.All(ctx, s.DB, eventsAfter, func(rows *sql.Rows) (Event, error) {
		e := Event{Office: office}
		var at int64
		var body string
		if err := rows.Scan(&e.Seq, &at, &e.Kind, &body); err != nil {
			return e, err
		}
		e.At = clock.FromMicros(at)
		return e, json.Unmarshal([]byte(body), &e.Facts)
	}, office, after, most)
}

// ForgetEvents removes events from which nobody resumes any more.
func (s *Service) ForgetEvents(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, forgetEvents, clock.Micros(s.Clock.Now().Add(-eventsKept)))
		return err
	})
}

// Hub tells who follows the offices when something happened in one, on this server or
// on another one of the database. It carries no events: who is told reads those after
// the last they know.
type Hub struct {
	db *db.DB

	mu   sync.Mutex
	told []func(office string)
}

func newHub(d *db.DB) *Hub { return &Hub{db: d} }

// Tell calls fn with the office whenever something happened in one, and with "" where
// something may have happened in any. fn returns at once.
func (h *Hub) Tell(fn func(office string)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told = append(h.told, fn)
}

func (h *Hub) wake(office string) {
	h.mu.Lock()
	list := h.told // only ever grows
	h.mu.Unlock()
	for _, fn := range list {
		fn(office)
	}
}

// Run hears what other servers of the database do, until ctx ends. On SQLite there
// are none.
func (h *Hub) Run(ctx context.Context) {
	h.db.Listen(ctx, hubChannel, func(context.Context) error {
		h.wake("") // notices may have been lost
		return nil
	}, h.wake)
}

// tell writes an event of the office, and wakes who watches once it is committed.
func (s *Service) tell(ctx context.Context, tx *db.Tx, e Event) error {
	body, err := json.Marshal(e.Facts)
	if err != nil {
		return err
	}
	if err := tx.Later(ctx, insertEvent, e.Office, e.Seq, clock.Micros(e.At), e.Kind, string(body)); err != nil {
		return err
	}
	tx.After(func() { s.Hub.wake(e.Office) })
	return tx.Notify(ctx, hubChannel, e.Office)
}

// quote is a list of words as the database keeps it.
func quote(words []string) string {
	if len(words) == 0 {
		return "[]"
	}
	b, err := json.Marshal(words)
	if err != nil {
		slog.Error("words could not be written", "err", err)
		return "[]"
	}
	return string(b)
}

func unquote(text string) (words []string) {
	if strings.TrimSpace(text) != "" {
		if err := json.Unmarshal([]byte(text), &words); err != nil {
			slog.Error("words could not be read", "err", err)
		}
	}
	return words
}
