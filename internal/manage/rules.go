package manage

import (
	"context"
	"time"

	"polis/internal/identity"
	"polis/internal/manage/guard"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

// RuleKinds are the kinds of place that have rules of booking.
var RuleKinds = append(append([]site.ResourceKind{}, site.Bookable...), site.Counter)

// rulesScope is where the rules of a house, or of the network where siteID is
// "", may be changed.
func rulesScope(siteID string) identity.Scope {
	if siteID == "" {
		return identity.Network
	}
	return identity.Site(siteID)
}

// SetRules sets the rules of a kind of place in one house, or, where siteID is
// "", in all that have none of their own. Bookings that were made under other
// rules stay as they are: see Refused. Errors: Unauthenticated, Forbidden,
// NotFound, Invalid, and for a house Conflict "site.changed-since".
func (s *Service) SetRules(ctx context.Context, actor identity.Actor, siteID string, rev int64, kind site.ResourceKind, r site.Rules) error {
	if err := actor.Check(identity.SiteWrite, rulesScope(siteID)); err != nil {
		return err
	}
	return s.reloadAfter(ctx, s.Sites.From(rev).SaveRules(ctx, siteID, kind, r, actor.Person))
}

// DropRules lets a kind of place have the rules of the network again, or the
// network those of the program. Errors: as SetRules.
func (s *Service) DropRules(ctx context.Context, actor identity.Actor, siteID string, kind site.ResourceKind) error {
	if err := actor.Check(identity.SiteWrite, rulesScope(siteID)); err != nil {
		return err
	}
	err := s.Sites.DropRules(ctx, siteID, kind, actor.Person)
	if errs.HasKey(err, "rules.no-own") { // a second tap
		return nil
	}
	return s.reloadAfter(ctx, err)
}

// PublishHouseRules makes the next version of what one agrees to when booking.
// Errors: Unauthenticated, Forbidden, NotFound, Invalid, and Conflict
// "site.house-rules-newer" where after is no longer the last version.
func (s *Service) PublishHouseRules(ctx context.Context, actor identity.Actor, siteID string, after int, text site.Text) (site.HouseRules, error) {
	if err := actor.Check(identity.SiteWrite, rulesScope(siteID)); err != nil {
		return site.HouseRules{}, err
	}
	r, err := s.Sites.PublishNext(ctx, siteID, after, text, actor.Person)
	return r, s.reloadAfter(ctx, err)
}

// reloadAfter shows a change that went well, and what others changed where it
// did not for that.
func (s *Service) reloadAfter(ctx context.Context, err error) error {
	if err != nil && !errs.Is(err, errs.Conflict) {
		return err
	}
	if fault := s.Live.Reload(ctx); err == nil {
		return fault
	}
	return err
}

// Refused lists, by start, the coming bookings of a kind of place in a house
// that its rules would have refused when they were made. They stay.
func (s *Service) Refused(ctx context.Context, siteID string, kind site.ResourceKind) ([]AffectedBooking, error) {
	net := s.Live.Network()
	st, err := net.Site(siteID)
	if err != nil {
		return nil, err
	}
	rules, zone := net.Rules(siteID, kind), net.Zone(st)
	return s.coming(ctx, siteID, func(b *reserve.Booking, parts []reserve.Part, _ func() ([]string, error)) (guard.Why, error) {
		for _, part := range parts {
			if site.ResourceKind(part.Kind) == kind && rules.Check(madeAt(b, part), part.From, part.To, zone) != nil {
				return guard.Rules, nil //nolint:nilerr // which rule makes no difference here
			}
		}
		return "", nil
	})
}

// madeAt is when a part of a booking was asked for: before it began.
func madeAt(b *reserve.Booking, part reserve.Part) time.Time {
	if b.Created.Before(part.From) {
		return b.Created
	}
	return part.From
}
