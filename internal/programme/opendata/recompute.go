package opendata

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"polis/internal/agenda"
	"polis/internal/programme/account"
	"polis/internal/sheet"
)

// Recomputed is what the files of a folder come to, beside what is published in
// it.
type Recomputed struct {
	Day         agenda.Date
	Table       *Table
	Differences []string // what is other than published; none where all is the same
}

// Recompute reads the files of a folder, as written by Export or fetched one by
// one, and arrives at the indexes and sums by them alone. The error is about
// files that are missing or cannot be read, each named with its line.
func Recompute(dir fs.FS) (*Recomputed, error) {
	draft := account.NewDraft(nil)
	var bad []error
	for _, kind := range account.Kinds {
		bad = append(bad, readKind(dir, kind, draft))
	}
	sites, err := readSites(dir)
	said, badIndexes := readIndexes(dir)
	if err := errors.Join(append(bad, err, badIndexes)...); err != nil {
		return nil, err
	}
	r := &Recomputed{Day: said.day}
	r.Table = published{draft.Account(), sites, said.day}.indexTable()
	changed, err := changedFiles(dir)
	if err != nil {
		return nil, err
	}
	r.Differences = append(compare(r.Table, said), changed...)
	return r, nil
}

// mostFaults is how much is told of what is wrong with a file.
const mostFaults = 20

// faultsOf are the faults of a file as one error; that it has no rows is none.
func faultsOf(name string, faults []sheet.Fault, err error) error {
	list := []error{err}
	for _, f := range faults {
		if f.Reason != sheet.ReasonNoRows && len(list) <= mostFaults {
			list = append(list, fmt.Errorf("%s: %w", name, f))
		}
	}
	return errors.Join(list...)
}

// readKind reads the rows of a kind.
func readKind(dir fs.FS, kind *account.Kind, draft *account.Draft) error {
	name := kind.Name + ".csv"
	f, end, err := openFile(dir, name)
	if err != nil {
		return err
	}
	defer end()
	seen := map[string]bool{}
	var twice error
	faults, err := account.Read(kind, f, func(row any) {
		key := kind.KeyOf(row)
		if seen[key] && twice == nil {
			twice = fmt.Errorf("%s: two rows of the key %q", name, strings.Split(key, account.JoinKey("", "")))
		}
		seen[key] = true
		draft.Put(kind, row)
	})
	return errors.Join(faultsOf(name, faults, err), twice)
}

// readSites reads the houses.
func readSites(dir fs.FS) (*Table, error) {
	const name = "sites.csv"
	f, end, err := openFile(dir, name)
	if err != nil {
		return nil, err
	}
	defer end()
	t := &Table{Columns: siteColumns}
	columns := make([]sheet.Column, len(siteColumns))
	for i, c := range siteColumns {
		columns[i] = sheet.Column{Name: c.Name, Needed: true}
	}
	sum, err := sheet.Read(f, sheet.Options{Columns: columns, Near: true}, func(line *sheet.Row) {
		row := make([]string, len(columns))
		for i, c := range columns {
			row[i], _ = line.Text(c.Name)
		}
		if !line.Faulty() {
			t.Rows = append(t.Rows, row)
		}
	})
	return t, faultsOf(name, sum.Faults, err)
}

// saying are the indexes and sums that are published.
type saying struct {
	day  agenda.Date
	rows map[string][]string // by indicator, key and quarter
	keys []string            // in their order
}

// mostIndexes bounds the file of the indexes.
const mostIndexes = 16 << 20

// readIndexes reads what is published.
func readIndexes(dir fs.FS) (s saying, err error) {
	const name = "indexes.json"
	defer func() {
		if err != nil && !strings.HasPrefix(err.Error(), name) {
			err = fmt.Errorf("%s: %w", name, err)
		}
	}()
	f, end, err := openFile(dir, name)
	if err != nil {
		return s, err
	}
	defer end()
	text, err := io.ReadAll(io.LimitReader(f, mostIndexes+1))
	if err != nil || len(text) > mostIndexes {
		return s, cmp.Or(err, errors.New("is too large"))
	}
	in := json.NewDecoder(bytes.NewReader(text))
	in.UseNumber()
	var list []map[string]any
	if err := in.Decode(&list); err != nil {
		return s, err
	}
	if _, err := in.Token(); err != io.EOF {
		return s, errors.New("goes on after its end")
	}
	s.rows = map[string][]string{}
	for _, object := range list {
		if err := s.take(object); err != nil {
			return s, err
		}
	}
	if s.day == (agenda.Date{}) {
		return s, errors.New("names no date of the sums")
	}
	return s, nil
}

