package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// lab is where mutations are tried: the module, and a private directory for all that is
// built and written.
type lab struct {
	root string // of the module
	dir  string
	test string // the compiled compat-tests
}

func newLab() (*lab, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return nil, fmt.Errorf("cannot find the module: %w", err)
	}
	l := &lab{root: strings.TrimSpace(string(out))}
	if l.dir, err = os.MkdirTemp("", "mutate"); err != nil {
		return nil, err
	}
	l.test = filepath.Join(l.dir, "compat.test")
	if err := os.Chmod(l.dir, 0o755); err != nil { // programs of other users run in it
		l.close()
		return nil, err
	}
	if out, err := l.command("go", "test", "-c", "-o", l.test, "./compat-tests").CombinedOutput(); err != nil {
		l.close()
		return nil, fmt.Errorf("cannot build the tests: %w\n%s", err, out)
	}
	return l, nil
}

func (l *lab) close() { _ = os.RemoveAll(l.dir) }

func (l *lab) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = l.root
	ownGroup(cmd)
	return cmd
}

// build builds all our programs into the directory bin.
func (l *lab) build(bin string, flags ...string) error {
	args := append([]string{"build", "-ldflags=-s -w", "-o", bin + "/"}, flags...)
	build := l.command("go", append(args, "./cmd/...")...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as released
	out, err := build.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// play runs one script with the programs in bin and returns the test's output, and
// whether it passed. It kills everything that the script left running in its process
// group.
func (l *lab) play(bin, script string, flags ...string) (out string, passed bool, err error) {
	tmp := bin + ".tmp"
	if err := os.Mkdir(tmp, 0o755); err != nil {
		return "", false, err
	}
	defer os.RemoveAll(tmp)
	args := append([]string{"-recorded", "-test.timeout=8m", "-test.run=^TestScripts$/^" + script + "$"}, flags...)
	cmd := l.command(l.test, args...)
	cmd.Dir = filepath.Join(l.root, "compat-tests")
	cmd.Env = append(os.Environ(), "REEVE_BIN="+bin, "REEVE_PEER=", "TMPDIR="+tmp)
	text, err := cmd.CombinedOutput()
	endGroup(cmd)
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return string(text), false, nil
	}
	return string(text), err == nil, err
}

// baseline returns an error unless the unchanged code passes every script that a mutation
// names.
func (l *lab) baseline(ctx context.Context, chosen []mutation, parallel int) error {
	bin := filepath.Join(l.dir, "unchanged")
	if err := l.build(bin); err != nil {
		return fmt.Errorf("the unchanged code does not build: %w", err)
	}
	var scripts []string
	for _, m := range chosen {
		scripts = append(scripts, m.script)
	}
	slices.Sort(scripts)
	var mu sync.Mutex
	var problems []error
	each(ctx, parallel, slices.Compact(scripts), func(script string) {
		own := filepath.Join(l.dir, "unchanged-"+script)
		err := os.Symlink(bin, own)
		var out string
		if err == nil {
			var ok bool
			if out, ok, err = l.play(own, script, "-test.v"); err == nil && !(ok && ran(out, script)) {
				err = fmt.Errorf("the unchanged code does not pass script %s:\n%s", script, out)
			}
		}
		if err != nil {
			mu.Lock()
			defer mu.Unlock()
			problems = append(problems, err)
		}
	})
	return errors.Join(append(problems, ctx.Err())...)
}

// try builds one mutation and plays its script.
func (l *lab) try(m mutation) verdict {
	bin := filepath.Join(l.dir, m.name)
	defer os.RemoveAll(bin)
	overlay, err := l.overlay(m)
	if err != nil {
		return verdict{doesNotApply, "", err.Error() + "\n"}
	}
	if err := l.build(bin, "-overlay="+overlay); err != nil {
		return verdict{doesNotBuild, "", err.Error() + "\n"}
	}
	out, passed, err := l.play(bin, m.script)
	if err != nil {
		return verdict{notCompared, "", err.Error() + "\n"}
	}
	if passed {
		return verdict{kind: survived, what: "script " + m.script}
	}
	return judge(out)
}

// overlay writes the mutated file, and the file that shows the go command where it
// belongs.
func (l *lab) overlay(m mutation) (string, error) {
	file := filepath.Join(l.root, m.file)
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	mutated, err := m.apply(string(text))
	if err != nil {
		return "", err
	}
	changed := filepath.Join(l.dir, m.name+".go")
	if err := os.WriteFile(changed, []byte(mutated), 0o644); err != nil {
		return "", err
	}
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{file: changed}})
	if err != nil {
		return "", err
	}
	name := filepath.Join(l.dir, m.name+".json")
	return name, os.WriteFile(name, list, 0o644)
}
