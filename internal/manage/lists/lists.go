// Package lists brings the lists of a network in from CSV files and writes them
// out: sites, rooms and places, hours, closures, people. A file is compared with
// what is there, line by line and column by column; it is taken whole or not at
// all.
package lists

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/sheet"
	"polis/internal/site"
)

// Words are the texts, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS

// List is what can be brought in and written out as one file.
type List string

// The lists, in the order in which a network is built up.
const (
	Sites     List = "sites"
	Resources List = "resources"
	Hours     List = "hours"
	Closures  List = "closures"
	People    List = "people"
)

// Lists are all of them.
var Lists = []List{Sites, Resources, Hours, Closures, People}

// Columns are those of a list, in the order in which it is written out.
func (l List) Columns() []sheet.Column { return columns[l] }

// Options are what the lists stand on.
type Options struct {
	DB     *db.DB
	Live   *site.Live
	Sites  *site.Store
	Engine *reserve.Engine
	People *identity.People
	Grants *identity.Grants
	// Groups are those that a person belongs to.
	Groups func(ctx context.Context, person string) ([]string, error)
	Clock  clock.Clock
	IDs    clock.IDs
}

// Service brings lists in and writes them out.
type Service struct {
	Options
	state
}

// New returns the lists of a network.
func New(o Options) *Service { return &Service{Options: o, state: state{wake: func() {}}} }

// permission is what somebody needs to bring a list in.
func (l List) permission() identity.Permission {
	switch l {
	case Closures:
		return identity.ClosureWrite
	case People:
		return identity.PeopleWrite
	}
	return identity.SiteWrite
}

// known refuses a list that there is not.
func (l List) known() error {
	if !slices.Contains(Lists, l) {
		return errs.New(errs.NotFound, "error.not_found", nil)
	}
	return nil
}

// Change is what a line of a file makes of one thing.
type Change struct {
	Line   int
	Key    string // code, or codes
	New    bool
	Fields []FieldChange // of what is there already
}

// FieldChange is what stands in a column before and after.
type FieldChange struct{ Column, Before, After string }

// AffectedLine are the coming bookings that a closure, or new hours, leave for
// somebody to move.
type AffectedLine struct {
	Line     int
	Key      string
	Bookings int
}

// Outcome is what a file does, or would do. Where it has faults it changes
// nothing.
type Outcome struct {
	New, Changed, Same int
	Changes            []Change // by line
	Faults             []sheet.Fault
	More               bool     // there may be more faults
	Passed             []string // columns of the file that the list does not have
	Recoded            bool     // the file was in Windows-1252 and was read as that
	Affected           []AffectedLine
	AffectedMore       int  // lines that affect bookings, beyond those
	Fresh              bool // some of them came after somebody looked: it is to be looked at again
}

// Step hears how far an import is; the name is one of Steps.
type Step func(name string, done, total int)

// Steps are the names of the steps of an import.
var Steps = []string{"read", "compare", "write"}

// MaxFaults is how many faults of a file are listed, MaxAffected how many of its lines
// that leave bookings for somebody to move.
const (
	MaxFaults   = 200
	MaxAffected = 200
)

// errFaulty ends a transaction of a file with faults, or that is to be looked at
// again.
var errFaulty = errors.New("lists: the file has faults")

// Preview tells what a file would do.
func (s *Service) Preview(ctx context.Context, actor identity.Actor, list List, file []byte) (Outcome, error) {
	if err := s.mayImport(actor, list); err != nil {
		return Outcome{}, err
	}
	return s.preview(ctx, actor.Person, s.read(list, file, nil))
}

// Check is Preview for a command: who can run it on the database may do all.
func (s *Service) Check(ctx context.Context, list List, file []byte, step Step) (Outcome, error) {
	return s.preview(ctx, "", s.read(list, file, step))
}

func (s *Service) preview(ctx context.Context, by string, p *planning) (Outcome, error) {
	p.by = by
	if err := p.plan(ctx, s.Live.Network(), s.DB); err != nil && !errors.Is(err, errFaulty) {
		return Outcome{}, err
	}
	return p.outcome, nil
}

// Import does what a file says, all or nothing. done, if any, is called in its
// transaction.
func (s *Service) Import(ctx context.Context, actor identity.Actor, list List, file []byte, step Step, done func(*db.Tx, Outcome) error) (Outcome, error) {
	if err := s.mayImport(actor, list); err != nil {
		return Outcome{}, err
	}
	return s.bringIn(ctx, actor.Person, s.read(list, file, step), done)
}

// Load is Import for a command.
func (s *Service) Load(ctx context.Context, list List, file []byte, step Step) (Outcome, error) {
	return s.bringIn(ctx, "", s.read(list, file, step), nil)
}

func (s *Service) bringIn(ctx context.Context, by string, p *planning, done func(*db.Tx, Outcome) error) (_ Outcome, err error) {
	defer errs.Wrap(&err, "lists.Import(%q)", p.list)
	p.by = by
	switch p.list {
	case Closures:
		err = s.importClosures(ctx, by, p, done)
	case People:
		err = s.importPeople(ctx, by, p, done)
	default:
		err = s.importHouses(ctx, by, p, done)
	}
	if errors.Is(err, errFaulty) {
		err = nil
	}
	return p.outcome, err
}

func (s *Service) mayImport(actor identity.Actor, list List) error {
	if err := list.known(); err != nil {
		return err
	}
	return actor.Check(list.permission(), identity.Network)
}

