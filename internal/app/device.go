package app

import (
	"context"
	"fmt"

	"polis/internal/identity"
	"polis/internal/identity/device"
	"polis/internal/site"
)

// startDevices makes the devices.
func (p *program) startDevices() {
	p.devices = device.New(device.Options{
		DB: p.db, Keys: p.keys, Limits: p.access.Limits, Scopes: p.scopes, Clock: p.env.clock, IDs: p.env.ids, URL: p.public,
	})
}

// authenticate is who comes with a bearer token: somebody's program, or a device.
func (p *program) authenticate(ctx context.Context, bearer string) (identity.Actor, error) {
	if device.IsToken(bearer) {
		return p.devices.Authenticate(ctx, bearer)
	}
	return p.tokens.Authenticate(ctx, bearer)
}

type deviceCmd struct {
	Enrol deviceEnrolCmd `cmd:"" help:"Add a device and print the code with which it is enrolled; it works once and for a quarter of an hour."`
}

type deviceEnrolCmd struct {
	storeFlags

	Site string `help:"House in which it stands, by id or code." required:"" placeholder:"ID"`
	Kind string `help:"kiosk, board, door or atm." required:"" enum:"kiosk,board,door,atm"`
	Name string `help:"What the people of the house call it." required:"" placeholder:"NAME"`
}

// Run prints the code alone on the last line.
func (c *deviceEnrolCmd) Run(ctx context.Context, e *env) error {
	s, err := c.openStore(ctx, e)
	if err != nil {
		return err
	}
	defer s.close()
	net, err := s.sites.LoadNetwork(ctx)
	if err != nil {
		return err
	}
	at, err := net.ByCode(c.Site)
	if err != nil {
		return err
	}
	devices := device.New(device.Options{
		DB: s.db, Keys: s.keys, Limits: identity.NewLimits(s.db, s.keys, e.clock), Scopes: newScopes(s.db, func() *site.Network { return net }, e), Clock: e.clock, IDs: e.ids,
	})
	d, code, err := devices.MakeByProgram(ctx, device.Wanted{Kind: device.Kind(c.Kind), Site: at.ID, Name: c.Name})
	if err != nil {
		return err
	}
	fmt.Fprintf(e.Stderr, "%s, %s; the code works until %s:\n", d.Name, at.Name, code.Ends.Local().Format("15:04"))
	fmt.Fprintln(e.Stdout, code.Text)
	return nil
}
