package supervisor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/datadriven"

	"reeve/config"
	"reeve/config/health"
	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/golden"
	"reeve/supervisor/order"
	"reeve/supervisor/process"
	"reeve/supervisor/rescue"
)

// The scenarios in testdata/ are the loop's behaviour as text, in virtual time. Each is
// played three times: as it is; with the loop saved before every step and replaced by one
// that restores it; and with the loop replaced by one that goes on from its trail. All must
// show the same. Run with -rewrite to update them.

func TestScenarios(t *testing.T) {
	t.Attr("checklist", "10A.1")
	golden.Play(t, func(t *testing.T, file string, handoff bool) {
		synctest.Test(t, func(t *testing.T) {
			sc := &scenario{t: t, handoff: handoff, config: &config.Config{}, reign: &reign{over: make(chan struct{})}}
			defer sc.close()
			datadriven.RunTest(t, file, sc.step)
		})
	})
}

type scenario struct {
	t        *testing.T
	handoff  bool
	held     *heldTrail // by the keeper, if the trail is what a loop goes on from
	config   *config.Config
	trace    *trace
	kernel   *fakeKernel
	table    *fakeTable
	prober   *fakeProber
	hears    *fakeNotifier
	watcher  *fakeWatcher
	kept     *fakeStateFile
	sup      *Supervisor
	base     time.Time
	ended    bool
	joining  []*config.Process // what the settings of the next program to be added mean
	open     []chan string     // requests without a reply yet
	reign    *reign
	replaced []*Supervisor          // whose loops were replaced by a copy
	handed   atomic.Pointer[Handed] // by the supervisor that has handed over
}

// reign is the time of a supervisor, until it has handed over.
type reign struct {
	over chan struct{} // closed then
	sup  *Supervisor   // that follows
	next *reign
}

// across is request for a call that goes on at the supervisor that follows, as the
// servers do it.
func (s *scenario) across(what string, call func(context.Context, *Supervisor) string) {
	r, sup, job := s.reign, s.sup, &Job{}
	s.request(what, func() string {
		for {
			text := call(WithJob(context.Background(), job), sup)
			if text != ErrHandedOver.Error() {
				return text
			}
			<-r.over
			sup, r = r.sup, r.next
		}
	})
}

// stepUpgrade has the supervisor hand over to another one.
func stepUpgrade(s *scenario, d *datadriven.TestData) {
	for _, old := range s.replaced {
		old.handed.Store(true)
	}
	if err := s.sup.Succession().HandOver(context.Background()); err != nil {
		s.trace.printf("hand over: %v", err)
		return
	}
	for synctest.Wait(); s.handed.Load() == nil; synctest.Wait() {
		time.Sleep(settleFor) // a start hangs
	}
	s.succeed(d)
}

// stepPoison has the loop panic of the next line with that text.
func stepPoison(s *scenario, d *datadriven.TestData) {
	s.trace.poison = d.Input
	s.t.Cleanup(rescue.Listen(func(*rescue.Panic) {}))
	for _, old := range s.replaced {
		old.handed.Store(true)
	}
}

// succeed has another supervisor go on from what one has handed over.
func (s *scenario) succeed(d *datadriven.TestData) {
	text, err := json.Marshal(s.handed.Load())
	if err != nil {
		d.Fatalf(s.t, "%v", err)
	}
	h := new(Handed)
	if err := json.Unmarshal(text, h); err != nil {
		d.Fatalf(s.t, "%v", err)
	}
	s.handed.Store(nil)
	s.kernel.left = false
	if s.sup, err = take(s.sup.opt, h, s.devices()); err != nil {
		d.Fatalf(s.t, "%v", err)
	}
	s.trace.printf("handed over")
	r := s.reign
	s.reign = &reign{over: make(chan struct{})}
	r.sup, r.next = s.sup, s.reign
	close(r.over)
	s.run()
}

// handoffRequest ends the loop's run between two turns.
type handoffRequest struct{}

func (r handoffRequest) serve(l *loop) { l.leave = true }

