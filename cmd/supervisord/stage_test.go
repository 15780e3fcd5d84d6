package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"reeve/supervisor"
)

// The test binary plays the second execution of the program; this variable selects how.
const playVariable = "REEVE_TEST_PLAY"

func TestMain(m *testing.M) {
	supervisor.ReexecMain()
	if play, ok := plays[os.Getenv(playVariable)]; ok {
		_ = os.Unsetenv(playVariable)
		os.Exit(play())
	}
	os.Exit(m.Run())
}

var plays = map[string]func() int{
	// checks what it got and reports that it is ready
	"ready": func() int {
		st := takeStage()
		if os.Getenv(stageVariable) != "" || os.Getenv("GOGC") != "" || !slices.Contains(st.environ, "GOGC=77") {
			return 9
		}
		if slices.ContainsFunc(st.environ, func(v string) bool { return strings.HasPrefix(v, stageVariable) }) {
			return 8
		}
		if !st.again || st.parent == nil {
			return 7
		}
		st.ready()
		st.ready() // a second time does nothing
		return 6   // nobody waits for this any more
	},
	"fail":   func() int { takeStage(); return 2 },
	"end":    func() int { takeStage(); return 0 },
	"killed": func() int { takeStage(); p, _ := os.FindProcess(os.Getpid()); _ = p.Kill(); select {} },
	// executes itself in place and checks that the first stage's state arrives in the
	// second
	"again": func() int {
		st := takeStage()
		if len(os.Args) == 1 {
			st.environ = append(st.environ, playVariable+"=again")
			_, _ = io.WriteString(os.Stdout, st.reexec(append(os.Args, "second"), handed{}).Error())
			return 5
		}
		if st.parent == nil || !st.again {
			return 4
		}
		st.ready()
		return 0
	},
}

func testBinary(t *testing.T) string {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

func Test114TheFirstExecutionWaits(t *testing.T) {
	for play, want := range map[string]int{"ready": 0, "again": 0, "fail": 2, "end": 0} {
		t.Run(play, func(t *testing.T) {
			t.Parallel()
			st := &stage{environ: append(os.Environ(), "GOGC=77", playVariable+"="+play)}
			status, err := runDaemon(testBinary(t), []string{"supervisord"}, st)
			if err != nil || status != want {
				t.Errorf("status %d, %v, want %d", status, err, want)
			}
		})
	}
	t.Run("killed", func(t *testing.T) {
		t.Parallel()
		st := &stage{environ: append(os.Environ(), playVariable+"=killed")}
		var exit *exec.ExitError
		if _, err := runDaemon(testBinary(t), []string{"supervisord"}, st); !errors.As(err, &exit) {
			t.Errorf("error %v, want that it was killed", err)
		}
	})
	t.Run("not there", func(t *testing.T) {
		t.Parallel()
		if _, err := runDaemon("/nonexistent/supervisord", nil, &stage{}); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("error %v, want that there is no such file", err)
		}
	})
}

// TestStageKeepsVariablesFromTheRuntime: GOGC and the like are passed outside the
// environment, and are put back into it for children.
func TestStageKeepsVariablesFromTheRuntime(t *testing.T) {
	st := &stage{environ: []string{"A=b", "GODEBUG=x=1", "GOGC=5", "GOGCX=6"}, handed: handed{Name: "supervisord"}}
	next := st.next(handed{})
	want := []string{"A=b", "GOGCX=6", stageVariable + `={"Name":"supervisord","Kept":["GODEBUG=x=1","GOGC=5"]}`}
	if !slices.Equal(next, want) {
		t.Errorf("%q, want %q", next, want)
	}
}

func TestForeignStageIsNoStage(t *testing.T) {
	t.Setenv(stageVariable, "something else")
	st := takeStage()
	if st.again || st.parent != nil {
		t.Errorf("a variable that is not ours was believed: %+v", st.handed)
	}
	if slices.ContainsFunc(st.environ, func(v string) bool { return strings.HasPrefix(v, stageVariable) }) {
		t.Error("children would see the variable")
	}
}
