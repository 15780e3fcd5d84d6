package compat

import (
	"bufio"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// heard is one event as a listener received it.
type heard struct {
	name, about, data string
	serial            string
	// grows: the data depends on how output was cut into reads, so neighbours are joined.
	grows bool
}

var (
	eventField   = regexp.MustCompile(`(\w+):(\S*)`)
	lastEvents   = regexp.MustCompile(`^(PROCESS_STATE_(STOP|EXIT|FATAL)|SUPERVISOR_STATE_CHANGE_STOPPING|PROCESS_(LOG|COMM))`)
	aboutProcess = regexp.MustCompile(`processname:(\S+) groupname:(\S+)`)
)

// readHeard reads the complete events that childListen recorded, and their total size.
func readHeard(text string) (all []heard, size int, err error) {
	for r := bufio.NewReader(strings.NewReader(text)); size < len(text); {
		head, data, err := readEvent(r, false)
		fields := map[string]string{}
		for _, m := range eventField.FindAllStringSubmatch(head, -1) {
			fields[m[1]] = m[2]
		}
		if err != nil && fields["ver"] == "" {
			return all, len(text), fmt.Errorf("no event %q", text[size:])
		}
		if err != nil {
			return all, size, nil // its end is still to come
		}
		size += len(head) + len(data)
		e := heard{name: fields["eventname"] + " of " + fields["server"] + " in " + fields["pool"], data: data, serial: fields["serial"]}
		if m := aboutProcess.FindStringSubmatch(data); m != nil {
			e.about = m[2] + ":" + m[1]
		}
		if e.grows = strings.HasPrefix(e.name, "PROCESS_LOG_"); e.grows {
			e.about += " output" // may come before RUNNING or after
		}
		all = append(all, e)
	}
	return all, size, nil
}

// lookEvents shows the events that each pool's listeners have recorded since the last
// look, those about one process in their order. Ticks, and the events of a flapping
// process, depend on the clock and are left out.
func (in *instance) lookEvents(w *strings.Builder, end bool) {
	found, _ := filepath.Glob(in.path("*.heard"))
	for _, path := range found {
		text := in.read(path)
		events, size, err := readHeard(text[min(in.seen.heard[path], len(text)):])
		in.seen.heard[path] += size
		if err != nil {
			fmt.Fprintln(w, err)
		}
		by, known, again := map[string][]heard{}, map[string]bool{}, 0
		for _, e := range events {
			if known[e.serial] { // rejected, or subscribed to twice
				again++
				continue
			}
			known[e.serial] = true
			if end && lastEvents.MatchString(e.name) || strings.HasPrefix(e.name, "TICK") || strings.Contains(e.about, ":flap") {
				continue
			}
			list := by[e.about]
			if last := len(list) - 1; e.grows && last >= 0 && list[last].name == e.name {
				_, data, _ := strings.Cut(e.data, "\n")
				list[last].data += data
				continue
			}
			by[e.about] = append(list, e)
		}
		if again > 0 && !end {
			fmt.Fprintf(w, "events given again in %s: %d\n", filepath.Base(path), again)
		}
		for _, about := range slices.Sorted(maps.Keys(by)) {
			for _, e := range by[about] {
				fmt.Fprintf(w, "event %s: %q\n", e.name, in.normal(e.data))
			}
		}
	}
}
