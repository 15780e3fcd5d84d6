package compat

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func (c cast) signal() string {
	return oneOf(c.randomWorld, "HUP", "USR1", "USR2", "TERM", "INT", "KILL", "sighup", "1", "WINCH", "0", "NOPE", "99", "SIGUSR1")
}

func quote(text string) string { return strconv.Quote(text) }

var outputs = []string{
	`a line of text that is long enough\n`, `no end of line but more than enough text`, `<!--XSUPERVISOR:BEGIN-->captured words, some of them<!--XSUPERVISOR:END-->\nafter the capture some more text\n`,
	`with \x1b[31mcolour\x1b[0m in the middle of it\n`, `first line of two, long enough\nsecond line of two, long enough\n`, `0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\n`,
	`<!--XSUPERVISOR:BEGIN-->a capture that is not ended by this piece of text\n`, `the end of what may be a capture<!--XSUPERVISOR:END-->and text behind it, enough\n`, `<markup that=is no=token>&amp; such things are left alone</markup>\n`,
}

// act makes one act. See scenario.
func (c cast) act() string {
	acts := []struct {
		weight int
		make   func() string
	}{
		{10, c.startOrStop},
		{8, c.wide},
		{8, c.byCtl},
		{6, c.signalling},
		{12, c.telling},
		{4, c.killing},
		{9, c.configuring},
		{6, c.reading},
		{5, c.asking},
		{4, c.talking},
		{4, c.blocking},
		{2, c.reincarnating},
	}
	total := 0
	for _, a := range acts {
		total += a.weight
	}
	for n := c.IntN(total); ; {
		for _, a := range acts {
			if n -= a.weight; n < 0 {
				if text := a.make(); text != "" {
					return text
				}
				n = c.IntN(total)
				break
			}
		}
	}
}

func (c cast) startOrStop() string {
	verb := oneOf(c.randomWorld, "start", "start", "stop")
	if c.chance(50) {
		return fmt.Sprintf("rpc supervisor.%sProcess %s false", verb, quote(c.name()))
	}
	return fmt.Sprintf("rpc-sorted supervisor.%sProcess %s %s", verb, quote(c.waitableName()), oneOf(c.randomWorld, "true", "true", "1"))
}

// wide makes an act on a group or on all processes.
func (c cast) wide() string {
	verb := oneOf(c.randomWorld, "start", "start", "stop")
	group := oneOf(c.randomWorld, append([]string{"nope"}, c.groups...)...)
	wait := "false"
	if c.chance(50) && c.waitable(group+":*") {
		wait = "true"
	}
	if c.chance(70) || c.pools > 0 {
		return fmt.Sprintf("%s supervisor.%sProcessGroup %s %s", rpc(wait), verb, quote(group), wait)
	}
	if wait = "false"; c.chance(50) && c.all() {
		wait = "true"
	}
	return fmt.Sprintf("%s supervisor.%sAllProcesses %s", rpc(wait), verb, wait)
}

// rpc returns the step for a call with several results: with wait they come in the order
// of completion, so they are sorted.
func rpc(wait string) string {
	if wait == "false" {
		return "rpc"
	}
	return "rpc-sorted"
}

func (c cast) byCtl() string {
	names := []string{c.waitableName()}
	for c.chance(30) {
		names = append(names, c.waitableName())
	}
	if i := slices.IndexFunc(names, alone); i >= 0 {
		names = names[i : i+1]
	}
	if c.chance(12) && c.all() {
		names = []string{"all"}
	}
	return fmt.Sprintf("ctl-sorted %s %s", oneOf(c.randomWorld, "start", "stop", "restart", "start"), strings.Join(names, " "))
}

func (c cast) signalling() string {
	switch c.IntN(4) {
	case 0:
		group := oneOf(c.randomWorld, c.groups...)
		return fmt.Sprintf("rpc-sorted supervisor.signalProcessGroup %s %s", quote(group), c.signalFor(group))
	case 1:
		name := c.name()
		if c.pools == 0 && c.chance(33) {
			name = "all"
		}
		return fmt.Sprintf("ctl-sorted signal %s %s", c.signalFor(name), name)
	}
	name := c.name()
	return fmt.Sprintf("rpc-sorted supervisor.signalProcess %s %s", quote(name), c.signalFor(name))
}

