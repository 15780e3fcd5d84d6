package supervisor

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"reeve/config"
	"reeve/config/health"
	"reeve/supervisor/order"
	"reeve/supervisor/process"
)

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
				StartRetries: r.IntN(3), ExitCodes: []int{0}, StopSignal: process.StopBy(syscall.SIGTERM), StopWait: 10 * time.Second,
			},
			OnDependency: order.OnDependency(r.IntN(3)),
		}
		if p.Autorestart != process.AutorestartAlways && r.IntN(3) == 0 {
			p.Oneshot, p.StartFor = true, 0
		}
		if r.IntN(4) == 0 {
			p.Delays = process.Delays{Delay: 2 * time.Second, Factor: 2, Limit: time.Minute, Reset: time.Minute}
		}
		randomPolicy(r, p)
		var needs []string
		for j := range i {
			if r.IntN(3) > 0 {
				continue
			}
			before, condition := cfg.Groups[j].Processes[0], []string{"", ":started", ":exited", ":done"}[r.IntN(4)]
			switch {
			case before.Checks.Judged() && r.IntN(2) == 0:
				condition = ":healthy"
			case before.Autorestart == process.AutorestartAlways && (condition == ":exited" || condition == ":done"):
				condition = ""
			}
			needs = append(needs, fmt.Sprintf("p%d%s", j, condition))
		}
		p.DependsOn = strings.Join(needs, ",")
		cfg.Groups = append(cfg.Groups, &config.Group{Name: p.Name, Priority: p.Priority, Processes: []*config.Process{p}})
		specs = append(specs, order.Spec{
			Group: p.Name, Program: p.Name, Name: p.Name, DependsOn: p.DependsOn, Oneshot: p.Oneshot, Autostart: p.Autostart,
			Forever: p.Autorestart == process.AutorestartAlways, Health: p.Checks.Judged(),
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

// randomPolicy gives some programs keys about restarts and checks.
func randomPolicy(r *rand.Rand, p *config.Process) {
	target := mustTarget(health.ParseHealth, "tcp:localhost:1")
	if r.IntN(5) == 0 && !p.Oneshot {
		p.Checks.Ready, p.Ready, p.StartFor = mustTarget(health.ParseReady, "tcp:localhost:1"), true, 0
	}
	if r.IntN(4) == 0 && !p.Oneshot {
		p.Checks.Health, p.Checks.Retries = target, 1+r.IntN(2)
		p.Checks.Action.Do = []health.Do{health.Restart, health.Stop, health.Nothing}[r.IntN(3)]
	}
	if r.IntN(6) == 0 {
		p.StartLimit = process.StartLimit{Starts: 3, Within: time.Minute}
	}
	if r.IntN(6) == 0 {
		p.StartDelay = 3 * time.Second
	}
	if r.IntN(8) == 0 {
		p.StartRetries = process.Unlimited
	}
	if r.IntN(40) == 0 {
		p.Essential = config.EssentialFatal
	}
}

func describeNeeds(cfg *config.Config) string {
	var b strings.Builder
	for _, g := range cfg.Groups {
		p := g.Processes[0]
		fmt.Fprintf(&b, "%s depends_on=%q on=%s autostart=%v autorestart=%d oneshot=%v ready=%v health=%v\n",
			p.Name, p.DependsOn, p.OnDependency, p.Autostart, p.Autorestart, p.Oneshot, p.Ready, p.Checks.Judged())
	}
	return b.String()
}
