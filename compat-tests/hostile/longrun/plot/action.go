package plot

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is what an action does.
type Kind string

// The actions. Those of the first group are calls that others do not wait for.
const (
	Start      Kind = "start"
	Stop       Kind = "stop"
	Restart    Kind = "restart" // a stop, then a start
	StartGroup Kind = "start group"
	StopGroup  Kind = "stop group"
	Signal     Kind = "signal"
	Event      Kind = "send event"
	Tail       Kind = "tail"      // a stream whose client leaves
	Leave      Kind = "leave"     // a client that leaves in the middle of its request
	Slow       Kind = "slow"      // a client that sends a byte now and then
	Kill       Kind = "kill"      // a program, by a signal of the kernel
	KillMany   Kind = "kill many" // all that run, at once
	Freeze     Kind = "freeze"    // a program, for a while

	Reload       Kind = "reload"         // reread and update, with another configuration
	Reboot       Kind = "restart daemon" // a new session
	Upgrade      Kind = "upgrade"
	Refused      Kind = "refused upgrade" // by a program that can't take over
	Crash        Kind = "crash"           // kill -9 of the daemon
	KillStarter  Kind = "kill starter"
	FreezeDaemon Kind = "freeze daemon"
	Unlink       Kind = "unlink socket"
	Reopen       Kind = "reopen logs" // after some were moved
	Shortage     Kind = "shortage"    // of descriptors

	Settle Kind = "settle" // let all come to rest, and check
	Bare   Kind = "bare"   // the same with all programs stopped, and measure
)

// Action is something that is done.
type Action struct {
	Number int
	Kind   Kind
	Target string // a process, group:name; a group; or how
	Signal string
	Wait   bool
	For    time.Duration // how long it takes
	Pause  time.Duration // afterwards
	Config *Config       // of Reload
}

func (a Action) String() string {
	words := []string{strconv.Itoa(a.Number), string(a.Kind), a.Target, a.Signal}
	if a.For > 0 {
		words = append(words, "for", a.For.String())
	}
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
}

// Life is one daemon, from its start to its end.
type Life struct {
	Seed     uint64
	Crashes  bool // kill -9, under survive_crash
	Upgrades bool
	Config   *Config // what it begins with

	dice    dice
	current *Config
	serial  int // of programs
}

// NewLife returns the life of a seed. Every other life has crashes; of those that have
// none, every other has no upgrades either, so that what is never given back would show.
func NewLife(seed uint64) *Life {
	l := &Life{Seed: seed, Crashes: seed%2 == 1, Upgrades: seed%4 != 2}
	l.dice = dice{rand.New(rand.NewPCG(seed, 0x6c6f6e67))}
	c := &Config{Survive: l.Crashes, Programs: listeners()}
	for range 8 + l.dice.IntN(8) {
		l.serial++
		c.Programs = append(c.Programs, l.dice.program(c, l.serial))
	}
	l.group(c)
	l.Config, l.current = c, c
	return l
}

// group puts some programs that are in no group into one.
func (l *Life) group(c *Config) {
	var alone []string
	for i := range c.Programs {
		if p := &c.Programs[i]; p.Section == "program" && c.GroupOf(p.Name) == p.Name {
			alone = append(alone, p.Name)
		}
	}
	if len(alone) < 4 {
		return
	}
	l.dice.Shuffle(len(alone), func(i, j int) { alone[i], alone[j] = alone[j], alone[i] })
	l.serial++
	c.Groups = append(c.Groups, Group{fmt.Sprintf("team%d", l.serial), alone[:2+l.dice.IntN(2)]})
}

const (
	perRound    = 60 // actions between two settles
	perMeasured = 3  // rounds between two measurements
)

// Actions returns what happens. It can be called once.
func (l *Life) Actions() iter.Seq[Action] {
	return func(yield func(Action) bool) {
		for n := 1; ; n++ {
			a := Action{Number: n}
			switch {
			case n%(perRound*perMeasured) == perRound: // the first one soon
				a.Kind = Bare
			case n%perRound == 0:
				a.Kind = Settle
			default:
				l.choose(&a)
				a.Pause = l.pause()
			}
			if !yield(a) {
				return
			}
		}
	}
}

// pause is mostly short, so that actions overlap, and sometimes long enough for a process
// to come to rest.
func (l *Life) pause() time.Duration {
	switch {
	case l.dice.chance(30):
		return 0
	case l.dice.chance(80):
		return time.Duration(l.dice.IntN(300)) * time.Millisecond
	}
	return time.Duration(l.dice.IntN(2500)) * time.Millisecond
}

