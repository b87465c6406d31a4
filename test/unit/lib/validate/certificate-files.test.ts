// Files of certificates that cannot be used: at the start they cost their certificate, later nothing, and nobody waits.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { assemble } from '../../../../lib/pipeline.js';
import type { Configuration } from '../../../../lib/merge/model.js';
import { loadDocument, ReferencedFiles } from '../../../../lib/providers/load.js';
import { realPorts } from '../../../../lib/providers/ports.js';
import { parseText } from '../../../../lib/source/parse.js';
import { createCertificate, type TestCertificate } from '../../../support/certificates.js';
import { settings } from './checked.js';

let folder = '';
let good: TestCertificate;
let other: TestCertificate;
const at = (name: string): string => join(folder, name);

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'certificates-'));
  good = createCertificate('good.example');
  other = createCertificate('other.example');
});
after(() => rmSync(folder, { recursive: true }));

function writeGood(): void {
  for (const name of ['a.crt', 'a.key']) rmSync(at(name), { recursive: true, force: true });
  writeFileSync(at('a.crt'), good.certificate);
  writeFileSync(at('a.key'), good.key);
}

/** Reads everything as a running proxy does; what was read of a file once is kept as long as that proxy runs. */
class Reader {
  readonly #ports = realPorts({});
  readonly #referenced = new ReferencedFiles(this.#ports);
  #previous: Configuration | undefined;

  async read(now = new Date()): Promise<{ readonly codes: readonly string[]; readonly served: string | undefined }> {
    const text = `tls: { certificates: [ { certFile: ${at('a.crt')}, keyFile: ${at('a.key')} } ] }\n`;
    const { document } = parseText({ name: 'a.yml', text });
    assert.ok(document);
    this.#referenced.begin();
    const loaded = await loadDocument(document, this.#ports, this.#referenced);
    const delivered = { provider: 'file', documents: [loaded], findings: this.#referenced.findings };
    const configuration = assemble([delivered], settings(), { now, previous: this.#previous });
    this.#previous = configuration;
    const [item] = configuration.tls.certificates;
    assert.ok(item);
    return {
      codes: [...configuration.diagnostics, ...item.diagnostics].map(({ code }) => code),
      served: item.status === 'disabled' ? undefined : item.resolved?.names[0],
    };
  }
}

interface Fault {
  readonly name: string;
  readonly make: () => void;
  /** Codes of the findings when the proxy starts with it, and when it comes later. */
  readonly first: readonly string[];
  readonly later: readonly string[];
  /** What is served after it came later; the good certificate when left out. */
  readonly served?: string;
}

const replaced = (name: string, make: (path: string) => void) => (): void => {
  rmSync(at(name), { recursive: true, force: true });
  make(at(name));
};

const faults: readonly Fault[] = [
  { name: 'is deleted', make: () => unlinkSync(at('a.crt')), first: ['FL5001'], later: ['FL7004'] },
  { name: 'has lost its key', make: () => unlinkSync(at('a.key')), first: ['FL5001'], later: ['FL7004'] },
  {
    name: 'has become a directory',
    make: replaced('a.crt', (path) => mkdirSync(path)),
    first: ['FL5001'],
    later: ['FL7004'],
  },
  {
    name: 'has become a pipe that nobody writes to',
    make: replaced('a.key', (path) => execFileSync('mkfifo', [path])),
    first: ['FL5001'],
    later: ['FL7004'],
  },
  {
    name: 'has become a device that never ends',
    make: replaced('a.crt', (path) => symlinkSync('/dev/zero', path)),
    first: ['FL5001'],
    later: ['FL7004'],
  },
  {
    name: 'leads in a circle',
    make: replaced('a.crt', (path) => symlinkSync(path, path)),
    first: ['FL5001'],
    later: ['FL7004'],
  },
  {
    name: 'is larger than any certificate',
    make: () => truncateSync(at('a.crt'), 8 * 1024 * 1024),
    first: ['FL5001'],
    later: ['FL7004'],
  },
  {
    name: 'is no text',
    make: () => writeFileSync(at('a.crt'), Buffer.from([0xff, 0xfe, 0x00, 0x80])),
    first: ['FL5001'],
    later: ['FL7004'],
  },
  { name: 'is empty', make: () => writeFileSync(at('a.crt'), ''), first: ['FL5002'], later: ['FL5002'] },
  { name: 'is junk', make: () => writeFileSync(at('a.crt'), 'hello\n'), first: ['FL5002'], later: ['FL5002'] },
  {
    name: 'is damaged between its lines',
    make: () => writeFileSync(at('a.crt'), good.certificate.replace(/\n(.{10})/, '\nAAAAAAAAAA')),
    first: ['FL5002'],
    later: ['FL5002'],
  },
  {
    name: 'is half written',
    make: () => writeFileSync(at('a.crt'), good.certificate.slice(0, 200)),
    first: ['FL5002'],
    later: ['FL5002'],
  },
  {
    name: 'has a key that is no key',
    make: () => writeFileSync(at('a.key'), good.certificate),
    first: ['FL5003'],
    later: ['FL5003'],
  },
  {
    name: 'has the key of another',
    make: () => writeFileSync(at('a.key'), other.key),
    first: ['FL5004'],
    later: ['FL5004'],
  },
  {
    name: 'is another, whose key has not come yet',
    make: () => writeFileSync(at('a.crt'), other.certificate),
    first: ['FL5004'],
    later: ['FL5004'],
  },
  {
    name: 'is another with its key',
    make: () => {
      writeFileSync(at('a.crt'), other.certificate);
      writeFileSync(at('a.key'), other.key);
    },
    first: [],
    later: [],
    served: 'other.example',
  },
];

describe('a certificate that', { timeout: 60_000 }, () => {
  for (const { name, make, first, later, served = 'good.example' } of faults) {
    test(name, async () => {
      writeGood();
      const running = new Reader();
      assert.deepEqual(await running.read(), { codes: [], served: 'good.example' });
      make();
      assert.deepEqual(await running.read(), { codes: later, served });
      const atStart = await new Reader().read();
      assert.deepEqual(atStart, { codes: first, served: first.length === 0 ? served : undefined });
      writeGood();
      assert.deepEqual(await running.read(), { codes: [], served: 'good.example' });
    });
  }

  test('expires goes on being served, with a warning', async () => {
    writeGood();
    const running = new Reader();
    assert.deepEqual(await running.read(new Date()), { codes: [], served: 'good.example' });
    const later = new Date(Date.now() + 100 * 24 * 3_600_000);
    assert.deepEqual(await running.read(later), { codes: ['FL5005'], served: 'good.example' });
  });
});
