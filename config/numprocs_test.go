package config_test

import (
	"path/filepath"
	"strings"
	"testing"

	"reeve/config"
)

// load loads text as s.conf in a directory of its own, DIR in messages.
func load(t *testing.T, text string) (*config.Config, error) {
	t.Helper()
	dir := write(t, map[string]string{"s.conf": text})
	l := &config.Loader{Path: filepath.Join(dir, "s.conf"), Environ: []string{"TOKEN=s3cret"}}
	return l.Load()
}

// relative is an error's text with DIR for the directory of s.conf.
func relative(err error) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	if end := strings.LastIndex(text, "/s.conf"); end >= 0 {
		if start := strings.LastIndexByte(text[:end], '\''); start >= 0 {
			text = text[:start+1] + "DIR" + text[end:]
		}
	}
	return text
}

// TestNumProcsBound: a number of processes that would exhaust memory is refused, and the
// error names section, key and file.
func TestNumProcsBound(t *testing.T) {
	const program = "[supervisord]\n[program:p]\ncommand=x\nprocess_name=%(process_num)d\nnumprocs="
	for number, want := range map[string]string{
		"3000000": "numprocs value '3000000' is above upper bound (100000) in section 'program:p' (file: 'DIR/s.conf')",
		"100001":  "numprocs value '100001' is above upper bound (100000) in section 'program:p' (file: 'DIR/s.conf')",
		"1_0":     "",
	} {
		cfg, err := load(t, program+number)
		if got := relative(err); got != want {
			t.Errorf("%s: %s, want %q", number, got, want)
		}
		if want == "" && len(cfg.Groups[0].Processes) != 10 {
			t.Errorf("%s: %d processes", number, len(cfg.Groups[0].Processes))
		}
	}
}
