// node event_schema.mjs SCHEMA RECORDED...: is every event in these golden files as the schema
// says, its data as the schema that it names itself, and would the schema notice what is wrong?
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const [schemaFile, ...recordedFiles] = process.argv.slice(2);
const ajv = new Ajv.default({ strict: false, allErrors: true });
addFormats.default(ajv);
const isEvent = ajv.compile(JSON.parse(readFileSync(schemaFile, 'utf8')));
const complaints = [];

// Sections "==== NAME", each a request: its head, an empty line, its body.
function* eventsOf(file) {
  for (const section of readFileSync(file, 'utf8').split(/^==== /m).slice(1)) {
    const body = JSON.parse(section.slice(section.indexOf('\n\n')));
    yield [section.slice(0, section.indexOf('\n')), body.client_payload?.event ?? body];
  }
}

// Each a copy of the event with one thing wrong.
const kFaults = {
  'an unknown field': (event) => (event.data.surprise = 1),
  'an unknown type': (event) => (event.type += 's'),
  'no summary': (event) => delete event.data.summary,
  'no time': (event) => (event.time = 'yesterday'),
  'a number for a name': (event) => (event.data.endpoint = 7),
  'another schema': (event) => (event.dataschema += '0'),
};

let count = 0;
for (const file of recordedFiles) {
  for (const [name, event] of eventsOf(file)) {
    ++count;
    if (!isEvent(event)) complaints.push(`${file}, ${name}: ${JSON.stringify(isEvent.errors)}`);
    const isData = ajv.getSchema(event.dataschema);
    if (!isData?.(event.data)) {
      complaints.push(`${file}, ${name}, data: ${JSON.stringify(isData?.errors ?? 'no schema')}`);
    }
    for (const [fault, make] of Object.entries(kFaults)) {
      const wrong = structuredClone(event);
      make(wrong);
      if (isEvent(wrong)) complaints.push(`${file}, ${name}: nobody noticed ${fault}`);
    }
  }
}

if (complaints.length > 0) {
  console.error(complaints.join('\n'));
  process.exit(1);
}
console.log(`${count} events are valid`);