func (s *scenario) run(early ...syscall.Signal) {
	go func() {
		sup := s.sup
		o := sup.Run(context.Background(), early...)
		s.handed.Store(o.Handed)
		if o.Panic != nil {
			s.trace.printf("%s", o.Panic.Short())
		}
		if !sup.loop.leave {
			s.ended = true
			s.trace.printf("end: restart=%v serial=%d", o.Restart, o.Serial)
			if o.Status != 0 {
				s.trace.printf("exit status %d", o.Status)
			}
		}
	}()
	synctest.Wait()
}

// replace saves the loop, restores it as a new one and lets that one go on.
func (s *scenario) replace() {
	old := s.sup
	old.requests <- posted{request: handoffRequest{}}
	synctest.Wait()
	now := time.Now()
	text, err := json.Marshal(old.loop.save(now.Sub(s.base)))
	if err != nil {
		s.t.Fatal(err)
	}
	data := new(saved)
	if err := json.Unmarshal(text, data); err != nil {
		s.t.Fatal(err)
	}
	p := old.loop.ports
	if s.held != nil {
		data = s.held.replayed(s.t, data)
		p.checks.trail = s.held.trail(s.trace)
	}
	next := &Supervisor{requests: make(chan posted), ended: old.ended, opt: old.opt}
	next.loop = restore(data, p, next, now, now.Sub(s.base))
	next.loop.resumed, next.loop.trail = true, p.checks.trail
	s.sup = next
	s.replaced = append(s.replaced, old)
	s.run()
}

func (s *scenario) close() {
	if s.sup != nil && !s.ended {
		s.sup.requests <- posted{request: handoffRequest{}}
		synctest.Wait()
	}
}

func (s *scenario) step(t *testing.T, d *datadriven.TestData) string {
	if s.trace == nil {
		s.base = time.Now()
		s.trace = &trace{start: s.base}
		s.kernel = newFakeKernel(s.trace)
		s.table = &fakeTable{trace: s.trace, outputs: make(chan capture.Output, 1000)}
		s.kept = &fakeStateFile{trace: s.trace}
		s.prober, s.hears, s.watcher = newFakeProber(s.trace), newFakeNotifier(s.trace), newFakeWatcher(s.trace)
	}
	s.trace.take()
	if (s.handoff || s.held != nil) && s.sup != nil && !s.ended && s.handed.Load() == nil {
		s.replace()
	}
	do, ok := verbs[d.Cmd]
	if !ok {
		d.Fatalf(t, "unknown step %s", d.Cmd)
	}
	do(s, d)
	synctest.Wait()
	seen := s.trace.take()
	if s.held != nil { // a start is not carried out before its turn is written down
		seen = lateStart.ReplaceAllString(seen, "$2$1")
	}
	return seen + s.answers()
}

var lateStart = regexp.MustCompile(`(?m)^(.*DEBG received SIGCHLD.*\n)(.*kernel: own binary.*\n)`)

var verbs map[string]func(s *scenario, d *datadriven.TestData)

