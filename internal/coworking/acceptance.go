package coworking

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

// RulesVersion names a version of house rules. Site is "" for those of the
// network, which hold where a house has none of its own.
type RulesVersion struct {
	Site    string
	Version int
}

// String is the name as a form sends it.
func (v RulesVersion) String() string { return v.Site + ":" + strconv.Itoa(v.Version) }

// parseRulesVersion reads what String writes; the zero value for anything else,
// which is the name of no rules.
func parseRulesVersion(text string) (v RulesVersion) {
	houseID, version, _ := strings.Cut(text, ":")
	n, err := strconv.Atoi(version)
	if err != nil {
		return RulesVersion{}
	}
	return RulesVersion{houseID, n}
}

// BookingRules are house rules that hold for a booking.
type BookingRules struct {
	site.HouseRules
	Houses   []string // names of the booking's houses where they hold
	Accepted bool     // in this version, by the person of the booking
}

// Name names the version.
func (r BookingRules) Name() RulesVersion { return RulesVersion{r.Site, r.Version} }

var (
	saveAcceptance = db.Rows("coworking.accept-rules", `
		INSERT INTO rules_acceptance (person, site, version, at)
		SELECT column1, column2, column3, column4 FROM {rows} WHERE column1 IS NOT NULL
		ON CONFLICT (person, site, version) DO NOTHING`, "TEXT", "TEXT", "BIGINT", "BIGINT")
	acceptancesOf = db.Q("coworking.acceptances-of", `SELECT site, version FROM rules_acceptance WHERE person = $1`)
)

// acceptances are the versions of rules that a person has accepted.
func (s *Service) acceptances(ctx context.Context, person string) (map[RulesVersion]bool, error) {
	out := map[RulesVersion]bool{}
	err := db.Each(ctx, s.db, acceptancesOf, func(rows *sql.Rows) error {
		var v RulesVersion
		err := rows.Scan(&v.Site, &v.Version)
		out[v] = true
		return err
	}, person)
	return out, err
}

// HouseRules are the house rules that hold for a booking and whether its person
// has accepted them.
func (s *Service) HouseRules(ctx context.Context, b Booking) ([]BookingRules, error) {
	list := s.rulesFor(b)
	if len(list) == 0 {
		return nil, nil
	}
	had, err := s.acceptances(ctx, b.Person)
	for i := range list {
		list[i].Accepted = had[list[i].Name()]
	}
	return list, err
}

// rulesFor are the house rules that hold for a booking, each version once.
func (s *Service) rulesFor(b Booking) (list []BookingRules) {
	net := s.live.Network()
	for _, part := range b.Places {
		r, ok := net.HouseRules(part.Site.ID)
		if !ok {
			continue
		}
		at := slices.IndexFunc(list, func(x BookingRules) bool { return x.Name() == RulesVersion{r.Site, r.Version} })
		if at < 0 {
			at = len(list)
			list = append(list, BookingRules{HouseRules: r})
		}
		if !slices.Contains(list[at].Houses, part.Site.Name) {
			list[at].Houses = append(list[at].Houses, part.Site.Name)
		}
	}
	slices.SortStableFunc(list, func(a, b BookingRules) int { return cmp.Compare(a.Site, b.Site) })
	return list
}

// AcceptRules accepts house rules for the person of a booking: those named, or
// all that hold for it now. Errors: NotFound; Rule "rules.changed" where others
// hold by now.
func (s *Service) AcceptRules(ctx context.Context, actor identity.Actor, id string, names ...RulesVersion) (Booking, error) {
	found, err := s.mine(ctx, actor, id)
	if err != nil {
		return Booking{}, err
	}
	b := s.view(found)
	list, err := s.HouseRules(ctx, b)
	if err != nil {
		return b, err
	}
	for _, name := range names {
		if !slices.ContainsFunc(list, func(r BookingRules) bool { return r.Name() == name }) {
			return b, errs.New(errs.Rule, "rules.changed", nil).On("rules")
		}
	}
	now := s.clock.Now()
	var args []any
	var acts []journal.Act
	for _, r := range list {
		if r.Accepted || len(names) > 0 && !slices.Contains(names, r.Name()) {
			continue
		}
		args = append(args, actor.Person, r.Site, int64(r.Version), clock.Micros(now))
		acts = append(acts, journal.Act{
			ID: clock.NewID(), At: now, Kind: "rules.accepted", Subject: cmp.Or(r.Site, "network"), Person: actor.Person,
			Data: fmt.Sprintf(`{"version":%d}`, r.Version),
		})
	}
	if len(args) == 0 {
		return b, nil
	}
	return b, s.db.Write(ctx, func(tx *db.Tx) error {
		if err := saveAcceptance.Exec(ctx, tx, args); err != nil {
			return err
		}
		return journal.Append(ctx, tx, acts...)
	})
}

// ConfirmAccepting books what is held, as Confirm, for who is asked to accept
// the house rules: it refuses with Rule "rules.not-accepted" while the versions
// that hold are neither among those named nor accepted before.
func (s *Service) ConfirmAccepting(ctx context.Context, actor identity.Actor, id string, names ...RulesVersion) (Booking, error) {
	found, err := s.mine(ctx, actor, id)
	if err != nil {
		return Booking{}, err
	}
	if standing(found, s.clock.Now()) != reserve.Held {
		return s.Confirm(ctx, actor, id) // which says how it stands
	}
	list, err := s.HouseRules(ctx, s.view(found))
	if err != nil {
		return Booking{}, err
	}
	var accepted []RulesVersion
	for _, r := range list {
		switch {
		case r.Accepted:
		case slices.Contains(names, r.Name()):
			accepted = append(accepted, r.Name())
		default:
			return Booking{}, errs.New(errs.Rule, "rules.not-accepted", nil).On("rules")
		}
	}
	if len(accepted) > 0 {
		if _, err := s.AcceptRules(ctx, actor, id, accepted...); err != nil {
			return Booking{}, err
		}
	}
	return s.Confirm(ctx, actor, id)
}
