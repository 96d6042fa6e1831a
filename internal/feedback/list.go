package feedback

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/site"
)

// noPatron is for reports of no house.
var noPatron agenda.MonthDay

const columns = `id, number, kind, site, resource, person, body, owner, due, answer, answered, answerer, created, rev`

var (
	reportByNumber = db.Q("feedback.by-number", `
		SELECT `+columns+` FROM report WHERE number = $1`)
	reportByRequest = db.Q("feedback.by-request", `
		SELECT `+columns+` FROM report WHERE request = $1`)
	reportsOf = db.Q("feedback.of-person", `
		SELECT `+columns+` FROM report WHERE person = $1 AND id < $2 ORDER BY id DESC LIMIT $3`)

	// The lists of who looks after houses: what is open by the day on which the
	// answer is due, what is answered the latest first.
	openReports = db.Q("feedback.open", `
		SELECT `+columns+` FROM report WHERE state = 'open' AND (due, id) > ($1, $2) ORDER BY due, id LIMIT $3`)
	openOfSites = db.Rows("feedback.open-of-sites", `
		SELECT `+columns+` FROM {rows} JOIN report ON report.site = given.column1
		WHERE given.column1 IS NOT NULL AND state = 'open' AND owner IN ('site', {1}) AND (due, id) > ({2}, {3}) ORDER BY due, id LIMIT {4}`, "TEXT")
	answeredReports = db.Q("feedback.answered", `
		SELECT `+columns+` FROM report WHERE state = 'answered' AND (answered, id) < ($1, $2) ORDER BY answered DESC, id DESC LIMIT $3`)
	answeredOfSites = db.Rows("feedback.answered-of-sites", `
		SELECT `+columns+` FROM {rows} JOIN report ON report.site = given.column1
		WHERE given.column1 IS NOT NULL AND state = 'answered' AND owner IN ('site', {1}) AND (answered, id) < ({2}, {3})
		ORDER BY answered DESC, id DESC LIMIT {4}`, "TEXT")

	openBySite = db.Q("feedback.open-by-site", `
		SELECT site, COUNT(*) FROM report WHERE state = 'open' AND site <> '' GROUP BY site`)
	countReports = db.Q("feedback.count", `
		SELECT COUNT(*), COUNT(*) FILTER (WHERE due <= $1) FROM report WHERE state = 'open'`)
	countOfSites = db.Rows("feedback.count-of-sites", `
		SELECT COUNT(*), COUNT(*) FILTER (WHERE r.late)
		FROM {rows} JOIN (SELECT site, due <= {1} AS late FROM report WHERE state = 'open' AND owner IN ('site', {2})) r ON r.site = given.column1
		WHERE given.column1 IS NOT NULL`, "TEXT")
)

func scan(rows *sql.Rows) (r Report, err error) {
	var due, created int64
	var answered sql.NullInt64
	err = rows.Scan(&r.ID, &r.Number, &r.Kind, &r.Site, &r.Resource, &r.Person, &r.body, &r.Owner, &due,
		&r.answer, &answered, &r.Answerer, &created, &r.Rev)
	r.Due, r.Created = clock.FromMicros(due), clock.FromMicros(created)
	if answered.Valid {
		r.Answered = clock.FromMicros(answered.Int64)
	}
	return r, err
}

func (s *Service) byNumber(ctx context.Context, number string) (Report, error) {
	return s.one(ctx, reportByNumber, number)
}

// byRequest finds the report that a request made before, with its texts.
func (s *Service) byRequest(ctx context.Context, request string) (Report, error) {
	r, err := s.one(ctx, reportByRequest, request)
	if err != nil {
		return r, err
	}
	return r, s.open(ctx, &r)
}

// OpenBySite counts the open reports of each house, by id; houses without any
// are left out. It tells no more than how many.
func (s *Service) OpenBySite(ctx context.Context) (map[string]int, error) {
	out := map[string]int{}
	_, err := db.All(ctx, s.db, openBySite, func(rows *sql.Rows) (none struct{}, err error) {
		var id string
		var n int
		err = rows.Scan(&id, &n)
		out[id] = n
		return none, err
	})
	return out, err
}

func (s *Service) one(ctx context.Context, q db.Query, arg string) (Report, error) {
	found, err := db.All(ctx, s.db, q, scan, arg)
	if err != nil {
		return Report{}, err
	}
	if len(found) == 0 {
		return Report{}, unknown()
	}
	return found[0], nil
}

