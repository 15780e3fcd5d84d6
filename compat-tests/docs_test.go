package compat

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestExamplesOfDocs starts our daemon with each configuration that the pages for users
// show. Programs are not started: they belong to somebody else.
func TestExamplesOfDocs(t *testing.T) {
	if ours.why != "" {
		t.Skip(ours.why)
	}
	for page, atLeast := range map[string]int{
		"restart": 6, "containers": 4, "health": 9, "order": 3, "crash": 1, "templates": 1, "state": 1, "changing": 1, "rolling": 1, "stopping": 1, "sockets": 3,
	} {
		text, err := os.ReadFile("../docs/" + page + ".md")
		if err != nil {
			t.Fatal(err)
		}
		examples := regexp.MustCompile("(?s)\n```ini\n(.*?)```\n").FindAllStringSubmatch(string(text), -1)
		if len(examples) < atLeast {
			t.Errorf("docs/%s.md has %d examples", page, len(examples))
		}
		for i, example := range examples {
			t.Run(page+"/"+strconv.Itoa(i+1), func(t *testing.T) { tryExample(t, example[1]) })
		}
	}
}

var (
	programSection = regexp.MustCompile(`(?m)^\[(?:fcgi-)?program:.*\]$`)
	userKey        = regexp.MustCompile(`(?m)^user *=.*$`)
	anyKey         = regexp.MustCompile(`(?m)^([a-z_]+) *=`)
)

var (
	listenKey     = regexp.MustCompile(`(?m)^listen *=.*$`)
	listenAddress = regexp.MustCompile(`(tcp|unix):[^,\n]+`)
)

// listenElsewhere has programs listen at paths in our folder in place of real addresses,
// which may be in use.
func (in *instance) listenElsewhere(example string) string {
	return listenKey.ReplaceAllStringFunc(example, func(line string) string {
		return listenAddress.ReplaceAllStringFunc(line, func(address string) string {
			return "unix:" + in.path(strings.NewReplacer("/", "-", ":", "-", "*", "-").Replace(address))
		})
	})
}

func tryExample(t *testing.T, example string) {
	in := hostile(t, "")
	sample, err := in.command(ours.sample).Output()
	in.must(err)
	for _, key := range anyKey.FindAllStringSubmatch(example, -1) {
		if !regexp.MustCompile(`(?m)^;? *` + key[1] + ` *=`).Match(sample) {
			t.Errorf("the sample file has no key %s", key[1])
		}
	}
	programs := len(programSection.FindAllString(example, -1))
	example = programSection.ReplaceAllString(example, "$0\nautostart = false")
	example = userKey.ReplaceAllString(example, fmt.Sprint("user = ", os.Getuid()))
	// The usual sections come last, so that what they have counts.
	rest := in.read("supervisord.conf")
	in.must(in.write("supervisord.conf", example+"\n"+rest))
	if listenKey.MatchString(example) {
		if out, err := in.command(ours.daemon, "--check", "-c", in.path("supervisord.conf")).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		in.must(in.write("supervisord.conf", in.listenElsewhere(example)+"\n"+rest))
	}
	in.mustStart()
	all, err := in.call("supervisor.getAllProcessInfo")
	if err != nil || len(all.items) < programs+1 {
		t.Errorf("%d processes, %v", len(all.items), err)
	}
	in.stopDaemon()
}
