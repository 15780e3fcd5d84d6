package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"reeve/config/pytext"
	"reeve/supervisor/process"
)

// program is a [program:x], [fcgi-program:x] or [eventlistener:x] while it is being read.
type program struct {
	*section
	process  Process // what all processes of the section have in common
	nameText string  // process_name before expansion
	envText  string
	numprocs int
	firstNum int
	warnings *[]string
}

// processes reads the processes of a program section for a group. Errors end with the
// section's name and file (fact 57).
func (b *builder) processes(name, group string) ([]*Process, error) {
	processes, err := b.readProgram(name, group)
	if err != nil {
		file := b.doc.origin[name]
		return nil, within(err, " in section %s (file: %s)", pytext.Repr(name), pytext.Repr(file))
	}
	slices.SortStableFunc(processes, func(a, b *Process) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Name, b.Name))
	})
	return unique(processes), nil
}

// unique keeps the last process of each name, in the place of the first (facts 68, 74).
func unique(processes []*Process) []*Process {
	var kept []*Process
	at := map[string]int{}
	for _, p := range processes {
		if i, ok := at[p.Name]; ok {
			kept[i] = p
			continue
		}
		at[p.Name] = len(kept)
		kept = append(kept, p)
	}
	return kept
}

func (b *builder) readProgram(name, group string) ([]*Process, error) {
	_, own, _ := strings.Cut(name, ":")
	own, err := parseName(own)
	if err != nil {
		return nil, err
	}
	known := b.global.with("here", b.cfg.Here, "program_name", own, "host_node_name", b.host, "group_name", group)
	p := &program{section: b.section(name, known), warnings: &b.cfg.Warnings}
	p.process.Program = own
	if err := p.common(); err != nil {
		return nil, err
	}
	var processes []*Process
	for num := p.firstNum; num < p.firstNum+p.numprocs; num++ {
		process, err := p.instance(num)
		if err != nil {
			return nil, err
		}
		processes = append(processes, process)
	}
	return processes, nil
}

// seconds reads a whole number of seconds; the result is clamped to what a Duration
// holds.
func seconds(text string) (time.Duration, error) {
	n, err := ParseInt(text)
	const most = int(1<<63-1) / int(time.Second)
	return time.Duration(min(max(n, -most), most)) * time.Second, err
}

// mostProcs bounds numprocs. A larger number is a typing error and would exhaust the
// machine's memory before anything is started.
const mostProcs = 100_000

func parseNumProcs(text string) (int, error) {
	n, err := ParseInt(text)
	if err == nil && n > mostProcs {
		err = fmt.Errorf("numprocs value %s is above upper bound (%d)", pytext.Repr(text), mostProcs)
	}
	return n, err
}

func parseAutorestart(text string) (process.Autorestart, error) {
	lower := strings.ToLower(text)
	if lower == "unexpected" {
		return process.AutorestartUnexpected, nil
	}
	on, err := parseBool(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("invalid 'autorestart' value %s", pytext.Repr(lower))
	case on:
		return process.AutorestartAlways, nil
	}
	return process.AutorestartNever, nil
}

// parseServerURL reads the daemon's address as children get it; nil, for AUTO in any
// case, leaves the choice to the daemon.
func parseServerURL(text string) (*string, error) {
	if strings.EqualFold(strings.TrimFunc(text, pytext.IsSpace), "AUTO") {
		return nil, nil
	}
	return &text, nil
}

