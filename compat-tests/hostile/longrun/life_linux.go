package longrun

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"reeve/compat-tests/hostile/longrun/judge"
	"reeve/compat-tests/hostile/longrun/plot"
	"reeve/rpc/client"
)

// life is a daemon from its start to its end, and what was observed of it.
type life struct {
	*plot.Life
	ctx     context.Context // ends when the run is interrupted
	dir     string
	builds  [2]string // programs
	ctl     string
	out     func(format string, args ...any)
	cmd     *exec.Cmd
	ended   chan struct{} // closed when the daemon, or its keeper, is gone
	rpc     *client.Client
	control *words
	config  *plot.Config
	calls   sync.WaitGroup
	places  chan struct{} // bounds the calls under way

	// What only the actor's goroutine uses.
	build           int
	moved           int // logs
	sessions, kills int // so far
	killsInRound    int
	restartsInRound int
	checked         map[string][2]uint64 // lines of runs that are in logs that were cleared
	past            []judge.Run          // that have ended, and are checked
	samples         []judge.Sample
	pauses          []float64
	counts          map[plot.Kind]int

	mu       sync.Mutex
	failures []judge.Failure
	windows  []judge.Window
	wrong    []string
	sent     []int // events of clients
	event    int
	asking   atomic.Bool
	asked    atomic.Int64
}

// patience is how long anything may take that should be prompt.
const patience = 60 * time.Second

// prompt returns the context of a call that is answered soon.
func (l *life) prompt() (context.Context, context.CancelFunc) {
	return context.WithTimeout(l.ctx, patience)
}

// violation notes what was wrong.
func (l *life) violation(all ...string) {
	if len(all) == 0 || l.ctx.Err() != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, text := range all {
		l.out("WRONG: %s", text)
	}
	l.wrong = append(l.wrong, all...)
}

func (l *life) failed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.wrong) > 0
}

// begin starts the daemon.
func (l *life) begin() (err error) {
	for _, d := range []string{"logs", "runs", "locks", "heard"} {
		if err := os.MkdirAll(filepath.Join(l.dir, d), 0o755); err != nil {
			return err
		}
	}
	if l.control, err = shareWords(filepath.Join(l.dir, "control"), controlWords); err != nil {
		return err
	}
	l.config, l.sessions = l.Config, 1
	l.places = make(chan struct{}, 30)
	l.checked, l.counts = map[string][2]uint64{}, map[plot.Kind]int{}
	if err := l.writeConfig(); err != nil {
		return err
	}
	errs, err := os.Create(filepath.Join(l.dir, "supervisord.err"))
	if err != nil {
		return err
	}
	defer errs.Close()
	l.cmd = exec.Command(l.builds[0], "-n", "-c", filepath.Join(l.dir, "supervisord.conf"))
	l.cmd.Env = append(os.Environ(), "GORACE=halt_on_error=0 history_size=2 log_path="+filepath.Join(l.dir, "race"))
	l.cmd.Dir, l.cmd.Stdout, l.cmd.Stderr = l.dir, errs, errs
	// If we are killed they end: the signal comes when the thread ends that has started
	// the daemon.
	l.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	l.ended = make(chan struct{})
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := l.cmd.Start()
		started <- err
		if err == nil {
			_ = l.cmd.Wait()
			close(l.ended)
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	if l.rpc, err = client.New("unix://"+filepath.Join(l.dir, "socket"), nil); err != nil {
		return err
	}
	if err := l.await("the daemon serves", l.serves); err != nil {
		return err
	}
	if l.Crashes {
		// A daemon that is killed before it has noted anything can't be gone on from.
		if err := l.await("the keeper holds the state", func() bool { return open(l.cmd.Process.Pid, nil)["/memfd:reeve-trail (deleted)"] > 0 }); err != nil {
			return err
		}
	}
	l.asking.Store(true)
	return nil
}

// serves reports whether a client that connects now is served.
func (l *life) serves() bool {
	c, err := client.New("unix://"+filepath.Join(l.dir, "socket"), nil)
	if err != nil {
		return false
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var state struct {
		Code int `xmlrpc:"statecode"`
	}
	return c.Call(ctx, "supervisor.getState", &state) == nil && state.Code == 1
}

var errGone = errors.New("the daemon is gone")

// await waits until ok is true.
func (l *life) await(what string, ok func() bool) error {
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		select {
		case <-l.ended:
			return errGone
		default:
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("waited %s in vain: %s", patience, what)
		}
	}
	return nil
}

// writeConfig writes the configuration file as the present one says.
func (l *life) writeConfig() error {
	exe := filepath.Join(filepath.Dir(l.ctl), "hostile")
	text := strings.NewReplacer("{{.Exe}}", exe, "{{.Dir}}", l.dir).Replace(l.config.Text())
	path := filepath.Join(l.dir, "supervisord.conf")
	if err := os.WriteFile(path+".new", []byte(text), 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// daemon returns the pid of the daemon itself, which has a keeper as its parent if it may
// be killed.
func (l *life) daemon() int {
	top := l.cmd.Process.Pid
	if !l.Crashes {
		return top
	}
	for _, p := range below(top) {
		if p.readArgs(); p.parent == top && p.state != 'Z' && slices.Contains(p.args, "-c") {
			return p.pid
		}
	}
	return 0
}

// ours returns the processes that belong to the daemon and are not its programs: itself,
// its keeper, its starters.
func (l *life) ours() (pids []int) {
	pids = []int{l.cmd.Process.Pid}
	for _, p := range below(l.cmd.Process.Pid) {
		if p.readArgs(); p.state != 'Z' && !slices.Contains(p.args, AsChild) {
			pids = append(pids, p.pid)
		}
	}
	return pids
}

// end stops the daemon as its users do, and checks that nothing is left of it.
func (l *life) end() {
	l.asking.Store(false)
	if err := l.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		l.violation("the daemon is gone at the end: " + err.Error())
	}
	select {
	case <-l.ended:
	case <-time.After(patience):
		l.violation("the daemon does not end")
		return
	}
	if state := l.cmd.ProcessState; state.ExitCode() != 0 {
		l.violation("the daemon ended with " + state.String())
	}
	for range 50 { // grandchildren live for some seconds
		left := 0
		for _, p := range below(os.Getpid()) {
			if p.readArgs(); p.state != 'Z' && !slices.ContainsFunc(p.args, func(a string) bool { return strings.HasPrefix(a, "hold=") }) {
				left++
			}
		}
		if left == 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	for _, p := range below(os.Getpid()) {
		if p.readArgs(); p.state != 'Z' && !slices.ContainsFunc(p.args, func(a string) bool { return strings.HasPrefix(a, "hold=") }) {
			l.violation(fmt.Sprintf("left by the daemon: pid %d, %s", p.pid, strings.Join(p.args, " ")))
		}
	}
	for _, name := range []string{"socket", "supervisord.pid"} {
		if _, err := os.Lstat(filepath.Join(l.dir, name)); err == nil {
			l.violation("left by the daemon: " + name)
		}
	}
}
