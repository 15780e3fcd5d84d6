package judge

import "fmt"

// Sample is what our processes need while nothing runs.
type Sample struct {
	Descriptors, Threads int
	Memory               int            // KiB
	Open                 map[string]int // what the descriptors are, without numbers
}

func (s Sample) String() string {
	return fmt.Sprintf("%d descriptors %d threads %d KiB", s.Descriptors, s.Threads, s.Memory)
}

// Flat checks that the last samples are as the first ones: nothing is kept.
func Flat(samples []Sample) []string {
	var wrong list
	if len(samples) < 2 {
		return nil
	}
	first, last := samples[0], samples[len(samples)-1]
	// One more may be due to a program that notifies, which there was none of before.
	if last.Descriptors > first.Descriptors+1 {
		wrong.add("descriptors, while nothing runs: %d at first, %d at last: %v; more than at first: %v", first.Descriptors, last.Descriptors, samples, more(first.Open, last.Open))
	}
	if last.Threads > first.Threads+8 {
		wrong.add("threads, while nothing runs: %d at first, %d at last: %v", first.Threads, last.Threads, samples)
	}
	// A heap grows to its limit before it is swept: the second half is held against the
	// first.
	half := 0
	for _, s := range samples[:(len(samples)+1)/2] {
		half = max(half, s.Memory)
	}
	if last.Memory > half+half/4+16<<10 {
		wrong.add("memory, while nothing runs: at most %d KiB in the first half, %d KiB at last: %v", half, last.Memory, samples)
	}
	return wrong
}

// more returns what there is more of now.
func more(was, is map[string]int) map[string]int {
	m := map[string]int{}
	for k, n := range is {
		if n > was[k] {
			m[k] = n - was[k]
		}
	}
	return m
}