// signalFor returns a signal that does not end processes that share a FastCGI socket: if
// all of them end at the same moment it is a race whether the socket is closed before one
// is started again (docs/compat.md, no-idle-delays).
func (c cast) signalFor(name string) string {
	group, process, _ := strings.Cut(name, ":")
	sharing := 0
	for _, t := range c.targets {
		if g, _, _ := strings.Cut(t, ":"); kindOf(t) == "fcgi" && (g == group || name == "all") {
			sharing++
		}
	}
	if sharing > 1 && (process == "" || process == "*") {
		return oneOf(c.randomWorld, "WINCH", "0", "NOPE")
	}
	return c.signal()
}

func (c cast) telling() string {
	order := ""
	switch c.IntN(5) {
	case 0:
		order = fmt.Sprintf("exit %d", oneOf(c.randomWorld, 0, 0, 1, 2, 3, 200))
	case 1:
		order = "die " + oneOf(c.randomWorld, "TERM", "USR1", "KILL", "HUP")
	case 2:
		order = "show SITE A B C EMPTY QUOTED PATH TERM SUPERVISOR_ENABLED SUPERVISOR_SERVER_URL SUPERVISOR_PROCESS_NAME SUPERVISOR_GROUP_NAME"
	default:
		text := oneOf(c.randomWorld, outputs...)
		if strings.Contains(text, `\x1b`) && !c.strips {
			return "" // docs/compat.md, xml-control-characters
		}
		order = oneOf(c.randomWorld, "out ", "out ", "err ") + text
	}
	return fmt.Sprintf("tell %s %s", c.actor(), "'"+order+"'")
}

func (c cast) killing() string {
	return fmt.Sprintf("kill %s %s", oneOf(c.randomWorld, "KILL", "KILL", "HUP"), quote(oneOf(c.randomWorld, c.targets...)))
}

var brokenConfigs = []string{
	"[program:x]", "[program:x]\ncommand=/x\nstartsecs=many", "[program:x y]\ncommand=/x", "[program:x]\ncommand=/x\nstopsignal=NOPE",
	"[group:x]\nprograms=nonesuch", "[program:x]\ncommand=%(nope)s", "[eventlistener:x]\ncommand=/x", "[program:x]\ncommand=/x\nautorestart=perhaps", "[program:x]\ncommand=/x\nnumprocs=2", "[program",
}

func (c cast) configuring() string {
	group := oneOf(c.randomWorld, append([]string{"nope"}, c.groups...)...)
	conf := fmt.Sprintf("cp %d.conf supervisord.conf\n", c.IntN(c.confs))
	text := oneOf(c.randomWorld, brokenConfigs...)
	broken := func(step string) string {
		return fmt.Sprintf("cp supervisord.conf kept.conf\nappend supervisord.conf %s\n%s\ncp kept.conf supervisord.conf", quote(text+"\n"), step)
	}
	switch c.IntN(10) {
	case 0:
		return conf + "rpc supervisor.reloadConfig"
	case 1:
		return conf + "ctl reread"
	case 2:
		if text == "[program" { // docs/compat.md, ctl-bad-config
			return broken("rpc supervisor.reloadConfig")
		}
		return broken(oneOf(c.randomWorld, "ctl reread", "rpc supervisor.reloadConfig", "ctl update"))
	case 3:
		return "rpc supervisor.addProcessGroup " + quote(group)
	case 4:
		return "rpc supervisor.removeProcessGroup " + quote(group)
	case 5:
		return fmt.Sprintf("ctl %s %s", oneOf(c.randomWorld, "add", "remove"), group)
	}
	if c.blocks {
		return conf + "rpc supervisor.reloadConfig\nctl avail"
	}
	return conf + oneOf(c.randomWorld, "ctl update", "ctl update", "ctl update all", "ctl update "+group)
}