func init() {
	verbs = map[string]func(s *scenario, d *datadriven.TestData){
		"group":  stepGroup,
		"read":   func(s *scenario, _ *datadriven.TestData) { s.config = &config.Config{} },
		"most":   func(s *scenario, d *datadriven.TestData) { s.config.Supervisord.MaxStarting = number(d, arg(d, 0)) },
		"sees":   stepSees,
		"run":    stepRun,
		"answer": stepAnswer,
		"notify": stepNotify,
		"match": func(s *scenario, d *datadriven.TestData) {
			s.table.outputs <- capture.Matched{ID: capture.ID{Proc: uint64(number(d, arg(d, 0))), Channel: capture.Stdout}}
		},
		"newline": func(s *scenario, d *datadriven.TestData) {
			s.table.outputs <- capture.Matched{ID: capture.ID{Proc: uint64(number(d, arg(d, 0))), Channel: capture.Extra}}
		},
		"closed": func(s *scenario, d *datadriven.TestData) {
			s.table.outputs <- capture.Ended{ID: capture.ID{Proc: uint64(number(d, arg(d, 0))), Channel: capture.Extra}, FD: 9}
		},
		"connect": stepConnect,
		"open":    stepOpen,
		"upgrade": stepUpgrade,
		"poison":  stepPoison,
		"succeed": func(s *scenario, d *datadriven.TestData) { s.succeed(d) },
		"start":   stepStart,
		"stop":    stepStop,
		"kill":    stepKill,
		"exit":    stepExit,
		"after":   stepAfter,
		"fail":    func(s *scenario, d *datadriven.TestData) { s.kernel.fails(arg(d, 0), d.Input, false) },
		"short":   func(s *scenario, d *datadriven.TestData) { s.kernel.fails(arg(d, 0), d.Input, true) },
		"absent":  func(s *scenario, d *datadriven.TestData) { s.kernel.absent = arg(d, 0) },
		"closes":  func(s *scenario, _ *datadriven.TestData) { s.table.closes = true },
		"hang":    func(s *scenario, d *datadriven.TestData) { s.kernel.hangs(arg(d, 0), d.Input) },
		"broken":  func(s *scenario, d *datadriven.TestData) { s.table.fail = errors.New(d.Input) },
		"works":   func(s *scenario, d *datadriven.TestData) { s.kernel.fails(arg(d, 0), "", false) },
		"hold":    func(s *scenario, d *datadriven.TestData) { s.kernel.hold[arg(d, 0)] = true },
		"obey":    func(s *scenario, d *datadriven.TestData) { s.kernel.obey[arg(d, 0)] = true },
		"refuse":  func(s *scenario, _ *datadriven.TestData) { s.kernel.refuse = syscall.EPERM },
		"let":     stepLet,
		"say":     stepSay,
		"signal":  func(s *scenario, d *datadriven.TestData) { s.sup.Signal(signals[arg(d, 0)]) },
		"status":  stepStatus,
		"seen":    stepSeen,
		"order":   stepOrder,
		"remote":  stepRemote,
		"reread":  stepReread,
		"plan":    stepPlan,
		"update":  stepUpdate,
		"add":     stepAdd,
		"remove":  stepRemove,
		"join":    stepJoin,
		"leave":   stepLeave,
		"config":  stepConfig,
		"kept":    stepKept,
		"disable": stepDisable,
		"enable":  stepDisable,
		"scale":   stepScale,
		"roll":    stepRoll,
		"rolls":   stepRolls,
		"abort":   stepAbort,
		"watch":   stepWatch,
	}
}

var signals = map[string]syscall.Signal{
	"TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "KILL": syscall.SIGKILL, "USR1": syscall.SIGUSR1, "USR2": syscall.SIGUSR2,
}

func arg(d *datadriven.TestData, i int) string {
	if i >= len(d.CmdArgs) {
		return ""
	}
	return d.CmdArgs[i].Key
}

// stepGroup adds a group to the configuration: `group NAME [priority=N] [events=A/B]
// [buffer=N] [handler=H]`, then one line per process: `NAME startsecs=1 …`.
func stepGroup(s *scenario, d *datadriven.TestData) {
	g := &config.Group{Name: arg(d, 0), Priority: 999}
	for _, a := range d.CmdArgs[1:] {
		switch a.Key {
		case "priority":
			g.Priority = number(d, a.Vals[0])
		case "events":
			g.Kind = config.KindEventListener
			g.Listener = &config.Listener{BufferSize: 10, Events: strings.Split(a.Vals[0], "/")}
		case "length":
			g.Listener.LengthInBytes = a.Vals[0] == "bytes"
		case "buffer":
			g.Listener.BufferSize = number(d, a.Vals[0])
		case "handler":
			g.Listener.ResultHandler = handlers[a.Vals[0]]
		}
	}
	g.Processes = s.processes(d)
	s.config.Groups = append(s.config.Groups, g)
	slices.SortStableFunc(s.config.Groups, func(a, b *config.Group) int { return a.Priority - b.Priority })
}

// processes reads the processes in a step's input.
func (s *scenario) processes(d *datadriven.TestData) (all []*config.Process) {
	for line := range strings.Lines(d.Input) {
		words := strings.Fields(line)
		p := &config.Process{
			Name: words[0], Command: "/bin/sh", Priority: 999, Policy: process.Policy{
				Autostart: true, Autorestart: process.AutorestartUnexpected, StartFor: time.Second, StartRetries: 3,
				ExitCodes: []int{0}, StopSignal: process.StopBy(syscall.SIGTERM), StopWait: 10 * time.Second,
			},
			Checks: health.Defaults(),
		}
		for _, w := range words[1:] {
			key, value, _ := strings.Cut(w, "=")
			set, ok := options[key]
			if !ok {
				d.Fatalf(s.t, "unknown option %s", key)
			}
			set(p, value)
		}
		all = append(all, p)
	}
	return all
}

