package main

import (
	"fmt"
	"io"
	"strings"

	"reeve/config"
)

func printVersion(w io.Writer, _ string) error {
	_, err := fmt.Fprintln(w, config.Version)
	return err
}

func printHelp(w io.Writer, argv0 string) error {
	_, err := fmt.Fprintln(w, strings.ReplaceAll(helpText, "%s", argv0))
	return err
}

// helpText keeps upstream's layout, which scripts and people look for: program, usage,
// one entry per option (fact 2A).
const helpText = `supervisord -- run a set of applications, keep them running, and let supervisorctl control them.

Usage: %s [options]

Options:
-c/--configuration FILENAME -- the config file (without it the usual places are searched)
-n/--nodaemon -- stay in the foreground (as 'nodaemon=true' in the config file)
-s/--silent -- no log lines on stdout (as 'silent=true' in the config file)
-h/--help -- print this text and exit
-v/--version -- print the version and exit
-u/--user USER -- become this user, a name or a number, before anything is started
-m/--umask UMASK -- the umask of the daemon and of what it starts (default is 022)
-d/--directory DIRECTORY -- go to this directory when becoming a daemon
-l/--logfile FILENAME -- use FILENAME as the log of supervisord itself
-y/--logfile_maxbytes BYTES -- begin a new log file at this size (0 means never)
-z/--logfile_backups NUM -- how many old log files to keep
-e/--loglevel LEVEL -- what to log (critical, error, warn, info, debug, trace, blather)
-j/--pidfile FILENAME -- write the process id of the daemon to FILENAME
-i/--identifier STR -- the name of this instance in events, file names and answers
-q/--childlogdir DIRECTORY -- where log files of programs go that have no name
-k/--nocleanup -- leave log files of earlier runs alone that were in --childlogdir
-a/--minfds NUM -- refuse to start with a lower limit of open files
-t/--strip_ansi -- take colours and other escape sequences out of programs' logs
--minprocs NUM -- refuse to start with a lower limit of processes
--check [FILE] -- start nothing, print every value that a start would use and where it is from, or
  what is wrong with the config file; FILE is one that the config file includes, or is to
--json -- with --check: as JSON
--profile_options OPTIONS -- accepted for old start scripts, without effect
`
