// SPDX-License-Identifier: MIT
// A provider of messages: answers POST with the example that a pact has, and metadata as it is there.
// node messages.js PACT; prints its URL.
const pact = JSON.parse(require('fs').readFileSync(process.argv[2]));
const all = [...(pact.messages || []), ...(pact.interactions || [])];

function contents(message) {
  const found = message.contents;
  return found && typeof found === 'object' && 'content' in found && 'encoded' in found ? found.content : found;
}

const server = require('http').createServer((request, response) => {
  let text = '';
  request.on('data', (chunk) => { text += chunk; });
  request.on('end', () => {
    const wanted = JSON.parse(text || '{}').description;
    const interaction = all.find((one) => one.description === wanted);
    const message = interaction && interaction.response ? interaction.response[0] : interaction;
    if (!message) { response.writeHead(404); response.end(); return; }
    const metadata = message.metadata || message.metaData || {};
    response.writeHead(200, { 'Content-Type': 'application/json',
      'Pact-Message-Metadata': Buffer.from(JSON.stringify(metadata)).toString('base64') });
    response.end(JSON.stringify(contents(message)));
  });
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
