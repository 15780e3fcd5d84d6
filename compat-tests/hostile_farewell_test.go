package compat

import (
	"fmt"
	"testing"

	"golang.org/x/tools/txtar"
)

// farewell is a program behind pidproxy that writes its last output after pidproxy, which
// supervisord started, has ended.
const farewell = `#!/bin/sh
trap 'kill $!; sleep 0.05; echo bye; echo and again; : > $1.end; exit 0' TERM
echo $$ > $1.pid
echo up
while :; do
	sleep 600 >/dev/null 2>&1 &
	wait
done
`

const (
	farewells    = 8
	farewellConf = `{{.Base}}
[program:bye]
command={{.Pidproxy}} {{.Dir}}/%(process_num)d.pid {{.Dir}}/bye.sh {{.Dir}}/%(process_num)d
process_name=%(process_num)d
numprocs=8
stdout_logfile={{.Dir}}/%(process_num)d.log
stderr_logfile={{.Dir}}/%(process_num)d.err
autorestart=false
startsecs=0
`
)

// farewellInstance starts the programs under p.
func farewellInstance(t *testing.T, p program) *instance {
	t.Helper()
	if p.why != "" {
		t.Skip(p.why)
	}
	s := &script{name: t.Name(), archive: &txtar.Archive{Files: []txtar.File{
		{Name: "supervisord.conf", Data: []byte(farewellConf)}, {Name: "bye.sh", Data: []byte(farewell)},
	}}}
	in, err := newInstance(t, s, p, p)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func (in *instance) farewellsUp() {
	in.t.Helper()
	for i := range farewells {
		in.await("a program that is up", func() bool { return in.has(fmt.Sprint(i, ".log"), "up\n", 1) })
	}
}

// farewellsHeard waits until all programs have ended, and counts those whose last output
// is in their log.
func (in *instance) farewellsHeard() (n int) {
	in.t.Helper()
	for i := range farewells {
		in.await("the end of a program", func() bool { return fileExists(in.path(fmt.Sprint(i, ".end"))) })
		if in.has(fmt.Sprint(i, ".log"), "up\nbye\nand again\n", 1) {
			n++
		}
		remove(in.path(fmt.Sprint(i, ".end")))
		remove(in.path(fmt.Sprint(i, ".log")))
	}
	return n
}

// Programs behind pidproxy end at a stop, and their last output reaches their logs. The
// daemon waits for that only a limited time, and a machine may be busy for longer, so it
// may take a few tries.
func TestHostileFarewell(t *testing.T) {
	for _, end := range []string{"stop", "shutdown"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			in := farewellInstance(t, ours)
			heard := 0
			for range 5 {
				in.mustStart()
				in.farewellsUp()
				if end == "stop" {
					if _, err := in.call("supervisor.stopProcessGroup", "bye"); err != nil {
						t.Fatal(err)
					}
				}
				in.stopDaemon()
				if heard = in.farewellsHeard(); heard == farewells {
					return
				}
			}
			t.Errorf("the last words of %d of %d programs were heard", heard, farewells)
		})
	}
}

// The same programs end behind Supervisor's pidproxy.
func TestFarewellOfTheOracle(t *testing.T) {
	t.Parallel()
	in := farewellInstance(t, oracle)
	in.mustStart()
	in.farewellsUp()
	in.stopDaemon()
	// The number depends on when the oracle's loop turns.
	t.Logf("the last words of %d of %d programs were heard", in.farewellsHeard(), farewells)
}
