package compat

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var (
	update     = flag.Bool("update", false, "rewrite transcripts/ and theirs/ from the live oracle")
	updateOurs = flag.Bool("update-ours", false, "rewrite the scripts' ours/ files from our daemon")
	recorded   = flag.Bool("recorded", false, "compare with transcripts/ alone, even where the oracle is installed")
)

// long makes some tests do more: go run ./compat-tests/hostile -long.
var long = os.Getenv("REEVE_LONG") != ""

// program is one implementation and has the paths of its binaries. An empty path means
// that the binary is missing.
type program struct {
	name                string
	daemon, ctl, pidpxy string
	sample              string // echo_supervisord_conf
	why                 string // why it is missing
}

var ours, oracle program

// binaries is the directory of what is built here.
var binaries string

// TestMain builds our binaries once. The test binary is also every child program that the
// scripts need: see children_test.go.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "child" {
		os.Exit(child(os.Args[2:]))
	}
	if role := impostorRole(); role != nil {
		os.Exit(role())
	}
	flag.Parse()
	// The oracle mostly waits: its loop wakes once a second. Two cores can run many more
	// than two scripts at a time: 8, unless the caller has set a number.
	if !flagGiven("test.parallel") {
		_ = flag.Set("test.parallel", "8")
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "reeve-bin-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binaries = dir
	if err := os.Chmod(dir, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if oracle = findOracle(); *recorded {
		oracle = program{name: "oracle", why: "-recorded: its transcripts stand in"}
	}
	if oracle.daemon != "" {
		if oracleServer, err = startForkServer(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer oracleServer.stop()
	}
	ours = oracle
	if os.Getenv("REEVE_PEER") != "oracle" {
		if ours, err = build(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

func flagGiven(name string) (given bool) {
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	return given
}

func findOracle() program {
	p := program{
		name: "oracle", daemon: "/usr/bin/supervisord", ctl: "/usr/bin/supervisorctl",
		pidpxy: "/usr/bin/pidproxy", sample: "/usr/bin/echo_supervisord_conf",
	}
	if out, err := exec.Command(p.daemon, "--version").Output(); err != nil || string(out) != "4.2.5\n" {
		return program{name: "oracle", why: fmt.Sprintf("Debian's supervisor 4.2.5 is not installed (%q, %v)", out, err)}
	}
	return p
}

// build compiles our binaries as they are released, without cgo and symbols. If REEVE_BIN
// is set, ready ones are taken from that directory.
func build(dir string) (program, error) {
	p := program{name: "ours", daemon: "supervisord", ctl: "supervisorctl", pidpxy: "pidproxy", sample: "echo_supervisord_conf"}
	for _, name := range []*string{&p.daemon, &p.ctl, &p.pidpxy, &p.sample} {
		if ready := os.Getenv("REEVE_BIN"); ready != "" {
			*name = filepath.Join(ready, *name)
			continue
		}
		src := "../cmd/" + *name
		if files, _ := filepath.Glob(src + "/*.go"); len(files) == 0 {
			*name = ""
			continue
		}
		bin := filepath.Join(dir, *name)
		if err := compile(bin, src, ""); err != nil {
			return p, err
		}
		*name = bin
	}
	if p.daemon == "" {
		p.why = "our supervisord does not exist yet"
	}
	return p, nil
}

func compile(bin, src, ldflags string, flags ...string) error {
	build := exec.Command("go", append(append([]string{"build", "-ldflags=-s -w " + ldflags}, flags...), "-o", bin, src)...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build %s: %w\n%s", src, err, out)
	}
	return nil
}
