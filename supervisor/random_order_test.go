package supervisor

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"reeve/config"
	"reeve/config/health"
	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/order"
	"reeve/supervisor/process"
)

// orderKernel checks, on the loop's goroutine, what must hold whenever something is
// started or signalled.
type orderKernel struct {
	*fakeKernel
	loop  func() *loop
	mu    sync.Mutex     // for alive, which steps use as well
	alive map[string]int // pid, by name of the process
	wrong []string
}

func (k *orderKernel) wrongf(format string, args ...any) {
	k.wrong = append(k.wrong, fmt.Sprintf(format, args...))
}

func (k *orderKernel) Start(s *spawn.Spec) {
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.loop()
	if k.alive[s.Name] != 0 {
		k.wrongf("%s is started while it has a child", s.Name)
	}
	if l.state != Running {
		k.wrongf("%s is started although the daemon ends", s.Name)
	}
	c := l.groups.byName[s.Name].children[0]
	for _, need := range c.config.Needs {
		if d := l.groups.byName[need.Target.Program].children[0]; !d.facts().Holds(need.Condition, d.config.Oneshot) {
			k.wrongf("%s is started although %s does not hold: %s", s.Name, need, d.machine.State)
		}
	}
	before := k.pids[s.Name]
	k.fakeKernel.Start(s)
	if pid := k.pids[s.Name]; pid != before {
		k.alive[s.Name] = pid
	}
}

func (k *orderKernel) Signal(pid int, sig syscall.Signal, group bool) error {
	l, name := k.loop(), k.names[pid]
	if l.state != Running {
		for c := range l.groups.each() {
			for _, need := range c.config.Needs {
				if need.Target.Program == name && c.machine.Pid != 0 && c.exit == nil {
					k.wrongf("%s is stopped before %s, which needs it", name, c.config.Name)
				}
			}
		}
	}
	err := k.fakeKernel.Signal(pid, sig, group)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.alive[name] = 0 // each child ends at the first signal
	return err
}

// die ends the child of a program, if it has one.
func (k *orderKernel) die(name string, code int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if pid := k.alive[name]; pid != 0 {
		k.alive[name] = 0
		k.exit(pid, process.Exit{Code: code})
	}
}

// TestRandomOrder lets random programs with dependencies live through random requests and
// deaths. Nothing is started before its condition holds or while it has a child, what
// others need is stopped after them when the daemon ends, and it does end.
func TestRandomOrder(t *testing.T) {
	for seed := range uint64(300) {
		synctest.Test(t, func(t *testing.T) { randomOrder(t, rand.New(rand.NewPCG(seed, 15)), seed) })
	}
}

