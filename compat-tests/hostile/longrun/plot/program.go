package plot

import (
	"fmt"
	"math/rand/v2"
)

// dice are what all decisions are made with.
type dice struct{ *rand.Rand }

func (d dice) chance(percent int) bool { return d.IntN(100) < percent }
func oneOf[T any](d dice, all ...T) T  { return all[d.IntN(len(all))] }

// kinds are what programs are like. The command is played by package longrun (child.go).
var kinds = []struct {
	name   string
	weight int
	make   func(d dice, p *Program)
}{
	{"steady", 5, func(d dice, p *Program) {
		p.play("rate=%d", 1+d.IntN(30))
		p.set("startsecs=%d", d.IntN(2))
		p.set("autorestart=%s", oneOf(d, "true", "unexpected", "false"))
	}},
	{"chatty", 2, func(d dice, p *Program) {
		p.play("rate=%d batch=%d", 200+d.IntN(1500), 1+d.IntN(40))
		p.set("startsecs=0")
		p.set("autorestart=true")
	}},
	{"polite", 2, func(d dice, p *Program) {
		p.play("rate=10 term=%s", oneOf(d, "exit", "slow", "slow"))
		p.set("startsecs=1")
		p.set("autorestart=true")
	}},
	{"stub", 1, func(d dice, p *Program) {
		p.play("rate=5 term=ignore")
		p.set("startsecs=0")
		p.set("stopwaitsecs=1")
	}},
	{"brief", 3, func(d dice, p *Program) {
		p.play("rate=20 life=%d status=%d", 50+d.IntN(3000), oneOf(d, 0, 0, 1, 2))
		p.set("startsecs=%d", d.IntN(2))
		p.set("startretries=%d", 2+d.IntN(50))
		p.set("autorestart=%s", oneOf(d, "true", "true", "unexpected", "false"))
	}},
	{"flap", 1, func(d dice, p *Program) {
		p.play("rate=0 say=2 life=1 status=1")
		p.set("startsecs=1")
		p.set("startretries=%d", d.IntN(4))
	}},
	{"bad", 1, func(d dice, p *Program) {
		p.command(oneOf(d, "/nowhere/program", "{{.Dir}}", "{{.Dir}}/supervisord.conf"))
		p.set("startretries=%d", d.IntN(3))
	}},
	{"parent", 2, func(d dice, p *Program) {
		p.play("rate=5 fork=%d", 200+d.IntN(2000))
		p.set("startsecs=0")
		p.set("autorestart=true")
		p.set("%s", oneOf(d, "stopasgroup=true", "killasgroup=true", "stopasgroup=false"))
	}},
	{"ready", 2, func(d dice, p *Program) {
		p.play("rate=5 ready=%d", d.IntN(1500))
		p.set("ready=notify")
		p.set("ready_timeout=%ds", oneOf(d, 1, 10))
		p.set("autorestart=true")
	}},
	{"watched", 1, func(d dice, p *Program) {
		p.play("rate=5 watch=300 lapse=%d", oneOf(d, 0, 5))
		p.set("watchdog=2s")
		p.set("watchdog_signal=KILL")
		p.set("autorestart=true")
	}},
	{"once", 1, func(d dice, p *Program) {
		p.play("rate=20 life=%d status=%d", 50+d.IntN(2000), oneOf(d, 0, 0, 1))
		p.set("oneshot=true")
	}},
	{"full", 1, func(d dice, p *Program) {
		p.play("rate=50 batch=10")
		p.set("startsecs=0")
		p.Silent = true
	}},
}

func (p *Program) set(format string, args ...any) {
	p.Lines = append(p.Lines, fmt.Sprintf(format, args...))
}

func (p *Program) command(text string) { p.set("command=%s", text) }

// play sets the command to one that package longrun plays.
func (p *Program) play(format string, args ...any) {
	p.command("{{.Exe}} as-child {{.Dir}} " + fmt.Sprintf(format, args...))
}

