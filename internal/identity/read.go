package identity

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Reading is one look at records of people: a page, or an answer of the API.
type Reading struct {
	Page string // what was looked at; "privacy.read." and this is its name
	Site string // id of the house that it is about; "" for none
	Of   []Seen
}

// Seen is a person whose record is shown, with what it is about: ForBooking,
// ForReport, or "".
type Seen struct{ Person, About string }

// ForBooking says that a record is shown for a booking.
func ForBooking(id string) string { return "booking:" + id }

// ForReport says that a record is shown for a report.
func ForReport(number string) string { return "report:" + number }

// insertReads writes for each row: subject, about; and of all of them act, at,
// reader, role, scope and page.
var insertReads = db.Rows("identity.read.insert", `
	INSERT INTO record_read (subject, about, act, at, reader, role, scope_kind, scope, page)
	SELECT column1, column2, column3, column4, column5, column6, column7, column8, column9 FROM {rows}
	WHERE column1 IS NOT NULL ON CONFLICT DO NOTHING`,
	"TEXT", "TEXT", "TEXT", "BIGINT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT")

// NoteRead notes that records of people are shown to somebody: one act of the
// kind person.read and one statement that names whose they are, written when it
// returns. The reader's own are left out. What the same person saw on the same
// page within readAgain is not noted again.
func (s *People) NoteRead(ctx context.Context, actor Actor, r Reading) error {
	if r = r.of(actor); len(r.Of) == 0 {
		return nil
	}
	now, what := s.clk.Now(), r.digest(actor)
	if s.read.fresh(what, now) {
		return nil
	}
	_, err := s.noteRead(ctx, actor, r, "")
	if err == nil {
		s.read.note(what, now)
	}
	return err
}

// NoteMore notes, of a list that is too long to be noted at once, those who come
// next: with the act that the first call returned, which began with "".
func (s *People) NoteMore(ctx context.Context, actor Actor, r Reading, act string) (string, error) {
	if r = r.of(actor); len(r.Of) == 0 {
		return act, nil
	}
	return s.noteRead(ctx, actor, r, act)
}

// of leaves out the reader's own, and whoever comes twice.
func (r Reading) of(actor Actor) Reading {
	reader := cmp.Or(actor.By, actor.Person)
	r.Of = slices.DeleteFunc(slices.Clone(r.Of), func(x Seen) bool { return x.Person == "" || x.Person == reader })
	slices.SortFunc(r.Of, func(a, b Seen) int {
		return cmp.Or(strings.Compare(a.Person, b.Person), strings.Compare(a.About, b.About))
	})
	r.Of = slices.Compact(r.Of)
	return r
}

func (s *People) noteRead(ctx context.Context, actor Actor, r Reading, act string) (_ string, err error) {
	defer errs.Wrap(&err, "identity.NoteRead(%q)", r.Page)
	facts, err := json.Marshal(struct {
		Page string `json:"page"`
		Site string `json:"site,omitempty"`
		Role Role   `json:"role"`
		Of   int    `json:"of"`
	}{r.Page, r.Site, actor.Role, len(r.Of)})
	if err != nil {
		return "", err
	}
	now, reader, id := s.clk.Now(), cmp.Or(actor.By, actor.Person), ""
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		id = cmp.Or(act, clock.NewID()) // inside, as the journal wants it
		args := make([]any, 0, 9*len(r.Of))
		for _, x := range r.Of {
			args = append(args, x.Person, x.About, id, clock.Micros(now), reader, string(actor.Role), actor.Scope.Kind, actor.Scope.ID, r.Page)
		}
		if err := insertReads.Exec(ctx, tx, args); err != nil || act != "" {
			return err
		}
		return journal.Append(ctx, tx, journal.Act{ID: id, At: now, Kind: "person.read", Subject: r.subject(), Person: reader, Data: string(facts)})
	})
	return id, err
}

// subject is what the act is about: the one person, else the house.
func (r *Reading) subject() string {
	for _, x := range r.Of {
		if x.Person != r.Of[0].Person {
			return r.Site
		}
	}
	return r.Of[0].Person
}

// digest tells one look from another; r.Of is sorted.
func (r *Reading) digest(actor Actor) (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, part := range []string{actor.Person, string(actor.Role), actor.Scope.Kind, actor.Scope.ID, r.Page, r.Site} {
		h.Write([]byte(part + "\x00"))
	}
	for _, x := range r.Of {
		h.Write([]byte(x.Person + "\x00" + x.About + "\x00"))
	}
	h.Sum(sum[:0])
	return sum
}

// readAgain is how long the same look, made again, is still the one that was
// noted: a page that is reloaded.
const readAgain = time.Minute

// lately remembers what was just noted, here: a reload that another replica
// answers is noted there.
type lately struct {
	mu   sync.Mutex
	last map[[sha256.Size]byte]time.Time
}

// mostLately is how many looks are remembered.
const mostLately = 4096

func (l *lately) fresh(what [sha256.Size]byte, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok := l.last[what]
	return ok && now.Sub(at) < readAgain
}

func (l *lately) note(what [sha256.Size]byte, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil || len(l.last) >= mostLately {
		l.last = map[[sha256.Size]byte]time.Time{}
	}
	l.last[what] = now
}
