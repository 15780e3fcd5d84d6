package config

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// TestManyTemplates: a chain in which each template names the one before it twice, through
// two others, takes no longer than its length.
func TestManyTemplates(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("[supervisord]\n[template:0]\nstartsecs=7\n")
	for i := range 200 {
		fmt.Fprintf(&b, "[template:l%d]\ntemplate=%d\n[template:r%d]\ntemplate=%d\n[template:%d]\ntemplate=l%d,r%d\n", i, i, i, i, i+1, i, i)
	}
	b.WriteString("[program:x]\ncommand=x\ntemplate=200\n")
	cfg, err := load(t, b.String())
	if err != nil || cfg.Groups[0].Processes[0].StartFor.Seconds() != 7 {
		t.Error(cfg, err)
	}
}

// TestRandomTemplates: for each key, the value is that of the first section that has it,
// in the order of strength that a recursive reading of the rule gives.
func TestRandomTemplates(t *testing.T) {
	t.Parallel()
	keys := []string{"startsecs", "stopwaitsecs", "startretries"}
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		sections := []string{programDefault, "template:0", "template:1", "template:2", "template:3", "program:x"}
		values, parents := map[string]map[string]int{}, map[string][]string{}
		var b strings.Builder
		b.WriteString("[supervisord]\n")
		for i, s := range sections {
			values[s] = map[string]int{}
			fmt.Fprintf(&b, "[%s]\ncommand=x\n", s)
			for _, k := range keys {
				if r.IntN(3) == 0 {
					values[s][k] = r.IntN(1000)
					fmt.Fprintf(&b, "%s=%d\n", k, values[s][k])
				}
			}
			var names []string
			for j := 1; j < min(i, 5); j++ { // only templates before it: no circle
				if r.IntN(2) == 0 {
					parents[s] = append(parents[s], sections[j])
					names = append(names, strings.TrimPrefix(sections[j], templatePrefix))
				}
			}
			if names != nil {
				fmt.Fprintf(&b, "template=%s\n", strings.Join(names, ","))
			}
		}
		var strongest func(section string) []string // each section may occur several times; its last place counts
		strongest = func(section string) []string {
			all := []string{section}
			for i := len(parents[section]) - 1; i >= 0; i-- {
				all = append(all, strongest(parents[section][i])...)
			}
			return all
		}
		order := append(strongest("program:x"), programDefault)
		want := map[string]int{"startsecs": 1, "stopwaitsecs": 10, "startretries": 3}
		for _, k := range keys {
			at := -1
			for i, s := range order {
				_, has := values[s][k]
				last := true
				for _, later := range order[i+1:] {
					last = last && later != s
				}
				if has && last && at < 0 {
					at = i
					want[k] = values[s][k]
				}
			}
		}
		cfg, err := load(t, b.String())
		if err != nil {
			t.Fatal(err)
		}
		p := cfg.Groups[0].Processes[0]
		got := map[string]int{
			"startsecs": int(p.StartFor.Seconds()), "stopwaitsecs": int(p.StopWait.Seconds()), "startretries": p.StartRetries,
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: got %v, want %v\n%s", seed, got, want, b.String())
		}
	}
}
