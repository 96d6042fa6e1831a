package manage

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"polis/internal/platform/db"
	"polis/internal/territory"
)

// LotBook is which houses are in which lot: for who is given a role for the
// houses of one.
type LotBook struct {
	Lots map[string]Lot    // by id
	Of   map[string]string // the lot of a house, by id
}

// ReadLots reads the book of a database.
func ReadLots(ctx context.Context, d *db.DB) (b LotBook, err error) {
	err = d.Snapshot(ctx, func(tx *db.Tx) error {
		b = LotBook{Lots: map[string]Lot{}, Of: map[string]string{}}
		if err := db.Each(ctx, tx, allLots, func(rows *sql.Rows) error {
			l, err := scanLot(rows)
			b.Lots[l.ID] = l
			return err
		}); err != nil {
			return err
		}
		return db.Each(ctx, tx, lotOfSites, func(rows *sql.Rows) error {
			var house, lot string
			err := rows.Scan(&house, &lot)
			b.Of[house] = lot
			return err
		})
	})
	return b, err
}

// Find are the lots with all words in code, name or contractor, by code.
func (b LotBook) Find(words string) (list []Lot) {
	wanted := strings.Fields(territory.Fold(words))
	for _, l := range b.Lots {
		text := territory.Fold(l.Code + " " + l.Name + " " + l.Contractor)
		if !slices.ContainsFunc(wanted, func(w string) bool { return !strings.Contains(text, w) }) {
			list = append(list, l)
		}
	}
	slices.SortFunc(list, func(a, b Lot) int { return cmp.Compare(a.Code, b.Code) })
	return list
}
