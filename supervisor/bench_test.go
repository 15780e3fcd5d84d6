package supervisor

import (
	"fmt"
	"testing"
	"time"

	"reeve/config"
	"reeve/supervisor/event"
	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/launch"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/process"
)

// BenchmarkPublish measures one event to that many pools, from its creation to the writes
// to the listeners, and their answers.
func BenchmarkPublish(b *testing.B) {
	for _, pools := range []int{0, 1, 10, 100} {
		b.Run(fmt.Sprint(pools), func(b *testing.B) {
			publish := publishing(pools)
			b.ReportAllocs()
			for b.Loop() {
				publish()
			}
		})
	}
}

// BenchmarkRestart measures everything that the loop does between the end of a child and
// its successor being RUNNING.
func BenchmarkRestart(b *testing.B) {
	restart := restarting(b)
	b.ReportAllocs()
	for b.Loop() {
		restart()
	}
}

// BenchmarkInfo measures a request for one process of a thousand, after a change of
// another.
func BenchmarkInfo(b *testing.B) {
	ask := asking(b)
	b.ReportAllocs()
	for b.Loop() {
		ask()
	}
}

// BenchmarkSnapshot lists a thousand processes of which one has changed.
func BenchmarkSnapshot(b *testing.B) {
	l := thousand()
	b.ReportAllocs()
	for b.Loop() {
		l.readers.changed(l.groups.roster[500])
		list(l)
	}
}

// What the loop does often must not make more garbage than it needs. The bounds are what
// it makes now: for each listener an event is one allocation, and its answer two.
func TestLoopAllocates(t *testing.T) {
	snapshot := thousand()
	for name, row := range map[string]struct {
		most float64
		do   func()
	}{
		"restart":             {30, restarting(t)},
		"info":                {0, asking(t)},
		"snapshot":            {3, func() { snapshot.readers.changed(snapshot.groups.roster[500]); list(snapshot) }},
		"event for nobody":    {0, publishing(0)},
		"event for 1 pool":    {4, publishing(1)},
		"event for 10 pools":  {31, publishing(10)},
		"event for 100 pools": {301, publishing(100)},
	} {
		t.Run(name, func(t *testing.T) {
			if n := testing.AllocsPerRun(100, row.do); n > row.most {
				t.Errorf("%.0f allocations, want at most %.0f", n, row.most)
			}
		})
	}
}

// publishing returns a function that publishes one event to that many pools.
func publishing(pools int) func() {
	l, listeners := quietLoop(pools)
	change := process.Changed{From: process.Starting, To: process.Running, Pid: 12345}
	ok := []byte("RESULT 2\nOKREADY\n")
	return func() {
		l.events.publishState(Name{"group", "process"}, change)
		l.dispatch()
		for _, c := range listeners {
			l.events.carry(c.listener.Heard(l.now, ok))
		}
	}
}

// restarting returns a function that restarts a program with a typical environment and
// two logs.
func restarting(t testing.TB) func() {
	var environ []string
	for i := range 20 {
		environ = append(environ, fmt.Sprintf("VARIABLE_%d=value", i))
	}
	l, _ := quietLoop(0, environ...)
	kernel := &quietKernel{}
	l.kernel = kernel
	l.add(&config.Group{Name: "program", Processes: []*config.Process{{
		Name: "program", Command: "/bin/program -n 1", Autostart: true, Autorestart: config.AutorestartAlways, ExitCodes: []int{0},
	}}}, &launch.GroupLogs{})
	c := l.groups.active[0].children[0]
	l.now = time.Now()
	l.settle()
	pid := 100
	restart := func() {
		pid++
		l.started(spawn.Started{ID: kernel.last, Pid: pid, Stdin: 1, Stdout: 1, Stderr: 1})
		l.settle()
		c.machine.Limit = process.Limiter{} // as if it had lived long
		l.exited(spawn.Exit{Pid: pid})
		for out := range outChannels {
			l.output(capture.Drained{ID: c.id(out)})
		}
		l.settle()
		if c.forking == 0 {
			t.Fatal("the program is not restarted")
		}
	}
	restart()
	return restart
}

// thousand returns a loop with a thousand processes, which have been listed.
func thousand() *loop {
	l, _ := quietLoop(0)
	g := &config.Group{Name: "group"}
	for i := range 1000 {
		g.Processes = append(g.Processes, &config.Process{Name: fmt.Sprintf("process%03d", i)})
	}
	l.add(g, &launch.GroupLogs{})
	list(l)
	return l
}

func list(l *loop) { l.readers.publish(l.groups.roster) }

// asking returns a function that asks for one process of a thousand after another has
// changed.
func asking(t testing.TB) func() {
	l := thousand()
	ask := newReply[*Info]()
	return func() {
		l.readers.changed(l.groups.roster[500])
		infoRequest{name: Name{"group", "process007"}, reply: ask}.serve(l)
		if a := <-ask; a.err != nil {
			t.Fatal(a.err)
		}
	}
}

// quietLoop returns a loop with that many pools, of one READY listener each, whose table
// takes everything that is sent.
func quietLoop(pools int, environ ...string) (*loop, []*child) {
	s := &Supervisor{opt: Options{Log: quietLog{}}}
	l := newLoop(s, ports{table: quietTable{}, launcher: launch.New(launch.Options{Environ: environ, Log: quietLog{}.Log})})
	cfg := &config.Config{Supervisord: config.Supervisord{Identifier: "supervisor"}}
	l.useConfig(cfg)
	l.state = Running
	var listeners []*child
	for i := range pools {
		name := fmt.Sprintf("pool%d", i)
		l.add(&config.Group{
			Name: name, Processes: []*config.Process{{Name: name}},
			Listener: &config.Listener{Events: []string{"PROCESS_STATE_RUNNING"}, BufferSize: 10},
		}, &launch.GroupLogs{})
		c := l.groups.active[i].children[0]
		c.machine.State, c.machine.Pid, c.input = process.Running, 1, true
		c.row = uint64(i + 1)
		l.byRow[c.row] = c
		c.listener.Started(c.row)
		c.listener.Parser.State = event.Ready
		c.listens()
		c.group.pool.Booted = true
		listeners = append(listeners, c)
	}
	return l, listeners
}

type quietTable struct{ table }

func (quietTable) Attach(capture.ID, int, capture.Options) {}
func (quietTable) Drain(capture.ID)                        {}
func (quietTable) AttachInput(capture.ID, int)             {}
func (quietTable) CloseInput(capture.ID)                   {}
func (quietTable) Send(capture.ID, []byte) error           { return nil }
func (quietTable) SetStripANSI(bool)                       {}
func (quietTable) Answer(capture.ID) ([]byte, bool)        { return nil, false }
func (quietTable) Return(capture.ID)                       {}

type quietKernel struct {
	spawn.Kernel
	last uint64 // start
}

func (k *quietKernel) Start(s *spawn.Spec) { k.last = s.ID }

type quietLog struct{}

func (quietLog) Log(process.Level, string) {}
func (quietLog) Reopen()                   {}
func (quietLog) DebugEnabled() bool        { return false }
