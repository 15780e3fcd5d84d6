package notify

import (
	"bytes"
	"os"
	"strconv"
)

// lookProc reads what /proc says about a process.
func lookProc(pid int) (stat, bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return stat{}, false
	}
	return parseStat(text)
}

// parseStat parses the text of /proc/PID/stat (proc(5)). The name, in parentheses, may
// contain anything.
func parseStat(text []byte) (s stat, ok bool) {
	words := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(words) < 4 {
		return stat{}, false
	}
	for i, into := range []*int{&s.parent, &s.group, &s.session} {
		n, err := strconv.Atoi(string(words[i+1]))
		if err != nil {
			return stat{}, false
		}
		*into = n
	}
	return s, true
}
