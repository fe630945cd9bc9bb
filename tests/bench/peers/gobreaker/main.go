// SPDX-License-Identifier: MIT

// What a call through sony/gobreaker costs. One line for each case: name, the row of ours to
// compare it with, nanoseconds on one goroutine, on two.
package main

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
)

const (
	calls  = 100000
	rounds = 40
)

type span struct{ began, ended time.Time }

func (s span) took() float64 { return float64(s.ended.Sub(s.began).Nanoseconds()) }

// Whether nine tenths of the time of all were the same time.
func overlap(spans []span) bool {
	first, last := spans[0].ended, spans[0].began
	for _, each := range spans {
		if each.began.After(last) {
			last = each.began
		}
		if each.ended.Before(first) {
			first = each.ended
		}
	}
	for _, each := range spans {
		if float64(first.Sub(last).Nanoseconds()) < 0.9*each.took() {
			return false
		}
	}
	return true
}

func run(goroutines int, work func()) []span {
	var group sync.WaitGroup
	var waiting atomic.Int64
	spans := make([]span, goroutines)

	waiting.Store(int64(goroutines))
	for i := range spans {
		group.Add(1)
		go func(own *span) {
			defer group.Done()
			runtime.LockOSThread()
			waiting.Add(-1)
			for waiting.Load() > 0 {
			}
			own.began = time.Now()
			for n := 0; n < calls; n++ {
				work()
			}
			own.ended = time.Now()
		}(&spans[i])
	}
	group.Wait()
	return spans
}

// The slower of so many goroutines, in the best round in which they ran together.
func measure(goroutines int, work func()) string {
	best := math.Inf(1)
	for round := 0; round < rounds; round++ {
		spans := run(goroutines, work)
		if !overlap(spans) {
			continue
		}
		slowest := 0.0
		for _, each := range spans {
			slowest = max(slowest, each.took()/calls)
		}
		best = min(best, slowest)
	}
	if math.IsInf(best, 1) {
		return "-"
	}
	return fmt.Sprintf("%.1f", best)
}

func report(name, ours string, work func()) {
	fmt.Printf("%s\t%s\t%s\t%s\n", name, ours, measure(1, work), measure(2, work))
}

func main() {
	var counter atomic.Uint64
	succeed := func() (bool, error) { return true, nil }
	fail := func() (bool, error) { return false, fmt.Errorf("no") }

	fixed := gobreaker.NewCircuitBreaker[bool](gobreaker.Settings{Interval: 10 * time.Second})
	rolling := gobreaker.NewCircuitBreaker[bool](gobreaker.Settings{
		Interval: 10 * time.Second, BucketPeriod: time.Second})
	steps := gobreaker.NewTwoStepCircuitBreaker[bool](gobreaker.Settings{Interval: 10 * time.Second})
	open := gobreaker.NewCircuitBreaker[bool](gobreaker.Settings{Timeout: time.Hour})
	for i := 0; i < 10; i++ {
		_, _ = open.Execute(fail)
	}

	report("Go: atomic add", "atomic add", func() { counter.Add(1) })
	report("gobreaker, fixed window", "time window, reads the clock", func() { _, _ = fixed.Execute(succeed) })
	report("gobreaker, rolling window", "time window, reads the clock", func() { _, _ = rolling.Execute(succeed) })
	report("gobreaker, two steps", "time window, reads the clock", func() {
		if done, err := steps.Allow(); err == nil {
			done(nil)
		}
	})
	report("gobreaker, open, rejected", "open, reads the clock", func() { _, _ = open.Execute(succeed) })
}
