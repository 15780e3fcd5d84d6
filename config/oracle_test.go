package config

import (
	"bufio"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// oracle is a Python process that answers the questions of all tests in this package
// (testdata/oracle.py).
type oracle struct {
	mu       sync.Mutex
	in       io.WriteCloser
	out      *bufio.Scanner
	cmd      *exec.Cmd
	problem  string
	Version  [2]int
	Upstream bool
}

var startOracle = sync.OnceValue(func() *oracle {
	o := &oracle{}
	path := "/usr/bin/python3"
	if _, err := os.Stat(path); err != nil {
		if path, err = exec.LookPath("python3"); err != nil {
			o.problem = "python3 is not installed"
			return o
		}
	}
	o.cmd = exec.Command(path, "-W", "ignore", "testdata/oracle.py")
	o.cmd.Stderr = os.Stderr
	var err error
	if o.in, err = o.cmd.StdinPipe(); err == nil {
		var out io.Reader
		if out, err = o.cmd.StdoutPipe(); err == nil {
			o.out = bufio.NewScanner(out)
			o.out.Buffer(nil, 64<<20)
			err = o.cmd.Start()
		}
	}
	if err != nil {
		o.problem, o.cmd = "python3 can't be started: "+err.Error(), nil
		return o
	}
	o.read(&o)
	return o
})

func TestMain(m *testing.M) {
	code := m.Run()
	if o := startOracle(); o.cmd != nil {
		o.in.Close()
		o.cmd.Wait()
	}
	os.Exit(code)
}

func (o *oracle) read(into any) {
	if !o.out.Scan() {
		panic("the oracle is gone")
	}
	if err := json.Unmarshal(o.out.Bytes(), into); err != nil {
		panic(err)
	}
}

// python skips the test if there is no Python whose parser is of the kind that upstream
// was observed with.
func python(t testing.TB) *oracle {
	t.Helper()
	o := startOracle()
	if o.problem != "" {
		t.Skip("not compared with Python: " + o.problem)
	}
	if v := o.Version; v[0] != 3 || v[1] < 10 || v[1] > 12 {
		t.Skipf("not compared with Python: it is %d.%d, whose texts differ from those of 3.10 to 3.12", v[0], v[1])
	}
	return o
}

// upstream skips the test if Supervisor itself is not installed.
func upstream(t testing.TB) *oracle {
	t.Helper()
	o := python(t)
	if !o.Upstream {
		t.Skip("not compared with upstream: its package is not installed")
	}
	return o
}

// cases is the number of random cases compared with Python: enough for about a second.
const cases = 2000

type question map[string]any

// ask returns the result of a function of testdata/oracle.py.
func ask[T any](o *oracle, op string, q question) T {
	o.mu.Lock()
	defer o.mu.Unlock()
	q["op"] = op
	line, err := json.Marshal(q)
	if err != nil {
		panic(err)
	}
	if _, err := o.in.Write(append(line, '\n')); err != nil {
		panic(err)
	}
	var answer T
	o.read(&answer)
	return answer
}

// generator makes random cases from pieces. Its seed is logged by the test.
type generator struct{ *rand.Rand }

func newGenerator(t testing.TB) generator {
	// The seed is the same in every run; REEVE_SEED selects another.
	seed := uint64(1)
	if text := os.Getenv("REEVE_SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	t.Logf("seed %d", seed)
	return generator{rand.New(rand.NewPCG(seed, 0))}
}

func (g generator) text(pieces []string, most int) string {
	var text strings.Builder
	for range g.IntN(most + 1) {
		text.WriteString(pieces[g.IntN(len(pieces))])
	}
	return text.String()
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
