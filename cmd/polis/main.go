// Command polis is the software of the houses of digital citizenship: one
// program that serves, imports, checks and backs up.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"polis/internal/app"
)

// version is set by the build.
var version = "development"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := app.Run(ctx, app.Process{
		Version: version, Lang: os.Getenv("LANG"), Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	})
	stop()
	os.Exit(code)
}
