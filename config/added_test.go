package config_test

import (
	"path/filepath"
	"strings"
	"testing"

	"reeve/config"
)

func TestProgramAtRunTime(t *testing.T) {
	dir := write(t, map[string]string{
		"s.conf": "[DEFAULT]\nautostart=false\n[supervisord]\nenvironment=A=1\n[program:p]\ncommand=x\n",
	})
	l := &config.Loader{Path: filepath.Join(dir, "s.conf"), Environ: []string{"N=5"}}
	cfg, err := l.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		settings []config.Setting
		want     string
	}{
		{"q", settings("command", "%(here)s %(group_name)s %(program_name)s %(ENV_N)s ; #x"), "q true " + cfg.Here + " g q 5 ; #x A=1"},
		{"q", settings("COMMAND", "c", "", "nothing", "environment", "B=2"), "q true c A=1 B=2"},
		{
			"q", settings("command", "c", "numprocs", "2", "process_name", "%(process_num)d", "autostart", "no"),
			"0 false c A=1,1 false c A=1",
		},
		{"q", nil, "program section program:q does not specify a command in section 'program:q' (file: '" + cfg.Path + "')"},
		{"a b", nil, "Invalid name: 'a b' because of character: ' ' in section 'program:a b' (file: '" + cfg.Path + "')"},
	} {
		processes, err := l.Program(cfg, "g", c.name, c.settings)
		var texts []string
		for _, p := range processes {
			var text strings.Builder
			text.WriteString(p.Name + " " + map[bool]string{true: "true", false: "false"}[p.Autostart] + " " + p.Command)
			for _, v := range p.Environment {
				text.WriteString(" " + v.Key + "=" + v.Value)
			}
			texts = append(texts, text.String())
		}
		got := strings.Join(texts, ",")
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s %v:\ngot  %s\nwant %s", c.name, c.settings, got, c.want)
		}
	}
	if len(cfg.Groups) != 1 || len(cfg.Groups[0].Processes) != 1 || len(cfg.Warnings) != 0 {
		t.Errorf("the configuration was changed: %v", cfg)
	}
}

func settings(words ...string) (all []config.Setting) {
	for i := 0; i < len(words); i += 2 {
		all = append(all, config.Setting{Key: words[i], Value: words[i+1]})
	}
	return all
}
