package compat

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/txtar"
)

// A file as network switches have it by the hundred thousand: a plug-in starts programs in
// order. On the oracle a listener of our own plays it; here the module cannot be imported,
// and in one case it can.
const orderPlugin = `
[eventlistener:dependentstartup]
command=python3 -m supervisord_dependent_startup -c {{.Dir}}/supervisord.conf
environment=PYTHONPATH="{{.Dir}}/modules"
buffer_size=1000
autostart=true
autorestart=unexpected
startretries=0
exitcodes=0,3
events=PROCESS_STATE
[program:rsyslogd]
command=/bin/cat
priority=1
autostart=false
dependent_startup=true
[program:wait-interfaces]
command=/bin/sh -c 'exit 5'
priority=2
startsecs=0
exitcodes=5
autostart=false
autorestart=false
dependent_startup=true
[program:syncd]
command=/bin/cat
priority=5
autostart=false
dependent_startup=true
dependent_startup_wait_for=rsyslogd:running wait-interfaces:exited
[program:broken]
command=/bin/false
startretries=0
autostart=false
dependent_startup=true
dependent_startup_wait_for=syncd
[program:last]
command=/bin/cat
numprocs=2
process_name=last_%(process_num)d
autostart=false
dependent_startup=true
dependent_startup_wait_for=broken:exited,fatal bystander:running
[program:bystander]
command=/bin/cat
[program:by-hand]
command=/bin/cat
autostart=false
`

func TestStartupPlugin(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 to run a listener with: ", err)
	}
	if exec.Command(python, "-c", "import supervisord_dependent_startup").Run() == nil {
		t.Skip("the module is installed here")
	}
	module, err := os.ReadFile("testdata/plugins/supervisord_dependent_startup.py")
	if err != nil {
		t.Fatal(err)
	}
	noServer := strings.NewReplacer("[unix_http_server]\nfile={{.Dir}}/s.sock\n", "").Replace(base)
	if os.Getuid() == 0 {
		noServer += "\n[eventlistener:dependentstartup]\nuser=nobody"
	}
	const native = "starts the programs in order itself"
	var mu sync.Mutex
	outcomes := map[string]string{}
	t.Run("sides", func(t *testing.T) {
		for _, c := range []struct {
			name, base string
			prog       program
			module     bool
		}{
			{"theirs", base, oracle, true},
			{"ours with the module", base, ours, true},
			{"ours", base, ours, false},
			{"ours without a server", noServer, ours, false},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				switch {
				case c.prog.why != "":
					t.Skip(c.prog.why)
				case c.module && oracle.why != "":
					t.Skip("the listener imports the oracle's module: ", oracle.why)
				}
				in := orderInstance(t, c.prog, c.base+orderPlugin)
				if c.module {
					in.must(in.write("modules/supervisord_dependent_startup.py", string(module)))
				}
				in.mustStart()
				in.awaitLog("exited: dependentstartup (exit status 0; expected)")
				log := in.read("supervisord.log")
				if strings.Contains(log, native) == c.module {
					t.Errorf("whose work it was is wrong:\n%s", log)
				}
				if before, _, _ := strings.Cut(log, "exited: dependentstartup"); !c.module && strings.Contains(before, "overflowed") {
					t.Errorf("it does not acknowledge events:\n%s", log)
				}
				mu.Lock()
				outcomes[c.name] = orderOutcome(log)
				mu.Unlock()
				in.stopDaemon()
			})
		}
	})
	const want = `started bystander rsyslogd wait-interfaces syncd broken last_0 last_1
broken FATAL
bystander RUNNING
dependentstartup EXITED
last_0 RUNNING
last_1 RUNNING
rsyslogd RUNNING
syncd RUNNING
wait-interfaces EXITED
`
	for name, got := range outcomes {
		if got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

func orderInstance(t *testing.T, prog program, config string) *instance {
	t.Helper()
	s := &script{name: t.Name(), archive: &txtar.Archive{Files: []txtar.File{{Name: "supervisord.conf", Data: []byte(config)}}}}
	in, err := newInstance(t, s, prog, prog)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

var orderLine = regexp.MustCompile(`(?m) (spawned|success|exited|gave up): '?([\w-]+)`)

// orderOutcome returns what a main log says about the programs: the order of their first
// starts, and their last states.
func orderOutcome(log string) string {
	names := map[string]string{"spawned": "STARTING", "success": "RUNNING", "exited": "EXITED", "gave up": "FATAL"}
	states := map[string]string{}
	var started, last []string
	for _, m := range orderLine.FindAllStringSubmatch(log, -1) {
		verb, name := m[1], m[2]
		if states[name] == "" && name != "dependentstartup" {
			started = append(started, name)
		}
		states[name] = names[verb]
	}
	for name, state := range states {
		last = append(last, fmt.Sprintf("%s %s\n", name, state))
	}
	slices.Sort(last)
	return "started " + strings.Join(started, " ") + "\n" + strings.Join(last, "")
}
