package compat

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// normal replaces what may differ between two runs (fact 311, what to normalise) and
// nothing else: everything that it leaves is compared byte for byte.
func (in *instance) normal(text string) string {
	text = strings.ReplaceAll(text, in.dir, "DIR")
	text = strings.ReplaceAll(text, filepath.Base(in.dir), "DIRNAME")
	if exe, err := os.Executable(); err == nil {
		text = strings.ReplaceAll(text, exe+" child", "CHILD")
		text = strings.ReplaceAll(text, exe, "CHILD")
	}
	for _, bin := range []struct{ path, name string }{
		{in.prog.daemon, "SUPERVISORD"}, {in.ctl, "SUPERVISORCTL"}, {in.prog.pidpxy, "PIDPROXY"}, {in.prog.sample, "SAMPLE"},
	} {
		if bin.path != "" {
			text = strings.ReplaceAll(text, bin.path, bin.name)
		}
	}
	port := strconv.Itoa(in.port)
	text = regexp.MustCompile(`\b`+port+`\b`).ReplaceAllString(text, "PORT")
	for _, n := range normals {
		text = n.re.ReplaceAllString(text, n.with)
	}
	if !slices.Contains(in.script.requires, "root") {
		// Scripts that run as any user show the same for every user.
		text = asRoot.ReplaceAllString(text, "")
		text = strings.ReplaceAll(text, fmt.Sprintf("uid %d gid %d", os.Getuid(), os.Getgid()), "uid ME gid ME")
	}
	text = stems.ReplaceAllString(text, "$1…")
	for _, pid := range in.pids {
		text = regexp.MustCompile(`\b`+strconv.Itoa(pid)+`\b`).ReplaceAllString(text, "DAEMONPID")
	}
	return text
}

var normals = []struct {
	re   *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} `), "TIME "},
	{regexp.MustCompile(`uptime (\d+ days?, )?\d+:\d\d:\d\d`), "uptime UPTIME"},
	{regexp.MustCompile(`\bpid [1-9]\d*`), "pid N"},
	{regexp.MustCompile(`\bpid:[1-9]\d*`), "pid:N"},
	{regexp.MustCompile(`\(\d+\) with SIGKILL`), "(N) with SIGKILL"},
	{regexp.MustCompile(`\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (0[2-9]|[12]\d|3[01]) (0\d|1[0-2]):\d\d [AP]M`), "STOPTIME"},
	{regexp.MustCompile(`\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) 20\d\d \d\d:\d\d:\d\d GMT`), "HTTPDATE"},
	{regexp.MustCompile(`\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d 20\d\d`), "DATE"},
	{regexp.MustCompile(`\[\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d [-+]\d{4}\]`), "[ACCESSTIME]"},
	{regexp.MustCompile(`-[a-z0-9_]{8}\.log`), "-RANDOM8.log"},
	{regexp.MustCompile(`file: \S+ line: \d+`), "file: F line: N"},
	{regexp.MustCompile(` at 0x[0-9a-f]{6,}`), " at ADDRESS"},
	{regexp.MustCompile(`fd \d+ closed, stopped monitoring <.*>`), "fd N closed, stopped monitoring <...>"},
	{regexp.MustCompile(`(?m)^stderr: Traceback \(most recent call last\):\n(?:stderr:   .*\n)+`), "stderr: Traceback\n"},
	{regexp.MustCompile(`when:\d+`), "when:EPOCH"},
	{regexp.MustCompile(`4\.3\.0\+reeve\.[0-9A-Za-z.]+|\b4\.2\.5\b`), "VERSION"},
}

var asRoot = regexp.MustCompile(`(?m)^TIME CRIT Supervisor is running as root.*\n`)

// stems are messages of which only the beginning is upstream's; the rest may be worded
// freely.
var stems = regexp.MustCompile(`(` + strings.Join([]string{
	`Privileges were not dropped`,
	`searching for its configuration file in default locations`,
	`No config file found at default paths`,
	`contains incomplete authentication: `,
	`section sets redirect_stderr=true but this is not allowed`,
	`socket_owner and socket_mode params should only be used with a Unix domain socket`,
	`redirect_stderr=true but stderr_logfile has also been set to a filename`,
	`AUTO logging used for std(?:out|err)_logfile without rollover`,
	`std(?:out|err)_logfile=syslog but this is deprecated and will be removed\.`,
	`The minimum number of file descriptors required to run this process is \d+ as per the "minfds" command-line argument or config file setting\.`,
	`The minimum number of available processes required to run this program is \d+ as per the "minprocs"`,
	`Another program is already listening on a port that one of our HTTP servers is configured to use\.`,
	`Not permitted to chown .* to uid/gid \([^)]*\)`,
	`laststart time is in the future`,
	`Sorry, supervisord responded but did not recognize the supervisor namespace commands`,
	`Sorry, this version of supervisorctl expects to talk to a server with API version`,
	`Warning: sys.stdout.encoding is set to `,
}, "|") + `).*`)
