package config_test

import (
	"fmt"
	"strings"
	"testing"

	"reeve/config"
)

// in is the end of an error about a program section.
func in(section string) string { return " in section '" + section + "' (file: 'DIR/s.conf')" }

func Test070to096Groups(t *testing.T) {
	const ab = "[program:a]\ncommand=x\n[program:b]\ncommand=x\n"
	checkFacts(t, []fact{
		{"068 numprocs", "[program:a]\ncommand=x\nnumprocs=2\nprocess_name=p%(process_num)02d\nnumprocs_start=9", "a:999(p09 p10)"},
		{"068 numprocs without the number", "[program:a]\ncommand=x\nnumprocs=2", "Error: %(process_num) must be present within process_name when numprocs > 1" + in("program:a")},
		{"068 an escaped number: the last survives", "[program:a]\ncommand=x\nnumprocs=2\nprocess_name=%%(process_num)s", "a:999(%(process_num)s)"},
		{"1H no processes", "[program:a]\ncommand=x\nnumprocs=0", "a:999()"},
		{"056 a name", "[program:a b]\ncommand=x", "Error: Invalid name: 'a b' because of character: ' '"},
		{"009 blanks around a name", "[program: a ]\ncommand=x", "a:999(a)"},
		{"070 the order is textual", "[program:p]\ncommand=x\nnumprocs=3\nnumprocs_start=9\nprocess_name=p%(process_num)d", "p:999(p10 p11 p9)"},
		{"071 a group takes its program", ab + "[group:g]\nprograms=b", "a:999(a) g:999(b)"},
		{"072 unknown", "[group:g]\nprograms=nope", "Error: [group:g] names unknown program or fcgi-program nope"},
		{"072 unknown behind a known one", ab + "[group:g]\nprograms=a,nope", "Error: [group:g] names unknown program or fcgi-program nope"},
		{
			"072 ambiguous", "[program:a]\ncommand=x\n[fcgi-program:a]\ncommand=x\nsocket=tcp://h:1\n[group:g]\nprograms=a",
			"Error: [group:g] name a is ambiguous (exists as program and fcgi-program)",
		},
		{"073 an empty group", "[group:g]\n[group:h]\nprograms=", "g:999() h:999()"},
		{"074 in two groups", ab + "[group:g]\nprograms=a,b\n[group:h]\nprograms=a", "g:999(a b) h:999(a)"},
		{"074 twice in one", ab + "[group:g]\nprograms=a,b,a", "g:999(a b)"},
		{"075 not sorted again", "[program:a]\ncommand=x\npriority=1\n[program:b]\ncommand=x\npriority=2\n[group:g]\nprograms=b,a", "g:999(b a)"},
		{"095 priority, then name", ab + "[program:c]\ncommand=x\npriority=1\n[group:0]\npriority=2", "c:1(c) 0:2() a:999(a) b:999(b)"},
		{"096 two of one name: the group first", ab + "[group:b]\nprograms=a", "b:999(a) b:999(b)"},
		{"057 priority is not wrapped", "[program:a]\ncommand=x\npriority=z", "Error: invalid literal for int() with base 10: 'z'"},
	}, groupNames)
}

