package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"reeve/config/health"
	"reeve/config/pytext"
	"reeve/supervisor/process"
)

// program is a [program:x], [fcgi-program:x] or [eventlistener:x] while it is being read.
// Its options point into it.
type program struct {
	*section
	process  Process  // what all processes of the section have in common, then one of them
	nameText string   // process_name before expansion
	envTexts []string // environment and those it inherits, before expansion
	numprocs int
	firstNum int
	fewest   int // that numprocs may be scaled to
	most     int

	stdout, stderr channel
	shared, each   []option // read for all processes at once, and for each of them
}

func newProgram() *program {
	p := &program{}
	p.stdout = channel{name: "stdout", log: &p.process.Stdout}
	p.stderr = channel{name: "stderr", log: &p.process.Stderr}
	p.shared, p.each = slices.Concat(p.sharedOptions(), p.restartOptions(), p.scaleOptions()), p.eachOptions()
	return p
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
	if b.program == nil {
		b.program = newProgram()
	}
	p := b.program
	p.section = b.section(name, known)
	p.section.ofProgram = true
	p.process = Process{Program: own, Checks: health.Defaults()}
	p.envTexts = nil
	if err := p.common(); err != nil {
		return nil, err
	}
	count := p.scaled(group)
	var processes []*Process
	common := p.process
	for num := p.firstNum; num < p.firstNum+count; num++ {
		p.process = common
		if err := p.instance(num); err != nil {
			return nil, err
		}
		process := p.process
		processes = append(processes, &process)
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
	if err := p.read(p.shared); err != nil {
		return err
	}
	c := &p.process
	if !p.given("killasgroup") {
		c.KillAsGroup = c.StopAsGroup
		p.follows("killasgroup", strconv.FormatBool(c.KillAsGroup))
	}
	if p.numprocs > 1 && !strings.Contains(p.nameText, "%(process_num)") {
		return errors.New("%(process_num) must be present within process_name when numprocs > 1")
	}
	if c.StopAsGroup && !c.KillAsGroup {
		return errors.New("Cannot set stopasgroup=true and killasgroup=false")
	}
	if err := p.checkScale(); err != nil {
		return err
	}
	return p.checkRestarts()
}

func (p *program) keepEnvironment(s *section, o *option) error {
	p.envTexts = s.b.doc.all(s.name, o.key)
	return nil
}

func (p *program) keepName(s *section, o *option) (err error) {
	p.nameText, err = parseName(s.raw(o))
	return err
}

// instance reads what may depend on process_num: the second phase.
func (p *program) instance(num int) error {
	known := p.names.withNumbers(map[string]int{"process_num": num, "numprocs": p.numprocs})
	own, err := p.environment(known)
	if err != nil {
		o := &option{key: "environment", secret: true}
		return p.inherited(o, p.hide(o, err))
	}
	p.noteVars(own)
	s := p.b.section(p.name, known.withEnv(own))
	s.ofProgram = true
	if err := s.read(p.each); err != nil {
		return err
	}
	c := &p.process
	p.checkLog(&p.stdout)
	p.checkLog(&p.stderr)
	if c.RedirectStderr {
		if c.Stderr.File != "" {
			p.warn("For [%s], redirect_stderr=true but stderr_logfile has also been set to a filename, the filename has been ignored", p.name)
		}
		c.Stderr.File, c.Stderr.Auto = "", false
	}
	if c.Name, err = s.names.expand(p.nameText, "process_name"); err != nil {
		return err
	}
	s.note(&option{key: "process_name"}, c.Name)
	if err := first(p.checkChecks, p.checkListen); err != nil {
		return err
	}
	c.Environment = slices.Clone(p.b.cfg.Supervisord.Environment)
	for _, v := range own {
		c.Environment = setVar(c.Environment, v.Key, v.Value)
	}
	return nil
}

// environment returns the program's own variables, and those of its templates.
func (p *program) environment(known names) (vars []EnvVar, err error) {
	for _, raw := range p.envTexts {
		text, err := known.expand(raw, "environment")
		if err != nil {
			return nil, err
		}
		more, err := parseEnvironment(text)
		if err != nil {
			return nil, err
		}
		for _, v := range more {
			vars = setVar(vars, v.Key, v.Value)
		}
	}
	return vars, nil
}

func (p *program) warn(format string, args ...any) {
	p.b.cfg.Warnings = append(p.b.cfg.Warnings, fmt.Sprintf(format, args...))
}
