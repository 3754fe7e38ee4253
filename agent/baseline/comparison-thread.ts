import { parentPort } from 'node:worker_threads';
import { decodeDocument, encodeDocument } from './baseline-document.ts';
import { summarize } from './baseline-summary.ts';
import { compareRecordings } from './compare.ts';
import {
  type ComparedSource,
  type ComparisonReply,
  type ComparisonRequest,
  transferred,
} from './comparison-protocol.ts';
import { densitiesOf } from './density.ts';
import { latencyDistribution } from './distribution.ts';
import { decodeRange } from './recorded-range.ts';
import type { Recording } from './recording.ts';

/** Documents of this many characters are kept decoded; those used longest ago go first. */
const MAX_KEPT_CHARACTERS = 32 * 2 ** 20;

/**
 * The comparison thread: reading a document of megabytes, or comparing two recordings, takes longer than a span may
 * wait on the main thread.
 */
if (parentPort === null) throw new Error('bug: the comparison thread was started as a program');
const port = parentPort;
/** Last used last. */
const kept = new Map<string, { readonly recording: Recording; readonly characters: number }>();

port.on('message', (request: ComparisonRequest) => {
  const reply = answer(request);
  port.postMessage(reply, transferred(reply));
});

function answer(request: ComparisonRequest): ComparisonReply {
  try {
    return serve(request);
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

function serve(request: ComparisonRequest): ComparisonReply {
  switch (request.kind) {
    case 'read': {
      const decoded = decodeDocument(request.text);
      if (!decoded.ok) return { kind: 'refused', message: decoded.message };
      const { name, recording } = decoded.document;
      return { kind: 'read', summary: summarize(recording), ...(name !== undefined && { name }) };
    }
    case 'write': {
      const { name, range } = request;
      const recording = decodeRange(range);
      const text = encodeDocument({ recording, ...(name !== undefined && { name }) });
      return { kind: 'written', text, summary: summarize(recording) };
    }
    case 'keep':
      return keep(request.name, request.text);
    case 'forget':
      kept.delete(request.name);
      return { kind: 'done' };
    case 'compare':
      return compare(request);
  }
}

function keep(name: string, text: string): ComparisonReply {
  const decoded = decodeDocument(text);
  if (!decoded.ok) return { kind: 'refused', message: decoded.message };
  kept.delete(name);
  let characters = text.length;
  for (const entry of kept.values()) characters += entry.characters;
  for (const [oldest, entry] of kept) {
    if (characters <= MAX_KEPT_CHARACTERS) break;
    kept.delete(oldest);
    characters -= entry.characters;
  }
  kept.set(name, { recording: decoded.document.recording, characters: text.length });
  return { kind: 'done' };
}

function compare(request: Extract<ComparisonRequest, { kind: 'compare' }>): ComparisonReply {
  const { baseline, candidate, confidence } = request;
  const [first, second] = [baseline, candidate].map(recordingOf);
  if (first === undefined) return missing(baseline, candidate);
  if (second === undefined) return missing(candidate, candidate);
  const densities = densitiesOf(latencyDistribution(first), latencyDistribution(second));
  const comparison = compareRecordings(first, second, confidence === undefined ? {} : { confidence });
  return { kind: 'compared', result: { comparison, ...(densities && { densities }) } };
}

function recordingOf(source: ComparedSource): Recording | undefined {
  if (source.kind === 'range') return decodeRange(source.range);
  const entry = kept.get(source.name);
  if (entry === undefined) return undefined;
  kept.delete(source.name);
  kept.set(source.name, entry);
  return entry.recording;
}

function missing(source: ComparedSource, candidate: ComparedSource): ComparisonReply {
  return source.kind === 'kept'
    ? { kind: 'missing', name: source.name, candidate }
    : { kind: 'failed', message: 'bug: a range cannot be missing' };
}
