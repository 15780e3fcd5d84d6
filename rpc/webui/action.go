package webui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"reeve/rpc/api"
	"reeve/rpc/transport"
	"reeve/rpc/xmlrpc"
	"reeve/supervisor/rescue"
)

// The messages in this file are upstream's (fact 302: messages of actions): people's
// scripts look for them.

// errUnknownAction leads to status 500, as upstream (fact 303: unknown actions).
var errUnknownAction = errors.New("unknown action")

// act carries out the action of a form, waits for it, and returns a message for the page.
// ok is false if the action failed, which upstream's message does not always say.
func (h *Handler) act(ctx context.Context, action, name string) (message string, ok bool, err error) {
	switch action {
	case "refresh":
		return "Page refreshed at " + h.ctime(), true, nil
	case "stopall":
		_, err := h.opt.RPC.Do(ctx, "supervisor.stopAllProcesses")
		return "All stopped at " + h.ctime(), err == nil, nil
	case "restartall":
		_, err := h.opt.RPC.Do(ctx, "supervisor.stopAllProcesses")
		if err == nil {
			_, err = h.opt.RPC.Do(ctx, "supervisor.startAllProcesses")
		}
		return "All restarted at " + h.ctime(), err == nil, nil
	}
	run := actions[action]
	if name == "" {
		return "", false, errUnknownAction
	}
	if known, err := h.exists(ctx, name); err != nil || !known {
		return "No such process named " + name, false, err
	}
	if run == nil {
		return "", false, errUnknownAction
	}
	message, ok = run(h, ctx, name)
	return message, ok, nil
}

// exists reports whether there is a process of that name. Names of groups do not count
// (fact 302: messages of actions).
func (h *Handler) exists(ctx context.Context, name string) (bool, error) {
	infos, err := h.opt.Supervisor.AllInfo(ctx)
	if err != nil {
		return false, err
	}
	group, proc, found := strings.Cut(name, ":")
	if !found {
		proc = group
	}
	for i := range infos {
		if infos[i].Group == group && infos[i].Process == proc {
			return true, nil
		}
	}
	return false, nil
}

// actions are the actions on one process.
var actions = map[string]func(h *Handler, ctx context.Context, name string) (message string, ok bool){
	"start":    (*Handler).start,
	"stop":     (*Handler).stop,
	"restart":  (*Handler).restart,
	"clearlog": (*Handler).clearLog,
}

// startErrors are the messages for the faults of a start.
var startErrors = map[int]string{
	api.NoFile:              "no such file",
	api.NotExecutable:       "file not executable",
	api.AlreadyStarted:      "already started",
	api.SpawnError:          "spawn error",
	api.AbnormalTermination: "abnormal termination",
}

func (h *Handler) start(ctx context.Context, name string) (string, bool) {
	_, err := h.opt.RPC.Do(ctx, "supervisor.startProcess", name)
	if err == nil {
		return "Process " + name + " started", true
	}
	reason := unexpected(err)
	if f, ok := errors.AsType[*xmlrpc.Fault](err); ok && startErrors[f.Code] != "" {
		reason = startErrors[f.Code]
	}
	return "ERROR: Process " + name + ": " + reason, false
}

func (h *Handler) stop(ctx context.Context, name string) (string, bool) {
	if _, err := h.opt.RPC.Do(ctx, "supervisor.stopProcess", name); err != nil {
		return unexpected(err), false
	}
	return "Process " + name + " stopped", true
}

// restart returns the same message whatever happened, as upstream; only ok differs.
func (h *Handler) restart(ctx context.Context, name string) (string, bool) {
	_, _ = h.opt.RPC.Do(ctx, "supervisor.stopProcess", name)
	_, err := h.opt.RPC.Do(ctx, "supervisor.startProcess", name)
	return "Process " + name + " restarted", err == nil
}

func (h *Handler) clearLog(ctx context.Context, name string) (string, bool) {
	if _, err := h.opt.RPC.Do(ctx, "supervisor.clearProcessLogs", name); err != nil {
		return unexpected(err), false
	}
	return "Log for " + name + " cleared", true
}

func unexpected(err error) string {
	f, ok := errors.AsType[*xmlrpc.Fault](err)
	if !ok {
		return err.Error()
	}
	return fmt.Sprintf("unexpected rpc fault [%d] %s", f.Code, f.Text)
}

// ctime returns the current time as C's ctime formats it.
func (h *Handler) ctime() string { return h.opt.Now().Format(time.ANSIC) }

// maxAtOnce is how many processes of a selection are acted on at a time.
const maxAtOnce = 32

// outcome is the result for one process of a selection.
type outcome struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Text string `json:"text"`
}

// each carries out an action on several processes at once and waits for all. The outcomes
// are in the order of names.
func (h *Handler) each(ctx context.Context, action string, names []string) ([]outcome, error) {
	if actions[action] == nil {
		return nil, errUnknownAction
	}
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	outcomes := make([]outcome, len(names))
	slots := make(chan struct{}, maxAtOnce)
	var all sync.WaitGroup
	for i, name := range names {
		slots <- struct{}{}
		all.Go(rescue.Around("an action of a page", func() {
			defer func() { <-slots }()
			outcomes[i] = outcome{name, false, "ERROR: Process " + name + ": internal error"}
			defer h.survive("Carrying out " + action + " of a selection")
			text, ok, err := h.act(ctx, action, name)
			if err != nil {
				text = err.Error()
			}
			if action == "restart" && !ok {
				text = "ERROR: Process " + name + ": not restarted"
			}
			outcomes[i] = outcome{name, ok, text}
		}))
	}
	all.Wait()
	return outcomes, nil
}

// summary combines a selection's outcomes into one message: all that failed, or how many
// succeeded.
func summary(action string, outcomes []outcome) string {
	var wrong []string
	for _, o := range outcomes {
		if !o.OK {
			wrong = append(wrong, o.Text)
		}
	}
	if len(wrong) > 0 {
		return strings.Join(wrong, "; ")
	}
	return fmt.Sprintf("%s: %d of %d done", action, len(outcomes), len(outcomes))
}

// liveAction carries out an action for the script and answers with the outcomes as JSON.
// Errors of processes are in the outcomes; the status reports only invalid requests.
func (h *Handler) liveAction(w http.ResponseWriter, r *http.Request) {
	f, err := readForm(w, r)
	if err != nil {
		transport.ErrorPage(w, http.StatusRequestEntityTooLarge)
		return
	}
	if !h.mayAct(r, &f) {
		http.Error(w, fromElsewhere, http.StatusForbidden)
		return
	}
	action := f.values["action"]
	var outcomes []outcome
	if action == "stopall" || action == "restartall" {
		var o outcome
		o.Text, o.OK, err = h.act(r.Context(), action, "")
		outcomes = []outcome{o}
	} else {
		outcomes, err = h.each(r.Context(), action, f.selected)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(outcomes)
}
