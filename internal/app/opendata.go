package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/url"
	"os"

	"polis/internal/installation"
	"polis/internal/programme/opendata"
	"polis/internal/programme/works"
	"polis/internal/site"
)

// startOpendata makes the room of the open data.
func (p *program) startOpendata() {
	p.opendata = opendata.New(opendata.Options{
		Account: p.programme, Network: p.live.Network, Houses: housesOf(p.works, p.live.Network), Clock: p.env.clock, Words: p.words,
		URL: p.public, Publisher: publisherOf(p.now, p.public),
	})
}

// publisherOf is who answers for the data: the owner of the installation, known
// by their code, else by the name on the net of their pages, or of these.
func publisherOf(now installation.Settings, public string) opendata.Publisher {
	host := func(address string) string {
		u, err := url.Parse(address)
		if err != nil {
			return ""
		}
		return u.Hostname()
	}
	return opendata.Publisher{
		Name: cmp.Or(now.Owner.Name, now.Called()), ID: cmp.Or(now.Owner.Code, host(now.Owner.URL), host(public), public),
		Email: cmp.Or(now.Owner.Email, now.Mail.From),
	}
}

// housesOf tells how the works of houses stand, as the room of the works has it.
// The version is a hash of all that is told.
func housesOf(w *works.Service, network func() *site.Network) func(context.Context) (func(*site.Site) opendata.House, uint64, error) {
	return func(ctx context.Context) (func(*site.Site) opendata.House, uint64, error) {
		find, err := w.Houses(ctx)
		if err != nil {
			return nil, 0, err
		}
		told, hash := map[string]opendata.House{}, fnv.New64a()
		for _, hit := range network().Sites(site.Filter{}) {
			if h, ok := find(hit.Site.Code); ok {
				told[h.Code] = houseOf(h)
				fmt.Fprintln(hash, h.Code, told[h.Code])
			}
		}
		return func(s *site.Site) opendata.House { return told[s.Code] }, hash.Sum64(), nil
	}
}

func houseOf(h *works.House) opendata.House {
	out := opendata.House{Late: h.Late, Delay: h.Delay, Known: h.Known, Area: h.Area.Class}
	if h.Stage != works.Unfiled {
		out.Stage = string(h.Stage)
	}
	switch {
	case h.Verified() && len(h.Accepted) > 0:
		out.Evidence = "acceptance"
	case h.Verified():
		out.Evidence = "operation"
	}
	return out
}

type opendataCmd struct {
	Export opendataExportCmd `cmd:"" help:"Write all open data of the programme and its catalogue into a folder, whole or not at all."`
}

type opendataExportCmd struct {
	storeFlags

	PublicURL string `help:"Address by which the world reaches the program, for the catalogue; none means the one in its settings." placeholder:"URL"`
	Listen    string `help:"Where the server listens, for the catalogue where no address is known." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`

	Owner        string `help:"Who publishes, as the server is told; none means its settings." placeholder:"NAME"`
	OwnerURL     string `help:"Their own web site." placeholder:"URL"`
	OwnerCode    string `help:"Their code in the index of public bodies (IPA), or partita IVA." placeholder:"CODE"`
	ContactEmail string `help:"Where people write to them." placeholder:"ADDRESS"`

	Dir string `arg:"" name:"dir" help:"Folder: a new one, an empty one, or that of an earlier export."`
}

func (c *opendataExportCmd) Run(ctx context.Context, e *env) error {
	s, service, _, err := c.openProgramme(ctx, e)
	if err != nil {
		return err
	}
	defer s.close()
	flags := installation.Flags{PublicURL: c.PublicURL, Owner: c.Owner, OwnerURL: c.OwnerURL, OwnerCode: c.OwnerCode, ContactEmail: c.ContactEmail}
	if err := flags.Check(); err != nil {
		return err
	}
	settings, err := installation.NewLive(ctx, installation.NewStore(s.db, s.keys, e.clock), flags)
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
	houses := works.New(works.Options{DB: s.db, Live: live, Programme: service, Clock: e.clock})
	names, err := opendata.New(opendata.Options{
		Account: service, Network: live.Network, Houses: housesOf(houses, live.Network), Clock: e.clock, Words: words,
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
