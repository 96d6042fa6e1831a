package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"polis/internal/agenda"
	"polis/internal/platform/i18n"
	"polis/internal/programme"
	"polis/internal/programme/account"
	"polis/internal/programme/office"
	"polis/internal/site"
)

type programmeCmd struct {
	Import programmeImportCmd `cmd:"" help:"Bring rows of the public account of the programme in from a CSV file, and publish them."`

	Recompute programmeRecomputeCmd `cmd:"" help:"Arrive at the indexes and sums by the files of the open data alone; exit 1 if they are not those published."`
}

type programmeImportCmd struct {
	storeFlags
	Check   bool   `help:"Say what would change, and change nothing."`
	Propose bool   `help:"Leave the rows for somebody to publish on the page."`
	Source  string `help:"Where the rows come from; the name of the file where nothing is said." placeholder:"TEXT"`
	Kind    string `arg:"" help:"tenders, payments, declarations, works, or another kind of docs/import.md."`
	File    string `arg:"" help:"CSV with a header; our columns or those of Italia Domani, as in docs/import.md." type:"existingfile"`
}

func (c *programmeImportCmd) Run(ctx context.Context, e *env) error {
	kind, ok := account.KindOf(c.Kind)
	if !ok {
		var names []string
		for _, k := range account.Kinds {
			names = append(names, k.Name)
		}
		return errors.New("kind: one of " + strings.Join(names, ", "))
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	file, err := io.ReadAll(io.LimitReader(f, office.MostBytes+1))
	if err != nil {
		return err
	}
	s, service, world, err := c.openProgramme(ctx, e)
	if err != nil {
		return err
	}
	defer s.close()
	words, err := allWords()
	if err != nil {
		return err
	}
	p, name := words.Printer(langOf(e.Lang), i18n.Rome), filepath.Base(c.File)
	read := office.Read(world, kind, file)
	for _, line := range read.Report(p) {
		fmt.Fprintf(e.Stderr, "%s: %s\n", name, line)
	}
	if len(read.Faults) > 0 {
		fmt.Fprintln(e.Stderr, p.T("office.import.nothing"))
		return errExit
	}
	fmt.Fprintln(e.Stdout, p.T("office.import.counts", "new", read.New, "changed", read.Changed, "same", read.Same))
	if c.Check || read.New+read.Changed == 0 {
		return nil
	}
	entry := read.Entry(kind, name, c.Source)
	if c.Propose {
		b, err := service.LoadProposal(ctx, entry)
		if err == nil {
			fmt.Fprintln(e.Stdout, p.T("office.import.proposed", "id", b.ID))
		}
		return err
	}
	b, err := service.Load(ctx, entry)
	if err == nil {
		fmt.Fprintln(e.Stdout, p.T("office.import.published", "id", b.ID))
	}
	return err
}

// openProgramme opens a store with the account of the programme, and what rows
// are held against.
func (f *storeFlags) openProgramme(ctx context.Context, e *env) (*store, *programme.Service, office.World, error) {
	s, err := f.openStore(ctx, e)
	if err != nil {
		return nil, nil, office.World{}, err
	}
	live, err := site.NewLive(ctx, s.sites)
	if err != nil {
		s.close()
		return nil, nil, office.World{}, err
	}
	service := programme.New(programme.Options{DB: s.db, Sites: live, Clock: e.clock, IDs: e.ids})
	return s, service, office.WorldOf(service, live, agenda.DateOf(e.clock.Now().In(i18n.Rome))), nil
}

// startOffice makes the programme office.
func (p *program) startOffice() {
	p.office = office.New(office.Options{
		Programme: p.programme, DB: p.db, Sites: p.live, Public: p.public, Clock: p.env.clock, IDs: p.env.ids,
		Verified: func(ctx context.Context) (map[string]int, error) {
			v, err := p.works.Verified(ctx)
			return map[string]int{"offices": v.Offices, "spaces": v.Spaces}, err
		},
		Names: func(ctx context.Context, ids []string) (map[string]string, error) {
			list, err := p.people.Many(ctx, ids)
			names := map[string]string{}
			for id, person := range list {
				names[id] = person.DisplayName()
			}
			return names, err
		},
	})
}
