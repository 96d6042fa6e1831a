package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"polis/internal/manage/lists"
	"polis/internal/platform/i18n"
	"polis/internal/reserve"
	"polis/internal/site"
	"polis/internal/territory"
)

type importCmd struct {
	Municipalities importMunicipalitiesCmd `cmd:"" help:"Replace the list of municipalities."`
	Sites          importSitesCmd          `cmd:"" help:"Add and change sites."`
	Resources      importResourcesCmd      `cmd:"" help:"Add and change rooms and places."`
	Hours          importHoursCmd          `cmd:"" help:"Change opening hours and exceptions."`
	Closures       importClosuresCmd       `cmd:"" help:"Close places for a time."`
	People         importPeopleCmd         `cmd:"" help:"Add and change people and give them roles."`
}

type importMunicipalitiesCmd struct {
	storeFlags
	File string `arg:"" help:"CSV with a header; columns as in docs/import.md." type:"existingfile"`
}

func (c *importMunicipalitiesCmd) Run(ctx context.Context, e *env) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	list, err := territory.ParseCSV(f)
	var rows territory.RowErrors
	if errors.As(err, &rows) {
		for _, r := range rows {
			fmt.Fprintf(e.Stderr, "%s: %v\n", filepath.Base(c.File), r)
		}
		fmt.Fprintln(e.Stderr, "nothing was changed")
		return errExit
	}
	if err != nil {
		return err
	}
	s, err := c.openStore(ctx, e)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.sites.SaveTerritory(ctx, list, ""); err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "%d municipalities\n", len(list))
	return nil
}

// importList is what all imports of lists share.
type importList struct {
	storeFlags
	Check bool   `help:"Say what would change, and change nothing."`
	File  string `arg:"" help:"CSV with a header; columns as in docs/import.md." type:"existingfile"`
}

type (
	importSitesCmd     struct{ importList }
	importResourcesCmd struct{ importList }
	importHoursCmd     struct{ importList }
	importClosuresCmd  struct{ importList }
	importPeopleCmd    struct{ importList }
)

func (c *importSitesCmd) Run(ctx context.Context, e *env) error { return c.run(ctx, e, lists.Sites) }

func (c *importResourcesCmd) Run(ctx context.Context, e *env) error {
	return c.run(ctx, e, lists.Resources)
}

func (c *importHoursCmd) Run(ctx context.Context, e *env) error { return c.run(ctx, e, lists.Hours) }

func (c *importClosuresCmd) Run(ctx context.Context, e *env) error {
	return c.run(ctx, e, lists.Closures)
}

func (c *importPeopleCmd) Run(ctx context.Context, e *env) error { return c.run(ctx, e, lists.People) }

// mostOfFile is the largest file that is read.
const mostOfFile = 100 << 20

func (c *importList) run(ctx context.Context, e *env, list lists.List) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	file, err := io.ReadAll(io.LimitReader(f, mostOfFile+1))
	if err != nil {
		return err
	}
	s, desk, err := c.openDesk(ctx, e)
	if err != nil {
		return err
	}
	defer s.close()
	bar := newProgress(e.Stderr)
	do := desk.Load
	if c.Check {
		do = desk.Check
	}
	out, err := do(ctx, list, file, bar.step)
	if err != nil {
		return err
	}
	words, err := allWords()
	if err != nil {
		return err
	}
	p := words.Printer(langOf(e.Lang), i18n.Rome)
	name := filepath.Base(c.File)
	for _, fault := range out.Faults {
		fmt.Fprintf(e.Stderr, "%s: %s: %s\n", name, lists.FaultPlace(p, fault), lists.FaultText(p, fault))
	}
	if out.More {
		fmt.Fprintf(e.Stderr, "%s: %s\n", name, p.T("lists.more_faults"))
	}
	if out.Recoded {
		fmt.Fprintf(e.Stderr, "%s: %s\n", name, p.T("lists.recoded"))
	}
	for _, column := range out.Passed {
		fmt.Fprintf(e.Stderr, "%s: %s\n", name, p.T("lists.passed", "column", column))
	}
	if len(out.Faults) > 0 {
		fmt.Fprintln(e.Stderr, p.T("lists.nothing"))
		return errExit
	}
	for _, w := range out.Affected {
		fmt.Fprintf(e.Stderr, "%s: %s: %s\n", name, p.T("lists.fault.line", "line", fmt.Sprint(w.Line)), p.T("lists.in_the_way", "count", w.Bookings, "key", w.Key))
	}
	if out.AffectedMore > 0 {
		fmt.Fprintf(e.Stderr, "%s: %s\n", name, p.T("lists.affected.more", "count", out.AffectedMore))
	}
	fmt.Fprintln(e.Stdout, p.T("lists.counts", "new", out.New, "changed", out.Changed, "same", out.Same))
	return nil
}

