package app

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"

	"polis/internal/home"
	"polis/internal/platform/web"
	"polis/internal/simulate/idp"
)

// standInPath is where the stand-in of an identity provider lies in a
// demonstration, and nowhere else.
const standInPath = "/demo/idp"

// standIn is the identity provider of a demonstration; nil elsewhere. It knows
// this program as a client of SPID and CIE, by what the program says of itself.
func (p *program) standIn() *idp.Provider {
	if !p.demo {
		return nil
	}
	return idp.New(idp.Options{
		Issuer: p.public + standInPath, Keys: p.standInKeys, Clock: p.env.clock, Log: p.env.log,
		Clients: []idp.Client{{ID: p.public + "/", Profile: idp.SPIDCIE, LogoutURIs: []string{p.public + "/"}}},
	})
}

// registerStandIn adds it to the pages. It stands before the sessions: it is
// another party and knows nothing of who is signed in here.
func (p *program) registerStandIn(mux *http.ServeMux, ui *web.Renderer) error {
	if p.idp == nil {
		return nil
	}
	return p.idp.Register(mux, ui)
}

// standInEntry leads to it from the strip of the demonstration.
var standInEntry = web.Entry{Href: standInPath + "/", Key: "idp.link"}

type simulateCmd struct {
	Idp     simulateIDPCmd     `cmd:"" name:"idp" help:"Stand in for an identity provider, with test people; it misbehaves on demand."`
	Offices simulateOfficesCmd `cmd:"" help:"Play days of offices against the counters: waits, and how often the ranges held that were told."`
}

type simulateIDPCmd struct {
	Listen       string   `help:"Address to listen on, of this machine." default:"127.0.0.1:8090" placeholder:"HOST:PORT"`
	Issuer       string   `help:"Address by which clients know it; none means http:// and the one it listens on." placeholder:"URL"`
	Profile      string   `help:"Rules that the client follows: generic or spid-cie." default:"generic" enum:"generic,spid-cie"`
	ClientID     string   `help:"Client that may ask; with spid-cie its address, where it says what it is." default:"polis" placeholder:"ID"`
	ClientSecret string   `help:"File with the secret of a generic client; none means the secret is 'secret'." type:"existingfile" placeholder:"FILE"`
	RedirectURI  []string `help:"Address to which people may be sent back; several are allowed." placeholder:"URL"`
}

// Run stands in until ctx ends.
func (c *simulateIDPCmd) Run(ctx context.Context, e *env) error {
	client := idp.Client{ID: c.ClientID, Profile: idp.Profile(c.Profile), Secret: "secret", RedirectURIs: c.RedirectURI}
	if c.ClientSecret != "" {
		data, err := os.ReadFile(c.ClientSecret)
		if err != nil {
			return err
		}
		client.Secret = strings.TrimSpace(string(data))
	}
	if client.Profile == idp.Generic && len(c.RedirectURI) == 0 {
		return fmt.Errorf("--redirect-uri is missing: the address of the client to which people come back")
	}
	ln, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return err
	}
	defer ln.Close()
	issuer := strings.TrimSuffix(c.Issuer, "/")
	if issuer == "" {
		issuer = "http://" + ln.Addr().String()
	}
	h, err := c.handler(e, idp.New(idp.Options{Issuer: issuer, Clients: []idp.Client{client}, Clock: e.clock, Log: e.log}))
	if err != nil {
		return err
	}
	fmt.Fprintln(e.Stdout, "ready", issuer)
	return web.Serve(ctx, web.Server(h, e.log), ln, grace)
}

// handler is the provider alone.
func (c *simulateIDPCmd) handler(e *env, p *idp.Provider) (http.Handler, error) {
	words, err := allWords()
	if err != nil {
		return nil, err
	}
	ui, err := web.New(words, web.Config{Demo: home.Demo, Log: e.log})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	ui.Files(mux)
	if err := p.Register(mux, ui); err != nil {
		return nil, err
	}
	return web.Wrap(ui.Mux(mux), ui.Chain()...), nil
}