func (c cast) reading() string {
	name := quote(c.name())
	switch c.IntN(6) {
	case 0:
		return fmt.Sprintf("rpc supervisor.readProcess%sLog %s %d %d", oneOf(c.randomWorld, "Stdout", "Stderr", ""), name, oneOf(c.randomWorld, 0, 0, -20, 5, 1000), oneOf(c.randomWorld, 0, 0, 10, -1))
	case 1:
		return fmt.Sprintf("rpc supervisor.tailProcess%sLog %s %d %d", oneOf(c.randomWorld, "Stdout", "Stderr", ""), name, oneOf(c.randomWorld, 0, 0, 5, 1000), oneOf(c.randomWorld, 0, 10, 2000))
	case 2:
		return fmt.Sprintf("ctl tail %s %s %s", oneOf(c.randomWorld, "-20", "-1000", "-0"), c.name(), oneOf(c.randomWorld, "", "stderr", "stdout"))
	case 3: // for a process that does not run see docs/compat.md, clear-stopped
		target := oneOf(c.randomWorld, c.targets...)
		return fmt.Sprintf("when %s RUNNING,STOPPING %s %s", target, oneOf(c.randomWorld, "rpc supervisor.clearProcessLogs", "rpc supervisor.clearProcessLog", "ctl clear"), target)
	case 4:
		return "rpc supervisor.clearProcessLogs " + quote(oneOf(c.randomWorld, wrongNames...))
	}
	return "http GET /logtail/nope"
}

func (c cast) asking() string {
	name := c.name()
	switch c.IntN(8) {
	case 0:
		return "ctl status"
	case 1:
		return "ctl status " + name + " " + c.name()
	case 2:
		return "ctl avail"
	case 3:
		return "mask '(?m)^[1-9]\\d*$' N\nctl pid " + oneOf(c.randomWorld, "all", name)
	case 4:
		return "rpc supervisor.getProcessInfo " + quote(name)
	case 5:
		return "config *"
	case 6:
		one, other := c.actor(), c.actor()
		if one == other {
			return ""
		}
		return fmt.Sprintf(`rpc system.multicall '[{"methodName":"supervisor.startProcess","params":[%s,false]},{"methodName":"supervisor.getState"},{"methodName":"supervisor.stopProcess","params":[%s,false]}]'`, quote(one), quote(other))
	}
	return "rpc supervisor.getState"
}

func (c cast) talking() string {
	if c.chance(50) {
		return fmt.Sprintf("rpc supervisor.sendRemoteCommEvent %s %s", quote(oneOf(c.randomWorld, "kind", "", "two words")), quote(oneOf(c.randomWorld, "data", "", "a\nb", "5", "true")))
	}
	name := oneOf(c.randomWorld, c.actor(), c.actor(), "nope", c.groups[0]+":*")
	return fmt.Sprintf("rpc supervisor.sendProcessStdin %s %s", quote(name), quote(oneOf(c.randomWorld, "words\n", "two\nlines\n", "no end of line", "\n")))
}

// blocking makes a call that waits for a process that first has to get an order.
func (c cast) blocking() string {
	for range 10 {
		t := oneOf(c.randomWorld, c.targets...)
		if kindOf(t) != "slow" {
			continue
		}
		call := oneOf(c.randomWorld, "ctl stop "+t, "rpc supervisor.stopProcess "+t)
		exit := fmt.Sprintf("exit %d", c.IntN(2))
		return fmt.Sprintf("bg j %s\nwait state %s STOPPING STOPPED EXITED FATAL BACKOFF STARTING 'fault 10 BAD_NAME: %s'\nlook\n%stell %s '%s'\njoin j",
			call, t, t, oneOf(c.randomWorld, "", "rpc supervisor.startProcess "+t+" true\nlook\n", "rpc supervisor.signalProcess "+t+" HUP\nlook\n", "rpc supervisor.stopProcess "+t+" false\n", "ctl status "+t+"\n"), t, exit)
	}
	return ""
}

func (c cast) reincarnating() string {
	if c.blocks {
		return "signal USR2"
	}
	return oneOf(c.randomWorld, "reborn signal HUP", "reborn ctl reload", "reborn rpc supervisor.restart", "signal USR2", "rpc supervisor.clearLog")
}
