// Command supervisord is the daemon. It reads the configuration, takes on what that asks
// for (user, limits, running in the background), and runs package supervisor behind HTTP
// servers until it is told to exit or restart.
//
// Files in reading order: main.go; options.go (the command line); stage.go (what one
// execution of this program hands to the next); daemonize.go (the process on the
// terminal, which only waits); life.go (one session, from the configuration to the end; a
// restart is another session in the same process); servers.go; signals.go.
package main

import (
	"fmt"
	"os"

	"reeve/config"
	"reeve/config/pytext"
	"reeve/supervisor"
)

func main() {
	supervisor.ReexecMain()
	os.Exit(run(os.Args))
}

// Exit statuses.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// run runs the program and returns its exit status.
func run(argv []string) int {
	signals := catchSignals()
	if goesOn(os.Getenv(stageVariable)) {
		signals.prepare() // there are programs: each moment counts
	}
	st := takeStage()
	limitRuntime()
	if st.goesOn() {
		return goOn(argv, st, signals)
	}
	opt, err := parseOptions(argv[1:])
	if err != nil {
		return usage(argv[0], err)
	}
	if opt.print != nil {
		if err := opt.print(os.Stdout, argv[0]); err != nil {
			fmt.Fprintf(os.Stderr, "Error: cannot print that: %v\n", err)
			return exitFailure
		}
		return exitOK
	}
	if opt.check {
		return answerCheck(st)
	}
	if st.Again {
		return comeBack(argv, st, signals)
	}
	if opt.path == "" && opt.part == "" {
		if err := opt.find(argv[0], st.again); err != nil {
			return usage(argv[0], err)
		}
	}
	loader := config.NewLoader(opt.path)
	loader.Environ, loader.Overrides = st.environ, opt.overrides
	if opt.report {
		return check(argv[0], loader, opt)
	}
	cfg, err := loader.Load()
	if err == nil {
		err = opt.userErr
	}
	if err != nil {
		return usage(argv[0], err)
	}
	if !cfg.Supervisord.NoDaemon && st.parent == nil {
		signals.release()
		return daemonize(argv, st)
	}
	if st.debug {
		// If that fails, the runtime's tracing is the lesser evil.
		_ = signals.across(func() error { return st.reexec(argv, handed{}) })
	}
	if s := &cfg.Supervisord; (s.SurviveCrash || s.KillOrphans) && st.Keeper == 0 {
		return keep(argv, st, s, signals)
	}
	return serve(&daemon{argv: argv, stage: st, loader: loader, signals: signals}, cfg)
}

// find finds the configuration file that nobody named; again says that this process did
// before.
func (o *options) find(argv0 string, again bool) error {
	if os.Getuid() == 0 && !again {
		fmt.Fprintln(os.Stderr, rootSearches)
	}
	path, searched := config.Find(argv0)
	if path == "" {
		return config.ErrNotFound(searched)
	}
	o.path = path
	return nil
}

// serve is the daemon.
func serve(d *daemon, cfg *config.Config) (status int) {
	supervisor.PrepareThreads()
	if _, err := d.connect(false); err != nil {
		return usage(d.argv[0], err)
	}
	return d.report(d.run(cfg))
}

// report returns the exit status, and prints why the daemon could not run.
func (d *daemon) report(status int, err error) int {
	d.leave()
	if err != nil {
		return usage(d.argv[0], err)
	}
	return status
}

// rootSearches is printed before anything else (fact 5: root without -c is warned).
const rootSearches = "supervisord: UserWarning: Supervisord is running as root and it is searching for its configuration file in " +
	"default locations, the current directory among them; name the file with -c and an absolute path, so that nobody " +
	"else can choose it."

// usage prints what is wrong with the command line, the configuration or the machine, and
// returns the exit status (fact 97).
func usage(argv0 string, err error) int {
	fmt.Fprintf(os.Stderr, "Error: %s\nFor help, use %s -h\n", pytext.Stderr(err.Error()), pytext.Stderr(argv0))
	return exitUsage
}
