package opendata

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
	"polis/internal/programme/account"
	"polis/internal/site"
)

// file is one of the files, compressed.
type file struct {
	name     string
	format   format
	tag      string // hash of the content
	size     int
	rows     int
	modified time.Time
	packed   []byte // gzip
}

// content is the file as it is read.
func (f *file) content() ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(f.packed))
	if err != nil {
		return nil, err
	}
	out := make([]byte, f.size)
	_, err = io.ReadFull(z, out)
	return out, err
}

// book is all files at one moment, and what they were made of.
type book struct {
	made     moment
	files    map[string]*file
	tables   map[string]*Table
	modified time.Time // the latest of its files
}

// moment is what the files depend on.
type moment struct {
	account *account.Account
	updated time.Time // when something was published last
	network *site.Network
	works   uint64 // the version of what is known of the works
	day     agenda.Date
}

// newBook makes the tables and the files of all data sets. A file that says what
// it said before keeps its time.
func (s *Service) newBook(at moment, house func(*site.Site) House, before *book) (b *book, err error) {
	defer errs.Wrap(&err, "opendata.newBook")
	b = &book{made: at, files: map[string]*file{}, tables: map[string]*Table{}}
	p := published{at.account, siteTable(at.network, house), at.day}
	for _, x := range sets {
		switch x.name {
		case "sites":
			b.tables[x.name] = p.sites
		case "indexes":
			b.tables[x.name] = p.indexTable()
		default:
			kind, _ := account.KindOf(x.name)
			b.tables[x.name] = kindTable(at.account, kind)
		}
		for _, f := range x.formats() {
			if err := b.add(x.file(f), f, b.tables[x.name], before, s.changed(x, at)); err != nil {
				return nil, err
			}
		}
	}
	return b, s.addCatalog(b, before)
}

// factsFrom is when the facts in the program were last gathered.
var factsFrom = time.Date(2026, time.November, 22, 0, 0, 0, 0, time.UTC)

// changed is when what a data set says was last changed, as far as is known.
func (s *Service) changed(x set, at moment) time.Time {
	switch x.name {
	case "indexes": // each day anew
		return latest(at.updated, at.day.UTC(), factsFrom)
	case "sites": // nobody keeps when
		return s.Clock.Now().UTC().Truncate(time.Second)
	}
	return latest(at.updated.UTC().Truncate(time.Second), factsFrom)
}

func latest(times ...time.Time) (last time.Time) {
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}
	return last
}

// add writes a table in a format.
func (b *book) add(name string, f format, t *Table, before *book, changed time.Time) error {
	var out bytes.Buffer
	write := t.WriteCSV
	switch f {
	case formatJSON:
		write = t.WriteJSON
	case formatGeoJSON:
		write = func(w io.Writer) error { return writeGeoJSON(t, w) }
	}
	if err := write(&out); err != nil {
		return err
	}
	return b.keep(name, f, out.Bytes(), len(t.Rows), before, changed)
}

// keep takes a file in.
func (b *book) keep(name string, f format, content []byte, rows int, before *book, changed time.Time) error {
	sum := sha256.Sum256(content)
	made := &file{name: name, format: f, tag: hex.EncodeToString(sum[:12]), size: len(content), rows: rows, modified: changed}
	if before != nil {
		if old := before.files[name]; old != nil && old.tag == made.tag {
			made.modified = old.modified
		}
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(content); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	made.packed = packed.Bytes()
	b.files[name] = made
	b.modified = latest(b.modified, made.modified)
	return nil
}
