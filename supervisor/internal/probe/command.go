package probe

import (
	"context"
	"errors"
	"os"
	"strconv"
	"syscall"

	"reeve/supervisor/internal/check"
	"reeve/supervisor/internal/spawn"
	"reeve/supervisor/process"
	"reeve/supervisor/rescue"
)

// mostUndead is how many commands may be killed and not dead.
const mostUndead = 32

// command is the child of an exec probe. Under Pool.mu: its fields but the channels.
type command struct {
	started chan spawn.Started
	exited  chan process.Exit
	pid     int
	over    bool // nobody waits for it any more
	killed  bool
}

func newCommand() *command {
	return &command{started: make(chan spawn.Started, 1), exited: make(chan process.Exit, 1)}
}

// command has the loop start a command, and waits for its end.
func (p *Pool) command(ctx context.Context, j *job) (check.Outcome, string, []byte) {
	if outcome, why := p.mayStart(j); why != "" {
		return outcome, why, nil
	}
	defer p.abandon(j)
	if !p.report(j.ctx, Start{j.ID, j.Target.Argv}) {
		return check.Inconclusive, "", nil // cancelled
	}
	select {
	case s := <-j.run.started:
		if s.Err != nil {
			return notStarted(s.Err), printable(s.Err.Error()), nil
		}
		closeAll(s.Stdin, s.Stderr)
		return p.follow(ctx, j, s.Stdout)
	case <-ctx.Done():
		p.report(p.ctx, Revoke{j.ID})
		return check.Inconclusive, "not started within " + round(j.Timeout), nil
	}
}

// notStarted says what it means that there is no child.
func notStarted(err error) check.Outcome {
	if e, ok := errors.AsType[*spawn.StartError](err); ok && (e.Kind == spawn.Shortage || e.Kind == spawn.Revoked) {
		return check.Inconclusive
	}
	return check.Failure
}

// follow reads what a command prints until it ends or its time is over.
func (p *Pool) follow(ctx context.Context, j *job, stdout int) (check.Outcome, string, []byte) {
	_ = syscall.SetNonblock(stdout, true) // so that stop can end a read
	out := os.NewFile(uintptr(stdout), "output of a check")
	defer out.Close()
	output := &tail{}
	read := make(chan struct{})
	go rescue.Run("reading what a check prints", func() {
		defer close(read)
		output.read(out)
	})
	outcome, detail := check.Success, ""
	select {
	case e := <-j.run.exited:
		if e.Code != 0 {
			outcome, detail = check.Failure, e.String()
		}
	case <-ctx.Done():
		p.kill(j)
		outcome, detail = check.Failure, "not finished within "+round(j.Timeout)+", killed"
	}
	// What it printed is in the pipe by now. What others that hold the pipe will print is
	// not waited for.
	stop(out)
	<-read
	output.rest(out)
	return outcome, detail, output.bytes()
}

// mayStart refuses a command, with the reason, if its program has one that was killed and
// did not die, and any if there are many of those.
func (p *Pool) mayStart(j *job) (check.Outcome, string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	undead := 0
	for pid, other := range p.children {
		if !other.run.killed {
			continue
		}
		if undead++; other.ID.Run == j.ID.Run {
			return check.Failure, "the check before was killed and has not ended (pid " + strconv.Itoa(pid) + ")"
		}
	}
	if undead >= mostUndead {
		return check.Inconclusive, strconv.Itoa(undead) + " checks were killed and have not ended"
	}
	return check.Success, ""
}

// Started reports the outcome of a Start. The descriptors belong to the Pool.
func (p *Pool) Started(id check.ID, s spawn.Started) {
	p.mu.Lock()
	j := p.jobs[id]
	p.mu.Unlock()
	if j == nil || j.run == nil {
		// It was cancelled meanwhile.
		j = &job{Probe: check.Probe{ID: id}, run: newCommand()}
		j.run.over = true
	}
	p.own(j, s)
}

// own records the child of a job, and kills it if nobody waits for it.
func (p *Pool) own(j *job, s spawn.Started) {
	p.mu.Lock()
	if s.Err == nil {
		j.run.pid = s.Pid
		p.children[s.Pid] = j
	}
	over := j.run.over
	if !over {
		j.run.started <- s // the only one
	}
	p.mu.Unlock()
	if over && s.Err == nil {
		closeAll(s.Stdin, s.Stdout, s.Stderr)
		p.kill(j)
	}
}

// Exited reports the end of a child, and whether it was a command of this Pool.
func (p *Pool) Exited(pid int, e process.Exit) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	j := p.children[pid]
	if j == nil {
		return false
	}
	delete(p.children, pid)
	j.run.exited <- e // the only one
	return true
}

// Left returns how many commands have been started and have not ended. Cancel makes those
// of a probe end soon.
func (p *Pool) Left() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.children)
}

// abandon ends the interest in a command. One that still runs is killed.
func (p *Pool) abandon(j *job) {
	p.mu.Lock()
	j.run.over = true
	var late *spawn.Started
	select {
	case s := <-j.run.started:
		late = &s
	default:
	}
	_, runs := p.children[j.run.pid]
	p.mu.Unlock()
	if late != nil && late.Err == nil {
		closeAll(late.Stdin, late.Stdout, late.Stderr)
	}
	if runs {
		p.kill(j)
	}
}

// kill kills a command with its process group.
func (p *Pool) kill(j *job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.children[j.run.pid] == j && !j.run.killed {
		j.run.killed = true
		if err := p.opt.Signal(j.run.pid, syscall.SIGKILL, true); errors.Is(err, syscall.ESRCH) {
			// It has ended, or is so young that it does not lead its group yet.
			_ = p.opt.Signal(j.run.pid, syscall.SIGKILL, false)
		}
	}
}

func closeAll(fds ...int) {
	for _, fd := range fds {
		if fd >= 0 {
			syscall.Close(fd)
		}
	}
}
