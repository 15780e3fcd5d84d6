package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"sync"
	"time"
)

func main() {
	only := flag.String("run", "", "only the mutations whose names match")
	parallel := flag.Int("parallel", 2, "how many mutations are built and compared at a time")
	verbose := flag.Bool("v", false, "show the difference that each mutation makes")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *only, *parallel, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

// run returns an error unless every mutation was caught. After an interrupt those under
// way are finished.
func run(ctx context.Context, only string, parallel int, verbose bool) error {
	matches, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	var chosen []mutation
	for _, m := range mutations() {
		if matches.MatchString(m.name) {
			chosen = append(chosen, m)
		}
	}
	begun := time.Now()
	l, err := newLab()
	if err != nil {
		return err
	}
	defer l.close()
	if err := l.baseline(ctx, chosen, parallel); err != nil {
		return err
	}
	var mu sync.Mutex
	caught := 0
	each(ctx, parallel, chosen, func(m mutation) {
		v := l.try(m)
		mu.Lock()
		defer mu.Unlock()
		if v.kind == caughtIt {
			caught++
		}
		fmt.Printf("%-14s  %-30s  %s\n", v.kind, m.name, v.what)
		if verbose || v.kind != caughtIt {
			fmt.Print(v.detail)
		}
	})
	fmt.Printf("%d of %d caught in %s\n", caught, len(chosen), time.Since(begun).Round(time.Second))
	if caught < len(chosen) || len(chosen) == 0 {
		return fmt.Errorf("%d of %d mutations were not caught", len(chosen)-caught, len(chosen))
	}
	return nil
}

// each calls f for all items, a few at a time, until ctx ends.
func each[T any](ctx context.Context, parallel int, items []T, f func(T)) {
	slots := make(chan struct{}, max(parallel, 1))
	var all sync.WaitGroup
	for _, item := range items {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		all.Go(func() {
			defer func() { <-slots }()
			f(item)
		})
	}
	all.Wait()
}
