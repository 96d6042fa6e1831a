package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"

	"polis/internal/agenda"
	"polis/internal/installation"
	"polis/internal/programme"
	"polis/internal/programme/opendata"
	"polis/internal/site"
)

// startOpendata makes the room of the open data.
func (p *program) startOpendata() {
	p.opendata = opendata.New(opendata.Options{
		Account: p.programme, Network: p.live.Network, Works: worksOf(p.programme, p.live), Clock: p.env.clock, Words: p.words,
		URL: p.public, Publisher: publisherOf(p.now, p.public),
	})
}

// publisherOf is who answers for the data: the owner of the installation, known
// by the name of their pages, or of these.
func publisherOf(now installation.Settings, public string) opendata.Publisher {
	id := public
	for _, address := range []string{public, now.Owner.URL} {
		if u, err := url.Parse(address); err == nil && u.Hostname() != "" {
			id = u.Hostname()
		}
	}
	return opendata.Publisher{Name: cmp.Or(now.Owner.Name, now.Called()), ID: id, Email: cmp.Or(now.Owner.Email, now.Mail.From)}
}

// worksOf tells how the works of houses stand.
func worksOf(*programme.Service, *site.Live) func(context.Context, agenda.Date) (func(*site.Site) opendata.House, any, error) {
	return func(context.Context, agenda.Date) (func(*site.Site) opendata.House, any, error) {
		return func(*site.Site) opendata.House { return opendata.House{} }, nil, nil
	}
}

type opendataCmd struct {
	Export opendataExportCmd `cmd:"" help:"Write all open data of the programme and its catalogue into a folder, whole or not at all."`
}

type opendataExportCmd struct {
	storeFlags

	PublicURL string `help:"Address by which the world reaches the program, for the catalogue; none means the one in its settings." placeholder:"URL"`
	Listen    string `help:"Where the server listens, for the catalogue where no address is known." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Dir       string `arg:"" name:"dir" help:"Folder: a new one, an empty one, or that of an earlier export."`
}

func (c *opendataExportCmd) Run(ctx context.Context, e *env) error {
	s, service, _, err := c.openProgramme(ctx, e)
	if err != nil {
		return err
	}
	defer s.close()
	settings, err := installation.NewLive(ctx, installation.NewStore(s.db, s.keys, e.clock), installation.Flags{PublicURL: c.PublicURL})
	if err != nil {
		return err
	}
	public, err := publicAddress(settings.Now().Address.URL, c.Listen, false)
	if err != nil {
		return err
	}
	live, err := site.NewLive(ctx, s.sites)
	if err != nil {
		return err
	}
	words, err := allWords()
	if err != nil {
		return err
	}
	names, err := opendata.New(opendata.Options{
		Account: service, Network: live.Network, Works: worksOf(service, live), Clock: e.clock, Words: words,
		URL: public, Publisher: publisherOf(settings.Now(), public),
	}).Export(ctx, c.Dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		fmt.Fprintln(e.Stdout, name)
	}
	return nil
}

type programmeRecomputeCmd struct {
	From string `help:"Folder with the files of the open data." required:"" type:"existingdir" placeholder:"DIR"`
	JSON bool   `name:"json" help:"Print as JSON."`
}

// Run arrives at the indexes and sums by the files alone. It exits with 1 where
// they are not those that are published.
func (c *programmeRecomputeCmd) Run(e *env) error {
	r, err := opendata.Recompute(os.DirFS(c.From))
	if err != nil {
		return err
	}
	if c.JSON {
		err = json.NewEncoder(e.Stdout).Encode(r)
	} else {
		err = r.Print(e.Stdout)
	}
	if err == nil && len(r.Differences) > 0 {
		err = errExit
	}
	return err
}
