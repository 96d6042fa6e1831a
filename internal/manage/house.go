package manage

import (
	"context"
	"maps"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/manage/guard"
	"polis/internal/platform/errs"
	"polis/internal/site"
)

// House is a house that the actor may change, by its code. Errors: NotFound,
// Unauthenticated, Forbidden.
func (s *Service) House(actor identity.Actor, code string) (*site.Site, error) {
	st, err := s.Live.Network().ByCode(code)
	if err != nil {
		return nil, err
	}
	return st, actor.Check(identity.SiteWrite, identity.Site(st.ID))
}

// A change of a house takes the revision at which somebody saw it and, where
// it affects bookings, the time at which somebody saw them and let them stay
// as they are (zero: nobody did). The errors are those of House, Invalid,
// Conflict "site.changed-since" where the house is at another revision by now,
// and Rule "manage.affected" with the Affected bookings.

// AddHouse makes a new house, which is planned. Errors: Unauthenticated,
// Forbidden, Invalid, Conflict where another has the code.
func (s *Service) AddHouse(ctx context.Context, actor identity.Actor, st site.Site) (*site.Site, error) {
	if err := actor.Check(identity.SiteWrite, identity.Network); err != nil {
		return nil, err
	}
	if _, err := s.Live.Network().ByCode(st.Code); err == nil || st.Code == newHouse {
		return nil, errs.New(errs.Conflict, "manage.new.code-taken", nil).On("code")
	}
	st.ID, st.State, st.StateSince = s.IDs(), site.Planned, agenda.DateOf(s.Clock.Now().In(agenda.Rome)).String()
	if err := s.Sites.SaveSite(ctx, &st, []string{"new"}, actor.Person); err != nil {
		return nil, err
	}
	if err := s.Live.Reload(ctx); err != nil {
		return nil, err
	}
	return s.Live.Network().Site(st.ID)
}

// SaveHouse changes what a house is: all but its code, its state and its
// exceptions. what names the things that somebody changed, for the journal;
// want.Rev is the revision at which they saw the house.
func (s *Service) SaveHouse(ctx context.Context, actor identity.Actor, want site.Site, keep time.Time, what ...string) error {
	st, err := s.House(actor, want.ID)
	if err != nil {
		return err
	}
	want.Code, want.State, want.StateSince, want.Exceptions = st.Code, st.State, st.StateSince, st.Exceptions
	if err := want.Validate(); err != nil {
		return err
	}
	return s.change(ctx, st, &want, want.Rev, keep, func(store *site.Store) error {
		return store.SaveSite(ctx, &want, what, actor.Person)
	})
}

// SetState says that since a date a house is in another state, and when it is
// announced to open, "" for no date.
func (s *Service) SetState(ctx context.Context, actor identity.Actor, siteID string, rev int64, to site.State, since agenda.Date, opensOn string, keep time.Time) error {
	st, err := s.House(actor, siteID)
	if err != nil {
		return err
	}
	want := *st
	want.State = to
	return s.change(ctx, st, &want, rev, keep, func(store *site.Store) error {
		return store.SetState(ctx, st.ID, to, since, opensOn, actor.Person)
	})
}

// SetException gives a house other hours on all dates from the first to the
// last; no spans mean closed.
func (s *Service) SetException(ctx context.Context, actor identity.Actor, siteID string, rev int64, first, last agenda.Date, spans []agenda.Span, keep time.Time) error {
	st, err := s.House(actor, siteID)
	if err != nil {
		return err
	}
	if !first.Valid() || !last.Valid() || last.Before(first) || first.AddDays(site.MaxException-1).Before(last) {
		return errs.New(errs.Invalid, "manage.exceptions.to", errs.Args{"count": site.MaxException}).On("to")
	}
	want := *st
	want.Exceptions = maps.Clone(st.Exceptions)
	if want.Exceptions == nil {
		want.Exceptions = map[agenda.Date][]agenda.Span{}
	}
	for d := first; !last.Before(d); d = d.AddDays(1) {
		want.Exceptions[d] = spans
	}
	return s.change(ctx, st, &want, rev, keep, func(store *site.Store) error {
		return store.SaveExceptions(ctx, st.ID, first, last, spans, actor.Person)
	})
}

// EndException lets a house keep its usual hours on a date; NotFound where it
// has no others.
func (s *Service) EndException(ctx context.Context, actor identity.Actor, siteID string, rev int64, on agenda.Date, keep time.Time) error {
	st, err := s.House(actor, siteID)
	if err != nil {
		return err
	}
	want := *st
	want.Exceptions = maps.Clone(st.Exceptions)
	delete(want.Exceptions, on)
	return s.change(ctx, st, &want, rev, keep, func(store *site.Store) error {
		return store.DropException(ctx, st.ID, on, actor.Person)
	})
}

// change lets a house become what is wanted, unless it is at another revision
// than somebody saw, or bookings are affected.
func (s *Service) change(ctx context.Context, st, want *site.Site, rev int64, keep time.Time, save func(*site.Store) error) error {
	if rev != st.Rev {
		return errs.New(errs.Conflict, "site.changed-since", nil)
	}
	before, err := guard.TermsOf(st)
	if err != nil {
		return err
	}
	after, err := guard.TermsOf(want)
	if err != nil {
		return err
	}
	if err := s.check(ctx, st.ID, before, after, keep); err != nil {
		return err
	}
	if err := save(s.Sites.From(rev)); err != nil {
		if errs.Is(err, errs.Conflict) { // somebody was faster, perhaps at another program
			if err := s.Live.Reload(ctx); err != nil {
				return err
			}
		}
		return err
	}
	return s.Live.Reload(ctx)
}
