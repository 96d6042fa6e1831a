// Package app knows everyone: it wires the rooms together, starts and stops
// them, and has the tree of commands.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/alecthomas/kong"

	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/observe"
)

// Process is what the operating system gives the program.
type Process struct {
	Version string
	Lang    string   // of the person, as LANG has it: "it_IT.UTF-8"
	Args    []string // without the program's name
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
}

// commands is the tree of commands; every flag is also read from POLIS_….
type commands struct {
	LogLevel string `help:"What to log: debug, info, warn or error." default:"info" placeholder:"LEVEL"`

	Serve     serveCmd     `cmd:"" help:"Serve pages and API."`
	Token     tokenCmd     `cmd:"" help:"Make, list and revoke tokens of programs."`
	Grant     grantCmd     `cmd:"" help:"Give a role to a person, or take it away."`
	Doctor    doctorCmd    `cmd:"" help:"Look whether all is well and say how to mend what is not; exit 1 if something is wrong."`
	Health    healthCmd    `cmd:"" help:"Ask the server on this machine whether it is ready; exit 1 if not."`
	Person    personCmd    `cmd:"" help:"Invite people to roles, let them in where mail does not arrive, take or forget all that is held about them."`
	Device    deviceCmd    `cmd:"" help:"Add the machines that stand in houses: kiosks, boards, doors, ATMs."`
	Check     checkCmd     `cmd:"" help:"Compare what is booked with what is shown as taken; exit 1 if they differ."`
	Migrate   migrateCmd   `cmd:"" help:"Bring the database to this version's tables."`
	Backup    backupCmd    `cmd:"" help:"Write everything to one file, while the program runs."`
	Restore   restoreCmd   `cmd:"" help:"Read a backup into an empty database of either kind."`
	Journal   journalCmd   `cmd:"" help:"Check the record of all acts."`
	Receipt   receiptCmd   `cmd:"" help:"Check the receipt of an act, without a connection."`
	Oidc      oidcCmd      `cmd:"" help:"Providers of sign-in: what they were asked and answered, and the keys by which they know us."`
	Key       keyCmd       `cmd:"" help:"Keep copies of the key file, and of the keys of people."`
	Import    importCmd    `cmd:"" help:"Load lists from CSV files."`
	Export    exportCmd    `cmd:"" help:"Write lists as CSV files that import takes."`
	Programme programmeCmd `cmd:"" help:"The public account of the programme."`
	Opendata  opendataCmd  `cmd:"" help:"The open data of the programme."`
	Openapi   openapiCmd   `cmd:"" help:"Print the description of the API (OpenAPI 3.1)."`
	Mail      mailCmd      `cmd:"" help:"What mail servers say of messages to people."`
	Jobs      jobsCmd      `cmd:"" help:"Look at work that was given up, such as messages, and try it again."`
	Pass      passCmd      `cmd:"" help:"Check passes without a connection."`
	Bench     benchCmd     `cmd:"" help:"Measure the budgets of docs/performance.md on this machine."`
	Simulate  simulateCmd  `cmd:"" help:"Stand in for an outside party, to try things with."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
}

// errExit ends the program with status 1 after the command has said why.
var errExit = errors.New("exit 1")

// Run carries out one command and returns the exit status: 0, 1 for what went
// wrong, 2 for arguments that cannot be understood.
func Run(ctx context.Context, p Process) int {
	var c commands
	exit := -1
	parser, err := kong.New(&c,
		kong.Name("polis"), kong.Description("The software of the houses of digital citizenship."),
		kong.Writers(p.Stdout, p.Stderr), kong.Exit(func(code int) { exit = code }),
		kong.DefaultEnvars("POLIS"), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(p.Stderr, "polis:", err)
		return 2
	}
	k, err := parser.Parse(p.Args)
	if exit >= 0 { // --help was asked for
		return exit
	}
	if err != nil {
		fmt.Fprintf(p.Stderr, "polis: %v\nTry: polis --help\n", err)
		return 2
	}
	level, err := observe.ParseLevel(c.LogLevel)
	if err != nil {
		fmt.Fprintln(p.Stderr, "polis:", err)
		return 2
	}
	log := observe.NewLogger(p.Stderr, level)
	slog.SetDefault(log)
	k.BindTo(ctx, (*context.Context)(nil))
	if err := k.Run(&env{Process: p, clock: clock.System{}, ids: clock.NewID, log: log}); err != nil {
		if !errors.Is(err, errExit) {
			fmt.Fprintln(p.Stderr, "polis:", explain(err, p.Lang))
		}
		return 1
	}
	return 0
}

// env is what every command works with.
type env struct {
	Process
	clock clock.Clock
	ids   clock.IDs
	log   *slog.Logger
}

// explain is the text of an error at the terminal, in the language of the
// person's settings (LANG); each input at fault on a line of its own. What has
// no words is shown as it is: who installs the program has to mend it.
func explain(err error, lang string) string {
	e := errs.As(err)
	words, bad := allWords()
	if bad != nil || e.Kind == errs.Internal {
		return err.Error()
	}
	p := words.Printer(i18n.Negotiate("", strings.ToLower(lang[:min(len(lang), 2)]), "en"), i18n.Rome)
	say := func(e *errs.Error) string {
		if !words.Has(e.Key) {
			return e.Error()
		}
		if e.Field != "" {
			return e.Field + ": " + p.T(e.Key, e.Args)
		}
		return p.T(e.Key, e.Args)
	}
	text := say(e)
	for i := range e.Fields {
		text += "\n  " + say(&e.Fields[i])
	}
	return text
}
