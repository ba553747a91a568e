// node accept.mjs FILE: FILE holds {slack: [body...], discord: [...], teams: [...], signed:
// [{secret, body, signature}...]}. The vendors' own types and parsers judge them; anything that
// they do not accept ends with code 1.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { verify } from '@octokit/webhooks-methods';

const require = createRequire(import.meta.url);
const ts = require('typescript');
const { AdaptiveCard } = require('adaptivecards/dist/adaptivecards.js');

const { slack, discord, teams, signed } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const complaints = [];

// Slack and Discord publish types: each body becomes a literal of the type, so that unknown and
// missing keys are errors.
const source = [
  `import type { KnownBlock } from "@slack/types";`,
  `import type { RESTPostAPIWebhookWithTokenJSONBody } from "discord-api-types/v10";`,
  ...slack.map(
    (body, i) => `export const slack${i}: { text: string; blocks: KnownBlock[] } = ${body};`,
  ),
  ...discord.map(
    (body, i) => `export const discord${i}: RESTPostAPIWebhookWithTokenJSONBody = ${body};`,
  ),
].join('\n');
const file = fileURLToPath(new URL('bodies.ts', import.meta.url));
const options = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  moduleResolution: ts.ModuleResolutionKind.Node10,
};
const host = ts.createCompilerHost(options);
const readSource = host.getSourceFile;
host.getSourceFile = (name, ...rest) =>
  name === file
    ? ts.createSourceFile(name, source, ts.ScriptTarget.Latest)
    : readSource.call(host, name, ...rest);
for (const found of ts.getPreEmitDiagnostics(ts.createProgram([file], options, host)))
  complaints.push(ts.flattenDiagnosticMessageText(found.messageText, '\n'));

for (const body of teams) {
  const { type, attachments } = JSON.parse(body);
  const card = new AdaptiveCard();
  card.parse(attachments[0].content);
  const parsed = card.toJSON()?.body?.length;
  const sent = attachments[0].content.body.length;
  const failures = card.validateProperties().validationEvents.map((event) => event.message);
  if (type !== 'message' || parsed !== sent)
    complaints.push(`Teams: ${sent} elements sent, ${parsed} understood`);
  complaints.push(...failures);
}

for (const { secret, body, signature } of signed)
  if (!(await verify(secret, body, signature))) complaints.push('X-Hub-Signature-256 does not fit');
if (await verify('another secret', signed[0].body, signed[0].signature))
  complaints.push('any secret fits');

for (const complaint of complaints) console.log(complaint);
console.log(
  `${slack.length} Slack, ${discord.length} Discord, ${teams.length} Teams, ${signed.length} signed`,
);
process.exit(complaints.length === 0 ? 0 : 1);
