// Writes the dashboards' JSON beside this file: node dashboards/generate.mjs
// With --check it writes nothing, and fails when a file is not what would be written.
import {readFileSync, writeFileSync} from 'node:fs';

import daemon from './daemon.mjs';
import endpoint from './endpoint.mjs';
import overview from './overview.mjs';

let stale = 0;
for (const dashboard of [overview, endpoint, daemon]) {
  const file = new URL(`${dashboard.uid}.json`, import.meta.url);
  const text = `${JSON.stringify(dashboard, null, 2)}\n`;
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text);
  } else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${dashboard.uid}.json is not what its source makes: run node dashboards/generate.mjs`);
    stale += 1;
  }
}
process.exitCode = stale > 0 ? 1 : 0;
