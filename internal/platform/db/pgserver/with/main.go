// Command with runs another command beside a private PostgreSQL, whose address
// it finds in POLIS_TEST_POSTGRES, so that the tests of all packages share one
// server:
//
//	go run ./internal/platform/db/pgserver/with go test ./...
//
// A server named by POLIS_TEST_POSTGRES already is left to it. Where no server
// program is installed the command runs without one, and says so; with CI=true
// that is a failure.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"polis/internal/platform/db/pgserver"
)

const variable = "POLIS_TEST_POSTGRES"

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: with COMMAND [ARGUMENT…]")
		os.Exit(2)
	}
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "with PostgreSQL:", err)
	}
	os.Exit(code)
}

func run(command []string) (code int, err error) {
	// The command gets an interrupt as well: it ends first, then the server.
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt, syscall.SIGTERM)
	if os.Getenv(variable) == "" {
		server, err := pgserver.Scratch()
		switch {
		case errors.Is(err, pgserver.ErrNoServer) && os.Getenv("CI") != "true":
			line := strings.Repeat("!", 78)
			fmt.Fprintf(os.Stderr, "%s\nNOT TESTED ON POSTGRESQL: %v\n%s\n", line, err, line)
		case err != nil:
			return 1, err
		default:
			defer server.Stop()
			if err := os.Setenv(variable, server.URL); err != nil {
				return 1, err
			}
		}
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	go func() {
		for s := range interrupts {
			_ = cmd.Process.Signal(s) // it may have ended by itself
		}
	}()
	err = cmd.Wait()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return max(exit.ExitCode(), 1), nil // the command has said why
	}
	return 0, err
}
