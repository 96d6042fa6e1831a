package lists

import (
	"polis/internal/manage/guard"
	"polis/internal/platform/errs"
	"polis/internal/site"
)

// layoutFaults are what a layout cannot be, as faults of a line: by the key of
// the error, where it is of a place or a room of the file.
var layoutFaults = map[string]struct{ column, reason string }{
	"layout.has-places":   {"kind", "room_has_places"},
	"layout.no-room":      {"room", "room_without_places"},
	"layout.no-part":      {"parts", "no_part"},
	"layout.part-out":     {"parts", "part_out_of_use"},
	"layout.few-parts":    {"parts", "few_parts"},
	"layout.stays-place":  {"parts", "stays_place"},
	"layout.whole-in-use": {"active", "whole_in_use"},
	"plan.off-floor":      {"w", "off_plan"},
	"plan.too-small":      {"w", "too_small"},
	"plan.room-overlaps":  {"x", "overlaps"},
	"plan.place-overlaps": {"x", "overlaps"},
	"plan.place-outside":  {"x", "outside_room"},
	"plan.room-not-drawn": {"x", "room_not_drawn"},
}

// invalidColumns are the columns of what a room or place refuses of itself.
var invalidColumns = map[string]string{"atoms": "parts", "purpose": "kind", "area": "w"}

// checkHouse: what comes of a house can be, and bookings are not let down.
func (p *planning) checkHouse(h *houseWork) {
	now := p.net.Layout(h.site.ID)
	refit, lines, before := site.Refit{}, map[string]*line{}, len(p.outcome.Faults)
	for _, r := range h.rooms {
		if r.old == nil || *r.old != r.Room {
			refit.Rooms = append(refit.Rooms, r.Room)
		}
		if lines[r.ID] = h.lineOf(r); r.line != nil || r.old == nil {
			p.possible(lines[r.ID], r.Validate())
		}
	}
	for _, w := range h.order {
		refit.Places = append(refit.Places, w.Resource)
		lines[w.ID] = w.line
		p.possible(w.line, w.Validate())
	}
	if len(p.outcome.Faults) > before {
		return
	}
	for _, f := range now.Faults(now.Needed(refit)) {
		p.unfit(h, lines, f)
	}
	for _, w := range h.order {
		if w.old == nil {
			continue
		}
		if s, ok := guard.Strained(w.old, &w.Resource); ok {
			p.strains(w.line, s)
		}
	}
}

// possible makes a fault of what a room or place refuses of itself.
func (p *planning) possible(l *line, err error) {
	if err == nil || l == nil {
		return
	}
	column, reason := errs.As(err).Field, "not_possible"
	if other, ok := invalidColumns[column]; ok {
		column = other
	}
	if column == "w" {
		reason = "off_plan"
	}
	p.wrong(l, column, reason)
}

// unfit makes a fault of what a layout cannot be. Of two things in each other's
// way it is said where the file has them.
func (p *planning) unfit(h *houseWork, lines map[string]*line, f site.Fault) {
	args := []any{}
	for name, v := range f.Err.Args {
		args = append(args, name, v)
	}
	as, ok := layoutFaults[f.Err.Key]
	if !ok {
		as.column, as.reason = "code", "not_possible"
	}
	if l := lines[f.ID]; l != nil {
		p.wrong(l, as.column, as.reason, args...)
		return
	}
	if f.Err.Key != "plan.place-outside" && f.Err.Key != "plan.room-not-drawn" {
		return // the other one has a line
	}
	for _, w := range h.places { // the room was made too small for a place
		if w.ID == f.ID && lines[w.Room] != nil {
			p.wrong(lines[w.Room], "w", "room_too_small", "text", w.Code)
		}
	}
}

// lineOf is the line that says most of a room; nil where the file has none.
func (h *houseWork) lineOf(r *roomWork) *line {
	switch {
	case r.line != nil:
		return r.line
	case r.floor != nil:
		return r.floor
	case r.old == nil: // made for a place, without a word of its floor
		return h.firstIn(r)
	}
	return nil
}

// keepHouse counts and keeps what changes.
func (p *planning) keepHouse(h *houseWork, now names) {
	was := namesIn(p.net)
	for _, r := range h.rooms {
		l, old := h.lineOf(r), r.old
		if l == nil {
			continue
		}
		if old == nil {
			old = &site.Room{}
		}
		fields := differ(roomFields, was, now, old, &r.Room)
		if r.line == nil && len(fields) == 0 {
			continue // a line of its places says what is so
		}
		if p.found(l, h.site.Code+" "+r.Code, r.old == nil, fields) {
			p.batch.Rooms = append(p.batch.Rooms, r.Room)
		}
	}
	for _, w := range h.order {
		old := w.old
		if old == nil {
			old = &site.Resource{}
		}
		if p.found(w.line, h.site.Code+" "+w.Code, w.old == nil, differ(placeFields, was, now, old, &w.Resource)) {
			p.batch.Resources = append(p.batch.Resources, w.Resource)
		}
	}
}

func (h *houseWork) firstIn(r *roomWork) *line {
	for _, w := range h.order {
		if w.Room == r.ID {
			return w.line
		}
	}
	return nil
}
