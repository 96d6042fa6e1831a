package coworking

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
)

// How a visit is rated: once the person has been there for a while, and until
// some days after the end.
const (
	stayed  = 15 * time.Minute
	rateFor = 14 * 24 * time.Hour
)

const (
	lowest = 1

	// Highest is the best score of a visit.
	Highest = 5
	// Fewest is how many ratings a house has before its average is told: fewer
	// would tell who rated.
	Fewest = 5
)

var (
	saveRating = db.Q("coworking.save-rating", `
		INSERT INTO rating (booking, site, score, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (booking) DO UPDATE SET score = excluded.score, at = excluded.at
		WHERE rating.score <> excluded.score`)
	keepRatings = db.Rows("coworking.keep-ratings", `
		INSERT INTO rating (booking, site, score, at)
		SELECT column1, column2, column3, column4 FROM {rows} WHERE column1 IS NOT NULL`,
		"TEXT", "TEXT", "BIGINT", "BIGINT")
	ratingsOf = db.Rows("coworking.ratings-of", `
		SELECT booking, score FROM rating JOIN {rows} ON booking = column1`, "TEXT")
	scoreOfSite = db.Q("coworking.score-of-site", `SELECT COUNT(*), COALESCE(SUM(score), 0) FROM rating WHERE site = $1`)
)

// Rating is how a visit to a house was, from 1 to 5.
type Rating struct {
	Booking, Site string
	Score         int
	At            time.Time
}

// KeepRatings writes ratings of visits that have none, without acts: those that a
// demonstration makes up.
func KeepRatings(ctx context.Context, d *db.DB, list []Rating) (err error) {
	defer errs.Wrap(&err, "coworking.KeepRatings")
	args := make([]any, 0, 4*len(list))
	for _, r := range list {
		args = append(args, r.Booking, r.Site, int64(r.Score), clock.Micros(r.At))
	}
	return d.Write(ctx, func(tx *db.Tx) error { return keepRatings.Exec(ctx, tx, args) })
}

// Rate says how a visit was; later words take the place of earlier ones.
// Errors: NotFound; Invalid for the score; Rule "rating.early",
// "rating.late" and "rating.several-houses"; Conflict for what was no visit.
func (s *Service) Rate(ctx context.Context, actor identity.Actor, id string, score int) error {
	b, err := s.mine(ctx, actor, id)
	if err != nil {
		return err
	}
	if score < lowest || score > Highest {
		return errs.New(errs.Invalid, "rating.score", errs.Args{"min": lowest, "max": Highest}).On("score")
	}
	if err := s.rateable(b); err != nil {
		return err
	}
	house, _ := onlyHouse(b)
	now := s.clock.Now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		changed, err := tx.Exec(ctx, saveRating, b.ID, house, int64(score), clock.Micros(now))
		if err != nil || changed == 0 {
			return err
		}
		tx.After(func() { s.scores.Delete(house) })
		return journal.Append(ctx, tx, journal.Act{
			ID: clock.NewID(), At: now, Kind: "booking.rated", Subject: b.ID, Person: actor.Person,
			Data: fmt.Sprintf(`{"score":%d}`, score),
		})
	})
}

// onlyHouse is the house of a booking; false where it has several, of which no
// one score would tell.
func onlyHouse(b reserve.Booking) (house string, ok bool) {
	for _, p := range b.Parts {
		switch {
		case len(p.Units) == 0 || p.Site == house:
		case house != "":
			return "", false
		default:
			house = p.Site
		}
	}
	return house, house != ""
}

// rateable tells why a booking cannot be rated; nil if it can.
func (s *Service) rateable(b reserve.Booking) error {
	if _, ok := onlyHouse(b); !ok {
		return errs.New(errs.Rule, "rating.several-houses", nil)
	}
	now := s.clock.Now()
	switch status := standing(b, now); {
	case status == reserve.Completed:
		if now.After(b.Ends.Add(rateFor)) {
			return errs.New(errs.Rule, "rating.late", errs.Args{"days": int(rateFor / (24 * time.Hour))})
		}
	case status == reserve.CheckedIn: // its last change
		if now.Before(b.Changed.Add(stayed)) {
			return errs.New(errs.Rule, "rating.early", errs.Args{"time": stayed})
		}
	case status.Alive():
		return errs.New(errs.Rule, "rating.early", errs.Args{"time": stayed})
	default:
		return statusError(status)
	}
	return nil
}

// ratings are the scores of some bookings that have one.
func (s *Service) ratings(ctx context.Context, ids ...string) (map[string]int, error) {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	out := map[string]int{}
	err := ratingsOf.Each(ctx, s.db, args, func(rows *sql.Rows) error {
		var id string
		var score int
		err := rows.Scan(&id, &score)
		out[id] = score
		return err
	})
	return out, err
}

// lately is how many bookings are looked at for a visit to be rated.
const lately = 20

// ToRate is the last visit of a person that can be rated and is not; false
// where there is none.
func (s *Service) ToRate(ctx context.Context, actor identity.Actor) (Booking, bool, error) {
	if err := actor.Check(identity.BookingOwn, identity.Of(actor.Person)); err != nil {
		return Booking{}, false, err
	}
	list, err := s.engine.List(ctx, actor.Person, reserve.Position{Starts: s.clock.Now()}, lately)
	if err != nil {
		return Booking{}, false, err
	}
	for _, b := range list {
		if s.rateable(b) != nil || !owns(actor, b) {
			continue
		}
		had, err := s.ratings(ctx, b.ID)
		return s.view(b), len(had) == 0, err
	}
	return Booking{}, false, nil
}

// siteScore is what is known of the ratings of a house.
type siteScore struct {
	average float64
	count   int
	read    time.Time
}

// scoreFor is how long a score is told before it is counted anew.
const scoreFor = time.Minute

// Ratings are the average of the ratings of a house and how many there are;
// 0 and 0 while there are fewer than five.
func (s *Service) Ratings(ctx context.Context, siteID string) (average float64, count int, err error) {
	now := s.clock.Now()
	if known, ok := s.scores.Load(siteID); ok {
		if k := known.(siteScore); now.Sub(k.read) < scoreFor {
			return k.average, k.count, nil
		}
	}
	var n, sum int64
	if err := db.One(ctx, s.db, scoreOfSite, []any{siteID}, &n, &sum); err != nil {
		return 0, 0, err
	}
	k := siteScore{read: now}
	if n >= Fewest {
		k.average, k.count = float64(sum)/float64(n), int(n)
	}
	s.scores.Store(siteID, k)
	return k.average, k.count, nil
}