// common reads, in upstream's order, what does not depend on process_num: the first phase
// (fact 40).
func (p *program) common() error {
	c := &p.process
	var stopAsGroup string
	err := first(
		read(p.section, "priority", "999", ParseInt, &c.Priority),
		read(p.section, "autostart", "true", parseBool, &c.Autostart),
		read(p.section, "autorestart", "unexpected", parseAutorestart, &c.Autorestart),
		read(p.section, "startsecs", "1", seconds, &c.StartFor),
		read(p.section, "startretries", "3", ParseInt, &c.StartRetries),
		read(p.section, "stopsignal", "TERM", ParseSignal, &c.StopSignal),
		read(p.section, "stopwaitsecs", "10", seconds, &c.StopWait),
		read(p.section, "stopasgroup", "false", parseBool, &c.StopAsGroup),
		func() error {
			stopAsGroup = strconv.FormatBool(c.StopAsGroup)
			return read(p.section, "killasgroup", stopAsGroup, parseBool, &c.KillAsGroup)()
		},
		read(p.section, "exitcodes", "0", parseExitCodes, &c.ExitCodes),
		read(p.section, "redirect_stderr", "false", parseBool, &c.RedirectStderr),
		read(p.section, "numprocs", "1", parseNumProcs, &p.numprocs),
		read(p.section, "numprocs_start", "0", ParseInt, &p.firstNum),
		read(p.section, "stdout_capture_maxbytes", "0", ParseBytes, &c.Stdout.CaptureMaxBytes),
		read(p.section, "stdout_events_enabled", "false", parseBool, &c.Stdout.Events),
		read(p.section, "stderr_capture_maxbytes", "0", ParseBytes, &c.Stderr.CaptureMaxBytes),
		read(p.section, "stderr_events_enabled", "false", parseBool, &c.Stderr.Events),
		given(p.section, "serverurl", parseServerURL, &c.ServerURL),
		given(p.section, "user", ParseUser, &c.User),
		given(p.section, "umask", func(text string) (*int, error) {
			n, err := ParseOctal(text)
			return &n, err
		}, &c.Umask),
	)
	if err != nil {
		return err
	}
	p.envText, _ = p.raw("environment", "")
	raw, _ := p.raw("process_name", "%(program_name)s")
	if p.nameText, err = parseName(raw); err != nil {
		return err
	}
	if p.numprocs > 1 && !strings.Contains(p.nameText, "%(process_num)") {
		return errors.New("%(process_num) must be present within process_name when numprocs > 1")
	}
	if c.StopAsGroup && !c.KillAsGroup {
		return errors.New("Cannot set stopasgroup=true and killasgroup=false")
	}
	return nil
}

// instance reads what may depend on process_num: the second phase.
func (p *program) instance(num int) (*Process, error) {
	c := p.process
	known := p.names.withNumbers(map[string]int{"process_num": num, "numprocs": p.numprocs})
	text, err := known.expand(p.envText, "environment")
	if err != nil {
		return nil, p.hide(err, "environment")
	}
	own, err := parseEnvironment(text)
	if err != nil {
		return nil, p.hide(err, "environment")
	}
	s := p.b.section(p.name, known.withEnv(own))
	if err := given(s, "directory", asIs, &c.Directory)(); err != nil {
		return nil, err
	}
	for _, ch := range []struct {
		name string
		log  *LogConfig
	}{{"stdout", &c.Stdout}, {"stderr", &c.Stderr}} {
		if err := p.log(s, ch.name, ch.log); err != nil {
			return nil, err
		}
	}
	if c.RedirectStderr {
		if c.Stderr.File != "" {
			p.warn("For [%s], redirect_stderr=true but stderr_logfile has also been set to a filename, the filename has been ignored", p.name)
		}
		c.Stderr.File, c.Stderr.Auto = "", false
	}
	if _, ok := s.raw("command", ""); !ok {
		return nil, fmt.Errorf("program section %s does not specify a command", p.name)
	}
	if c.Command, err = s.text("command", ""); err != nil {
		return nil, err
	}
	if c.Name, err = s.names.expand(p.nameText, "process_name"); err != nil {
		return nil, err
	}
	c.Environment = slices.Clone(p.b.cfg.Supervisord.Environment)
	for _, v := range own {
		c.Environment = setVar(c.Environment, v.Key, v.Value)
	}
	return &c, nil
}

func (p *program) warn(format string, args ...any) {
	*p.warnings = append(*p.warnings, fmt.Sprintf(format, args...))
}