var handlers = map[string]string{"stdout": config.StdoutHandler, "stdin": config.StdinHandler}

var options = map[string]func(p *config.Process, v string){
	"priority": func(p *config.Process, v string) { p.Priority, _ = strconv.Atoi(v) },
	"socket": func(p *config.Process, v string) {
		p.Program, p.FastCGI = p.Name, &config.FastCGI{URL: v, Network: "unix", Address: v}
	},
	"listen": func(p *config.Process, v string) {
		for address := range strings.SplitSeq(v, ",") {
			p.Listen.Sockets = append(p.Listen.Sockets, config.ListenSocket{Name: p.Name, Network: "unix", Address: address})
		}
		if p.Program == "" {
			p.Program = p.Name
		}
	},
	"onconnect": func(p *config.Process, v string) { p.OnConnect = v == "true" },
	"idle":      func(p *config.Process, v string) { p.Listen.IdleTimeout = seconds(v) },
	"auto":      func(p *config.Process, v string) { p.Stdout.Auto = v == "true" },
	"autostart": func(p *config.Process, v string) { p.Autostart = v == "true" },
	"command":   func(p *config.Process, v string) { p.Command = v },
	"exitcodes": func(p *config.Process, v string) {
		p.ExitCodes = nil
		for code := range strings.SplitSeq(v, "/") {
			n, _ := strconv.Atoi(code)
			p.ExitCodes = append(p.ExitCodes, n)
		}
	},
	"startsecs":    func(p *config.Process, v string) { p.StartFor = seconds(v) },
	"program":      func(p *config.Process, v string) { p.Program = v },
	"keep":         func(p *config.Process, v string) { p.KeepStopped = v == "true" },
	"startretries": func(p *config.Process, v string) { p.StartRetries, _ = strconv.Atoi(v) },
	"stopwaitsecs": func(p *config.Process, v string) { p.StopWait = seconds(v) },
	"stopasgroup":  func(p *config.Process, v string) { p.StopAsGroup, p.KillAsGroup = v == "true", v == "true" },
	"killasgroup":  func(p *config.Process, v string) { p.KillAsGroup = v == "true" },
	"ready": func(p *config.Process, v string) {
		p.Checks.Ready, p.Ready, p.StartFor = mustTarget(health.ParseReady, v), true, 0
	},
	"needs": func(p *config.Process, v string) { p.DependsOn = v },
	"on": func(p *config.Process, v string) {
		p.OnDependency, _ = order.ParseOnDependency(v)
	},
	"health":   func(p *config.Process, v string) { p.Checks.Health = mustTarget(health.ParseHealth, v) },
	"retries":  func(p *config.Process, v string) { p.Checks.Retries, _ = strconv.Atoi(v) },
	"watchdog": func(p *config.Process, v string) { p.Checks.Watchdog = seconds(v) },
	"action": func(p *config.Process, v string) {
		p.Checks.Action, _ = health.ParseAction(v, config.ParseSignal)
	},
	"maxbytes":   func(p *config.Process, v string) { p.Stdout.MaxBytes = int64(len(v)) * 100 },
	"events":     func(p *config.Process, v string) { p.Stdout.Events = v == "true" },
	"startdelay": func(p *config.Process, v string) { p.StartDelay = seconds(v) },
	"oneshot":    func(p *config.Process, v string) { p.Oneshot, p.StartFor = v == "true", 0 },
	"essential": func(p *config.Process, v string) {
		p.Essential = map[string]config.Essential{"fatal": config.EssentialFatal, "exit": config.EssentialExit}[v]
	},
	"delay": func(p *config.Process, v string) {
		p.Delays = process.Delays{Delay: seconds(v), Factor: 1, Limit: time.Hour, Reset: time.Hour}
	},
	"autorestart": func(p *config.Process, v string) {
		p.Autorestart = map[string]process.Autorestart{
			"true": process.AutorestartAlways, "false": process.AutorestartNever, "unexpected": process.AutorestartUnexpected,
		}[v]
	},
}

