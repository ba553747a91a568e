// The real binary between an upstream whose list the test sets and the browser.

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const kStartLimit = 60_000; // a sanitized binary on a busy machine

// In InternLM's shape; `targets`: alias -> target. A model that was a target once stays in the
// list: one that loses many of its rows would rightly not be believed.
export class Upstream {
  constructor(targets) {
    this.targets = targets;
    this.status = 200;
    this.models = new Set();
    this.server = createServer((request, response) => {
      const row = (id, target) => ({
        id,
        object: 'model',
        created: 1763800000,
        ...(target && { ref_model: target }),
      });
      for (const target of Object.values(this.targets)) this.models.add(target);
      const data = [
        ...[...this.models].map((id) => row(id)),
        ...Object.entries(this.targets).map(([alias, target]) => row(alias, target)),
      ];
      response.writeHead(this.status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ object: 'list', data }));
    });
  }

  async start() {
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.server.address().port}/v1/models`;
    return this;
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

export class RealDaemon {
  // `words` go to serve, beside the files and the address.
  constructor(config, words = []) {
    this.config = config;
    this.words = words;
  }

  // With the port of the run before, a browser finds the new process where the old one was.
  async start(port = 0) {
    this.folder ??= await mkdtemp(join(tmpdir(), 'modelvane-page-'));
    const file = join(this.folder, 'modelvane.yml');
    await writeFile(file, this.config);
    const words = [
      'serve',
      `--config.file=${file}`,
      `--storage.path=${join(this.folder, 'data')}`,
      ...this.words,
    ];
    this.process = spawn(
      process.env.MODELVANE_BINARY,
      [...words, `--web.listen-address=127.0.0.1:${port}`],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    const lines = createInterface({ input: this.process.stderr });
    const address = await new Promise((resolve, reject) => {
      const seen = [];
      const timer = setTimeout(
        () => reject(new Error(`the daemon did not start:\n${seen.join('\n')}`)),
        kStartLimit,
      );
      const done = (settle, value) => {
        clearTimeout(timer);
        settle(value);
      };
      lines.on('line', (line) => {
        seen.push(line);
        const found = /modelvane started.*\baddress="?([^\s"]+)/.exec(line);
        if (found) done(resolve, found[1]);
      });
      this.process.once('exit', () =>
        done(reject, new Error(`the daemon ended:\n${seen.join('\n')}`)),
      );
    });
    this.address = address;
    this.url = `http://${address}/`;
    this.port = Number(address.split(':')[1]);
    return this;
  }

  async end(signal = 'SIGTERM') {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill(signal);
    await ended;
  }

  async stop() {
    if (this.process?.exitCode === null) await this.end();
    await rm(this.folder, { recursive: true, force: true });
  }
}
