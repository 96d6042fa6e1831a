package account

import (
	"bytes"
	"embed"
	"fmt"

	"polis/internal/sheet"
)

// The facts that the program knows by itself; each row names its source.
//
//go:embed facts/*.csv
var facts embed.FS

// Facts reads the rows that the program knows by itself: the same on an empty
// machine as anywhere.
func Facts(each func(kind *Kind, row any)) {
	for _, kind := range Kinds {
		if err := readFacts(kind, func(row any) { each(kind, row) }); err != nil {
			panic(err) // the files are part of the program, and a test reads them
		}
	}
}

// readFacts reads the facts of a kind; nothing where it has none.
func readFacts(kind *Kind, each func(row any)) error {
	file, err := facts.ReadFile("facts/" + kind.Name + ".csv")
	if err != nil {
		return nil //nolint:nilerr // no facts of this kind
	}
	faults, err := Read(kind, bytes.NewReader(file), each)
	if err == nil && len(faults) > 0 {
		err = fmt.Errorf("facts/%s.csv: %w", kind.Name, faults[0])
	}
	return err
}

// Sheet are the columns of a kind as those of a list.
func (k *Kind) Sheet() []sheet.Column {
	columns := make([]sheet.Column, len(k.Columns))
	for i, c := range k.Columns {
		columns[i] = sheet.Column{Name: c.Name, Needed: c.Needed}
	}
	return columns
}
