/** The files of the file provider: what was read of each, and the last version of each that could be used. */
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.js';
import { reasonOf } from '../errors.js';
import type { LoadedDocument } from '../schema/loaded.js';
import { maxTextLength } from '../source/limits.js';
import type { Document, Origin } from '../source/origin.js';
import { parseText } from '../source/parse.js';
import type { Delivery, Ports } from './define.js';
import type { FileProviderConfig } from './file.js';
import { fingerprint, loadDocument, ReferencedFiles } from './load.js';
import { readSettled } from './settled.js';
import { walk, type Walked } from './walk.js';

/** What is known of one file. */
interface Known {
  /** The text that was parsed last, good or bad. */
  readonly text: string;
  /** Its document, or that of the last version that had one. */
  readonly document?: Document;
  /** What was wrong with `text`. */
  readonly findings: readonly Diagnostic[];
}

export class FileSet {
  readonly #config: FileProviderConfig;
  readonly #ports: Ports;
  readonly #referenced: ReferencedFiles;
  readonly #known = new Map<string, Known>();
  /** Documents without references: what was made of them stays right as long as their text does. */
  readonly #plain = new WeakMap<Document, LoadedDocument>();
  #watched: readonly string[];

  constructor(config: FileProviderConfig, ports: Ports) {
    this.#config = config;
    this.#ports = ports;
    this.#referenced = new ReferencedFiles(ports);
    this.#watched = [config.directory ?? config.filename ?? ''];
  }

  /** Every path whose change can change what `read` gives. */
  get watched(): readonly string[] {
    return this.#watched;
  }

  /** Reads everything again. Never throws for what can be wrong with a file. */
  async read(): Promise<Delivery> {
    const { directory, filename = '' } = this.#config;
    const walked = directory === undefined ? undefined : await walk(directory, this.#ports);
    const names = walked?.files ?? [filename];
    const findings = [...(walked?.findings ?? [])];
    const kept = this.#unseen(names, walked);
    this.#referenced.begin();
    for (const name of names) await this.#readFile(name, findings);
    const documents = await this.#documents([...names, ...kept]);
    findings.push(...this.#referenced.findings);
    this.#watched = [...(walked?.directories ?? []), ...names, ...this.#referenced.paths];
    const texts = [...names, ...kept].flatMap((name) => [name, this.#known.get(name)?.text ?? '']);
    return { documents, findings, fingerprint: fingerprint(texts, documents, findings) };
  }

  /** Files that are gone take their objects along; those of a directory that cannot be read are kept, and returned. */
  #unseen(names: readonly string[], walked: Walked | undefined): readonly string[] {
    const left = new Set(names);
    const unseen = [...this.#known.keys()].filter((name) => !left.has(name));
    if (walked?.findings.some(({ code }) => code === 'FL7006' || code === 'FL7005') === true) return unseen;
    for (const name of unseen) this.#known.delete(name);
    return [];
  }

  async #documents(names: readonly string[]): Promise<readonly LoadedDocument[]> {
    const documents: LoadedDocument[] = [];
    for (const name of names) {
      const document = this.#known.get(name)?.document;
      if (document === undefined) continue;
      const loaded = this.#plain.get(document) ?? (await loadDocument(document, this.#ports, this.#referenced));
      if (loaded.document === document && loaded.files.size === 0) this.#plain.set(document, loaded);
      documents.push(loaded);
    }
    return documents;
  }

  async #readFile(name: string, findings: Diagnostic[]): Promise<void> {
    const before = this.#known.get(name);
    const read = await readSettled(name, maxTextLength, this.#ports).catch((thrown: unknown) => ({
      fault: reasonOf(thrown),
    }));
    if ('fault' in read) {
      findings.push(unreadable(name, read.fault, before?.document !== undefined));
      return;
    }
    if (!read.settled && before?.document !== undefined) {
      findings.push(note('FL7001', name, `"${name}" is being written`, keptText(name)));
      return;
    }
    if (read.text.trim() === '' && before?.document !== undefined && before.text.trim() !== '') {
      findings.push(note('FL7003', name, `"${name}" is empty`, `${keptText(name)}; delete the file to remove it`));
      return;
    }
    const known = before?.text === read.text ? before : this.#parse(name, read.text, before);
    this.#known.set(name, known);
    findings.push(...known.findings);
  }

  #parse(name: string, text: string, before: Known | undefined): Known {
    const { document, diagnostics } = parseText({ name, text });
    if (document !== undefined) return { text, document, findings: diagnostics };
    const effect =
      before?.document === undefined ? `nothing of "${name}" is served; everything else is` : keptText(name);
    const findings = diagnostics.map((diagnostic) => ({ ...diagnostic, effect }));
    return before?.document === undefined ? { text, findings } : { text, document: before.document, findings };
  }
}

const keptText = (name: string): string => `the version of "${name}" read before stays in use`;

const originOf = (name: string): Origin => ({
  kind: 'text',
  source: { name, text: '' },
  line: 1,
  column: 1,
  length: 1,
});

function note(code: 'FL7001' | 'FL7003', name: string, message: string, effect: string): Diagnostic {
  return diagnose(code, { message, path: '', origin: originOf(name), effect });
}

function unreadable(name: string, fault: string, kept: boolean): Diagnostic {
  const effect = kept ? keptText(name) : `nothing of "${name}" is served; everything else is`;
  return diagnose('FL1001', {
    message: `"${name}" cannot be read: ${fault}`,
    path: '',
    origin: originOf(name),
    effect,
  });
}
