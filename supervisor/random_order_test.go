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

	"reeve/supervisor/internal/capture"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/process"
)

// orderKernel checks, on the loop's goroutine, what must hold whenever something is
// started or signalled.
type orderKernel struct {
	*fakeKernel
	loop  func() *loop
	mu    sync.Mutex      // for alive, which steps use as well
	alive map[string]int  // pid, by name of the process
	alone map[string]bool // the next start was asked for without what it needs
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
	if !k.alone[s.Name] {
		k.checkNeeds(l, s.Name)
	}
	delete(k.alone, s.Name)
	before := k.pids[s.Name]
	k.fakeKernel.Start(s)
	if pid := k.pids[s.Name]; pid != before {
		k.alive[s.Name] = pid
	}
}

func (k *orderKernel) checkNeeds(l *loop, name string) {
	for _, need := range l.groups.byName[name].children[0].config.Needs {
		g := l.groups.byName[need.Target.Program]
		if g == nil {
			k.wrongf("%s is started although %s is not active", name, need)
			continue
		}
		if d := g.children[0]; !d.facts().Holds(need.Condition, d.config.Oneshot) {
			k.wrongf("%s is started although %s does not hold: %s", name, need, d.machine.State)
		}
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
	k := &orderKernel{fakeKernel: newFakeKernel(tr), alive: map[string]int{}, alone: map[string]bool{}}
	prober := newFakeProber(tr)
	var sup *Supervisor
	k.loop = func() *loop { return sup.loop }
	sup, err := newSupervisor(Options{Config: cfg, Log: tr}, devices{
		kernel: k, table: &fakeTable{trace: tr, outputs: make(chan capture.Output, 1000)}, openSocket: k.openSocket,
		prober: prober, listen: func() (notifier, error) { return newFakeNotifier(tr), nil },
		watch: func() (watcher, error) { return newFakeWatcher(tr), nil },
		kept:  &fakeStateFile{trace: tr},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range cfg.Groups {
		k.obey[g.Name] = true
	}
	ended := make(chan struct{})
	go func() {
		sup.Run(t.Context())
		close(ended)
	}()
	for range 100 {
		synctest.Wait()
		randomAct(r, k, prober, sup, cfg.Groups[r.IntN(len(cfg.Groups))].Name)
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

// randomAct does one thing that clients, programs, checks or time do.
func randomAct(r *rand.Rand, k *orderKernel, prober *fakeProber, sup *Supervisor, name string) {
	ctx, n := context.Background(), Name{name, name}
	switch r.IntN(18) {
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
	case 8:
		k.mu.Lock()
		k.alone[name] = true
		k.mu.Unlock()
		go func() { _ = sup.Start(ctx, n, true, Alone) }()
	case 9:
		again := r.IntN(2) == 0
		go func() { // of a program that has stopped
			if sup.RemoveGroup(ctx, name) == nil && again {
				_ = sup.AddGroup(ctx, name)
			}
		}()
	case 10:
		go func() { _ = sup.AddGroup(ctx, name) }()
	case 11, 12, 13:
		if open := prober.open(); len(open) > 0 {
			prober.answer(open[r.IntN(len(open))].ID, r.IntN(3) > 0, "no answer")
		}
	case 14:
		time.Sleep(time.Duration(r.IntN(60)) * time.Second) // checks are far between
	default:
		time.Sleep(time.Duration(r.IntN(3000)) * time.Millisecond)
	}
}
