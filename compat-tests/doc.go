// Package compat compares reeve with its original. The tests run the same script against
// our supervisord and against upstream's (the oracle: Debian's package supervisor) and
// compare what every client could see: text, exit statuses, faults, HTTP bytes, log
// lines, files.
//
// # Scripts
//
// scripts/NAME.txtar is the run of one daemon; real_NAME.txtar has a configuration as
// images in the field do. Its comment says what it covers; a comment line that starts
// with ! is a directive:
//
//	!pairings       run in four pairings: our/their supervisorctl with our/their daemon
//	!requires root  skip, with the reason, where that is missing; likewise childutils,
//	                mounts, nobody, or a program
//	!awake          calls keep the oracle's loop turning, so that nothing takes a second
//	!env NAME=TEXT  set in the environment of all that the script starts
//	!pipes          the daemon's stdout and stderr are pipes, as in a container
//
// The file "script" is a list of steps, one per line; # starts a comment line. Every
// other file is written into the instance's private directory first. Steps and files use
// placeholders for what differs between instances:
//
//	{{.Dir}}    the private directory
//	{{.Port}}   a free TCP port
//	{{.Sock}}   the daemon's unix socket
//	{{.Base}}   the usual config sections, ending in an open [supervisord]
//	{{.Child}}  the test binary in the role of a child program (see children_test.go)
//	{{.Pidproxy}}, {{.Sample}}  the programs pidproxy and echo_supervisord_conf
//
// A step's words are separated by spaces; 'x' is literal, "x" may have Go's escapes.
// "fact 244 60 TITLE" names the facts that the following steps show; each fact is
// compared as one subtest. Steps are documented in the table of steps_test.go. Nothing
// sleeps: "wait" polls for a condition.
//
// Prefix lines change the next step:
//
//	mask REGEXP TEXT   replaces what may differ, after the usual normalising
//	keep REGEXP        drops the lines that do not match
//	differs ROW        a deliberate difference, row ROW of docs/compat.md: each side
//	                   must equal its own text, the script's files ours/ROW and
//	                   theirs/ROW
//	differs-ctl ROW    the same where it is supervisorctl that differs
//	ours-only ROW      the same for a step that the oracle cannot be given
//	theirs-only ROW    the same for a step that only the oracle needs
//
// # Random runs
//
// TestRandom makes scripts: a seed gives configurations, acts (calls, commands, signals,
// crashes, other configurations) and, after each act, the step "look", which waits until
// nothing moves and shows all that has changed. A repeatable disagreement is shrunk and
// printed; put into scripts/, it is a test like any other.
//
//	go test ./compat-tests -run '^TestRandom$' -random.for=1h -random.seed=1000 \
//		-timeout=0
//
// TestUpgradeUnderLoad and TestUpgradeIdle are short, too; -upgrade.times=50 and
// -upgrade.idle=1000 make them what docs/upgrade.md promises, and -v prints the pauses.
//
// Plain go test plays a few fixed seeds, .ci/run plays new ones for a minute.
//
// # Evidence
//
// docs/conformance.md lists every fact with the tests that show it; go run
// ./compat-tests/conformance writes it. A test shows a fact by one of these, and shows
// nothing where it is skipped:
//
//	fact 49 2F.3 TITLE              in a script: both daemons ran, and were compared
//	t.Attr("upstream", "49 2F.3")   in a Go test, at a place reached only where upstream
//	                                (or Python itself) runs and is compared
//	t.Attr("checklist", "49 2F.3")  in a Go test of ours alone, which is enough for
//	                                facts of the kinds fix, version (10A) and advice
//	func Test049Title               the same by name, also Test049And050Title,
//	                                Test2ATitle
//
// The numbers must be literals, or a constant of the file. conformance/facts.txt has them
// all, and a line there may say "| no comparison: REASON" where upstream cannot be
// compared. Rows of a table are counted from 1 (2F.3); add a line when one needs its own.
//
// A script with differences is played a second time, and the differences have to appear
// again; the first run is in the test's log (-v).
//
// # Transcripts
//
// transcripts/NAME.txt has the oracle's answers, one section per fact. It stands in where
// the oracle is not installed; where it is, the live answer is compared with it as well,
// so that a recording cannot go stale.
//
// go test ./compat-tests -update rewrites the recordings (and the theirs/ files) from the
// live oracle; -update-ours rewrites the ours/ files; -recorded compares with the
// recordings alone, as where there is no oracle. With REEVE_PEER=oracle the oracle plays
// both sides, which shows whether a new script is deterministic before our daemon is
// blamed.
//
// go run ./compat-tests/mutate shows that the comparisons notice defects.
package compat
