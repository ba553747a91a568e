// node verify.cjs FILE: FILE holds {secret, headers, body} of one delivery as a receiver got it.
const { readFileSync } = require('node:fs');
const { Webhook } = require('standardwebhooks');
const { HTTP } = require('cloudevents');

const { secret, headers, body } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
new Webhook(secret).verify(body, headers); // throws
const event = HTTP.toEvent({ headers, body });
event.validate(); // throws
const raw = JSON.parse(body);
for (const name of ['specversion', 'id', 'source', 'type', 'time', 'subject']) {
  if (raw[name] !== event[name]) throw new Error(`${name}: ${raw[name]} became ${event[name]}`);
}
if (raw.id !== headers['webhook-id']) throw new Error("webhook-id is not the event's id");
console.log('verified', event.subject, event.type);
