package site

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"polis/internal/journal"
	"polis/internal/platform/blob"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/picture"
)

// The pictures of a house are rows in the order of their positions, which have
// no gaps only by chance; each names two files. The site's row is changed
// first, so that two changes of one house follow one another.
var (
	listPhotos = db.Q("site.listPhotos", `
	SELECT id, position, picture, thumb FROM site_photo WHERE site = $1 ORDER BY position, id`)
	savePhotos = db.Rows("site.savePhotos", `
	INSERT INTO site_photo (id, site, position, alt_it, alt_en, picture, thumb, width, height, created)
	SELECT column1, column2, column3, column4, column5, column6, column7, column8, column9, column10 FROM {rows}
	WHERE column1 IS NOT NULL
	ON CONFLICT (id) DO UPDATE SET position = excluded.position, alt_it = excluded.alt_it, alt_en = excluded.alt_en,
		picture = excluded.picture, thumb = excluded.thumb, width = excluded.width, height = excluded.height`,
		"TEXT", "TEXT", "BIGINT", "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "BIGINT", "BIGINT")
	placePhoto    = db.Q("site.placePhoto", `UPDATE site_photo SET position = $2 WHERE id = $1`)
	describePhoto = db.Q("site.describePhoto", `UPDATE site_photo SET alt_it = $3, alt_en = $4 WHERE id = $1 AND site = $2`)
	dropPhoto     = db.Q("site.dropPhoto", `DELETE FROM site_photo WHERE id = $1`)
	namesBlob     = db.Q("site.namesBlob", `SELECT COUNT(*) FROM site_photo WHERE picture = $1 OR thumb = $1`)
)

// MaxPhotos is how many photos a house may have.
const MaxPhotos = 12

// maxAlt is the length of what is said of a photo, in characters.
const maxAlt = 300

// photoFacts are what the acts about a photo say.
type photoFacts struct {
	Photo   string `json:"photo"`
	Picture string `json:"picture,omitempty"` // id of the file
}

// checkAlt refuses what would say nothing to who does not see the picture.
func checkAlt(alt Text) (Text, error) {
	alt = Text{strings.TrimSpace(alt.IT), strings.TrimSpace(alt.EN)}
	switch {
	case alt.IT == "":
		return alt, errs.New(errs.Invalid, "site.photo.no-alt", nil).On("alt_it")
	case !(Text{IT: alt.IT}).valid(maxAlt):
		return alt, errs.New(errs.Invalid, "site.photo.alt", errs.Args{"limit": maxAlt}).On("alt_it")
	case !alt.valid(maxAlt):
		return alt, errs.New(errs.Invalid, "site.photo.alt", errs.Args{"limit": maxAlt}).On("alt_en")
	}
	return alt, nil
}

// AddPhoto puts a photo behind those that a house has. The pictures come from
// package picture, so that nothing is kept that nobody looked into. Conflict for
// a photo that the house has: who taps twice does not mean two.
func (s *Store) AddPhoto(ctx context.Context, siteID string, alt Text, large, thumb picture.Image, by string) (p Photo, err error) {
	defer errs.Wrap(&err, "site.Store.AddPhoto(%q)", siteID)
	if alt, err = checkAlt(alt); err != nil {
		return Photo{}, err
	}
	files := []blob.File{{Type: picture.Type, Data: large.Data}, {Type: picture.Type, Data: thumb.Data}}
	p = Photo{
		ID: s.ids(), Site: siteID, Alt: alt, Picture: files[0].ID(), Thumb: files[1].ID(), Width: large.Width, Height: large.Height,
	}
	act := journal.Act{Kind: "site.photo-added", Subject: siteID, Person: by, Data: asJSON(photoFacts{p.ID, p.Picture})}
	err = s.change(ctx, act, func(tx *db.Tx) error {
		list, err := lockPhotos(ctx, tx, siteID)
		if err != nil {
			return err
		}
		position := 0
		switch n := len(list); {
		case n >= MaxPhotos:
			return errs.New(errs.Rule, "site.photo.too-many", errs.Args{"limit": MaxPhotos})
		case slices.ContainsFunc(list, func(had placed) bool { return had.picture == p.Picture }):
			return errs.New(errs.Conflict, "site.photo.there", nil)
		case n > 0:
			position = list[n-1].position + 1
		}
		if err := blob.Put(ctx, tx, s.clock.Now(), files...); err != nil {
			return err
		}
		return savePhotos.Exec(ctx, tx, s.photoRow(p, position))
	})
	return p, err
}

func (s *Store) photoRow(p Photo, position int) []any {
	return []any{
		p.ID, p.Site, position, p.Alt.IT, p.Alt.EN, p.Picture, p.Thumb, p.Width, p.Height, clock.Micros(s.clock.Now()),
	}
}

// SavePhotos adds the photos of sites with their files, or changes those whose
// id is there, all or none. It is for a program that draws its pictures or
// carries them over, and takes files of any type: nothing that a person
// uploads comes this way. The photos of a site stand in the order in which
// they are given.
func (s *Store) SavePhotos(ctx context.Context, photos []Photo, files []blob.File) (err error) {
	defer errs.Wrap(&err, "site.Store.SavePhotos(%d)", len(photos))
	var args []any
	next := map[string]int{}
	for _, p := range photos {
		if p.Alt, err = checkAlt(p.Alt); err != nil {
			return err
		}
		args = append(args, s.photoRow(p, next[p.Site])...)
		next[p.Site]++
	}
	return s.change(ctx, saved("photo.saved", len(photos)), func(tx *db.Tx) error {
		if err := blob.Put(ctx, tx, s.clock.Now(), files...); err != nil {
			return err
		}
		return savePhotos.Exec(ctx, tx, args)
	})
}

// placed is a photo in the order of its house.
type placed struct {
	id             string
	position       int
	picture, thumb string
}

// lockPhotos lists the photos of a house that nobody else can change now.
func lockPhotos(ctx context.Context, tx *db.Tx, siteID string) ([]placed, error) {
	n, err := tx.Exec(ctx, touchSite, siteID)
	if err := found(n, err); err != nil {
		return nil, err
	}
	return db.All(ctx, tx, listPhotos, func(rows *sql.Rows) (p placed, err error) {
		return p, rows.Scan(&p.id, &p.position, &p.picture, &p.thumb)
	}, siteID)
}

func indexOf(list []placed, id string) (int, error) {
	for i, p := range list {
		if p.id == id {
			return i, nil
		}
	}
	return 0, unknown("site.photo.unknown")
}

// RemovePhoto takes a photo away and forgets its files, unless another photo is
// of the same.
func (s *Store) RemovePhoto(ctx context.Context, siteID, id, by string) (err error) {
	defer errs.Wrap(&err, "site.Store.RemovePhoto(%q, %q)", siteID, id)
	act := journal.Act{Kind: "site.photo-removed", Subject: siteID, Person: by, Data: asJSON(photoFacts{Photo: id})}
	return s.change(ctx, act, func(tx *db.Tx) error {
		list, err := lockPhotos(ctx, tx, siteID)
		if err != nil {
			return err
		}
		at, err := indexOf(list, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, dropPhoto, id); err != nil {
			return err
		}
		for _, file := range []string{list[at].picture, list[at].thumb} {
			var others int
			if err := db.One(ctx, tx, namesBlob, []any{file}, &others); err != nil {
				return err
			}
			if others > 0 {
				continue
			}
			if err := blob.Drop(ctx, tx, file); err != nil {
				return err
			}
		}
		return nil
	})
}

// MovePhoto moves a photo so many places down the list, up where negative; at
// either end it stays.
func (s *Store) MovePhoto(ctx context.Context, siteID, id string, by int, person string) (err error) {
	defer errs.Wrap(&err, "site.Store.MovePhoto(%q, %q)", siteID, id)
	act := journal.Act{Kind: "site.photo-moved", Subject: siteID, Person: person, Data: asJSON(photoFacts{Photo: id})}
	return s.change(ctx, act, func(tx *db.Tx) error {
		list, err := lockPhotos(ctx, tx, siteID)
		if err != nil {
			return err
		}
		at, err := indexOf(list, id)
		if err != nil {
			return err
		}
		moved := list[at]
		to := min(max(at+by, 0), len(list)-1)
		copy(list[at:], list[at+1:])
		copy(list[to+1:], list[to:len(list)-1])
		list[to] = moved
		for i, p := range list {
			if p.position == i {
				continue
			}
			if _, err := tx.Exec(ctx, placePhoto, p.id, i); err != nil {
				return err
			}
		}
		return nil
	})
}

// DescribePhoto says anew what a photo shows.
func (s *Store) DescribePhoto(ctx context.Context, siteID, id string, alt Text, by string) (err error) {
	defer errs.Wrap(&err, "site.Store.DescribePhoto(%q, %q)", siteID, id)
	if alt, err = checkAlt(alt); err != nil {
		return err
	}
	act := journal.Act{Kind: "site.photo-described", Subject: siteID, Person: by, Data: asJSON(photoFacts{Photo: id})}
	return s.change(ctx, act, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, touchSite, siteID)
		if err := found(n, err); err != nil {
			return err
		}
		n, err = tx.Exec(ctx, describePhoto, id, siteID, alt.IT, alt.EN)
		if err == nil && n == 0 {
			return unknown("site.photo.unknown")
		}
		return err
	})
}
