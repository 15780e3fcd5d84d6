package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"reeve/rpc/api"
	"reeve/rpc/client"
)

// wait is the option --wait SECONDS of start, stop and restart: how long to wait for the
// outcome. Upstream waits without limit for a stop and for the first attempt of a start.
// --wait includes the retries of a start; with 0 it does not wait at all.
type wait struct {
	given bool
	typed string
	limit time.Duration
}

var errWait = errors.New("Error: --wait requires a number of seconds")

// takeWait removes --wait from the words of an action.
func takeWait(words []string) (names []string, w wait, err error) {
	for i := 0; i < len(words); i++ {
		value, ok := strings.CutPrefix(words[i], "--wait=")
		if !ok && words[i] != "--wait" {
			names = append(names, words[i])
			continue
		}
		if !ok {
			if i++; i == len(words) {
				return nil, wait{}, errWait
			}
			value = words[i]
		}
		seconds, err := strconv.ParseFloat(value, 64)
		if err != nil || !(seconds >= 0 && seconds <= 1e9) {
			return nil, wait{}, errWait
		}
		w = wait{given: true, typed: value, limit: time.Duration(seconds * float64(time.Second))}
	}
	return names, w, nil
}

// outcome maps a process's state to the status of a waiting action's result, or 0 to go
// on waiting.
type outcome func(info client.ProcessInfo) int

func startOutcome(info client.ProcessInfo) int {
	switch info.State {
	case api.StateRunning, api.StateExited: // EXITED is reached only from RUNNING
		return api.Success
	case api.StateFatal:
		return api.SpawnError
	case api.StateStopped, api.StateStopping, api.StateUnknown:
		return api.AbnormalTermination
	}
	return 0
}

func stopOutcome(info client.ProcessInfo) int {
	switch info.State {
	case api.StateStopped, api.StateExited, api.StateFatal, api.StateUnknown:
		return api.Success
	}
	return 0
}

// settler returns the step that waits until each successful result is final or the time
// is over.
func (c *ctl) settler(w wait, judge outcome) func(context.Context, []client.Result) error {
	if !w.given || w.limit == 0 {
		return nil
	}
	return func(ctx context.Context, results []client.Result) error {
		deadline := time.Now().Add(w.limit)
		for {
			infos, err := c.rpc.AllProcessInfo(ctx)
			if err != nil {
				return err
			}
			late := !time.Now().Before(deadline)
			if !settle(results, infos, judge, late, w.typed) || late {
				return nil
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(min(pollEvery, time.Until(deadline))):
			}
		}
	}
}

// pollEvery is how often --wait and supervisor-quick poll the daemon.
const pollEvery = 100 * time.Millisecond

// settle updates the results by the states in infos and reports whether any is still
// open. When late, open ones become errors.
func settle(results []client.Result, infos []client.ProcessInfo, judge outcome, late bool, typed string) (open bool) {
	for i := range results {
		r := &results[i]
		if r.Status != api.Success || r.Description == "settled" {
			continue
		}
		for _, info := range infos {
			if info.Group != r.Group || info.Name != r.Name {
				continue
			}
			code := judge(info)
			switch {
			case code != 0:
				r.Status, r.Description = code, "settled"
			case late:
				r.Status = stillStopping
				if info.State != api.StateStopping {
					r.Status = stillStarting
				}
				r.Description = fmt.Sprintf("still %s after %s seconds", info.StateName, typed)
			default:
				open = true
			}
		}
	}
	return open
}