// importHouses changes sites, places or hours.
func (s *Service) importHouses(ctx context.Context, by string, p *planning, done func(*db.Tx, Outcome) error) error {
	changed, err := s.Sites.Change(ctx, by, func(tx *db.Tx, net *site.Network) (site.Batch, error) {
		if err := p.plan(ctx, net, tx); err != nil {
			return site.Batch{}, err
		}
		p.batch.Act = p.act()
		p.batch.Wrote = func(done, total int) { p.step("write", done, total) }
		return p.batch, finish(tx, p, done)
	})
	if err != nil || !changed {
		return err
	}
	return s.Live.Reload(ctx)
}

// act is what the journal keeps of an import.
func (p *planning) act() journal.Act {
	data, err := json.Marshal(struct {
		List    List `json:"list"`
		New     int  `json:"new"`
		Changed int  `json:"changed"`
	}{p.list, p.outcome.New, p.outcome.Changed})
	if err != nil {
		panic(err) // a word and two numbers
	}
	return journal.Act{Kind: "list.imported", Data: string(data)}
}

func finish(tx *db.Tx, p *planning, done func(*db.Tx, Outcome) error) error {
	if done == nil {
		return nil
	}
	return done(tx, p.outcome)
}

// line is one row of a file.
type line struct {
	at   sheet.Where
	text []string // by the columns of the list
}

// planning works out what a file does to the network.
type planning struct {
	*Service
	list  List
	by    string    // who brings it in; "" for a command
	seen  time.Time // when they looked at what it leaves for them to move; zero where nobody is asked
	sum   sheet.Summary
	lines []*line
	index map[string]int // column → place in line.text
	step  Step
	early []sheet.Fault // of the file itself

	recoded bool // the file was in Windows-1252

	// Of one attempt:
	net      *site.Network
	reader   db.Reader
	now      time.Time
	outcome  Outcome
	batch    site.Batch
	closures []reserve.Closure
	people   []personChange

	byAddress string // of who brings people in: who reads its mail can come in as any of its people

	breaks breakages
	known  map[string]map[rune][]string // see near
}

// read takes the file apart, without looking at anything else.
func (s *Service) read(list List, file []byte, step Step) *planning {
	p := &planning{Service: s, list: list, step: step, index: map[string]int{}}
	if p.step == nil {
		p.step = func(string, int, int) {}
	}
	file, p.recoded = sheet.UTF8(file)
	cols := list.Columns()
	for i, c := range cols {
		p.index[c.Name] = i
	}
	total := bytes.Count(file, []byte("\n")) + 1
	sum, err := sheet.Read(bytes.NewReader(file), sheet.Options{Columns: cols, Near: true, MaxFaults: MaxFaults}, func(r *sheet.Row) {
		l := &line{r.Where(), make([]string, len(cols))}
		for i, c := range cols {
			if c.Name == "directions_it" || c.Name == "directions_en" {
				l.text[i], _ = r.Lines(c.Name)
			} else {
				l.text[i], _ = r.Text(c.Name)
			}
		}
		if !r.Faulty() {
			p.lines = append(p.lines, l)
		}
		if len(p.lines)%1000 == 0 {
			p.step("read", len(p.lines), total)
		}
	})
	if err != nil {
		panic(err) // the bytes are here
	}
	p.sum, p.early = sum, sum.Faults
	p.step("read", sum.Rows, sum.Rows)
	return p
}

// plan compares the file with the network; errFaulty where it has faults.
func (p *planning) plan(ctx context.Context, net *site.Network, r db.Reader) error {
	p.net, p.reader, p.now = net, r, p.Clock.Now()
	p.outcome = Outcome{Faults: slices.Clone(p.early), More: p.sum.More, Passed: p.sum.Passed, Recoded: p.recoded}
	p.batch, p.closures, p.people, p.breaks = site.Batch{}, nil, nil, breakages{}
	p.known = map[string]map[rune][]string{}
	var err error
	switch p.list {
	case Sites:
		p.planSites()
	case Resources:
		err = p.planResources(ctx)
	case Hours:
		p.planHours()
	case Closures:
		err = p.planClosures(ctx)
	case People:
		err = p.planPeople(ctx)
	}
	p.step("compare", len(p.lines), len(p.lines))
	if err == nil && len(p.outcome.Faults) == 0 {
		err = p.checkBreaks(ctx)
	}
	if err != nil {
		return err
	}
	if len(p.outcome.Faults) > 0 {
		slices.SortStableFunc(p.outcome.Faults, func(a, b sheet.Fault) int { return a.Line - b.Line })
		p.outcome.New, p.outcome.Changed, p.outcome.Same, p.outcome.Changes, p.outcome.Affected = 0, 0, 0, nil, nil
		return errFaulty
	}
	slices.SortStableFunc(p.outcome.Changes, func(a, b Change) int { return a.Line - b.Line })
	slices.SortFunc(p.outcome.Affected, func(a, b AffectedLine) int { return a.Line - b.Line })
	if p.outcome.Fresh {
		return errFaulty
	}
	if more := len(p.outcome.Affected) - MaxAffected; more > 0 {
		p.outcome.Affected, p.outcome.AffectedMore = p.outcome.Affected[:MaxAffected], more
	}
	return nil
}

// has tells whether the file has a column.
func (p *planning) has(column string) bool { return p.sum.Has(column) }

// wrong notes a fault.
func (p *planning) wrong(l *line, column, reason string, args ...any) {
	if len(p.outcome.Faults) >= MaxFaults {
		p.outcome.More = true
		return
	}
	p.outcome.Faults = append(p.outcome.Faults, p.sum.Fault(l.at, column, reason, args...))
}

// found counts what a line makes of something.
func (p *planning) found(l *line, key string, isNew bool, fields []FieldChange) (changed bool) {
	switch {
	case isNew:
		p.outcome.New++
	case len(fields) > 0:
		p.outcome.Changed++
	default:
		p.outcome.Same++
		return false
	}
	p.outcome.Changes = append(p.outcome.Changes, Change{l.at.Line, key, isNew, fields})
	return true
}
