// SPDX-License-Identifier: MIT
// Pacts as pact-js makes them, for us to read: node write_pacts.js FOLDER (in the folder of the packages).
const path = require('path');
const dir = path.resolve(process.argv[2]);
const pact = require(path.join(process.cwd(), 'node_modules/@pact-foundation/pact'));
const { PactV2, PactV3, PactV4, MatchersV2, MatchersV3, MessageConsumerPact, SpecificationVersion } = pact;
const http = require('http');
const logLevel = 'error';

function ask(url, method, target, headers, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(url + target, { method, headers }, (answer) => {
      answer.resume();
      answer.on('end', resolve);
    });
    request.on('error', reject);
    request.end(body);
  });
}
const json = { 'Content-Type': 'application/json' };

async function v2() {
  const mock = new PactV2({ consumer: 'theirs-v2', provider: 'provider', dir, logLevel, logDir: dir });
  await mock.setup();
  await mock.addInteraction({
    state: 'it exists', uponReceiving: 'a user',
    withRequest: { method: 'GET', path: '/users/1', query: { q: 'x y' }, headers: { Accept: 'application/json' } },
    willRespondWith: { status: 200, headers: json,
      body: { id: MatchersV2.like(1), tags: MatchersV2.eachLike('a', { min: 2 }), mail: MatchersV2.term({ generate: 'a@b', matcher: '.+@.+' }) } },
  });
  await ask(mock.mockService.baseUrl, 'GET', '/users/1?q=x%20y', { Accept: 'application/json' });
  await mock.verify();
  await mock.finalize();
}

async function http34(Class, consumer, spec) {
  const m = MatchersV3;
  const mock = new PactV3({ consumer, provider: 'provider', dir, logLevel, spec });
  mock.given('it exists', { id: 1 }).uponReceiving('a user')
    .withRequest({ method: 'GET', path: m.regex('/users/\\d+', '/users/1'), headers: { Accept: 'application/json' } })
    .willRespondWith({ status: 200, headers: json, body: {
      id: m.integer(1), price: m.decimal(10.5), name: m.string('Alice'), ok: m.boolean(true), none: m.nullValue(),
      when: m.datetime("yyyy-MM-dd'T'HH:mm:ss", '2024-02-29T12:00:00'), uuid: m.uuid('e2490de5-5bd3-43d5-b7c4-526e33f71304'),
      tags: m.eachLike('a', 2), some: m.atLeastLike({ n: m.number(1) }, 1), text: m.includes('ell', 'hello'),
      any: m.arrayContaining(m.integer(1), m.string('b')) } });
  await mock.executeTest((server) => ask(server.url, 'GET', '/users/7', { Accept: 'application/json' }));
}

async function v4() {
  const mock = new PactV4({ consumer: 'theirs-v4', provider: 'provider', dir, logLevel });
  await mock.addInteraction().given('it exists').uponReceiving('a form')
    .withRequest('POST', '/forms', (b) => b.headers(json).jsonBody({ n: MatchersV3.integer(1) }))
    .willRespondWith(201, (b) => b.headers({ 'X-Made': 'yes' }).jsonBody({ id: MatchersV3.string('f-1') }))
    .executeTest((server) => ask(server.url, 'POST', '/forms', json, '{"n":5}'));
}

async function message(consumer, spec) {
  const mock = new MessageConsumerPact({ consumer, provider: 'provider', dir, logLevel, spec });
  await mock.given('an order').expectsToReceive('an order was made')
    .withContent({ id: MatchersV3.string('o-1'), lines: MatchersV3.eachLike({ n: 1 }) })
    .withMetadata({ 'content-type': 'application/json', topic: 'orders' }).verify(async () => {});
}

async function message4() {
  const options = { consumer: 'theirs-message-v4', provider: 'provider', dir, logLevel };
  await new PactV4(options).addAsynchronousInteraction().given('an order')
    .expectsToReceive('an order was made', (b) => b
      .withJSONContent({ id: MatchersV3.string('o-1'), lines: MatchersV3.eachLike({ n: 1 }) })
      .withMetadata({ topic: 'orders' }))
    .executeTest(async () => {});
  await new PactV4(options).addSynchronousInteraction('a price is asked').given('a price')
    .withRequest((b) => b.withJSONContent({ sku: MatchersV3.string('AB-12') }))
    .withResponse((b) => b.withJSONContent({ price: MatchersV3.decimal(10.5) }))
    .executeTest(async () => {});
}

(async () => {
  for (const [name, make] of [
    ['v2', v2],
    ['v3', () => http34(PactV3, 'theirs-v3', SpecificationVersion.SPECIFICATION_VERSION_V3)],
    ['v4 (V3 builder)', () => http34(PactV3, 'theirs-v4-builder', SpecificationVersion.SPECIFICATION_VERSION_V4)],
    ['v4', v4],
    ['message v3', () => message('theirs-message-v3', SpecificationVersion.SPECIFICATION_VERSION_V3)],
    ['message v4', message4],
  ]) {
    try {
      await make();
    } catch (error) {
      console.error(`write_pacts.js: ${name}: ${error.stack}`);
      process.exitCode = 1;
    }
  }
  process.exit();
})();
