package compat

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// An upgrade replaces the program of a running daemon (docs/upgrade.md). Files:
// upgrade_linux_test.go (how the tests ask for one), upgrade_load_… (everything at work),
// upgrade_clients_… (who calls meanwhile), upgrade_refused_… (nothing changes),
// upgrade_fallback_…, upgrade_signals_…, upgrade_life_… (what holds afterwards).

// nextVersion is that of the second build.
const nextVersion = "0.2.0"

// nextBuild returns the path of our daemon as its next version would be.
var nextBuild = sync.OnceValues(func() (string, error) {
	bin := filepath.Join(binaries, "next", "supervisord")
	return bin, compile(bin, "../cmd/supervisord", "-X reeve/config.Own="+nextVersion)
})

func theNext(t *testing.T) string {
	t.Helper()
	next, err := nextBuild()
	if err != nil {
		t.Skip("no second build to be had: ", err)
	}
	return next
}

// upgraded is what supervisorctl upgrade --json prints.
type upgraded struct {
	From, To  string
	Processes int
	Pause     float64
}

func (u upgraded) pause() time.Duration { return time.Duration(u.Pause * float64(time.Second)) }

// upgrade upgrades by supervisorctl; the error is what that prints.
func (in *instance) upgrade(program string) (u upgraded, err error) {
	args := []string{"-c", in.path("supervisord.conf"), "upgrade", "--json"}
	if program != "" {
		args = append(args, program)
	}
	out, err := in.command(ours.ctl, args...).CombinedOutput()
	if err == nil {
		err = json.Unmarshal(out, &u)
	}
	if err != nil {
		return u, fmt.Errorf("%w: %s", err, out)
	}
	return u, nil
}

func (in *instance) mustUpgrade(program string) upgraded {
	in.t.Helper()
	u, err := in.upgrade(program)
	if err != nil {
		in.t.Fatalf("%v\n%s", err, in.read("supervisord.log"))
	}
	return u
}

// version returns what the running daemon says it is.
func (in *instance) version() string {
	in.t.Helper()
	v, err := in.call("reeve.getVersion")
	in.must(err)
	return v.text
}

// lives returns, for each process, what an upgrade must not change.
func (in *instance) processLives() map[string]string {
	in.t.Helper()
	list, err := in.call("supervisor.getAllProcessInfo")
	in.must(err)
	return livesIn(list)
}

func livesIn(list value) map[string]string {
	all := map[string]string{}
	for _, p := range list.items {
		all[p.member("name").text] = fmt.Sprintf("%s pid %s since %s, stopped %s", p.member("statename").text,
			p.member("pid").text, p.member("start").text, p.member("stop").text)
	}
	return all
}

// pauses are those of many upgrades.
type pauses []time.Duration

func (p pauses) String() string {
	sorted := slices.Sorted(slices.Values(p))
	var each []string
	for _, d := range p {
		each = append(each, d.Round(time.Millisecond/10).String())
	}
	return fmt.Sprintf("%d upgrades: median %v, worst %v: %s", len(p), sorted[len(p)/2].Round(time.Millisecond/10),
		sorted[len(p)-1].Round(time.Millisecond/10), strings.Join(each, " "))
}

// program returns the path of the program that the daemon executes now.
func (in *instance) program() string {
	path, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", in.cmd.Process.Pid))
	return path
}
