package plot

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"reeve/config"
)

// first returns the first actions of a seed.
func first(seed uint64, n int) (life *Life, all []Action) {
	life = NewLife(seed)
	for a := range life.Actions() {
		if all = append(all, a); len(all) == n {
			break
		}
	}
	return life, all
}

func TestASeedRepeatsALife(t *testing.T) {
	one, acts := first(7, 2000)
	two, again := first(7, 2000)
	if one.Config.Text() != two.Config.Text() || !reflect.DeepEqual(acts, again) {
		t.Error("the same seed made another life")
	}
	other, _ := first(9, 1)
	if other.Config.Text() == one.Config.Text() {
		t.Error("another seed made the same life")
	}
}

// Each action and each kind of program comes up, and what a life must not have does not.
func TestLivesDiffer(t *testing.T) {
	count, programs := map[Kind]int{}, ""
	for seed := range uint64(40) {
		life, acts := first(seed, 500)
		programs += life.Config.Text()
		for _, a := range acts {
			count[a.Kind]++
			if a.Kind == Crash && !life.Crashes || a.Kind == Upgrade && !life.Upgrades {
				t.Fatalf("seed %d has the action %s", seed, a)
			}
			if a.Config != nil && a.Config.Survive != life.Crashes {
				t.Fatalf("seed %d, action %s: survive_crash changes", seed, a)
			}
		}
	}
	for _, w := range weights {
		if count[w.kind] == 0 {
			t.Errorf("no life has the action %s", w.kind)
		}
	}
	if count[Settle] == 0 || count[Bare] == 0 {
		t.Error("no life is ever checked")
	}
	for _, k := range kinds {
		if !strings.Contains(programs, "[program:"+k.name) {
			t.Errorf("no life has the program %s", k.name)
		}
	}
}

// Every configuration can be read, and its processes are those that the actions name.
func TestConfigsAreValid(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "supervisord.conf")
	if err := os.Mkdir(filepath.Join(dir, "logs"), 0o755); err != nil {
		t.Fatal(err)
	}
	check := func(c *Config, when string) {
		text := strings.NewReplacer("{{.Exe}}", "/bin/true", "{{.Dir}}", dir).Replace(c.Text())
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		loaded, err := config.NewLoader(path).Load()
		if err != nil {
			t.Fatalf("%s: %v\n%s", when, err, text)
		}
		there := map[string]bool{}
		for _, g := range loaded.Groups {
			for _, p := range g.Processes {
				there[g.Name+":"+p.Name] = true
			}
		}
		for _, name := range c.Processes() {
			if !there[name] {
				t.Errorf("%s: there is no process %s", when, name)
			}
		}
	}
	for seed := range uint64(10) {
		life, acts := first(seed, 400)
		check(life.Config, fmt.Sprint("seed ", seed))
		for _, a := range acts {
			if a.Config != nil {
				check(a.Config, fmt.Sprintf("seed %d, action %s", seed, a))
			}
		}
	}
}