func randomOrder(t *testing.T, r *rand.Rand, seed uint64) {
	cfg := randomDependencies(t, r)
	tr := &trace{start: time.Now()}
	k := &orderKernel{fakeKernel: newFakeKernel(tr), alive: map[string]int{}}
	var sup *Supervisor
	k.loop = func() *loop { return sup.loop }
	sup, err := newSupervisor(Options{Config: cfg, Log: tr}, devices{
		kernel: k, table: &fakeTable{trace: tr, outputs: make(chan capture.Output, 1000)}, openSocket: k.openSocket,
		prober: newFakeProber(tr), listen: func() (notifier, error) { return newFakeNotifier(tr), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		sup.Run(t.Context())
		close(ended)
	}()
	for _, g := range cfg.Groups {
		k.obey[g.Name] = true
	}
	for range 60 {
		synctest.Wait()
		randomAct(r, k, sup, cfg.Groups[r.IntN(len(cfg.Groups))].Name)
	}
	sup.Signal(syscall.SIGTERM)
	time.Sleep(time.Minute)
	synctest.Wait()
	select {
	case <-ended:
	default:
		k.wrongf("the daemon does not end")
	}
	if len(k.wrong) > 0 {
		t.Errorf("seed %d: %s\n%s\n%s", seed, strings.Join(k.wrong, "; "), describeNeeds(cfg), tr.take())
	}
}

// randomDependencies returns programs of which each may need those before it.
func randomDependencies(t *testing.T, r *rand.Rand) *config.Config {
	cfg := &config.Config{}
	cfg.Supervisord.Identifier = "supervisor"
	if r.IntN(4) == 0 {
		cfg.Supervisord.MaxStarting = 1 + r.IntN(3)
	}
	var specs []order.Spec
	for i := range 3 + r.IntN(6) {
		p := &config.Process{
			Name: fmt.Sprintf("p%d", i), Program: fmt.Sprintf("p%d", i), Command: "/bin/sh", Priority: r.IntN(3), Checks: health.Defaults(),
			Policy: process.Policy{
				Autostart: r.IntN(4) > 0, Autorestart: process.Autorestart(r.IntN(3)), StartFor: time.Duration(r.IntN(3)) * time.Second,
				StartRetries: r.IntN(3), ExitCodes: []int{0}, StopSignal: syscall.SIGTERM, StopWait: 10 * time.Second,
			},
			OnDependency: order.OnDependency(r.IntN(3)),
		}
		if p.Autorestart != process.AutorestartAlways && r.IntN(3) == 0 {
			p.Oneshot, p.StartFor = true, 0
		}
		if r.IntN(4) == 0 {
			p.Delays = process.Delays{Delay: 2 * time.Second, Factor: 2, Limit: time.Minute, Reset: time.Minute}
		}
		var needs []string
		for j := range i {
			if r.IntN(3) > 0 {
				continue
			}
			condition := []string{"", ":started", ":exited"}[r.IntN(3)]
			if before := cfg.Groups[j].Processes[0]; condition == ":exited" && before.Autorestart == process.AutorestartAlways {
				condition = ""
			}
			needs = append(needs, fmt.Sprintf("p%d%s", j, condition))
		}
		p.DependsOn = strings.Join(needs, ",")
		cfg.Groups = append(cfg.Groups, &config.Group{Name: p.Name, Priority: p.Priority, Processes: []*config.Process{p}})
		specs = append(specs, order.Spec{
			Group: p.Name, Program: p.Name, Name: p.Name, DependsOn: p.DependsOn, Oneshot: p.Oneshot, Autostart: p.Autostart,
			Forever: p.Autorestart == process.AutorestartAlways,
		})
	}
	needs, refused := order.Resolve(specs)
	if refused != nil {
		t.Fatal(refused)
	}
	for i, n := range needs {
		cfg.Groups[i].Processes[0].Needs = n
	}
	return cfg
}

func describeNeeds(cfg *config.Config) string {
	var b strings.Builder
	for _, g := range cfg.Groups {
		p := g.Processes[0]
		fmt.Fprintf(&b, "%s depends_on=%q on=%s autostart=%v autorestart=%d oneshot=%v\n",
			p.Name, p.DependsOn, p.OnDependency, p.Autostart, p.Autorestart, p.Oneshot)
	}
	return b.String()
}

// randomAct does one thing that clients, programs or time do.
func randomAct(r *rand.Rand, k *orderKernel, sup *Supervisor, name string) {
	ctx, n := context.Background(), Name{name, name}
	switch r.IntN(12) {
	case 0:
		wait := r.IntN(2) == 0
		go func() { _ = sup.Start(ctx, n, wait) }()
	case 1:
		go func() { _ = sup.Stop(ctx, n, true) }()
	case 2:
		k.die(name, r.IntN(2))
	case 3:
		k.fails(name, []string{"", "no such file"}[r.IntN(2)], false)
	case 4:
		go func() { _, _ = sup.StopAll(ctx, true) }()
	case 5, 6, 7:
		go func() { _, _ = sup.StartAll(ctx, true) }()
	default:
		time.Sleep(time.Duration(r.IntN(3000)) * time.Millisecond)
	}
}