func Test040to069Programs(t *testing.T) {
	checkFacts(t, []fact{
		{"defaults", "[program:a]\ncommand=x", "x 999 true 1 1s 3 15 10s false false [0] AUTO AUTO "},
		{"no command", "[program:a]", "Error: program section program:a does not specify a command" + in("program:a")},
		{"an empty command", "[program:a]\ncommand=", " 999 true 1 1s 3 15 10s false false [0] AUTO AUTO "},
		{"010 inherited", "[program:a]\n[DEFAULT]\ncommand=y", "y 999 true 1 1s 3 15 10s false false [0] AUTO AUTO "},
		{"1H autorestart", "[program:a]\ncommand=x\nautorestart=YES", "x 999 true 2 1s 3 15 10s false false [0] AUTO AUTO "},
		{"1H no autorestart", "[program:a]\ncommand=x\nautorestart=Perhaps", "Error: invalid 'autorestart' value 'perhaps'" + in("program:a")},
		{"052 exit codes", "[program:a]\ncommand=x\nexitcodes=0, 2 ,255", "x 999 true 1 1s 3 15 10s false false [0 2 255] AUTO AUTO "},
		{"052 no exit codes", "[program:a]\ncommand=x\nexitcodes=", "x 999 true 1 1s 3 15 10s false false [] AUTO AUTO "},
		{"052 a bad exit code", "[program:a]\ncommand=x\nexitcodes=256", "Error: not a valid list of exit codes: '256'" + in("program:a")},
		{"048 negative seconds", "[program:a]\ncommand=x\nstartsecs=-1\nstopwaitsecs=0", "x 999 true 1 -1s 3 15 0s false false [0] AUTO AUTO "},
		{"069 as group", "[program:a]\ncommand=x\nstopasgroup=true", "x 999 true 1 1s 3 15 10s true true [0] AUTO AUTO "},
		{
			"069 not both", "[program:a]\ncommand=x\nstopasgroup=true\nkillasgroup=false",
			"Error: Cannot set stopasgroup=true and killasgroup=false" + in("program:a"),
		},
		{"065 no logs", "[program:a]\ncommand=x\nstdout_logfile=NONE\nstderr_logfile=Off", "x 999 true 1 1s 3 15 10s false false [0]   "},
		{"065 files", "[program:a]\ncommand=x\nstdout_logfile=auto\nstderr_logfile=%(here)s/%(program_name)s", "x 999 true 1 1s 3 15 10s false false [0] AUTO DIR/a "},
		{
			"066 redirected with a file", "[program:a]\ncommand=x\nredirect_stderr=1\nstderr_logfile=e",
			"x 999 true 1 1s 3 15 10s false false [0] AUTO  For [program:a], redirect_stderr=true but stderr_logfile has also been set to a filename, " +
				"the filename has been ignored",
		},
		{
			"039 names", "[program:a]\ncommand=%(program_name)s %(group_name)s %(host_node_name)s %(process_num)d %(numprocs)s %(ENV_N)s %(ENV_K)s %(here)s\nenvironment=K=1",
			"a a node 0 1 5 1 DIR 999 true 1 1s 3 15 10s false false [0] AUTO AUTO ",
		},
		{
			"040 process_num is not known early", "[program:a]\ncommand=x\nstartsecs=%(process_num)s",
			"Error: Format string '%(process_num)s' for 'program:a.startsecs' contains names ('process_num') which cannot be expanded. " +
				"Available names: ENV_HOME, ENV_N, ENV_PCT, group_name, here, host_node_name, program_name" + in("program:a"),
		},
		{"045 values are not expanded", "[program:a]\ncommand=%(ENV_PCT)s", "100% 999 true 1 1s 3 15 10s false false [0] AUTO AUTO "},
		{
			"037 badly formatted", "[program:a]\ncommand=100%",
			"Error: Format string '100%' for 'program:a.command' is badly formatted: incomplete format" + in("program:a"),
		},
	}, func(cfg *config.Config) string {
		p := process(cfg)
		log := func(l config.LogConfig) string {
			if l.Auto {
				return "AUTO"
			}
			return l.File
		}
		return fmt.Sprintf("%s %d %t %d %s %d %d %s %t %t %d %s %s %s", p.Command, p.Priority, p.Autostart, p.Autorestart, p.StartFor, p.StartRetries,
			p.StopSignal.First(), p.StopWait, p.StopAsGroup, p.KillAsGroup, p.ExitCodes, log(p.Stdout), log(p.Stderr), strings.Join(cfg.Warnings, ";"))
	})
}

func Test062EnvironmentOfAProgram(t *testing.T) {
	checkFacts(t, []fact{
		{"062 own over global", "environment=A=1,B=2\n[program:a]\ncommand=x\nenvironment=B=3,C=4", "A=1|B=3|C=4"},
		{"039 global names are known", "environment=A=1\n[program:a]\ncommand=x\nenvironment=B=\"%(ENV_A)s\"", "A=1|B=1"},
		{"042 the outer value of itself", "[program:a]\ncommand=x\nenvironment=HOME=\"%(ENV_HOME)s/y\"", "HOME=/home/x/y"},
		{
			"042 not each other", "[program:a]\ncommand=x\nenvironment=K=1,L=\"%(ENV_K)s\"",
			"Error: Format string 'K=1,L=\"%(ENV_K)s\"' for 'environment' contains names ('ENV_K') which cannot be expanded. Available names: " +
				"ENV_HOME, ENV_N, ENV_PCT, group_name, here, host_node_name, numprocs, process_num, program_name" + in("program:a"),
		},
		{"059 what ends a token", "[program:a]\ncommand=x\nenvironment=A=http://h/p?x=y", "A=http://h/p|x=y"},
		{"059 a dollar", "[program:a]\ncommand=x\nenvironment=A=$HOME", "A=$"},
		{"058 any separator", "[program:a]\ncommand=x\nenvironment=A=1+B=2", "Error: Unexpected end of key/value pairs in value 'A=1+B=2'" + in("program:a")},
		{"061 an empty value", "[program:a]\ncommand=x\nenvironment=A=\"\"", "A="},
	}, func(cfg *config.Config) string { return vars(process(cfg).Environment) })
}
