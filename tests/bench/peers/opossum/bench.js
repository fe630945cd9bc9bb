// SPDX-License-Identifier: MIT

// What a call through opossum costs. One line for each case: name, the row of ours to compare it
// with, nanoseconds on one thread; there is no second one.
'use strict';

const CircuitBreaker = require('opossum');

const CALLS = 20000;
const ROUNDS = 30;

async function measure(work) {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const began = process.hrtime.bigint();
    for (let i = 0; i < CALLS; i++) {
      await work();
    }
    best = Math.min(best, Number(process.hrtime.bigint() - began) / CALLS);
  }
  return best;
}

async function report(name, ours, work) {
  console.log(`${name}\t${ours}\t${(await measure(work)).toFixed(1)}\t-`);
}

async function main() {
  const succeed = async () => true;
  const closed = new CircuitBreaker(succeed, { timeout: false });
  const open = new CircuitBreaker(succeed, { timeout: false, resetTimeout: 3600000 });

  open.open();
  await report('Node: await alone', 'atomic add', succeed);
  await report('opossum', 'time window, reads the clock', () => closed.fire());
  await report('opossum, open, rejected', 'open, reads the clock', () => open.fire().catch(() => false));
  closed.shutdown();
  open.shutdown();
}

main();
