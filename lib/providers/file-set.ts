/** The files of the file provider: what was read of each, and the last version of each that could be used. */
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.js';
import { reasonOf } from '../errors.js';
import type { LoadedDocument } from '../schema/loaded.js';
import { LargeText } from '../source/large-text.js';
import { maxTextLength } from '../source/limits.js';
import type { Document, Origin } from '../source/origin.js';
import { parseText } from '../source/parse.js';
import { inTurns, Pace } from '../work.js';
import type { Delivery, Occasion, Ports } from './define.js';
import type { FileProviderConfig } from './file.js';
import { fingerprint, loadDocument, ReferencedFiles } from './load.js';
import { readSettled } from './settled.js';
import { walk, type Walked } from './walk.js';

/** What is known of one file. */
interface Known {
  /** The text that was parsed last, good or bad. */
  readonly text: string;
  /** Another number for every text. */
  readonly revision: number;
  /** The version of the file that is known to say `text`. */
  readonly version?: string | undefined;
  /** Its documents, or those of the last version that had one; several of a large text that was read in parts. */
  readonly documents?: readonly Document[];
  /** What was wrong with `text`. */
  readonly findings: readonly Diagnostic[];
}

export class FileSet {
  readonly #config: FileProviderConfig;
  readonly #ports: Ports;
  readonly #referenced: ReferencedFiles;
  readonly #known = new Map<string, Known>();
  readonly #large = new Map<string, LargeText>();
  #revisions = 0;
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

  /** Reads what may have changed, or everything when that is asked for. Never throws for what can be wrong with a file. */
  async read(occasion: Occasion): Promise<Delivery> {
    const { directory, filename = '' } = this.#config;
    const walked = directory === undefined ? undefined : await walk(directory, this.#ports);
    const names = walked === undefined ? [filename] : [...walked.files.keys()];
    const findings = [...(walked?.findings ?? [])];
    const kept = this.#unseen(names, walked);
    this.#referenced.begin();
    for (const name of names)
      if (occasion === 'asked' || !(await this.#isUnchanged(name, walked))) await this.#readFile(name, findings);
      else findings.push(...(this.#known.get(name)?.findings ?? []));
    const documents = await this.#documents([...names, ...kept]);
    findings.push(...this.#referenced.findings);
    this.#watched = [...(walked?.directories ?? []), ...names, ...this.#referenced.paths];
    const texts = [...names, ...kept].flatMap((name) => [name, `${this.#known.get(name)?.revision ?? 0}`]);
    return { documents, findings, fingerprint: fingerprint(texts, documents, findings) };
  }

  /** Files that are gone take their objects along; those of a directory that cannot be read are kept, and returned. */
  #unseen(names: readonly string[], walked: Walked | undefined): readonly string[] {
    const left = new Set(names);
    const unseen = [...this.#known.keys()].filter((name) => !left.has(name));
    if (walked?.findings.some(({ code }) => code === 'FL7006' || code === 'FL7005') === true) return unseen;
    for (const name of unseen) {
      this.#known.delete(name);
      this.#large.delete(name);
    }
    return [];
  }

  async #documents(names: readonly string[]): Promise<readonly LoadedDocument[]> {
    const documents: LoadedDocument[] = [];
    const pace = new Pace();
    for (const document of names.flatMap((name) => this.#known.get(name)?.documents ?? [])) {
      await pace.giveWay();
      const loaded = this.#plain.get(document) ?? (await loadDocument(document, this.#ports, this.#referenced));
      if (loaded.document === document && loaded.files.size === 0) this.#plain.set(document, loaded);
      documents.push(loaded);
    }
    return documents;
  }

  /** Of a hundred files of a directory one changes: the others are looked at, not read. */
  async #isUnchanged(name: string, walked: Walked | undefined): Promise<boolean> {
    const version = this.#known.get(name)?.version;
    if (version === undefined) return false;
    return (walked?.files.get(name) ?? (await this.#ports.status(name))?.version) === version;
  }

  async #readFile(name: string, findings: Diagnostic[]): Promise<void> {
    const before = this.#known.get(name);
    const read = await readSettled(name, maxTextLength, this.#ports).catch((thrown: unknown) => ({
      fault: reasonOf(thrown),
    }));
    if ('fault' in read) {
      findings.push(unreadable(name, read.fault, before?.documents !== undefined));
      return;
    }
    if (!read.settled && before?.documents !== undefined) {
      findings.push(note('FL7001', name, `"${name}" is being written`, keptText(name)));
      return;
    }
    if (read.text.trim() === '' && before?.documents !== undefined && before.text.trim() !== '') {
      findings.push(note('FL7003', name, `"${name}" is empty`, `${keptText(name)}; delete the file to remove it`));
      return;
    }
    const known = before?.text === read.text ? before : await this.#parse(name, read.text, before);
    this.#known.set(name, { ...known, version: read.version });
    findings.push(...known.findings);
  }

  async #parse(name: string, text: string, before: Known | undefined): Promise<Known> {
    const revision = ++this.#revisions;
    const source = { name, text };
    const parts = await inTurns(this.#largeText(name).read(source));
    if (parts !== undefined) return { text, revision, documents: parts, findings: [] };
    const { document, diagnostics } = parseText(source);
    if (document !== undefined) return { text, revision, documents: [document], findings: diagnostics };
    const effect =
      before?.documents === undefined ? `nothing of "${name}" is served; everything else is` : keptText(name);
    const findings = diagnostics.map((diagnostic) => ({ ...diagnostic, effect }));
    return { text, revision, findings, ...(before?.documents !== undefined && { documents: before.documents }) };
  }

  #largeText(name: string): LargeText {
    const known = this.#large.get(name) ?? new LargeText();
    this.#large.set(name, known);
    return known;
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