// weights are how often each action is chosen.
var weights = []struct {
	kind   Kind
	weight int
}{
	{Start, 14},
	{Stop, 10},
	{Restart, 10},
	{StartGroup, 4},
	{StopGroup, 3},
	{Signal, 5},
	{Event, 8},
	{Tail, 3},
	{Leave, 3},
	{Slow, 2},
	{Kill, 14},
	{KillMany, 1},
	{Freeze, 3},
	{Reload, 5},
	{Reboot, 1},
	{Upgrade, 5},
	{Refused, 1},
	{Crash, 4},
	{KillStarter, 2},
	{FreezeDaemon, 2},
	{Unlink, 1},
	{Reopen, 2},
	{Shortage, 2},
}

func (l *Life) choose(a *Action) {
	for a.Kind == "" {
		total := 0
		for _, w := range weights {
			total += w.weight
		}
		n := l.dice.IntN(total)
		for _, w := range weights {
			if n -= w.weight; n < 0 {
				a.Kind = w.kind
				break
			}
		}
		if a.Kind == Crash && !l.Crashes || a.Kind == Upgrade && !l.Upgrades || a.Kind == Refused && !l.Upgrades {
			a.Kind = ""
		}
	}
	d := l.dice
	all := l.current.Processes()
	a.Wait = d.chance(50)
	switch a.Kind {
	case Start, Stop, Restart, Tail:
		a.Target = oneOf(d, all...)
	case Signal:
		a.Target, a.Signal = oneOf(d, all...), oneOf(d, "TERM", "HUP", "KILL", "INT")
	case Kill:
		a.Target, a.Signal = oneOf(d, all...), oneOf(d, "KILL", "KILL", "TERM", "INT")
	case KillMany:
		a.Signal = "KILL"
	case Freeze:
		a.Target, a.For = oneOf(d, all...), time.Duration(100+d.IntN(3000))*time.Millisecond
	case StartGroup, StopGroup:
		i := 2 + d.IntN(len(l.current.Programs)-2)
		a.Target = l.current.GroupOf(l.current.Programs[i].Name)
	case Reload:
		l.current = l.change()
		a.Config = l.current
	case Reboot:
		a.Target = oneOf(d, "call", "signal")
	case Upgrade:
		a.Target = oneOf(d, "call", "ctl", "signal")
	case Refused:
		a.Target = oneOf(d, "true", "text", "none", "directory")
	case FreezeDaemon, Shortage:
		a.For = time.Duration(50+d.IntN(1500)) * time.Millisecond
	}
}

// change returns another configuration.
func (l *Life) change() *Config {
	c, d := l.current.clone(), l.dice
	for range 1 + d.IntN(3) {
		programs := len(c.Programs) - 2
		switch i := 2 + d.IntN(programs); {
		case d.chance(40) && programs < 18:
			l.serial++
			c.Programs = append(c.Programs, d.program(c, l.serial))
		case d.chance(40) && programs > 8:
			l.remove(c, i)
		case d.chance(60):
			// The same program in another environment: it is replaced.
			p := &c.Programs[i]
			p.Lines = slices.DeleteFunc(slices.Clone(p.Lines), func(s string) bool { return strings.HasPrefix(s, "environment=") })
			p.set("environment=CHANGE=%q", fmt.Sprint(d.IntN(1000)))
		case len(c.Groups) > 0 && d.chance(50):
			i := d.IntN(len(c.Groups))
			c.Groups = slices.Delete(c.Groups, i, i+1)
		default:
			l.group(c)
		}
	}
	return c
}

// remove takes a program out, and what depends on it does so no longer.
func (l *Life) remove(c *Config, i int) {
	name := c.Programs[i].Name
	c.Programs = slices.Delete(c.Programs, i, i+1)
	for i := range c.Programs {
		p := &c.Programs[i]
		p.Lines = slices.DeleteFunc(slices.Clone(p.Lines), func(s string) bool {
			return strings.HasPrefix(s, "depends_on="+name+":")
		})
	}
	for i := 0; i < len(c.Groups); i++ {
		g := &c.Groups[i]
		g.Programs = slices.DeleteFunc(g.Programs, func(s string) bool { return s == name })
		if len(g.Programs) == 0 {
			c.Groups = slices.Delete(c.Groups, i, i+1)
			i--
		}
	}
}