// Mine lists the reports of who acts, the latest first: the first limit before
// the one with an id, "" for the start. Texts are not read.
func (s *Service) Mine(ctx context.Context, actor identity.Actor, before string, limit int) (_ []Report, err error) {
	defer errs.Wrap(&err, "feedback.Mine")
	if err := actor.Check(identity.ReportOwn, identity.Of(actor.Person)); err != nil {
		return nil, err
	}
	if before == "" {
		before = "~" // after every id
	}
	return db.All(ctx, s.db, reportsOf, scan, actor.Person, before, limit)
}

// Filter says which reports are wanted.
type Filter struct {
	Site     string // id; "" for all that the actor looks after
	Answered bool   // those with their answer, instead of those that wait for it
}

// Position is where a list goes on: after the report with this time, due or
// answered, and id. The zero value is the start.
type Position struct {
	At int64  `json:"at"`
	ID string `json:"id"`
}

// After is the position behind a report in the list of a filter.
func (f Filter) After(r Report) Position {
	if f.Answered {
		return Position{clock.Micros(r.Answered), r.ID}
	}
	return Position{clock.Micros(r.Due), r.ID}
}

// reach is what of the reports an actor sees: of some houses, or of all.
type reach struct {
	all   bool
	sites []any // ids
	owner Owner // besides OfSite
}

// reachOf checks that an actor may list the reports of a house, or of all that
// they look after.
func (s *Service) reachOf(actor identity.Actor, siteID string) (reach, error) {
	network := actor.May(identity.ReportRead, identity.Network)
	switch {
	case network && siteID == "":
		return reach{all: true}, nil
	case network:
		return reach{sites: []any{siteID}, owner: OfNetwork}, nil
	case siteID != "":
		return reach{sites: []any{siteID}, owner: OfSite}, actor.Check(identity.ReportRead, identity.Site(siteID))
	}
	r := reach{owner: OfSite}
	for _, hit := range s.live.Network().Sites(site.Filter{}) {
		if actor.May(identity.ReportRead, identity.Site(hit.Site.ID)) {
			r.sites = append(r.sites, hit.Site.ID)
		}
	}
	return r, actor.CheckSomewhere(identity.ReportRead)
}

// List lists reports that the actor looks after: open ones by due day, answered
// ones the latest first. Texts are not read. Errors: Unauthenticated, Forbidden.
func (s *Service) List(ctx context.Context, actor identity.Actor, f Filter, after Position, limit int) (list []Report, err error) {
	defer errs.Wrap(&err, "feedback.List")
	to, err := s.reachOf(actor, f.Site)
	if err != nil {
		return nil, err
	}
	all, ofSites := openReports, openOfSites
	if f.Answered {
		all, ofSites = answeredReports, answeredOfSites
		if after == (Position{}) {
			after = Position{At: 1 << 62}
		}
	}
	if to.all {
		return db.All(ctx, s.db, all, scan, after.At, after.ID, limit)
	}
	if err := ofSites.Each(ctx, s.db, to.sites, func(rows *sql.Rows) error {
		r, err := scan(rows)
		list = append(list, r)
		return err
	}, string(to.owner), after.At, after.ID, limit); err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, f.order) // very many houses are asked about in several statements
	return list[:min(len(list), limit)], nil
}

// order is the order of a list.
func (f Filter) order(a, b Report) int {
	p, q := f.After(a), f.After(b)
	if f.Answered {
		p, q = q, p
	}
	return cmp.Or(cmp.Compare(p.At, q.At), cmp.Compare(p.ID, q.ID))
}

// Count counts the open reports that the actor looks after, and those of them
// whose answer is overdue.
func (s *Service) Count(ctx context.Context, actor identity.Actor, siteID string) (open, overdue int, err error) {
	defer errs.Wrap(&err, "feedback.Count")
	to, err := s.reachOf(actor, siteID)
	if err != nil {
		return 0, 0, err
	}
	now := clock.Micros(s.clock.Now())
	if to.all {
		return open, overdue, db.One(ctx, s.db, countReports, []any{now}, &open, &overdue)
	}
	return open, overdue, countOfSites.Each(ctx, s.db, to.sites, func(rows *sql.Rows) error {
		var n, late int
		err := rows.Scan(&n, &late)
		open, overdue = open+n, overdue+late
		return err
	}, now, string(to.owner))
}

// LooksAfter tells whether somebody has reports to look after.
func LooksAfter(actor identity.Actor) bool { return actor.MaySomewhere(identity.ReportRead) }
