package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"reeve/config"
	"reeve/config/getopt"
	"reeve/config/pytext"
)

// options are the settings of the command line.
type options struct {
	path      string // of the configuration file; empty: search for it
	overrides config.Overrides
	// userErr is the error of -u; upstream checks the user only if the configuration is
	// valid.
	userErr error
	// print prints the help or the version, if that was asked for; otherwise it is nil.
	print func(w io.Writer, argv0 string) error
	// report asks for what the configuration says instead of a start; part is a file of it
	// to be checked (check.go).
	report, json bool
	part         string
	check        bool // a running daemon asks whether this program can go on (upgrade.go)
}

// errPrint ends the parsing: -h and -v act at once, whatever comes after them.
var errPrint = fmt.Errorf("print")

// table returns the options (fact 2A). Their help is in usage.go.
func (o *options) table() []getopt.Option {
	v := &o.overrides
	return []getopt.Option{
		{Short: "c", Long: "configuration", Value: true, Set: text(&o.path)},
		{Short: "h", Long: "help", Again: true, Set: o.prints(printHelp)},
		{Short: "?", Again: true, Set: o.prints(printHelp)},
		{Short: "v", Long: "version", Again: true, Set: o.prints(printVersion)},
		{Short: "n", Long: "nodaemon", Set: flag(&v.NoDaemon)},
		{Short: "s", Long: "silent", Set: flag(&v.Silent)},
		{Short: "u", Long: "user", Value: true, Set: o.user},
		{Short: "m", Long: "umask", Value: true, Set: value(&v.Umask, config.ParseOctal)},
		{Short: "d", Long: "directory", Value: true, Set: value(&v.Directory, config.ParseDir)},
		{Short: "l", Long: "logfile", Value: true, Set: value(&v.Logfile, logFile)},
		{Short: "y", Long: "logfile_maxbytes", Value: true, Set: value(&v.LogfileMaxBytes, config.ParseBytes)},
		{Short: "z", Long: "logfile_backups", Value: true, Set: value(&v.LogfileBackups, config.ParseInt)},
		{Short: "e", Long: "loglevel", Value: true, Set: value(&v.LogLevel, config.ParseLogLevel)},
		{Short: "j", Long: "pidfile", Value: true, Set: value(&v.Pidfile, file)},
		{Short: "i", Long: "identifier", Value: true, Set: value(&v.Identifier, asIs)},
		{Short: "q", Long: "childlogdir", Value: true, Set: value(&v.ChildLogDir, config.ParseDir)},
		{Short: "k", Long: "nocleanup", Set: flag(&v.NoCleanup)},
		{Short: "a", Long: "minfds", Value: true, Set: value(&v.MinFDs, config.ParseInt)},
		{Short: "t", Long: "strip_ansi", Set: flag(&v.StripANSI)},
		{Long: "minprocs", Value: true, Set: value(&v.MinProcs, config.ParseInt)},
		{Long: strings.TrimPrefix(checkOption, "--"), Set: flag(&o.check), InFull: true},
		{Long: "check", InFull: true, Seen: func() { o.report = true }, Set: func(string) error { return nil }},
		{Long: "json", InFull: true, Set: flag(&o.json)},
		// Options of Python's profiler are accepted and ignored.
		{Long: "profile_options", Value: true, Set: func(string) error { return nil }},
	}
}

// parseOptions reads the command line. Its error is to be printed after "Error: ".
func parseOptions(args []string) (*options, error) {
	o := new(options)
	_, err := getopt.Parse(o.table(), args, o.positional)
	if o.print != nil { // -h or -v came before the error
		return o, nil
	}
	if err == nil && o.json && !o.report {
		err = errors.New("--json is for --check only")
	}
	return o, err
}

// positional takes the one file that --check may name.
func (o *options) positional(rest []string) error {
	if len(rest) == 0 {
		return nil
	}
	if o.report && len(rest) == 1 {
		o.part = rest[0]
		return nil
	}
	for i, word := range rest {
		rest[i] = pytext.Repr(word)
	}
	return fmt.Errorf("positional arguments are not supported: [%s]", strings.Join(rest, ", "))
}

func (o *options) prints(print func(io.Writer, string) error) func(string) error {
	return func(string) error {
		o.print = print
		return errPrint
	}
}

func (o *options) user(text string) error {
	o.overrides.User, o.userErr = config.ParseUser(text)
	return nil
}

func text(into *string) func(string) error {
	return func(text string) error {
		*into = text
		return nil
	}
}

func flag(into *bool) func(string) error {
	return func(string) error {
		*into = true
		return nil
	}
}

func value[T any](into **T, parse func(string) (T, error)) func(string) error {
	return func(text string) error {
		v, err := parse(text)
		if err == nil {
			*into = &v
		}
		return err
	}
}

func asIs(text string) (string, error) { return text, nil }

// file makes a path absolute at once, so that a daemon that changes its directory and
// rereads its configuration still means the same file.
func file(text string) (string, error) {
	path, err := config.ParsePath(text)
	if err != nil {
		return "", err
	}
	return filepath.Abs(path)
}

func logFile(text string) (string, error) {
	if text == "syslog" {
		return text, nil
	}
	return file(text)
}