func mustTarget(parse func(string, health.Split) (health.Target, error), text string) health.Target {
	t, err := parse(text, config.SplitCommand)
	if err != nil {
		panic(err)
	}
	return t
}

func seconds(v string) time.Duration {
	n, _ := strconv.Atoi(v)
	return time.Duration(n) * time.Second
}

func number(d *datadriven.TestData, v string) int {
	n, err := strconv.Atoi(v)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", d.Pos, err))
	}
	return n
}

func (s *scenario) devices() devices {
	d := devices{
		mono:   func() time.Duration { return time.Since(s.base) },
		kernel: s.kernel, table: s.table, openSocket: s.kernel.openSocket, prober: s.prober,
		listen: func() (notifier, error) { return s.hears, nil },
		watch:  func() (watcher, error) { return s.watcher, nil },
		kept:   s.kept,
	}
	if s.held != nil {
		d.trail = s.held.trail(s.trace)
	}
	return d
}

// stepSees gives the configuration what a plug-in sees of it, one program a line: its name,
// then what it waits for. One that starts by itself has autostart there.
func stepSees(s *scenario, d *datadriven.TestData) {
	for line := range strings.Lines(d.Input) {
		name, waits, _ := strings.Cut(strings.TrimSpace(line), " ")
		s.config.InOrder = append(s.config.InOrder, order.PluginProgram{
			Name: name, Dependent: waits != "autostart", WaitFor: waits, InOrder: true, NextAfter: waits,
		})
	}
}

// stepAnswer answers the oldest probe: `answer ok` or `answer fail`, with the detail
// below.
func stepAnswer(s *scenario, d *datadriven.TestData) {
	if len(s.prober.asked) == 0 {
		d.Fatalf(s.t, "nothing is asked")
	}
	s.prober.answer(s.prober.asked[0].ID, arg(d, 0) == "ok", d.Input)
}

// stepNotify has a program notify: `notify NAME ready|stopping|reloading|alive …`, with a
// status below.
func stepNotify(s *scenario, d *datadriven.TestData) {
	var words []string
	for _, a := range d.CmdArgs[1:] {
		words = append(words, a.Key)
	}
	if err := s.hears.say(arg(d, 0), words, d.Input); err != nil {
		d.Fatalf(s.t, "%v", err)
	}
}

// stepRun starts the loop; its arguments are signals that came before.
func stepRun(s *scenario, d *datadriven.TestData) {
	s.config.Supervisord.Identifier = "supervisor"
	s.resolve(d)
	opt := Options{Config: s.config, Log: s.trace, Reread: func(scales ...config.Scale) (*config.Config, error) {
		if s.config == nil {
			return nil, errors.New("broken")
		}
		return scaleFake(s.config, scales), nil
	}, Stdout: func(text []byte) { s.trace.printf("stdout: %q", text) }}
	opt.Program = func(_ *config.Config, _, _ string, settings []config.Setting) ([]*config.Process, error) {
		return s.joining, nil
	}
	var err error
	if s.sup, err = newSupervisor(opt, s.devices()); err != nil {
		d.Fatalf(s.t, "%v", err)
	}
	var early []syscall.Signal
	for _, a := range d.CmdArgs {
		early = append(early, signals[a.Key])
	}
	s.run(early...)
}

// resolve finds out what the processes of the configuration need.
func (s *scenario) resolve(d *datadriven.TestData) {
	var specs []order.Spec
	var of []*config.Process
	for _, g := range s.config.Groups {
		for _, p := range g.Processes {
			of = append(of, p)
			if p.Program == "" {
				p.Program = g.Name
			}
			specs = append(specs, order.Spec{Group: g.Name, Program: p.Program, Name: p.Name, DependsOn: p.DependsOn, Autostart: p.Autostart, Oneshot: p.Oneshot, Health: p.Checks.Judged()})
		}
	}
	needs, refused := order.Resolve(specs)
	if refused != nil {
		d.Fatalf(s.t, "%v", refused)
	}
	for i, n := range needs {
		of[i].Needs = n
	}
}

// request carries a call out on its own goroutine, as a client would. The reply shows at
// the end of the step in which it comes, after what the loop did: between the two there
// is no order.
func (s *scenario) request(what string, call func() string) {
	c := make(chan string, 1)
	go func() {
		outcome := call()
		c <- fmt.Sprintf("%-7s %s => %s\n", time.Since(s.base), what, outcome)
	}()
	s.open = append(s.open, c)
}

