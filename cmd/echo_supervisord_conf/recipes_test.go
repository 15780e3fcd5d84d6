package main

import (
	"bytes"
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"reeve/config"
)

// recorded is upstream's sample without its prose: each line up to the semicolon of its
// explanation.
//
//go:embed testdata/upstream.conf
var recorded string

var (
	setting     = regexp.MustCompile(`^;?(\[|[a-z_.]+ ?=)`)
	explanation = regexp.MustCompile(`\s;.*`)
)

// settings returns the lines of a sample that set or show an option or begin a section,
// without their explanations.
func settings(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if !setting.MatchString(line) {
			continue
		}
		if at := explanation.FindStringIndex(line); at != nil {
			line = line[:at[0]+2]
		}
		lines = append(lines, line)
	}
	return lines
}

// upstreams returns upstream's sample: the live one where it is installed, which must
// equal the recorded one.
func upstreams(t *testing.T) string {
	t.Helper()
	live, err := exec.Command("/usr/bin/echo_supervisord_conf").Output()
	if err != nil {
		t.Log("upstream's echo_supervisord_conf is not installed, its recording stands in:", err)
		return recorded
	}
	if !slices.Equal(settings(string(live)), settings(recorded)) {
		t.Error("testdata/upstream.conf is not what upstream prints")
	}
	return string(live)
}

// Test293EveryOptionOfUpstream: image recipes edit the sample with sed, so every setting
// of upstream's is a line of ours, active or commented and spaced as there, in the same
// order. Our additional settings are commented.
func Test293EveryOptionOfUpstream(t *testing.T) {
	t.Parallel()
	theirs := settings(upstreams(t))
	if len(theirs) < 100 {
		t.Fatalf("upstream's sample has %d settings", len(theirs))
	}
	next := 0
	for _, line := range settings(sample) {
		switch {
		case next < len(theirs) && line == theirs[next]:
			next++
		case !strings.HasPrefix(line, ";"):
			t.Errorf("ours alone, and active: %s", line)
		}
	}
	if next < len(theirs) {
		t.Errorf("not a line of ours, or not in its place: %q", theirs[next])
	}
}

// recipes are the edits that images make to the sample.
var recipes = map[string][]string{
	"foreground":     {`s/^nodaemon=false/nodaemon=true/`},
	"include":        {`s/;\[include\]/[include]/`, `s:;files = relative/directory/\*.ini:files = conf.d/*.conf:`},
	"log to nowhere": {`s#logfile=/tmp/supervisord.log ;#logfile=/dev/null ;#`, `s/^logfile_maxbytes=50MB/logfile_maxbytes=0/`},
	"loglevel":       {`s/^loglevel=info/loglevel=debug/`},
	"limits":         {`s/^minfds=1024/minfds=100/`, `s/^minprocs=200 /minprocs=10 /`},
	"paths":          {`s,/tmp/supervisord.pid ;,/var/run/sd.pid ;,`, `s,/tmp/supervisor,/run/supervisor,g`},
	"web": {
		`s/;\[inet_http_server\]/[inet_http_server]/`, `s/;port=127.0.0.1:9001 /port=*:9001 /`, `s/^;username=user/username=me/`,
		`s/^;password=123  /password=456  /`,
	},
	"socket":   {`s/;chmod=0700/chmod=0770/`, `s/^;chown=nobody:nogroup .*/chown=0:0/`},
	"user":     {`s/^;user=supervisord */user=0 /`, `s/^;identifier=supervisor /identifier=box /`},
	"children": {`s/^;childlogdir=\/tmp /childlogdir=\/ /`, `s/^;nocleanup=true/nocleanup=true/`, `s/^;environment=KEY="value"/environment=A="1"/`},
	"control":  {`s/^;prompt=mysupervisor/prompt=box/`, `s/^serverurl=unix.*/serverurl=http:\/\/localhost:9001/`},
	"program": {
		`s/^;\[program:theprogramname\]/[program:web]/`, `/^\[program:web\]/,/^;\[eventl/s/^;command=\/bin\/cat /command=\/bin\/true /`,
		`/^\[program:web\]/,/^;\[eventl/s/^;\(stopsignal=QUIT\|stdout_logfile_maxbytes=1MB\|redirect_stderr=true\) /\1 /`,
	},
	"no comments": {`/^;/d`, `s/ ;.*//`},
}

// TestRecipes: sed has the same effect on our sample as on upstream's.
func TestRecipes(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sed"); err != nil {
		t.Skip("no sed here: ", err)
	}
	theirs := upstreams(t)
	for name, recipe := range recipes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			edited := sample
			for i, expression := range recipe {
				before := edited
				if edited = sed(t, sample, recipe[:i+1]...); edited == before {
					t.Errorf("%s finds nothing in our sample", expression)
				}
			}
			got, want := parsed(t, dir, edited), parsed(t, dir, sed(t, theirs, recipe...))
			if !reflect.DeepEqual(got, want) {
				t.Errorf("ours means\n%+v\n%+v\nupstream's\n%+v\n%+v", got.daemon, got.ctl, want.daemon, want.ctl)
			}
			if plain := parsed(t, dir, theirs); name != "no comments" && reflect.DeepEqual(want, plain) {
				t.Error("the recipe changes nothing: this test shows nothing")
			}
		})
	}
}

func sed(t *testing.T, text string, expressions ...string) string {
	t.Helper()
	var args []string
	for _, e := range expressions {
		args = append(args, "-e", e)
	}
	cmd := exec.Command("sed", args...)
	cmd.Stdin = strings.NewReader(text)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("sed %q: %v %s", args, err, errs.String())
	}
	return out.String()
}

// meaning is everything that a file says to both programs.
type meaning struct {
	daemon *config.Config
	ctl    *config.CtlConfig
}

// parsed loads text from a file in dir; the text may include one other file.
func parsed(t *testing.T, dir, text string) meaning {
	t.Helper()
	file := filepath.Join(dir, "supervisord.conf")
	if err := os.MkdirAll(filepath.Join(dir, "conf.d"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{file: text, filepath.Join(dir, "conf.d", "a.conf"): "[program:a]\ncommand=/bin/true\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	loader := config.Loader{Path: file}
	daemon, err := loader.Load()
	if err != nil {
		t.Fatal(err)
	}
	ctl, err := config.LoadCtl(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	daemon.Origins = nil // the lines are others
	return meaning{daemon, ctl}
}