// langOf is the language of a terminal.
func langOf(lang string) i18n.Lang {
	return i18n.Negotiate("", strings.ToLower(lang[:min(len(lang), 2)]), "en")
}

// openDesk opens a store with what the desk needs of it. Its engine is not
// started: it only closes places.
func (f *storeFlags) openDesk(ctx context.Context, e *env) (*store, *lists.Service, error) {
	s, err := f.openStore(ctx, e)
	if err != nil {
		return nil, nil, err
	}
	live, err := site.NewLive(ctx, s.sites)
	if err != nil {
		s.close()
		return nil, nil, err
	}
	engine := reserve.New(s.db, live, e.clock, e.ids)
	s.sites.OnAtoms(engine.Cover)
	return s, lists.New(lists.Options{
		DB: s.db, Live: live, Sites: s.sites, Engine: engine,
		People: s.people, Grants: s.grants, Groups: s.grants.Groups, Clock: e.clock, IDs: e.ids,
	}), nil
}

type exportCmd struct {
	Sites     exportSitesCmd     `cmd:"" help:"Write all sites."`
	Resources exportResourcesCmd `cmd:"" help:"Write all rooms and places."`
	Hours     exportHoursCmd     `cmd:"" help:"Write opening hours and exceptions."`
	Closures  exportClosuresCmd  `cmd:"" help:"Write the closures that are not over."`
	People    exportPeopleCmd    `cmd:"" help:"Write people with their roles."`
}

// exportList is what all exports share.
type exportList struct {
	storeFlags
	File string `arg:"" optional:"" help:"File to write; standard output where it is missing or -."`
}

type (
	exportSitesCmd     struct{ exportList }
	exportResourcesCmd struct{ exportList }
	exportHoursCmd     struct{ exportList }
	exportClosuresCmd  struct{ exportList }
	exportPeopleCmd    struct{ exportList }
)

func (c *exportSitesCmd) Run(ctx context.Context, e *env) error { return c.run(ctx, e, lists.Sites) }

func (c *exportResourcesCmd) Run(ctx context.Context, e *env) error {
	return c.run(ctx, e, lists.Resources)
}

func (c *exportHoursCmd) Run(ctx context.Context, e *env) error { return c.run(ctx, e, lists.Hours) }

func (c *exportClosuresCmd) Run(ctx context.Context, e *env) error {
	return c.run(ctx, e, lists.Closures)
}

func (c *exportPeopleCmd) Run(ctx context.Context, e *env) error { return c.run(ctx, e, lists.People) }

// run writes the list beside its place and moves it there once it is whole.
func (c *exportList) run(ctx context.Context, e *env, list lists.List) error {
	s, desk, err := c.openDesk(ctx, e)
	if err != nil {
		return err
	}
	defer s.close()
	if c.File == "" || c.File == "-" {
		return desk.Write(ctx, list, e.Stdout)
	}
	tmp, err := os.CreateTemp(filepath.Dir(c.File), ".polis-export-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already when all went well
	defer tmp.Close()
	if err := desk.Write(ctx, list, tmp); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), c.File)
}
