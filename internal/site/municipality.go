package site

import (
	"context"
	"database/sql"

	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/territory"
)

var (
	dropMunicipalities = db.Q("site.dropMunicipalities", `DELETE FROM municipality`)
	saveMunicipalities = db.Rows("site.saveMunicipalities", `
	INSERT INTO municipality (istat, belfiore, name, alt_name, province, province_name, region, population, population_year,
		cap, lat, lon, approximate, patron)
	SELECT column1, column2, column3, column4, column5, column6, column7, column8, column9,
		column10, column11, column12, column13, column14 FROM {rows}
	WHERE column1 IS NOT NULL`,
		"TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "BIGINT",
		"TEXT", "DOUBLE PRECISION", "DOUBLE PRECISION", "BOOLEAN", "TEXT")
	loadMunicipalities = db.Q("site.loadMunicipalities", `
	SELECT istat, belfiore, name, alt_name, province, province_name, region, population, population_year,
		cap, lat, lon, approximate, patron FROM municipality`)
)

// SaveTerritory replaces the list of municipalities, wholly or not at all; none
// means the list built into the program.
func (s *Store) SaveTerritory(ctx context.Context, ms []territory.Municipality, by string) (err error) {
	defer errs.Wrap(&err, "site.Store.SaveTerritory(%d)", len(ms))
	if len(ms) > 0 {
		if _, err := territory.New(ms); err != nil {
			return errs.New(errs.Invalid, "territory.invalid", nil).Because(err)
		}
	}
	args := make([]any, 0, len(ms)*14)
	for _, m := range ms {
		args = append(args, m.ISTAT, m.Belfiore, m.Name, m.AltName, m.Province, m.ProvinceName, m.Region,
			m.Population, m.PopulationYear, m.CAP, m.Lat, m.Lon, m.Approximate, m.Patron)
	}
	act := saved("territory.saved", len(ms))
	act.Person = by
	return s.change(ctx, act, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, dropMunicipalities); err != nil {
			return err
		}
		return saveMunicipalities.Exec(ctx, tx, args)
	})
}

func readTerritory(ctx context.Context, r db.Reader) (*territory.Table, error) {
	ms, err := db.All(ctx, r, loadMunicipalities, func(rows *sql.Rows) (m territory.Municipality, err error) {
		err = rows.Scan(&m.ISTAT, &m.Belfiore, &m.Name, &m.AltName, &m.Province, &m.ProvinceName, &m.Region,
			&m.Population, &m.PopulationYear, &m.CAP, &m.Lat, &m.Lon, &m.Approximate, &m.Patron)
		return m, err
	})
	if err != nil {
		return nil, err
	}
	if len(ms) == 0 {
		return territory.Embedded(), nil
	}
	return territory.New(ms)
}
