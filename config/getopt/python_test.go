package getopt

import (
	"bufio"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// askPython answers each line, a command line in JSON, by Python's own module. The
// options found are joined like the log of options().
const askPython = `
import getopt, json, sys
names = {"-c": "c", "--configuration": "c", "-n": "n", "--nodaemon": "n", "-k": "k", "--nocleanup": "k", "-h": "h", "--help": "h",
         "-m": "m", "--umask": "m", "-a": "a", "--minfds": "a", "--minprocs": "minprocs", "--min": "min", "-?": "?"}
for line in sys.stdin:
    try:
        found, rest = getopt.getopt(json.loads(line), "c:nkh?m:a:", ["configuration=", "nodaemon", "nocleanup", "help", "umask=",
                                    "minfds=", "minprocs=", "min="])
        answer = [" ".join(names[o] + "=" + v for o, v in found), " ".join(rest), ""]
    except getopt.error as e:
        answer = ["", "", str(e)]
    print(json.dumps(answer), flush=True)
`

func Test101AsPython(t *testing.T) {
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("not compared with Python: python3 is not installed")
	}
	cmd := exec.CommandContext(t.Context(), path, "-c", askPython)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer in.Close()
	t.Attr("upstream", "101")
	answers := bufio.NewScanner(out)

	// The seed is the same in every run; REEVE_SEED selects another.
	seed := uint64(1)
	if text := os.Getenv("REEVE_SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	t.Logf("seed %d", seed)
	g := rand.New(rand.NewPCG(seed, 0))
	pieces := []string{
		"-", "-", "--", "c", "n", "k", "h", "?", "m", "a", "Z", ":", "=", "=x", "conf", "configuration", "no", "nodaemon", "nocleanup",
		"min", "minf", "minprocs", "help", "w", " ", "é", "1",
	}
	for range 3000 {
		args := make([]string, g.IntN(4))
		for i := range args {
			for range g.IntN(4) + g.IntN(2) {
				args[i] += pieces[g.IntN(len(pieces))]
			}
		}
		var log []string
		table := options(&log)
		for i := range table {
			// Python allows repeated options; the conflict is upstream's rule.
			table[i].Again = true
		}
		rest, err := Parse(table, args, nil)
		got := [3]string{strings.Join(log, " "), strings.Join(rest, " "), ""}
		if err != nil {
			got = [3]string{2: err.Error()}
		}
		line, err := json.Marshal(args)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.Write(append(line, '\n')); err != nil {
			t.Fatal(err)
		}
		if !answers.Scan() {
			t.Fatalf("Python is gone: %v", answers.Err())
		}
		var want [3]string
		if err := json.Unmarshal(answers.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Fatalf("%q\n got %q\nwant %q", args, got, want)
		}
	}
}
