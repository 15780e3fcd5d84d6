package config

import (
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"reeve/supervisor/order"
)

func TestInOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), mainFile)
	load := func(command string) *Config {
		t.Helper()
		writeMain(t, path, `[supervisord]
[eventlistener:plug]
command=`+command+`
events=PROCESS_STATE
[program:a]
command=x
autostart=false
dependent_startup=True
dependent_startup_wait_for=b:running  %(ENV_NOT_SET)s:exited
[program:b]
command=x
priority=0
dependent_startup=maybe
dependent_startup_inherit_priority=yes
startinorder=1
startnextafter=%(program_name)s
[group:g]
programs=b
[fcgi-program:f]
command=x
socket=unix:///s
dependent_startup=true
`)
		cfg, err := NewLoader(path).Load()
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	for _, command := range []string{"python3 -m another", "'"} {
		if cfg := load(command); cfg.InOrder != nil {
			t.Errorf("%s: %+v is read", command, cfg.InOrder)
		}
	}
	cfg := load("python3 -m supervisord_dependent_startup")
	zero := 0
	want := []order.PluginProgram{
		{Name: "a", Dependent: true, WaitFor: "b:running  %(ENV_NOT_SET)s:exited"},
		{Name: "b", Priority: &zero, Autostart: true, InheritPriority: true, InOrder: true, NextAfter: "b"},
	}
	if !reflect.DeepEqual(cfg.InOrder, want) {
		t.Errorf("read %+v, want %+v", cfg.InOrder, want)
	}
	if w := "dependent_startup of [program:b] is left out: not a valid boolean value: 'maybe'"; !slices.Contains(cfg.Warnings, w) {
		t.Errorf("no warning %q in %q", w, cfg.Warnings)
	}
}