// answers returns the replies that have come, in the order of the requests.
func (s *scenario) answers() (lines string) {
	s.open = slices.DeleteFunc(s.open, func(c chan string) bool {
		select {
		case line := <-c:
			lines += line
			return true
		default:
			return false
		}
	})
	return lines
}

// each calls one of three methods by what the name means: all, GROUP:* or GROUP:PROCESS.
func each(name string, one func(Name) error, group func(string) ([]Result, error), all func() ([]Result, error)) string {
	var results []Result
	var err error
	g, p, ok := strings.Cut(name, ":")
	switch {
	case name == "all":
		results, err = all()
	case p == "*":
		results, err = group(g)
	case !ok:
		err = one(Name{name, name})
		return outcome(err)
	default:
		return outcome(one(Name{g, p}))
	}
	if err != nil {
		return outcome(err)
	}
	var texts []string
	for _, r := range results {
		texts = append(texts, r.Name.String()+" "+outcome(r.Err))
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

func outcome(err error) string {
	if err == nil {
		return "ok"
	}
	return err.Error()
}

func stepStart(s *scenario, d *datadriven.TestData) {
	wait := !d.HasArg("nowait")
	var how []StartOption
	if d.HasArg("alone") {
		how = append(how, Alone)
	}
	s.across("start "+arg(d, 0), func(ctx context.Context, sup *Supervisor) string {
		return each(arg(d, 0), func(n Name) error { return sup.Start(ctx, n, wait, how...) },
			func(g string) ([]Result, error) { return sup.StartGroup(ctx, g, wait, how...) },
			func() ([]Result, error) { return sup.StartAll(ctx, wait, how...) })
	})
}

func stepStop(s *scenario, d *datadriven.TestData) {
	wait := !d.HasArg("nowait")
	s.across("stop "+arg(d, 0), func(ctx context.Context, sup *Supervisor) string {
		return each(arg(d, 0), func(n Name) error { return sup.Stop(ctx, n, wait) },
			func(g string) ([]Result, error) { return sup.StopGroup(ctx, g, wait) },
			func() ([]Result, error) { return sup.StopAll(ctx, wait) })
	})
}

func stepKill(s *scenario, d *datadriven.TestData) {
	sig, ctx, sup := signals[arg(d, 1)], context.Background(), s.sup
	s.request("signal "+arg(d, 0), func() string {
		return each(arg(d, 0), func(n Name) error { return sup.SignalProcess(ctx, n, sig) },
			func(g string) ([]Result, error) { return sup.SignalGroup(ctx, g, sig) },
			func() ([]Result, error) { return sup.SignalAll(ctx, sig) })
	})
}

// stepExit ends the child of a program: `exit NAME [N | SIGNAL]`.
func stepExit(s *scenario, d *datadriven.TestData) {
	pid := s.kernel.pids[arg(d, 0)]
	if sig, ok := signals[arg(d, 1)]; ok {
		s.kernel.exit(pid, process.Exit{Code: -1, Signal: sig})
	} else {
		s.kernel.exit(pid, process.Exit{Code: number(d, arg(d, 1))})
	}
}

// stepAfter lets time pass; between 1s and 1s+1ns there is a difference.
func stepAfter(s *scenario, d *datadriven.TestData) {
	wait, err := time.ParseDuration(arg(d, 0))
	if err != nil {
		d.Fatalf(s.t, "%v", err)
	}
	time.Sleep(wait)
}

// stepLet lets the starts that hang go on.
func stepLet(s *scenario, d *datadriven.TestData) {
	delete(s.kernel.hold, arg(d, 0))
	held := s.kernel.held
	s.kernel.held = nil
	for _, spec := range held {
		s.kernel.finishStart(spec)
	}
}

// stepSay makes a listener write its input, with \n for a newline.
func stepSay(s *scenario, d *datadriven.TestData) {
	text, err := strconv.Unquote(`"` + d.Input + `"`)
	if err != nil {
		d.Fatalf(s.t, "%v", err)
	}
	n := Name{arg(d, 0), arg(d, 0)}
	if g, p, ok := strings.Cut(arg(d, 0), ":"); ok {
		n = Name{g, p}
	}
	for _, g := range s.sup.loop.groups.active {
		for _, c := range g.children {
			if c.name() == n {
				s.table.outputs <- capture.Chunk{ID: capture.ID{Proc: c.row, Channel: capture.Stdout}, Data: []byte(text)}
			}
		}
	}
}

func stepStatus(s *scenario, _ *datadriven.TestData) {
	infos, err := s.sup.AllInfo(context.Background())
	if err != nil {
		s.trace.printf("status: %v", err)
	}
	for _, i := range infos {
		line := fmt.Sprintf("%s %s pid=%d exit=%d spawnerr=%q", i.Name, i.State, i.Pid, i.ExitStatus, i.SpawnErr)
		if i.Waiting != "" {
			line += " waiting for " + i.Waiting
		}
		s.trace.printf("%s", line)
	}
}

// stepSeen shows what `status` of upstream does not.
func stepSeen(s *scenario, _ *datadriven.TestData) {
	infos, err := s.sup.AllInfo(context.Background())
	if err != nil {
		s.trace.printf("seen: %v", err)
	}
	at := func(t time.Time) string {
		if t.IsZero() {
			return "never"
		}
		return t.Sub(s.base).String()
	}
	for _, i := range infos {
		s.trace.printf("%s ready=%v health=%q status=%q restarts=%d next=%s last=%q at %s reason=%q", i.Name, i.Ready, i.Health,
			i.StatusText, i.Restarts, at(i.NextAttempt), i.LastExit.Exit, at(i.LastExit.At), i.Reason)
	}
}

// stepOrder shows the order: `order tree`, `order dot` or `order boot`.
func stepOrder(s *scenario, d *datadriven.TestData) {
	o, err := s.sup.Order(context.Background())
	text := map[string]string{"tree": o.Graph.Tree(), "dot": o.Graph.DOT(), "boot": o.Boot.String()}[arg(d, 0)]
	if err != nil {
		text = err.Error()
	}
	for line := range strings.Lines(text) {
		s.trace.printf("%s", strings.TrimSuffix("| "+line, "\n"))
	}
}

func stepRemote(s *scenario, d *datadriven.TestData) {
	sup := s.sup
	s.request("remote", func() string { return outcome(sup.SendRemoteComm(context.Background(), arg(d, 0), d.Input)) })
}

func stepReread(s *scenario, d *datadriven.TestData) {
	sup := s.sup
	if s.config != nil {
		s.resolve(d)
	}
	s.request("reread", func() string {
		c, err := sup.Reread(context.Background())
		return fmt.Sprintf("added %v changed %v removed %v %s", c.Added, c.Changed, c.Removed, outcome(err))
	})
}

func stepAdd(s *scenario, d *datadriven.TestData) {
	sup := s.sup
	s.request("add", func() string { return outcome(sup.AddGroup(context.Background(), arg(d, 0))) })
}

func stepRemove(s *scenario, d *datadriven.TestData) {
	sup := s.sup
	s.request("remove", func() string { return outcome(sup.RemoveGroup(context.Background(), arg(d, 0))) })
}

// stepJoin adds a program to an active group: `join GROUP`, then one line per process as
// for stepGroup.
func stepJoin(s *scenario, d *datadriven.TestData) {
	s.joining = s.processes(d)
	sup := s.sup
	s.request("join", func() string { return outcome(sup.AddProgram(context.Background(), arg(d, 0), "", nil)) })
}

func stepLeave(s *scenario, d *datadriven.TestData) {
	sup := s.sup
	group, name, _ := strings.Cut(arg(d, 0), ":")
	s.request("leave", func() string { return outcome(sup.RemoveProcess(context.Background(), Name{group, name})) })
}

func stepConfig(s *scenario, _ *datadriven.TestData) {
	sup := s.sup
	s.request("config", func() string {
		infos, err := sup.AllConfig(context.Background())
		var text strings.Builder
		text.WriteString(outcome(err))
		for _, i := range infos {
			text.WriteString(fmt.Sprintf(" %s:%s/%v", i.Group.Name, i.Process.Name, i.InUse))
		}
		return text.String()
	})
}
