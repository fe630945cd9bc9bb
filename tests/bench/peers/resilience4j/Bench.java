// SPDX-License-Identifier: MIT

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a call through resilience4j costs. One line for each case: name, the row of ours to compare
 * it with, nanoseconds on one thread, on two.
 */
final class Bench {
    private static final int CALLS = 100000;
    private static final int ROUNDS = 100;

    private static final class Worker extends Thread {
        private final Runnable work;
        private final CountDownLatch start;
        long began;
        long ended;

        Worker(Runnable work, CountDownLatch start) {
            this.work = work;
            this.start = start;
        }

        @Override
        public void run() {
            start.countDown();
            while (start.getCount() > 0) {
                Thread.onSpinWait();
            }
            began = System.nanoTime();
            for (int i = 0; i < CALLS; i++) {
                work.run();
            }
            ended = System.nanoTime();
        }

        /** Whether nine tenths of the time of both were the same time. */
        boolean overlaps(Worker other) {
            double both = Math.min(ended, other.ended) - Math.max(began, other.began);
            return both >= 0.9 * (ended - began) && both >= 0.9 * (other.ended - other.began);
        }
    }

    private static Worker[] run(int threads, Runnable work) throws InterruptedException {
        CountDownLatch start = new CountDownLatch(threads);
        Worker[] workers = new Worker[threads];
        for (int i = 0; i < threads; i++) {
            workers[i] = new Worker(work, start);
            workers[i].start();
        }
        for (Worker worker : workers) {
            worker.join();
        }
        return workers;
    }

    /** The slower of so many threads, in the best round in which they ran together. */
    private static String measure(int threads, Runnable work) throws InterruptedException {
        long best = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            Worker[] workers = run(threads, work);
            Worker first = workers[0];
            Worker last = workers[threads - 1];
            if (first.overlaps(last)) {
                best = Math.min(best, Math.max(first.ended - first.began, last.ended - last.began));
            }
        }
        return best == Long.MAX_VALUE ? "-" : String.format("%.1f", (double) best / CALLS);
    }

    private static void report(String name, String ours, Runnable work) throws InterruptedException {
        String one = measure(1, work);
        System.out.printf("%s\t%s\t%s\t%s%n", name, ours, one, measure(2, work));
    }

    private static CircuitBreaker make(SlidingWindowType type, int size) {
        return CircuitBreaker.of("peer", CircuitBreakerConfig.custom()
                .slidingWindowSize(size)
                .slidingWindowType(type)
                .minimumNumberOfCalls(5)
                .waitDurationInOpenState(Duration.ofHours(1))
                .build());
    }

    private static Runnable succeed(CircuitBreaker breaker) {
        return () -> {
            if (breaker.tryAcquirePermission()) {
                breaker.onSuccess(1000, TimeUnit.NANOSECONDS);
            }
        };
    }

    public static void main(String[] args) throws InterruptedException {
        AtomicLong counter = new AtomicLong();
        CircuitBreaker open = make(SlidingWindowType.COUNT_BASED, 100);

        open.transitionToOpenState();
        report("Java: atomic add", "atomic add", counter::incrementAndGet);
        report("resilience4j, count window of 100", "count window of 100",
                succeed(make(SlidingWindowType.COUNT_BASED, 100)));
        report("resilience4j, time window of 10 s", "time window, reads the clock",
                succeed(make(SlidingWindowType.TIME_BASED, 10)));
        report("resilience4j, open, rejected", "open, reads the clock", succeed(open));
    }
}