// program makes a program that is named for what it is like.
func (d dice) program(c *Config, number int) Program {
	total := 0
	for _, k := range kinds {
		total += k.weight
	}
	n := d.IntN(total)
	i := 0
	for ; n >= kinds[i].weight; i++ {
		n -= kinds[i].weight
	}
	p := Program{Section: "program", Name: fmt.Sprintf("%s%d", kinds[i].name, number)}
	kinds[i].make(d, &p)
	d.processes(&p)
	d.logs(&p)
	if d.chance(15) {
		p.set("autostart=false")
	}
	if d.chance(30) {
		p.set("priority=%d", d.IntN(1000))
	}
	if d.chance(15) {
		d.dependency(c, &p)
	}
	if d.chance(10) {
		p.set("backoff_delay=%s", oneOf(d, "200ms", "2s"))
	}
	return p
}

func (d dice) processes(p *Program) {
	p.Procs = []string{p.Name}
	if !d.chance(30) {
		return
	}
	n := 2 + d.IntN(2)
	p.set("numprocs=%d\nprocess_name=%%(program_name)s_%%(process_num)d", n)
	p.Procs = nil
	for i := range n {
		p.Procs = append(p.Procs, fmt.Sprintf("%s_%d", p.Name, i))
	}
}

// logs decides where output goes. What is rotated keeps more than is written between two
// looks at it.
func (d dice) logs(p *Program) {
	file := "{{.Dir}}/logs/%(program_name)s"
	if len(p.Procs) > 1 {
		file += "_%(process_num)d"
	}
	if p.Silent {
		p.set("stdout_logfile=/dev/full\nstdout_logfile_maxbytes=0\nredirect_stderr=true")
		return
	}
	p.Moves = d.chance(50)
	most := 0
	if !p.Moves {
		most = oneOf(d, 20_000, 100_000, 1_000_000)
	}
	p.set("stdout_logfile=%s.out\nstdout_logfile_maxbytes=%d\nstdout_logfile_backups=400", file, most)
	if d.chance(50) {
		p.set("redirect_stderr=true")
	} else {
		p.set("stderr_logfile=%s.err\nstderr_logfile_maxbytes=%d\nstderr_logfile_backups=400", file, most)
	}
	if d.chance(10) {
		p.set("stdout_events_enabled=true")
	}
}

// dependency lets p depend on a program that is there.
func (d dice) dependency(c *Config, p *Program) {
	var there []string
	for i := range c.Programs {
		if c.Programs[i].Section == "program" {
			there = append(there, c.Programs[i].Name)
		}
	}
	if len(there) > 0 {
		p.set("depends_on=%s:%s\non_dependency=%s", oneOf(d, there...), oneOf(d, "started", "ready"), oneOf(d, "keep", "restart", "stop"))
	}
}

// listeners are there in each configuration: one that takes everything in order and never
// fails, and two in a pool that do.
func listeners() []Program {
	ear := Program{Section: "eventlistener", Name: "ear", Procs: []string{"ear"}}
	ear.play("listen=ear")
	ear.set("events=EVENT,REEVE\nbuffer_size=100000\nstartsecs=0\nautorestart=true\nstopwaitsecs=30\nstdout_logfile=NONE\nstderr_logfile={{.Dir}}/ear.err")
	wild := Program{Section: "eventlistener", Name: "wild", Procs: []string{"wild_0", "wild_1"}}
	wild.play("listen=wild wild=10")
	wild.set("events=PROCESS_STATE,REMOTE_COMMUNICATION,TICK\nbuffer_size=100000\nstartsecs=0\nautorestart=true\nstartretries=100\nnumprocs=2\nprocess_name=%%(program_name)s_%%(process_num)d\nstdout_logfile=NONE\nstderr_logfile={{.Dir}}/wild.err")
	return []Program{ear, wild}
}
