package feedback

import (
	"context"
	"time"

	"polis/internal/identity/privacy"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

var (
	blankReports = db.Q("feedback.blank", `UPDATE report SET body = $2, answer = NULL WHERE person = $1`)
	reportsHeld  = db.Q("feedback.held", `SELECT COUNT(*) FROM report WHERE person = $1`)
	sweepReports = db.Q("feedback.sweep", `
		DELETE FROM report WHERE id IN (
			SELECT id FROM report WHERE state = 'answered' AND answered < $1 ORDER BY answered, id LIMIT $2)`)
)

// Holder says what of people is in the reports. The number and kind of one stay:
// the house has to mend what it tells of.
func (s *Service) Holder() privacy.Holder {
	return privacy.Holder{
		Name: "feedback", Tables: []string{"report"},
		Export: s.exportReports,
		Holds: func(ctx context.Context, person string) (bool, error) {
			n := 0
			err := db.One(ctx, s.db, reportsHeld, []any{person}, &n)
			return n > 0, err
		},
		Forget: func(ctx context.Context, tx *db.Tx, person string) error {
			_, err := tx.Exec(ctx, blankReports, person, []byte{})
			return err
		},
		Keeps: []privacy.Retention{{Kind: "reports", Term: privacy.Term{Months: 24}, Fate: privacy.Deleted, Stays: true, Sweep: s.sweepReports}},
	}
}

func (s *Service) sweepReports(ctx context.Context, before time.Time, most int) (ended int, err error) {
	return ended, s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, sweepReports, clock.Micros(before), most)
		ended = int(n)
		return err
	})
}

func (s *Service) exportReports(ctx context.Context, person string) ([]privacy.Sheet, error) {
	out := privacy.Sheet{Name: "reports", Columns: []string{"number", "subject", "site", "created", "text", "answered", "answer"}}
	for before := "~"; ; {
		list, err := db.All(ctx, s.db, reportsOf, scan, person, before, 200)
		if err != nil {
			return nil, err
		}
		for _, r := range list {
			before = r.ID
			if err := s.open(ctx, &r); err != nil {
				return nil, err
			}
			row := []any{r.Number, string(r.Kind), s.houseOf(r), r.Created, r.Text, nil, r.Answer}
			if !r.Open() {
				row[5] = r.Answered
			}
			out.Rows = append(out.Rows, row)
		}
		if len(list) < 200 {
			return []privacy.Sheet{out}, nil
		}
	}
}

// houseOf is the name of the house of a report; "" of none.
func (s *Service) houseOf(r Report) string {
	st, err := s.live.Network().Site(r.Site)
	if err != nil {
		return ""
	}
	return st.Name
}
