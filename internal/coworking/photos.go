package coworking

import (
	"context"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	pictures "polis/internal/platform/picture"
	"polis/internal/site"
)

// PhotosOf is a house whose photos somebody may change. Errors: NotFound,
// Unauthenticated, Forbidden.
func (s *Service) PhotosOf(actor identity.Actor, code string) (*site.Site, error) {
	st, err := s.live.Network().ByCode(code)
	if err != nil {
		return nil, err
	}
	return st, actor.Check(identity.SiteWrite, identity.Site(st.ID))
}

// PhotoOf is one of those photos.
func (s *Service) PhotoOf(actor identity.Actor, code, id string) (*site.Site, site.Photo, error) {
	st, err := s.PhotosOf(actor, code)
	if err != nil {
		return nil, site.Photo{}, err
	}
	for _, p := range st.Photos {
		if p.ID == id {
			return st, p, nil
		}
	}
	return nil, site.Photo{}, errs.New(errs.NotFound, "site.photo.unknown", nil)
}

// AddPhoto makes a file that somebody sent fit for pages and puts it behind the
// photos of a house. Errors: those of PhotosOf, Invalid, TooLarge, and Rule
// where there are enough of them.
func (s *Service) AddPhoto(ctx context.Context, actor identity.Actor, code string, alt site.Text, file []byte) error {
	st, err := s.PhotosOf(actor, code)
	if err != nil {
		return err
	}
	large, thumb, err := pictures.Prepare(file)
	if err != nil {
		return err
	}
	if _, err := s.sites.AddPhoto(ctx, st.ID, alt, large, thumb, actor.Person); err != nil {
		return err
	}
	return s.live.Reload(ctx)
}

// DescribePhoto says anew what a photo shows. Errors: those of PhotosOf,
// Invalid.
func (s *Service) DescribePhoto(ctx context.Context, actor identity.Actor, code, id string, alt site.Text) error {
	return s.changePhoto(ctx, actor, code, func(siteID string) error {
		return s.sites.DescribePhoto(ctx, siteID, id, alt, actor.Person)
	})
}

// MovePhoto moves a photo down the list, up where by is negative. Errors: those
// of PhotosOf.
func (s *Service) MovePhoto(ctx context.Context, actor identity.Actor, code, id string, by int) error {
	return s.changePhoto(ctx, actor, code, func(siteID string) error {
		return s.sites.MovePhoto(ctx, siteID, id, by, actor.Person)
	})
}

// RemovePhoto takes a photo away for good. Errors: those of PhotosOf.
func (s *Service) RemovePhoto(ctx context.Context, actor identity.Actor, code, id string) error {
	return s.changePhoto(ctx, actor, code, func(siteID string) error {
		return s.sites.RemovePhoto(ctx, siteID, id, actor.Person)
	})
}

func (s *Service) changePhoto(ctx context.Context, actor identity.Actor, code string, change func(siteID string) error) error {
	st, err := s.PhotosOf(actor, code)
	if err != nil {
		return err
	}
	if err := change(st.ID); err != nil {
		return err
	}
	return s.live.Reload(ctx)
}
