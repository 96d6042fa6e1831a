package programme

import (
	"context"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Order is how batches are sorted.
type Order string

// The orders.
const (
	Newest  Order = "newest"
	Oldest  Order = "oldest"
	Longest Order = "longest"
)

// Filter says which batches are looked for; an empty field is any.
type Filter struct {
	State State
	Kind  string
	Order Order // Newest where it is empty
}

const batchFilter = ` FROM programme_batch WHERE ($1 = '' OR state = $1) AND ($2 = '' OR kind = $2) AND ($3 = '' OR entered_by = $3)`

var (
	findNewest  = db.Q("programme.find-newest", `SELECT `+batchColumns+batchFilter+` ORDER BY entered DESC, id DESC LIMIT $4 OFFSET $5`)
	findOldest  = db.Q("programme.find-oldest", `SELECT `+batchColumns+batchFilter+` ORDER BY entered, id LIMIT $4 OFFSET $5`)
	findLongest = db.Q("programme.find-longest", `SELECT `+batchColumns+batchFilter+` ORDER BY lines DESC, id DESC LIMIT $4 OFFSET $5`)
	findCount   = db.Q("programme.find-count", `SELECT COUNT(*)`+batchFilter)
)

// Find lists batches: all of them to who may read all, else one's own. total is
// how many there are.
func (s *Service) Find(ctx context.Context, actor identity.Actor, f Filter, most, skip int) (list []Batch, total int, err error) {
	defer errs.Wrap(&err, "programme.Find(%q)", f.State)
	own := ""
	if !reads(actor) {
		if !actor.MaySomewhere(identity.WorksWrite) {
			return nil, 0, actor.CheckSomewhere(identity.ProgrammeRead)
		}
		own = actor.Agent()
	}
	find := map[Order]db.Query{Oldest: findOldest, Longest: findLongest}[f.Order]
	if f.Order != Oldest && f.Order != Longest {
		find = findNewest
	}
	if list, err = db.All(ctx, s.db, find, scanBatch, string(f.State), f.Kind, own, int64(most), int64(skip)); err == nil {
		err = db.One(ctx, s.db, findCount, []any{string(f.State), f.Kind, own}, &total)
	}
	return list, total, err
}
