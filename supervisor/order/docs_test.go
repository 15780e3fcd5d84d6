package order

import (
	"os"
	"strings"
	"testing"
	"time"
)

// docs/order.md shows what this package prints.

func readDocs(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/order.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestExamplesInDocs(t *testing.T) {
	docs := readDocs(t)
	specs := []Spec{
		{Group: "db", Program: "db", Name: "db"},
		{Group: "migrate", Program: "migrate", Name: "migrate", Oneshot: true, DependsOn: "db"},
		{Group: "app", Program: "app", Name: "app", DependsOn: "db, migrate:done"},
	}
	needs, refused := Resolve(specs)
	if refused != nil {
		t.Fatal(refused)
	}
	g := GraphOf(specs, needs)
	report := Analyze(g, map[string]Times{
		"db":      {0, 1100 * time.Millisecond, Never, Never},
		"migrate": {1100 * time.Millisecond, 2300 * time.Millisecond, Never, 2300 * time.Millisecond},
		"app":     {2300 * time.Millisecond, 3300 * time.Millisecond, Never, Never},
	}).String()
	path, _, _ := strings.Cut(report, "\nslowest")
	for what, text := range map[string]string{"tree": g.Tree(), "report": path} {
		if !strings.Contains(docs, "```\n"+text+"```") {
			t.Errorf("docs/order.md has another %s than:\n%s", what, text)
		}
	}
}

// TestRefusalsInDocs: each error text in the table is one that the scenarios show.
func TestRefusalsInDocs(t *testing.T) {
	shown, err := os.ReadFile("testdata/refused.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(readDocs(t), "### What is refused")
	table, _, _ = strings.Cut(table, "\n## ")
	rows := 0
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || !strings.Contains(cells[2], "`") {
			continue
		}
		rows++
		text := strings.ReplaceAll(strings.Trim(cells[2], " `"), "…", strings.Join(conditionNames, ", "))
		if !strings.Contains(string(shown), "refused: "+text+"\n") {
			t.Errorf("no scenario is refused with: %s", text)
		}
	}
	if rows < 10 {
		t.Fatalf("the table has %d rows", rows)
	}
}
