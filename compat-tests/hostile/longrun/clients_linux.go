package longrun

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"time"

	"reeve/compat-tests/hostile/longrun/judge"
	"reeve/rpc/api"
	"reeve/rpc/client"
)

// ask calls all the time, by turns on a connection that stays and on new ones, and checks
// the answers.
func (l *life) ask(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		if !l.asking.Load() {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		if n%20 < 5 {
			l.rpc.Close()
		}
		begun := time.Now()
		var err error
		call := "getState"
		if n%10 == 0 {
			call = "getAllProcessInfo"
			var infos []client.ProcessInfo
			infos, err = l.rpc.AllProcessInfo(ctx)
			l.violation(judge.Infos(infosOf(infos))...)
		} else {
			err = l.rpc.Call(ctx, "supervisor.getState", new(any))
		}
		l.asked.Add(1)
		if err != nil && ctx.Err() == nil {
			l.note(begun, call, err)
		}
		time.Sleep(15 * time.Millisecond)
	}
}

func infosOf(infos []client.ProcessInfo) (all []judge.Info) {
	for _, i := range infos {
		all = append(all, judge.Info{Name: i.Group + ":" + i.Name, State: i.StateName, Pid: int(i.PID)})
	}
	return all
}

// note notes a call that failed: at the end of the round it is held against the times in
// which that may be.
func (l *life) note(begun time.Time, call string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failures = append(l.failures, judge.Failure{From: begun, To: time.Now(), Call: call, Err: err.Error()})
}

// window allows calls to fail while f runs.
func (l *life) window(f func()) {
	l.mu.Lock()
	l.windows = append(l.windows, judge.Window{From: time.Now(), To: time.Now().Add(time.Hour)})
	l.mu.Unlock()
	f()
	l.mu.Lock()
	l.windows[len(l.windows)-1].To = time.Now()
	l.mu.Unlock()
}

// mayBe are the faults of calls on processes that say how things are.
var mayBe = map[int]bool{
	api.ShutdownState: true, api.BadName: true, api.NoFile: true, api.NotExecutable: true, api.AbnormalTermination: true, api.SpawnError: true,
	api.AlreadyStarted: true, api.NotRunning: true,
}

// call makes a call that nobody waits for.
func (l *life) call(name string, f func(ctx context.Context, c *client.Client) error) {
	l.places <- struct{}{}
	l.calls.Go(func() {
		defer func() { <-l.places }()
		c, err := client.New("unix://"+filepath.Join(l.dir, "socket"), nil)
		if err != nil {
			l.violation(err.Error())
			return
		}
		defer c.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
		defer cancel()
		begun := time.Now()
		err = f(ctx, c)
		var fault *client.Fault
		switch {
		case err == nil:
		case errors.As(err, &fault):
			// A fault of another call may have become this one's text in a session's end.
			if !mayBe[fault.Code] {
				l.note(begun, name, err)
			}
		default:
			l.note(begun, name, err)
		}
	})
}

// tail follows a log, and leaves.
func (l *life) tail(process string, for_ time.Duration) {
	l.calls.Go(func() {
		c, err := client.New("unix://"+filepath.Join(l.dir, "socket"), nil)
		if err != nil {
			return
		}
		defer c.Close()
		ctx, cancel := context.WithTimeout(context.Background(), for_)
		defer cancel()
		_ = c.Follow(ctx, client.ProcessLogPath(process, "stdout"), io.Discard)
	})
}

// leave connects, sends a part of a request, and leaves after a while; slowly: a byte at a
// time.
func (l *life) leave(slowly bool) {
	l.calls.Go(func() {
		conn, err := net.Dial("unix", filepath.Join(l.dir, "socket"))
		if err != nil {
			return
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
		body := "<?xml version='1.0'?><methodCall><methodName>supervisor.getAllProcessInfo</methodName><params></params></methodCall>"
		text := fmt.Sprintf("POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		if !slowly {
			_, _ = io.WriteString(conn, text[:len(text)*2/3])
			time.Sleep(300 * time.Millisecond)
			return
		}
		for _, part := range strings.SplitAfter(text, " ") {
			if _, err := io.WriteString(conn, part); err != nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		_, _ = io.ReadAll(io.LimitReader(conn, 100))
	})
}
