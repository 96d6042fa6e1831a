package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"polis/internal/counter/simulation"
	"polis/internal/platform/db"
	"polis/internal/schema"
)

type simulateOfficesCmd struct {
	Days    int    `help:"Days of each office." default:"20" placeholder:"N"`
	Offices int    `help:"How many offices; the seven shapes in turn." default:"7" placeholder:"N"`
	Seed    uint64 `help:"Another seed is another world; the same is the same." default:"1" placeholder:"N"`
}

// Run plays the days on a database of its own, which is gone afterwards.
func (c *simulateOfficesCmd) Run(ctx context.Context, e *env) error {
	if c.Days < 1 || c.Offices < 1 {
		return fmt.Errorf("--days and --offices are at least 1")
	}
	dir, err := os.MkdirTemp("", "polis-simulation-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	d, err := db.OpenScratch(ctx, filepath.Join(dir, "polis.db"))
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := d.Migrate(ctx, schema.Files); err != nil {
		return err
	}
	begin, told := time.Now(), time.Now()
	sums, err := simulation.Run(ctx, d, simulation.Options{
		Days: c.Days, Offices: c.Offices, Seed: c.Seed,
		Progress: func(done, of int) {
			if time.Since(told) > 5*time.Second {
				told = time.Now()
				fmt.Fprintf(e.Stderr, "%d of %d days\n", done, of)
			}
		},
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(e.Stdout, "%d offices, %d days of each, seed %d, in %s\n\n", c.Offices, c.Days, c.Seed, time.Since(begin).Round(time.Second))
	simulation.Print(e.Stdout, sums)
	return faultsOf(e, sums[len(sums)-1].Faults)
}

// faultsOf prints what must not be; there should be none.
func faultsOf(e *env, faults []string) error {
	fmt.Fprint(e.Stdout, simulation.Legend)
	for _, f := range faults[:min(len(faults), 20)] {
		fmt.Fprintln(e.Stdout, f)
	}
	if len(faults) > 0 {
		return fmt.Errorf("%d faults: somebody was lost, served twice, or a time does not add up", len(faults))
	}
	return nil
}
