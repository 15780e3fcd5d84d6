package main

// ctlMutations are defects in the output of supervisorctl, and in its exit status.
var ctlMutations = []mutation{
	{"status-of-not-running", "cmd/supervisorctl/exit.go", `exitStatusNotRunning = 3`, `exitStatusNotRunning = 1`, "ctl_info"},
	{"status-of-unknown", "cmd/supervisorctl/exit.go", `exitStatusUnknown    = 4`, `exitStatusUnknown    = 3`, "ctl_info"},
	{"spawn-error-generic", "cmd/supervisorctl/exit.go", `case api.SpawnError, api.AbnormalTermination,`, `case api.AbnormalTermination,`, "ctl_start"},
	{"ignored-fault-resets", "cmd/supervisorctl/exit.go", `case api.Success, ignored:`, "case ignored:\n\t\tc.exit = exitOK\n\tcase api.Success:", "ctl_change"},
	{"no-group-status-of-start", "cmd/supervisorctl/verbs_process.go", "ignored: api.AlreadyStarted,\n\t\tnoGroup: exitInvalidArgs", "ignored: api.AlreadyStarted,\n\t\tnoGroup: exitGeneric", "ctl_start"},
	{"stopped-is-failure", "cmd/supervisorctl/verbs_process.go", `ignored: api.NotRunning,`, `ignored: api.Success,`, "ctl_change"},
	{"no-such-group-text", "cmd/supervisorctl/verbs_process.go", `"%s: ERROR (no such group)"`, `"%s: ERROR (no such process group)"`, "ctl_change"},
	{"abnormal-termination-text", "cmd/supervisorctl/verbs_process.go", `"abnormal termination"`, `"abnormal exit"`, "ctl_info"},
	{"all-among-names", "cmd/supervisorctl/verbs_process.go", `if slices.Contains(names, "all") {`, `if slices.Contains(names[:1], "all") {`, "ctl_change"},
	{"restart-starts-stopped-only", "cmd/supervisorctl/verbs_process.go", "if err := c.apply(ctx, c.stopping(w), names); err != nil {\n\t\treturn err\n\t}\n", "if err := c.apply(ctx, c.stopping(w), names); err != nil || c.exit != exitOK {\n\t\treturn err\n\t}\n", "ctl_change"},
	{"clear-of-group", "cmd/supervisorctl/verbs_process.go", `Group: group, Name: "None",`, `Group: group, Name: "*",`, "ctl_change"},
	{"status-column", "cmd/supervisorctl/output.go", `width+3)`, `width+2)`, "ctl_info"},
	{"state-column", "cmd/supervisorctl/output.go", `pad(&b, "", 10-len(info.StateName))`, `pad(&b, "", 9-len(info.StateName))`, "ctl_info"},
	{"avail-column", "cmd/supervisorctl/output.go", `" %-9s %-9s %d:%d\n"`, `" %-9s %-9s %d: %d\n"`, "ctl_info"},
	{"topics-width", "cmd/supervisorctl/output.go", `columns(names, 79)`, `columns(names, 50)`, "ctl_info"},
	{"name-with-group", "cmd/supervisorctl/names.go", "if group == process {\n\t\treturn process", "if group == process && false {\n\t\treturn process", "ctl_info"},
	{"status-duplicates-dropped", "cmd/supervisorctl/verbs_info.go", `if info.Group == t.group && (t.whole || info.Name == t.process) {`, `if info.Group == t.group && (t.whole || info.Name == t.process) && (len(to) == 0 || to[0].Name != info.Name) {`, "ctl_info"},
	{"unreachable-status", "cmd/supervisorctl/verbs_info.go", "if errors.Is(err, errHandled) {\n\t\t\tc.exit = exitStatusUnknown", "if errors.Is(err, errHandled) {\n\t\t\tc.exit = exitGeneric", "ctl_down"},
	{"tail-bytes", "cmd/supervisorctl/verbs_log.go", `const defaultTail = 1600`, `const defaultTail = 1024`, "ctl_log"},
	{"tail-channel-checked-last", "cmd/supervisorctl/verbs_log.go", `strings.ToLower(words[len(words)-1])`, `words[len(words)-1]`, "ctl_log"},
	{"tail-no-log-text", "cmd/supervisorctl/verbs_log.go", `"%s: ERROR (no log file)"`, `"%s: ERROR (no log)"`, "ctl_log"},
	{"tail-failure-on-stdout", "cmd/supervisorctl/verbs_log.go", `fmt.Fprintf(c.out.err, "%s%s %s\n", c.set.serverURL, path, text)`, `fmt.Fprintf(c.out.out, "%s%s %s\n", c.set.serverURL, path, text)`, "ctl_log"},
	{"reread-unsorted", "cmd/supervisorctl/verbs_config.go", `	slices.Sort(names)
	for _, name := range names {
		c.out.linef("%s: %s", name, what[name])`, `	slices.Sort(names)
	slices.Reverse(names)
	for _, name := range names {
		c.out.linef("%s: %s", name, what[name])`, "ctl_config"},
	{"reread-nothing-text", "cmd/supervisorctl/verbs_config.go", `"No config updates to processes"`, `"No config updates"`, "update"},
	{"reread-broken-status", "cmd/supervisorctl/verbs_config.go", "case api.CantReread:\n\t\tc.exit = exitGeneric\n", "case api.CantReread:\n", "ctl_config"},
	{"add-active-text", "cmd/supervisorctl/verbs_config.go", `"ERROR: process group already active"`, `"ERROR: process group is already active"`, "update"},
	{"serverurl-of-file-wins", "cmd/supervisorctl/options.go", `if serverURL != nil {`, `if serverURL != nil && s.serverURL == "" {`, "ctl_args"},
	{"url-unchecked", "cmd/supervisorctl/options.go", `if err != nil || u.Scheme == "" ||`, `if err != nil ||`, "ctl_args"},
	{"refused-text", "config/pytext/errno.go", `strings.ToUpper(text[:1])+text[1:]`, `strings.ToLower(text[:1])+text[1:]`, "ctl_down"},
	{"quoted-fault", "cmd/supervisorctl/errors.go", `"<Fault %d: %s>", fault.Code, pytext.Repr(fault.Text)`, `"<Fault %d: %s>", fault.Code, fault.Text`, "ctl_config"},
	{"prompt", "cmd/supervisorctl/shell.go", `c.set.prompt+"> "`, `c.set.prompt+">"`, "ctl_down"},
	{"only-y-confirms", "cmd/supervisorctl/ctl.go", `return strings.HasPrefix(strings.ToLower(answer), "y"), nil`, `return strings.ToLower(answer) == "y", nil`, "ctl_config"},
	{"missing-socket-status", "cmd/supervisorctl/ctl.go", `c.exit = exitNotRunning`, `c.exit = exitRefused`, "ctl_down"},
	{"question-mark-no-help", "cmd/supervisorctl/ctl.go", `line = "help " + rest`, `line = "help" + rest[:0]`, "ctl_info"},
	{"reachable-unchecked", "cmd/supervisorctl/table.go", `name: "signal", run: signalVerb, complete: processes, talks: true, check: true,`, `name: "signal", run: signalVerb, complete: processes, talks: true,`, "ctl_down"},
	{"no-namespace-status", "cmd/supervisorctl/exit.go", `exitUnimplemented = 3`, `exitUnimplemented = 1`, "servers"},
	{"shutdown-twice-fails", "cmd/supervisorctl/verbs_daemon.go", "c.out.fail(\"ERROR: already shutting down\")\n\t\treturn nil\n\tcase transportKind(err) == client.Refused:", "c.out.fail(\"ERROR: already shutting down\")\n\tcase transportKind(err) == client.Refused:", "shutdown_order"},
	{"open-keeps-status", "cmd/supervisorctl/verbs_daemon.go", "\t\tc.exit = before\n", "\t\t_ = before\n", "ctl_info"},
	{"update-words", "cmd/supervisorctl/verbs_config.go", `"%s: updated process group"`, `"%s: updated group"`, "update"},
	{"pid-of-unknown", "cmd/supervisorctl/verbs_info.go", `"No such process %s"`, `"%s: ERROR (no such process)"`, "ctl_info"},
	{"quit-says-nothing", "cmd/supervisorctl/verbs_daemon.go", "\tc.out.line(\"\")\n\treturn errQuit", "\treturn errQuit", "ctl_info"},
	{"foreground-of-stopped", "cmd/supervisorctl/verbs_log.go", `"ERROR: process not running"`, `"ERROR: process is not running"`, "ctl_verbs"},
}
