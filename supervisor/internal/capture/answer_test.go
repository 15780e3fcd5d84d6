package capture

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"reeve/supervisor/logfile"
)

// answers is a Table with a Raw row, used as by the loop: one goroutine reads Outputs and
// calls Answer.
type answers struct {
	*Table
	t     *testing.T
	child *os.File
	log   *logfile.Queue
	path  string
}

func newAnswers(t *testing.T) *answers {
	t.Helper()
	table, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { table.Close() })
	a := &answers{Table: table, t: t, path: filepath.Join(t.TempDir(), "log")}
	a.log = openLog(t, logfile.Options{Path: a.path})
	var fd int
	a.child, fd = childPipe(t)
	a.Attach(stdout, fd, Options{Raw: true, Log: a.log})
	say(t, a.child, "hello")
	if o := <-a.Outputs(); text([]Output{o}) != "hello" {
		t.Fatalf("first output %v", o)
	}
	return a
}

// borrow calls Answer until the row is borrowed: the Table may be using it.
func (a *answers) borrow() {
	a.t.Helper()
	for {
		if data, ok := a.Answer(stdout); data != nil || !ok {
			a.t.Fatalf("answer %q, %v", data, ok)
		}
		if a.borrowedNow() {
			return
		}
		runtime.Gosched()
	}
}

func (a *answers) borrowedNow() bool {
	a.mu.Lock()
	r := a.raws[stdout]
	a.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.borrowed
}

// drained drains the row and returns what came up to the end.
func (a *answers) drained() string {
	var outs []Output
	for a.Drain(stdout); ; {
		o := <-a.Outputs()
		if _, end := o.(Drained); end {
			return text(outs)
		}
		outs = append(outs, o)
	}
}

func TestAnswer(t *testing.T) {
	a := newAnswers(t)
	if _, ok := a.Answer(ID{2, Stdout}); ok {
		t.Error("a row that is not there")
	}
	a.borrow()
	say(t, a.child, "one")
	if data, ok := a.Answer(stdout); string(data) != "one" || !ok {
		t.Errorf("answer %q, %v", data, ok)
	}
	a.Return(stdout)
	say(t, a.child, "two")
	if o := <-a.Outputs(); text([]Output{o}) != "two" {
		t.Errorf("after Return: %v", o)
	}
	a.borrow()
	say(t, a.child, "three")
	if rest := a.drained(); rest != "three" {
		t.Errorf("drained %q while it was borrowed", rest)
	}
	if _, ok := a.Answer(stdout); ok {
		t.Error("a row that is drained")
	}
	closeLog(t, a.log)
	wantLog(t, a.path, "helloonetwothree")
}

// A listener closes its stdout while the loop has borrowed the row.
func TestAnswerAtTheEnd(t *testing.T) {
	a := newAnswers(t)
	a.borrow()
	a.child.Close()
	if data, ok := a.Answer(stdout); data != nil || !ok {
		t.Errorf("answer %q, %v", data, ok)
	}
	a.Return(stdout)
	if o, ok := (<-a.Outputs()).(Ended); !ok {
		t.Errorf("after Return: %v", o)
	}
	if rest := a.drained(); rest != "" {
		t.Errorf("drained %q", rest)
	}
}

// A row returned while its log is full is not watched until there is room.
func TestAnswerWhileTheLogIsFull(t *testing.T) {
	a := newAnswers(t)
	a.borrow()
	a.mu.Lock()
	r := a.raws[stdout]
	a.mu.Unlock()
	r.mu.Lock()
	r.paused = true
	r.mu.Unlock()
	say(t, a.child, "held")
	if data, ok := a.Answer(stdout); data != nil || !ok {
		t.Errorf("answer %q, %v", data, ok)
	}
	a.Return(stdout)
	a.post(resume{stdout})
	if o := <-a.Outputs(); text([]Output{o}) != "held" {
		t.Errorf("when there is room: %v", o)
	}
}

// TestAnswersKeepTheOrder: whether the Table or the loop reads, the loop gets everything
// once and in order, and so does the log.
func TestAnswersKeepTheOrder(t *testing.T) {
	a := newAnswers(t)
	const n = 20000
	written := make(chan error, 1)
	go func() {
		for i := range n {
			if _, err := a.child.WriteString(strconv.Itoa(i) + "\n"); err != nil {
				written <- err
				return
			}
		}
		written <- nil
	}()
	var want strings.Builder
	for i := range n {
		want.WriteString(strconv.Itoa(i) + "\n")
	}
	var got strings.Builder
	direct := 0
	for turn := 0; got.Len() < want.Len(); turn++ {
		select {
		case o := <-a.Outputs():
			got.WriteString(text([]Output{o}))
			continue
		default:
		}
		data, _ := a.Answer(stdout)
		direct += len(data)
		got.Write(data)
		switch turn % 50 {
		case 20:
			a.Sync(stdout, nil)
		case 40:
			a.Return(stdout)
		}
		runtime.Gosched()
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
	if got.String() != want.String() {
		t.Error("what came is not what was written")
	}
	if direct == 0 {
		t.Error("nothing was read by Answer")
	}
	a.drained()
	closeLog(t, a.log)
	wantLog(t, a.path, "hello"+want.String())
}