// take takes a row in.
func (s *saying) take(object map[string]any) error {
	row := make([]string, len(indexColumns))
	for i, c := range indexColumns {
		v, has := object[c.Name]
		if !has {
			return fmt.Errorf("a row has no %q", c.Name)
		}
		switch v := v.(type) {
		case nil:
		case string:
			row[i] = v
		case json.Number:
			row[i] = v.String()
		default:
			return fmt.Errorf("%q of a row is neither text nor number", c.Name)
		}
	}
	if row[0] == indRows {
		day, err := agenda.ParseDate(row[3])
		if err != nil || s.day != (agenda.Date{}) && s.day != day {
			return fmt.Errorf("the sums have the date %q", row[3])
		}
		s.day = day
	}
	key := keyOf(row)
	if _, twice := s.rows[key]; twice {
		return fmt.Errorf("two rows for %s", key)
	}
	s.rows[key] = row
	s.keys = append(s.keys, key)
	return nil
}

// keyOf names a row of the indexes: "target offices 2023-T4".
func keyOf(row []string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(row[:3]), func(s string) bool { return s == "" }), " ")
}

// compare names what is other than published.
func compare(t *Table, said saying) (list []string) {
	made := map[string]bool{}
	for _, row := range t.Rows {
		key := keyOf(row)
		made[key] = true
		old, has := said.rows[key]
		if !has {
			list = append(list, fmt.Sprintf("%s: %s, not published", key, cmp.Or(row[4], row[5], "nothing")))
			continue
		}
		for i, c := range t.Columns[3:] {
			if was, is := old[3+i], row[3+i]; !alike(was, is) {
				list = append(list, fmt.Sprintf("%s: %s is %s, published is %s", key, c.Name, cmp.Or(is, "nothing"), cmp.Or(was, "nothing")))
			}
		}
	}
	for _, key := range said.keys {
		if !made[key] {
			list = append(list, key+": published, and does not follow from the files")
		}
	}
	return list
}

// alike tells whether two cells say the same; numbers may be written in other
// ways, as by a program through whose hands the file went.
func alike(a, b string) bool {
	x, badX := strconv.ParseFloat(a, 64)
	y, badY := strconv.ParseFloat(b, 64)
	return a == b || badX == nil && badY == nil && x == y
}

// changedFiles names the files that are other than when they were exported, where
// the folder has a list of them.
func changedFiles(dir fs.FS) (list []string, err error) {
	if _, err := fs.Stat(dir, sumsName); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	sums, names, err := readSums(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		f, end, err := openFile(dir, name)
		if err != nil {
			list = append(list, err.Error())
			continue
		}
		hash := sha256.New()
		_, err = io.Copy(hash, f)
		end()
		if err != nil {
			return nil, err
		}
		if hex.EncodeToString(hash.Sum(nil)) != sums[name] {
			list = append(list, name+": is not as it was exported")
		}
	}
	return list, nil
}

// MarshalJSON writes what the files come to, and how it differs.
func (r *Recomputed) MarshalJSON() ([]byte, error) {
	rows := make([]json.RawMessage, len(r.Table.Rows))
	for i, row := range r.Table.Rows {
		rows[i] = r.Table.Object(row)
	}
	return json.Marshal(struct {
		Date        string            `json:"date"`
		Same        bool              `json:"same"`
		Differences []string          `json:"differences"`
		Rows        []json.RawMessage `json:"rows"`
	}{r.Day.String(), len(r.Differences) == 0, append([]string{}, r.Differences...), rows})
}

// Print writes it as a table for people, with the differences at its end.
func (r *Recomputed) Print(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "indicator\tkey\tquarter\tactual\texpected\tunit")
	for _, row := range r.Table.Rows {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\n", plain(row[0]), plain(row[1]), plain(row[2]), cmp.Or(row[4], "–"), cmp.Or(row[5], "–"), plain(row[6]))
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if len(r.Differences) == 0 {
		_, err := fmt.Fprintf(w, "\nAs of %s: the same as published.\n", r.Day)
		return err
	}
	fmt.Fprintf(w, "\nAs of %s: %d differences from what is published.\n", r.Day, len(r.Differences))
	for _, d := range r.Differences {
		fmt.Fprintln(w, " ", plain(d))
	}
	return nil
}

// plain is a text from a file as a terminal may show it.
func plain(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, s)
}
