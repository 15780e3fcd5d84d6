package compat

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"
)

// TestExamplesOfDocs starts our daemon with each configuration that the pages for users
// show. Programs are not started: they belong to somebody else.
func TestExamplesOfDocs(t *testing.T) {
	if ours.why != "" {
		t.Skip(ours.why)
	}
	for page, atLeast := range map[string]int{
		"restart": 6, "containers": 4, "health": 9, "order": 3, "crash": 1, "templates": 1, "state": 1, "changing": 1, "rolling": 1, "stopping": 1,
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
	in.must(in.write("supervisord.conf", example+"\n"+in.read("supervisord.conf")))
	in.mustStart()
	all, err := in.call("supervisor.getAllProcessInfo")
	if err != nil || len(all.items) < programs+1 {
		t.Errorf("%d processes, %v", len(all.items), err)
	}
	in.stopDaemon()
}
