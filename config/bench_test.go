package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reeve/config"
)

// BenchmarkLoad reads a thousand programs.
func BenchmarkLoad(b *testing.B) {
	var text strings.Builder
	text.WriteString("[supervisord]\n")
	for i := range 1000 {
		fmt.Fprintf(&text, "[program:p%04d]\ncommand=/bin/sleep 3600\nstartsecs=0\n", i)
	}
	path := filepath.Join(b.TempDir(), "s.conf")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		cfg, err := (&config.Loader{Path: path, Environ: os.Environ()}).Load()
		if err != nil || len(cfg.Groups) != 1000 {
			b.Fatal(err)
		}
	}
}
