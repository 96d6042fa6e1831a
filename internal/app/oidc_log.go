package app

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"polis/internal/identity/oidc"
)

type oidcCmd struct {
	Rotate oidcRotateCmd `cmd:"" help:"Make our own keys anew with which providers know us."`

	Log oidcLogCmd `cmd:"" help:"Print what was asked of providers of sign-in and what they answered, one line of JSON each, for an authority that may know."`
}

type oidcLogCmd struct {
	storeFlags
	From string `help:"First day, local time." required:"" placeholder:"YYYY-MM-DD"`
	To   string `help:"Last day, local time." required:"" placeholder:"YYYY-MM-DD"`
}

// Run prints the lines of some days, which lie sealed in the database.
func (c *oidcLogCmd) Run(ctx context.Context, e *env) error {
	var day [2]time.Time
	for i, text := range []string{c.From, c.To} {
		var err error
		if day[i], err = time.ParseInLocation(time.DateOnly, text, time.Local); err != nil {
			return fmt.Errorf("%q is no day; write it as 2026-11-30", text)
		}
	}
	s, err := c.openStore(ctx, e)
	if err != nil {
		return err
	}
	defer s.close()
	log, err := oidc.New(oidc.Options{DB: s.db, Keys: s.keys, Clock: e.clock, IDs: e.ids, Log: e.log})
	if err != nil {
		return err
	}
	out := json.NewEncoder(e.Stdout)
	return log.EachEntry(ctx, day[0], day[1].AddDate(0, 0, 1), func(x oidc.Entry) error { return out.Encode(x) })
}

type oidcRotateCmd struct {
	storeFlags
	Lost bool `help:"The keys of before are in wrong hands: destroy them. People cannot sign in by a provider until it has fetched the new ones."`
}

// Run prints what of it one has to know.
func (c *oidcRotateCmd) Run(ctx context.Context, e *env) error {
	s, err := c.openStore(ctx, e)
	if err != nil {
		return err
	}
	defer s.close()
	service, err := oidc.New(oidc.Options{DB: s.db, Keys: s.keys, Clock: e.clock, IDs: e.ids, Log: e.log})
	if err != nil {
		return err
	}
	if err := service.Rotate(ctx, c.Lost); err != nil {
		return err
	}
	text := "new keys are published beside those of before, and sign in 48 hours"
	if c.Lost {
		text = "new keys are published and sign from now on; those of before are destroyed"
	}
	fmt.Fprintln(e.Stdout, text)
	return nil
}
