package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"reeve/config"
)

func TestPrintReport(t *testing.T) {
	t.Parallel()
	r := &config.Report{
		Files: []string{"s.conf", "a.ini"},
		Sections: []config.SectionReport{{Name: "program:x", Values: []config.Value{
			{Key: "command", Text: "/bin/x\n-a\n-b", From: config.FromFile, Place: config.Place{File: "s.conf", Line: 3}, First: true},
			{Key: "environment", Text: "A=***", From: "template:t", Place: config.Place{File: "a.ini", Line: 9}, With: []string{"template:u", "program-default"}},
			{Key: "startsecs", Text: "1", From: config.FromDefault},
			{Key: "umask", Text: "", From: config.FromCommandLine},
		}}},
		Findings: []config.Finding{
			{Place: config.Place{File: "s.conf", Line: 4}, Text: "a; did you mean b?"},
			{Place: config.Place{File: "s.conf"}, Ignored: true, Text: "c"},
			{Text: "d"},
		},
	}
	var b strings.Builder
	if err := printReport(&b, r); err != nil {
		t.Fatal(err)
	}
	if got, want := b.String(), `; read: s.conf
; read: a.ini

[program:x]
command = /bin/x                                 ; s.conf:3, the first process
    -a
    -b
environment = A=***                              ; template:t, a.ini:9, with template:u and program-default
startsecs = 1                                    ; default
umask =                                          ; command line
`; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	b.Reset()
	printFindings(&b, r)
	if got := b.String(); got != "warning: s.conf:4: a; did you mean b?\nnote: s.conf: c\nwarning: d\n" {
		t.Errorf("findings: %s", got)
	}
	b.Reset()
	if err := printJSON(&b, r, nil); err != nil {
		t.Fatal(err)
	}
	var back struct {
		OK bool
		config.Report
	}
	if err := json.Unmarshal([]byte(b.String()), &back); err != nil || !back.OK || len(back.Sections[0].Values) != 4 || back.Findings[0].Line != 4 {
		t.Errorf("%v, %s", err, b.String())
	}
	b.Reset()
	if err := printJSON(&b, nil, errors.New("no")); err != nil || b.String() != "{\n  \"ok\": false,\n  \"error\": \"no\"\n}\n" {
		t.Errorf("%v, %s", err, b.String())
	}
}

func TestCheckOptions(t *testing.T) {
	for _, c := range []struct {
		args string
		want options
		err  string
	}{
		{args: "--check", want: options{report: true}},
		{args: "--check --json -c x", want: options{report: true, json: true, path: "x"}},
		{args: "-c x --check y", want: options{report: true, path: "x", part: "y"}},
		{args: "--check x y", err: "positional arguments are not supported: ['x', 'y']"},
		{args: "-i --check x", err: "positional arguments are not supported: ['x']"},
		{args: "--check --check", err: "conflicting command line option '--check'"},
		{args: "--json", err: "--json is for --check only"},
		{args: "--check=x", err: "option --check must not have an argument"},
		{args: "--chec", err: "option --chec not recognized"},
	} {
		o, err := parseOptions(strings.Fields(c.args))
		if c.err != "" {
			if err == nil || err.Error() != c.err {
				t.Errorf("%s: %v, want %s", c.args, err, c.err)
			}
			continue
		}
		if err != nil || o.report != c.want.report || o.json != c.want.json || o.path != c.want.path || o.part != c.want.part {
			t.Errorf("%s: %+v, %v", c.args, o, err)
		}
	}
}
