package main

// rpcMutations are defects in what a method answers, and in how it is written down.
var rpcMutations = []mutation{
	{"code-of-not-running", "rpc/faults.go", `NotRunning           = 70`, `NotRunning           = 71`, "rpc_faults"},
	{"code-of-bad-signal", "rpc/faults.go", `BadSignal            = 11`, `BadSignal            = 12`, "rpc_faults"},
	{"name-of-already-started", "rpc/faults.go", `"ALREADY_STARTED"`, `"ALREADY_RUNNING"`, "start_stop"},
	{"fault-text-blank", "rpc/faults.go", `faultNames[code] + ": " + text`, `faultNames[code] + ":" + text`, "rpc_faults"},
	{"missing-file-not-executable", "rpc/faults.go", "if e.Missing {\n\t\t\treturn faultText(NoFile", "if !e.Missing {\n\t\t\treturn faultText(NoFile", "spawn"},
	{"argument-too-many-taken", "rpc/server.go", `len(args) > most || len(args) < most-m.Optional`, `len(args) < most-m.Optional`, "rpc_faults"},
	{"shutdown-before-arguments", "rpc/server.go", `if most := len(m.params()); len(args) > most`, `if most := len(m.params()); s.sup.State() == supervisor.Running && len(args) > most`, "shutdown_order"},
	{"calls-while-stopping", "rpc/server.go", `s.sup.State() != supervisor.Running {`, `s.sup.State() == supervisor.Restarting {`, "shutdown_order"},
	{"group-by-colon-alone", "rpc/args.go", `found && (proc == "" || proc == "*")`, `found && proc == "*"`, "rpc_faults"},
	{"signal-after-state", "rpc/process.go", "sig, err := args.signal(1)\n\tif err != nil {\n\t\treturn nil, err\n\t}\n", "sig, err := args.signal(1)\n\tif err != nil {\n\t\tif err := s.sup.SignalProcess(ctx, t.Name, 0); err != nil {\n\t\t\treturn nil, faultOf(err, t.text)\n\t\t}\n\t\treturn nil, err\n\t}\n", "rpc_faults"},
	{"fault-names-process-alone", "rpc/process.go", "return done(s.sup.Stop(ctx, t.Name, wait), t.text)", "return done(s.sup.Stop(ctx, t.Name, wait), t.Process)", "rpc_faults"},
	{"status-description", "rpc/group.go", `status, description := Success, "OK"`, `status, description := Success, "ok"`, "rpc_faults"},
	{"status-name-of-group", "rpc/group.go", `{Name: "name", Value: r.Process}`, `{Name: "name", Value: r.Group}`, "rpc_faults"},
	{"reload-result-flat", "rpc/state.go", `[]any{[]any{texts(c.Added), texts(c.Changed), texts(c.Removed)}}`, `[]any{texts(c.Added), texts(c.Changed), texts(c.Removed)}`, "update"},
	{"reload-result-order", "rpc/state.go", `texts(c.Added), texts(c.Changed), texts(c.Removed)`, `texts(c.Changed), texts(c.Added), texts(c.Removed)`, "update"},
	{"api-version", "rpc/state.go", `return "3.0", nil`, `return "3.1", nil`, "rpc_faults"},
	{"read-one-byte-less", "supervisor/logfile/read.go", `offset = max(size+offset, 0)`, `offset = max(size+offset, 1)`, "rpc_logs"},
	{"read-of-last-with-length", "supervisor/logfile/read.go", `length < 0 || offset < 0 && length != 0`, `length < 0`, "rpc_logs"},
	{"tail-overflow-at-end", "supervisor/logfile/read.go", `if size > offset+length {`, `if size >= offset+length {`, "rpc_logs"},
	{"tail-offset-of-caller", "supervisor/logfile/read.go", `return data, size, overflow, nil`, `return data, end, overflow, nil`, "rpc_logs"},
	{"tail-of-no-file-is-fault", "rpc/logs.go", "if path == \"\" {\n\t\treturn []any{\"\", int64(0), false}, nil", "if path == \"\" {\n\t\treturn nil, fault(NoFile)", "rpc_logs"},
	{"no-file-without-path", "rpc/logs.go", `return nil, faultText(NoFile, path)`, `return nil, fault(NoFile)`, "rpc_logs"},
	{"now-missing", "rpc/info.go", "\te.IntMember(\"now\", timestamp(now))\n", "", "start_stop"},
	{"members-out-of-order", "rpc/info.go", "\te.StringMember(\"name\", i.Process)\n\te.StringMember(\"group\", i.Group)\n", "\te.StringMember(\"group\", i.Group)\n\te.StringMember(\"name\", i.Process)\n", "http"},
	{"logfile-of-stderr", "rpc/info.go", `e.StringMember("logfile", i.StdoutLogfile)`, `e.StringMember("logfile", i.StderrLogfile)`, "states"},
	{"unknown-help-code", "rpc/system.go", `return nil, fault(SignatureUnsupported)`, `return nil, fault(UnknownMethod)`, "rpc_faults"},
	{"boolean-as-word", "rpc/xmlrpc/encode.go", `<value><boolean>1</boolean></value>`, `<value><boolean>true</boolean></value>`, "http"},
	{"no-newline-after-value", "rpc/xmlrpc/encode.go", `e.put("</int></value>\n")
}`, `e.put("</int></value>")
}`, "http"},
	{"i4-unknown", "rpc/xmlrpc/scalar.go", `case "int", "i4":`, `case "int":`, "http"},
	{"boolean-true-read", "rpc/xmlrpc/scalar.go", `return string(text) == "1", true, nil`, `return string(text) != "0", true, nil`, "http"},
	{"untyped-value-lost", "rpc/xmlrpc/decode.go", "return node{value: string(f.text)}, nil", "return node{}, nil", "http"},
	{"less-than-not-escaped", "rpc/xmlrpc/text.go", `t['&'], t['<'], t['>'] = false, false, false`, `t['&'], t['<'] = false, false`, "http"},
}
