package manage

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/site"
)

// MaxRow is how many places are added at once at most.
const MaxRow = 200

// Row asks for many like places of one room at once.
type Row struct {
	Room     string // id
	Kind     site.ResourceKind
	First    string // code of the first, which ends in a number: "D-01"
	Count    int
	Seats    int // of each
	Features []string
	Groups   []string
	Draw     bool // put them on the plan, in
	Lines    int  // so many lines, each place
	W, H     int  // so large, in centimetres
}

// AddRow adds many places to a room, all of them or none.
func (s *Service) AddRow(ctx context.Context, a identity.Actor, siteID string, row Row) error {
	codes, err := row.codes()
	if err != nil {
		return err
	}
	return s.refit(ctx, a, siteID, func(now *site.Layout) (c site.Refit, err error) {
		room := now.Room(row.Room)
		if room == nil {
			return c, errs.New(errs.NotFound, "room.unknown", nil)
		}
		for _, p := range now.Places {
			if slices.Contains(codes, p.Code) {
				return c, errs.New(errs.Rule, "layout.code-taken", errs.Args{"code": p.Code}).On(site.OnCode)
			}
		}
		var areas []site.Rect
		if row.Draw {
			if areas, err = row.lay(now, room); err != nil {
				return c, err
			}
		}
		for i, code := range codes {
			p := site.Resource{
				ID: s.IDs(), Site: siteID, Room: room.ID, Kind: row.Kind, Code: code, Name: code, Seats: row.Seats,
				Features: row.Features, Groups: row.Groups, Active: true,
			}
			if row.Draw {
				p.Area = areas[i]
			}
			c.Places = append(c.Places, p)
		}
		return c, nil
	})
}

// stem is a code without the number it ends in.
func stem(code string) string { return strings.TrimRight(code, "0123456789") }

// codes count on from the first, with as many digits.
func (r *Row) codes() ([]string, error) {
	stem := stem(r.First)
	digits := r.First[len(stem):]
	n, err := strconv.Atoi(digits)
	if err != nil || len(digits) > 6 {
		return nil, errs.New(errs.Rule, "manage.rooms.no-number", nil).On(site.OnCode)
	}
	codes := make([]string, r.Count)
	for i := range codes {
		codes[i] = fmt.Sprintf("%s%0*d", stem, len(digits), n+i)
	}
	return codes, nil
}

// The steps of the grid on which plans are drawn, and what is left between two
// lines of places, from the widest on, all in centimetres.
const gridStep = 25

var aisles = []int{150, 100, 50, 0}

// lay finds where the places of a row can stand: line under line, where nothing
// else does, with the widest aisles for which there is room.
func (r *Row) lay(now *site.Layout, room *site.Room) ([]site.Rect, error) {
	if !room.Area.Drawn() {
		return nil, errs.New(errs.Rule, "plan.room-not-drawn", errs.Args{"room": room.Name}).On(site.OnArea)
	}
	var others []site.Rect
	for _, p := range now.Places {
		if p.Room == room.ID && p.Active && p.Area.Drawn() {
			others = append(others, p.Area)
		}
	}
	across := (r.Count + r.Lines - 1) / r.Lines
	for _, aisle := range aisles {
		block := site.Rect{W: across * r.W, H: r.Lines*(r.H+aisle) - aisle}
		for block.Y = room.Area.Y; block.Y+block.H <= room.Area.Y+room.Area.H; block.Y += gridStep {
			for block.X = room.Area.X; block.X+block.W <= room.Area.X+room.Area.W; block.X += gridStep {
				areas := r.at(block.X, block.Y, across, aisle)
				if !slices.ContainsFunc(areas, func(a site.Rect) bool { return slices.ContainsFunc(others, a.Overlaps) }) {
					return areas, nil
				}
			}
		}
	}
	return nil, errs.New(errs.Rule, "manage.rooms.no-space", errs.Args{"room": room.Name}).On(site.OnArea)
}

// at are the areas of the row with its corner at a point.
func (r *Row) at(x, y, across, aisle int) (areas []site.Rect) {
	for i := range r.Count {
		areas = append(areas, site.Rect{X: x + i%across*r.W, Y: y + i/across*(r.H+aisle), W: r.W, H: r.H})
	}
	return areas
}
